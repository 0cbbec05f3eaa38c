"""What teams and strategies did, month by month, and what became of the loans that they worked on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.desk_figures import AFTER_MISS, BEFORE_MISS, BROKEN, KEPT, Measure
from collections_mgmt.selectors.overview import Scope as DeskScope
from collections_mgmt.selectors.overview import Shared, WorkerMonth, results_by_month
from collections_mgmt.selectors.worker_names import strategy_names, team_names
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope

Names = Callable[[Collection[str]], Mapping[str, str]]

_COLUMNS = [
    Column("contacts", gettext_lazy("contacts"), Kind.COUNT),
    Column("decided", gettext_lazy("promises decided"), Kind.COUNT),
    Column("kept", gettext_lazy("promises kept"), Kind.COUNT),
    Column("kept_share", gettext_lazy("share kept"), Kind.SHARE),
    Column("calls", gettext_lazy("calls"), Kind.COUNT),
    Column("reached", gettext_lazy("borrower spoken to"), Kind.COUNT),
    Column("reached_share", gettext_lazy("right-party contact"), Kind.SHARE),
    Column("cost", gettext_lazy("cost of contact"), Kind.MONEY),
    Column("collected", gettext_lazy("cash received"), Kind.MONEY),
    Column("cost_share", gettext_lazy("cost to collect"), Kind.SHARE),
    Column("complaints", gettext_lazy("complaints"), Kind.COUNT),
    Column("complaint_rate", gettext_lazy("complaints per 1,000 contacts"), Kind.NUMBER),
    Column("offers", gettext_lazy("offers of help"), Kind.COUNT),
    Column("early_share", gettext_lazy("before the first missed date"), Kind.SHARE),
    Column("blocked", gettext_lazy("blocked contacts"), Kind.COUNT),
    Column("hold_breaches", gettext_lazy("hold breaches"), Kind.COUNT),
    Column("behind", gettext_lazy("loans behind at the start"), Kind.COUNT),
    Column("cured", gettext_lazy("cured"), Kind.COUNT),
    Column("cured_share", gettext_lazy("share cured"), Kind.SHARE),
    Column("alone_share", gettext_lazy("of them without a person's contact"), Kind.SHARE),
]


def read(scope: Scope) -> list[Figures]:
    return [
        _table(scope, Shared.TEAM, _("Teams"), gettext_lazy("team"), team_names),
        _table(scope, Shared.STRATEGY, _("Strategies"), gettext_lazy("strategy"), strategy_names),
    ]


def _table(scope: Scope, by: Shared, title: str, name: Any, names_of: Names) -> Figures:
    asked = DeskScope(scope.currency, scope.product)
    found = results_by_month(by, asked, first=scope.first, last=scope.last)
    names = names_of({each.worker for each in found if each.worker})
    return Figures(
        code=f"by-{by.value}",
        title=title,
        columns=[
            Column("month", gettext_lazy("month"), Kind.MONTH),
            Column(by.value, name, labels=lambda code: names.get(code, code) or _("nobody in particular")),
            *_COLUMNS,
        ],
        rows=[[each.month, each.worker, *_cells(each)] for each in _in_order(found)],
        currency=scope.currency,
        notes=[
            _(
                "Each team has other loans: rates show where to look and where to learn, not who is better. What"
                " differs by a draw stands in the report of trials."
            )
        ],
        empty=_("Nothing was done and no loan was behind in these months."),
    )


def _in_order(found: Sequence[WorkerMonth]) -> list[WorkerMonth]:
    return sorted(found, key=lambda each: (-each.month.toordinal(), not each.worker, each.worker))


def _cells(each: WorkerMonth) -> list[Any]:
    flow, moves = each.flow, each.moves
    kept, broken = flow.count(Measure.PROMISE, KEPT), flow.count(Measure.PROMISE, BROKEN)
    offers = flow.count(Measure.OFFER, BEFORE_MISS) + flow.count(Measure.OFFER, AFTER_MISS)
    return [
        flow.contacts,
        kept + broken,
        kept,
        flow.kept_rate,
        flow.count(Measure.CALL),
        flow.reached,
        flow.right_party_rate,
        flow.amounts.get(Measure.COST, 0),
        flow.amounts.get(Measure.COLLECTED, 0),
        flow.cost_rate,
        flow.count(Measure.COMPLAINT),
        flow.complaint_rate,
        offers,
        flow.early_offer_rate,
        flow.count(Measure.BLOCKED),
        flow.count(Measure.HOLD_BREACH),
        moves.behind_before,
        moves.cured,
        moves.cure_rate,
        moves.self_cure_rate,
    ]


REPORT = Report(
    code="desk",
    group=Group.WORK,
    title=gettext_lazy("Results of teams and strategies"),
    says=gettext_lazy(
        "What each team and each strategy did month by month, and how many of the loans that they worked on came back."
        " It names no person."
    ),
    source=gettext_lazy(
        "From the nightly figures of the desk, as the overview has them for 30 days. A loan counts for whoever worked"
        " on it on the day; a cure for whoever worked on it at the end of the month."
    ),
    read=read,
    dimensions=(),
    months=6,
    needs="collections_mgmt.view_deskfigure",
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("Contacts"),
            gettext_lazy("Reminders and offers that left the house by e-mail or text message, and calls."),
        ),
        Definition(
            gettext_lazy("Right-party contact"),
            gettext_lazy("Calls in which the borrower was spoken to ÷ calls to borrowers."),
        ),
        Definition(
            gettext_lazy("Cost to collect"),
            gettext_lazy(
                "Costs of contact ÷ cash received on loans with an open case; open where no cost is recorded."
            ),
        ),
        Definition(
            gettext_lazy("Cured"),
            gettext_lazy("Behind at the beginning of the month, and without arrears or settled at its end."),
        ),
    ],
)
