"""What reminders before the due date do: the figures of the page of the effect of reminders."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.selectors.overview import latest_closed
from collections_mgmt.selectors.reminder_effect import Effect, effects
from dashu.insight.figures import Column, Figures, Kind
from dashu.insight.judged import RANGE_NOTE, few_note, gap_cells, gap_columns, share_cells, share_columns
from dashu.insight.report import Definition, Group, Report
from dashu.insight.scope import Scope
from dashu.kernel.dates import month_end_of


def read(scope: Scope) -> list[Figures]:
    on = latest_closed(month_end_of(scope.last))
    found = effects(today=on + timedelta(days=1)) if on else []
    figures = Figures(
        code="effect",
        title=_("Paid in time, with and without reminders before the due date"),
        columns=[
            Column("experiment", gettext_lazy("experiment")),
            Column("first_due", gettext_lazy("first due date"), Kind.DAY),
            Column("last_due", gettext_lazy("last due date"), Kind.DAY),
            *share_columns(
                "reminded",
                gettext_lazy("reminded"),
                gettext_lazy("in time, reminded"),
                gettext_lazy("installments reminded of"),
            ),
            *share_columns(
                "held_out",
                gettext_lazy("not reminded"),
                gettext_lazy("in time, not reminded"),
                gettext_lazy("installments not reminded of"),
            ),
            *gap_columns("difference", gettext_lazy("difference")),
            Column("says", gettext_lazy("what it says")),
        ],
        rows=[
            [
                each.experiment,
                each.first_due_on,
                each.last_due_on,
                *share_cells(each.reminded),
                *share_cells(each.held_out),
                *gap_cells(each.difference),
                _said(each),
            ]
            for each in found
        ],
        currency=scope.currency,
        notes=[
            RANGE_NOTE,
            _("Each installment that fell due counts once, in the part that its borrower was drawn into."),
            *few_note([share for each in found for share in (each.reminded, each.held_out)]),
        ],
        empty=_("No experiment has installments that fell due. The rule reminders.holdout begins one."),
    )
    return [figures]


def _said(effect: Effect) -> str:
    gap = effect.difference
    if gap is None:
        return _("One part has nobody yet.")
    if not gap.is_clear:
        return _("This may be chance. Wait for more installments.")
    return _("Reminders help.") if gap.value > 0 else _("Reminders do harm: they should end.")


REPORT = Report(
    code="reminders",
    group=Group.HELP,
    title=gettext_lazy("Effect of reminders"),
    says=gettext_lazy(
        "Whether people who were reminded before the due date paid in time more often than those whom the draw left"
        " alone."
    ),
    source=gettext_lazy(
        "From the experiments of the reminders, whole, up to the end of the last month. The page of the effect of"
        " reminders shows the same as of today."
    ),
    read=read,
    dimensions=(),
    needs="messaging.view_reminderline",
    is_of_loans=False,
    is_of_snapshot=False,
    definitions=[
        Definition(
            gettext_lazy("In time"),
            gettext_lazy("At the end of the due date no more was open than the loan overlooks."),
        ),
    ],
)
