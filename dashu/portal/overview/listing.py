"""The list that a figure of the overview opens: which rows, as a table, and where the next page begins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import WINDOW_DAYS, Measure, month_end_up_to
from collections_mgmt.presenting import bucket_label
from collections_mgmt.selectors.desk_sources import is_known
from collections_mgmt.selectors.overview_rows import Happened, Page, Place, behind, behind_then, happened, moved
from dashu.insight.words import state_label
from dashu.policy.rules import delinquency_buckets
from dashu.portal.overview.asked import ROWS, Asked
from dashu.portal.overview.figures import EVERY_DAY
from dashu.portal.overview.tables import MEASURES, detail_label
from dashu.users.models import User
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date, money
from loans.admin import loan_link

LOAN, BORROWER = Column(gettext_lazy("loan")), Column(gettext_lazy("borrower"))


@dataclass(frozen=True, slots=True)
class Listing:
    """:param needs: the permission without which nobody sees it. :param next_page: "" on the last one."""

    table: Table
    next_page: str


def needs_of(of: str) -> str:
    return "loans.view_loan" if of in ("behind", "moves") else "collections_mgmt.view_deskfigure"


def listing_of(user: User, asked: Asked, given: Any, *, is_latest: bool) -> Listing | None:
    """
    Return the list that an address asks for; None where there is no such list.

    :param is_latest: no later day is closed than the one that is asked for.
    """
    of = given.get("of", "")
    if of == "behind":
        return _behind(user, asked, given) if is_latest else _behind_then(user, asked, given)
    if of == "moves":
        return _moved(user, asked, given)
    measure = next((each for each in Measure if each.value == of and is_known(each)), None)
    return _happened(user, asked, measure, given) if measure else None


def _happened(user: User, asked: Asked, measure: Measure, given: Any) -> Listing:
    detail = given.get("detail", "")[:60]
    page = happened(user, measure, detail, asked.scope, on=asked.on, after=_place(given.get("next", "")))
    has_amount = measure in (Measure.COLLECTED, Measure.PROMISE, Measure.COST)
    columns = [Column(gettext_lazy("day")), LOAN, BORROWER, Column(gettext_lazy("what"))]
    if has_amount:
        columns.append(Column(gettext_lazy("amount"), is_number=True))
    rows = [_row(row, measure, asked, has_amount=has_amount) for row in page.rows]
    note = _("In the %(days)s days up to %(day)s.") % {"days": WINDOW_DAYS, "day": lender_date(asked.on)}
    if asked.scope.is_of_a_team:
        note += " " + _("Team and strategy are those who worked on the loan on that day.")
    title = str(MEASURES[measure])
    if detail:
        title = f"{title}: {detail_label(measure, detail)}"
    table = Table(title, columns, rows, empty=_("There is nothing here."), note=note)
    place: Place | None = page.after
    after = f"{place.at.isoformat()}~{place.source}~{place.key}~{place.detail}" if place else ""
    return Listing(table, asked.address(ROWS, of=measure.value, detail=detail, next=after) if after else "")


def _row(row: Happened, measure: Measure, asked: Asked, *, has_amount: bool) -> list[Any]:
    loan = loan_link(row.loan) if row.loan else "–"
    person = row.loan.borrower if row.loan else row.borrower
    cells: list[Any] = [lender_date(row.on), loan, person.name if person else "–"]
    cells.append(detail_label(measure, row.place.detail))
    return [*cells, money(row.amount_minor, asked.scope.currency)] if has_amount else cells


def _place(text: str) -> Place | None:
    """Return what the address goes on after; the first page for anything else."""
    try:
        at, source, key, detail = text.split("~")
        moment = datetime.fromisoformat(at)
        return Place(moment, source, int(key), detail) if moment.tzinfo and abs(int(key)) < 2**63 else None
    except ValueError:
        return None


def _moved(user: User, asked: Asked, given: Any) -> Listing:
    before, after = given.get("before", "")[:20], given.get("after", "")[:20]
    month_end = month_end_up_to(asked.on)
    page = moved(
        user, asked.scope, month_end=month_end, before=before, bucket=after, after=_number(given.get("next", ""))
    )
    columns = [
        LOAN,
        BORROWER,
        Column(gettext_lazy("bucket before")),
        Column(gettext_lazy("bucket at the end")),
        Column(gettext_lazy("principal at the end"), is_number=True),
        Column(gettext_lazy("contacted by a person")),
    ]
    rows = [
        [
            loan_link(move.loan),
            move.loan.borrower.name,
            state_label(move.bucket_before),
            state_label(move.bucket),
            money(move.principal_minor, move.currency),
            _("Yes") if move.was_contacted else _("No"),
        ]
        for move in page.rows
    ]
    note = _("In the month up to %(day)s.") % {"day": lender_date(month_end)}
    table = Table(_moved_title(before, after), columns, rows, empty=_("There is nothing here."), note=note)
    next_page = asked.address(ROWS, of="moves", before=before, after=after, next=page.after) if page.after else ""
    return Listing(table, next_page)


def _moved_title(before: str, after: str) -> str:
    if after == "CURED":
        return _("Loans cured in the month")
    if after == "ALONE":
        return _("Loans cured in the month without a person's help")
    words = {"before": state_label(before), "after": state_label(after)}
    return _("Loans that went from %(before)s to %(after)s") % words


def _behind(user: User, asked: Asked, given: Any) -> Listing:
    since = _number(given.get("since", "")) or 1
    until = _number(given.get("until", "")) or EVERY_DAY
    after: Any = tuple(map(_number, given.get("next", "").split("~")))
    page: Page = behind(
        user, asked.scope, days=range(since, until), after=after if len(after) == 2 and all(after) else None
    )
    columns = [
        LOAN,
        BORROWER,
        Column(gettext_lazy("days past due"), is_number=True),
        Column(gettext_lazy("bucket")),
        Column(gettext_lazy("overdue amount"), is_number=True),
        Column(gettext_lazy("principal"), is_number=True),
    ]
    rows = [
        [
            loan_link(status.loan),
            status.loan.borrower.name,
            f"{status.days_past_due:,}",
            bucket_label(status.bucket),
            money(status.total_minor, status.loan.currency),
            money(status.loan.balance.principal_minor, status.loan.currency),
        ]
        for status in page.rows
    ]
    title = _behind_title(since, until)
    table = Table(title, columns, rows, empty=_("There is nothing here."), note=_("As of the latest close."))
    words = {"of": "behind", "since": since, "until": until}
    last = f"{page.after[0]}~{page.after[1]}" if page.after else ""
    return Listing(table, asked.address(ROWS, **words, next=last) if last else "")


def _behind_then(user: User, asked: Asked, given: Any) -> Listing:
    """List the loans of a past day by the buckets of that day, as its figures count them."""
    since = _number(given.get("since", "")) or 1
    until = _number(given.get("until", "")) or EVERY_DAY
    buckets = [band.code for band in delinquency_buckets(asked.on).bands if since <= band.from_days < until]
    page = behind_then(user, asked.scope, on=asked.on, buckets=buckets, after=_number(given.get("next", "")))
    columns = [LOAN, BORROWER, Column(gettext_lazy("bucket")), Column(gettext_lazy("state now"))]
    rows = [
        [loan_link(row.loan), row.loan.borrower.name, bucket_label(row.bucket), row.loan.get_status_display()]
        for row in page.rows
    ]
    note = _("At the end of %(day)s.") % {"day": lender_date(asked.on)}
    table = Table(_behind_title(since, until), columns, rows, empty=_("There is nothing here."), note=note)
    words = {"of": "behind", "since": since, "until": until}
    return Listing(table, asked.address(ROWS, **words, next=page.after) if page.after else "")


def _behind_title(since: int, until: int) -> str:
    if until >= EVERY_DAY:
        return _("Loans that are %(days)s days past due or more") % {"days": since}
    return _("Loans that are %(first)s to %(last)s days past due") % {"first": since, "last": until - 1}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
