"""The loans of one month that a figure of a report counts, a page at a time or all of them as a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import GONE, NEW
from collections_mgmt.models import Dimension, LoanMonth
from collections_mgmt.presenting import classification_label
from dashu.insight.figures import Column, Figures, Kind, Row
from dashu.insight.reading import month_words
from dashu.insight.scope import UNKNOWN, Scope
from dashu.insight.words import product_names, state_label, value_labels
from dashu.kernel.money import EXPONENTS
from loans.models import Loan

NEEDS = "loans.view_loan"
ROWS_OF_A_PAGE = 50
LONGEST = 400  # letters of a list of buckets

FIELDS = (
    *("loan_id", "product", "vintage", "region", "sector", "channel", "risk_band", "cause"),
    *("bucket_before", "bucket", "days_past_due", "classification"),
    *("original_minor", "principal_before_minor", "principal_minor", "overdue_minor", "expected_minor"),
    *("paid_principal_minor", "paid_interest_minor", "paid_fee_minor", "paid_penalty_minor"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Which loans of which month; where the scope has several, those of each that were new in it, so that each is there
    once.

    :param cause: why they are behind, "" for unknown; None for all. :param after: the loan after which the page begins.
    """

    scope: Scope
    buckets: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    over: int | None = None
    after: int = 0
    cause: str | None = None

    @property
    def month(self) -> date:
        return self.scope.last


def asked_of(given: Mapping[str, str], person: Any) -> Asked | None:
    """Return what an address asks for; None where it cannot be read."""
    try:
        month = date.fromisoformat(f"{given.get('month', '')}-01")
        since = date.fromisoformat(f"{given['since']}-01") if given.get("since") else month
        over = int(given["over"]) if given.get("over") else None
        after = int(given.get("next") or 0)
        dimension = Dimension(given.get("dimension", ""))
        value = _value(dimension, given.get("value", ""))
    except ValueError:
        return None
    currency = given.get("currency", "")
    if currency not in EXPONENTS or not 0 <= after < 2**63 or (over is not None and not 0 <= over < 100_000):
        return None
    before = _codes(given.get("before", ""))
    if since > month or (since < month and before != (NEW,)):
        return None
    scope = Scope(since, month, currency, given.get("product", "")[:50], dimension, value, person=person)
    cause = _value(Dimension.CAUSE, given.get("cause", ""))
    return Asked(scope, _codes(given.get("bucket", "")), before, over, after, cause)


def loans_of(asked: Asked) -> QuerySet[LoanMonth]:
    """Return the rows, by loan, of the loans that the person of the scope may see."""
    chosen = Q(month__range=(asked.scope.first, asked.month)) & asked.scope.of_loan_months()
    if asked.buckets:
        chosen &= Q(bucket__in=asked.buckets)
    if asked.before:
        chosen &= Q(bucket_before__in=asked.before)
    if asked.before == (NEW,):
        chosen &= ~Q(bucket_before=F("bucket"))  # of these there is an index
    if asked.over is not None:
        chosen &= Q(days_past_due__gt=asked.over) & ~Q(bucket__in=GONE)
    if asked.cause is not None:
        chosen &= Q(cause=asked.cause)
    if asked.after:
        chosen &= Q(loan_id__gt=asked.after)
    seen = Loan.objects.visible_to(asked.scope.person)
    return LoanMonth.objects.filter(chosen, loan_id__in=seen.values("pk")).order_by("loan_id")


def page_of(asked: Asked) -> tuple[Figures, list[str], Asked | None]:
    """Return the lines of a page, the number of the loan of each line, and what asks for the next page."""
    rows = list(loans_of(asked).values_list(*FIELDS)[: ROWS_OF_A_PAGE + 1])
    more = rows[ROWS_OF_A_PAGE:]
    rows = rows[:ROWS_OF_A_PAGE]
    numbers = dict(Loan.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "number"))
    told = [[numbers.get(row[0], str(row[0])), *row[1:]] for row in rows]
    following = replace(asked, after=rows[-1][0]) if more else None
    return _figures(asked, told), [str(row[0]) for row in rows], following


def all_of(asked: Asked) -> Figures:
    """Return all lines, read from the database while they are written."""
    return _figures(replace(asked, after=0), _numbered(replace(asked, after=0)))


def _numbered(asked: Asked) -> Iterator[Row]:
    batch: list[Any] = []
    for row in loans_of(asked).values_list(*FIELDS).iterator(chunk_size=2_000):
        batch.append(row)
        if len(batch) == 2_000:
            yield from _with_numbers(batch)
            batch = []
    yield from _with_numbers(batch)


def _with_numbers(rows: list[Any]) -> Iterator[Row]:
    numbers = dict(Loan.objects.filter(pk__in=[row[0] for row in rows]).values_list("pk", "number"))
    return ([numbers.get(row[0], str(row[0])), *row[1:]] for row in rows)


def _figures(asked: Asked, rows: Any) -> Figures:
    products = product_names()
    return Figures(
        code="loans",
        title=_title(asked.scope),
        columns=[
            Column("loan", gettext_lazy("loan")),
            Column("product", gettext_lazy("product"), labels=lambda code: products.get(code, code)),
            Column("vintage", gettext_lazy("month of payout"), Kind.MONTH),
            *(Column(each.value, each.label, labels=value_labels(each)) for each in _SHOWN),
            Column("bucket_before", gettext_lazy("bucket before"), labels=state_label),
            Column("bucket", gettext_lazy("bucket"), labels=state_label),
            Column("days_past_due", gettext_lazy("days past due"), Kind.COUNT),
            Column("classification", gettext_lazy("classification"), labels=classification_label),
            Column("original", gettext_lazy("amount lent"), Kind.MONEY),
            Column("principal_before", gettext_lazy("principal before"), Kind.MONEY),
            Column("principal", gettext_lazy("principal"), Kind.MONEY),
            Column("overdue", gettext_lazy("overdue"), Kind.MONEY),
            Column("expected", gettext_lazy("expected"), Kind.MONEY),
            Column("paid_principal", gettext_lazy("paid principal"), Kind.MONEY),
            Column("paid_interest", gettext_lazy("paid interest"), Kind.MONEY),
            Column("paid_fee", gettext_lazy("paid fees"), Kind.MONEY),
            Column("paid_penalty", gettext_lazy("paid penalty"), Kind.MONEY),
        ],
        rows=rows,
        currency=asked.scope.currency,
        empty=_("No loan was counted there."),
    )


def _title(scope: Scope) -> str:
    words = {"first": month_words(scope.first), "month": month_words(scope.last)}
    if scope.first == scope.last:
        return _("Loans at the end of %(month)s") % words
    return _("Loans that were new from %(first)s to %(month)s, at the end of the month in which each was") % words


_SHOWN = (Dimension.REGION, Dimension.SECTOR, Dimension.CHANNEL, Dimension.RISK_BAND, Dimension.CAUSE)


def _value(dimension: str, words: str) -> str | None:
    if not dimension or not words:
        return None
    value = "" if words == UNKNOWN else words
    if dimension == Dimension.VINTAGE:
        date.fromisoformat(value)
    return value[:40]


def _codes(words: str) -> tuple[str, ...]:
    return tuple(code for code in words[:LONGEST].split(",") if code)
