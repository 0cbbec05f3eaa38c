"""How much of the book hangs on few: regions, sectors, ways in, partners and borrowers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import GONE
from collections_mgmt.models import Dimension, LoanMonth, PortfolioMonth
from dashu.insight.domain.ratios import herfindahl
from dashu.insight.figures import Column, Figures, Kind, Row, share
from dashu.insight.links import loans_address
from dashu.insight.reading import Kept, kept_months, month_words
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.insight.words import DIMENSION_NAMES, value_labels
from dashu.users.models import Borrower, Partner

PARTS = (Dimension.REGION, Dimension.SECTOR, Dimension.CHANNEL)
TOP = 10
SEES_PEOPLE = "users.view_borrower"


def read(scope: Scope) -> list[Figures]:
    kept = kept_months()
    by_part = _by_part(scope)
    partners = _largest(scope, "partner_id")
    borrowers = _largest(scope, "borrower_id")
    tables = [_part(scope, each, by_part[each]) for each in PARTS]
    tables += [_partners(scope, partners), _borrowers(scope, borrowers)]
    return [_indexes(scope, kept, by_part, partners, borrowers), *tables]


Part = list[tuple[str, int, int]]  # value, loans, principal


def _by_part(scope: Scope) -> Mapping[str, Part]:
    found: dict[str, dict[str, list[int]]] = {each: {} for each in PARTS}
    rows = PortfolioMonth.objects.filter(scope.of_loans(), month=scope.last, dimension__in=PARTS)
    for dimension, value, loans, principal in (
        rows.exclude(bucket__in=GONE).order_by().values_list("dimension", "value", "loans", "principal_minor")
    ):
        totals = found[dimension].setdefault(value, [0, 0])
        totals[0] += loans
        totals[1] += principal
    return {
        each: sorted(((value, *totals) for value, totals in values.items()), key=lambda row: (-row[2], row[0]))  # type: ignore[misc]
        for each, values in found.items()
    }


class Largest:
    """
    :ivar rows: id, loans and principal of the largest, and of what is with nobody. :ivar total: of all principal.
    :ivar squares, count: over all that are somebody; what is with nobody is not concentrated on anyone.
    """

    def __init__(self, rows: Sequence[tuple[int | None, int, int]], total: int, squares: int, count: int) -> None:
        self.rows, self.total, self.squares, self.count = rows, total, squares, count


def _largest(scope: Scope, column: str) -> Largest:
    """Return those with the most principal, by a column of the loan; one query."""
    running = LoanMonth.objects.filter(scope.of_loans() & Q(month=scope.last)).exclude(bucket__in=GONE)
    asked, values = running.order_by().values("loan_id", "principal_minor").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH asked (loan_id, principal) AS ({asked}), whole AS (
                SELECT loan.{column} AS id, COUNT(*) AS loans, SUM(asked.principal)::bigint AS principal
                FROM asked JOIN loans_loan AS loan ON loan.id = asked.loan_id GROUP BY 1
            )
            SELECT id, loans, principal, SUM(principal) OVER (),
                   SUM(principal::numeric * principal) FILTER (WHERE id IS NOT NULL) OVER (),
                   COUNT(*) FILTER (WHERE id IS NOT NULL) OVER ()
            FROM whole ORDER BY principal DESC, id NULLS LAST LIMIT %s
            """,  # noqa: S608 – no value of a person stands in it
            [*values, TOP],
        )
        found = cursor.fetchall()
    if not found:
        return Largest([], 0, 0, 0)
    total, squares, count = (int(figure or 0) for figure in found[0][3:])
    return Largest([row[:3] for row in found], total, squares, count)


def _indexes(scope: Scope, kept: Kept, by_part: Mapping[str, Part], partners: Largest, borrowers: Largest) -> Figures:
    rows: list[Row] = []
    for each in PARTS:
        amounts = [principal for value, _loans, principal in by_part[each] if value]
        if amounts:
            total, squares = sum(part[2] for part in by_part[each]), sum(amount**2 for amount in amounts)
            name = str(DIMENSION_NAMES[each])
            rows.append([name, len(amounts), share(max(amounts), total), herfindahl(squares, total)])
    for name, found in ((_("partner"), partners), (_("borrower"), borrowers)):
        largest = next((principal for whom, _loans, principal in found.rows if whom is not None), None)
        if largest is not None:
            first = share(largest, found.total)
            rows.append([name, found.count, first, herfindahl(found.squares, found.total)])
    return Figures(
        code="index",
        title=_("How concentrated the book is at the end of %(month)s") % {"month": month_words(scope.last)},
        columns=[
            Column("what", _("by")),
            Column("count", _("how many"), Kind.COUNT),
            Column("largest", _("share of the largest"), Kind.SHARE),
            Column("hhi", "HHI", Kind.NUMBER),
        ],
        rows=rows,
        currency=scope.currency,
        notes=kept.notes(scope),
    )


def _part(scope: Scope, dimension: Dimension, found: Part) -> Figures:
    total = sum(principal for _value, _loans, principal in found)
    return Figures(
        code=str(dimension.value),
        title=_("The largest by %(dimension)s") % {"dimension": DIMENSION_NAMES[dimension]},
        columns=[Column("value", DIMENSION_NAMES[dimension], labels=value_labels(dimension)), *_columns()],
        rows=_with_shares(found[:TOP], total),
        currency=scope.currency,
        links=[
            loans_address(scope, month=scope.last, dimension=dimension, value=value)
            for value, _loans, _principal in found[:TOP]
        ],
    )


def _partners(scope: Scope, found: Largest) -> Figures:
    names = dict(Partner.objects.filter(pk__in=[row[0] for row in found.rows]).values_list("pk", "name"))
    rows = [(names.get(pk, "") if pk else _("no partner"), loans, principal) for pk, loans, principal in found.rows]
    return Figures(
        code="partners",
        title=_("The largest partners"),
        columns=[Column("partner", _("partner")), *_columns()],
        rows=_with_shares(rows, found.total),
        currency=scope.currency,
    )


def _borrowers(scope: Scope, found: Largest) -> Figures:
    """Name borrowers for whoever may see people; for all others they are numbered by their place."""
    named: dict[int, Any] = {}
    may_see = scope.may(SEES_PEOPLE)
    if may_see:
        seen = Borrower.objects.visible_to(scope.person).filter(pk__in=[row[0] for row in found.rows])
        named = {borrower.pk: borrower.name for borrower in seen}
    rows = [
        (named.get(pk or 0) or _("no. %(place)s") % {"place": place}, loans, principal)
        for place, (pk, loans, principal) in enumerate(found.rows, start=1)
    ]
    return Figures(
        code="borrowers",
        title=_("The largest borrowers"),
        columns=[Column("borrower", _("borrower")), *_columns()],
        rows=_with_shares(rows, found.total),
        currency=scope.currency,
        notes=[] if may_see else [_("Names are shown to those who may see borrowers, and never sent by mail.")],
    )


def _columns() -> list[Column]:
    return [
        Column("loans", _("loans"), Kind.COUNT),
        Column("principal", _("principal"), Kind.MONEY),
        Column("share", _("share"), Kind.SHARE),
        Column("together", _("share with those above"), Kind.SHARE),
    ]


def _with_shares(rows: Sequence[tuple[Any, int, int]], total: int) -> list[Row]:
    summed = 0
    told: list[Row] = []
    for value, loans, principal in rows:
        summed += principal
        told.append([value, loans, principal, share(principal, total), share(summed, total)])
    return told


REPORT = Report(
    code="concentration",
    group=Group.MONEY,
    title=gettext_lazy("Concentration"),
    says=gettext_lazy(
        "How much of the principal hangs on few regions, sectors, partners or borrowers. What hits one of them then"
        " hits the book."
    ),
    source=gettext_lazy("From the snapshot at the end of the last month, running loans only."),
    read=read,
    dimensions=(),
    definitions=[
        Definition(
            "HHI",
            gettext_lazy(
                "Herfindahl–Hirschman index: the sum of the squares of the shares in percent. 10,000 means all is with"
                " one; 100 equal ones give 100."
            ),
        ),
    ],
)
