"""A loan's installments as a chart, with the day that is today marked by words."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.web.charts import Chart, Series, Tone
from dashu.web.templatetags.dashu import lender_date, money
from repayments.domain.standing import RowState, Standing


def schedule_chart(standing: Standing, *, currency: str, today: date) -> Chart | None:
    """Return the demands in their order and the principal that is left after each; None where nothing is demanded."""
    rows = [row for row in standing.rows if row.total]
    if not rows:
        return None
    following = next((row.number for row in rows if row.unpaid and row.due_on >= today), None)
    left, balances = sum(row.principal for row in rows), []
    for row in rows:
        left -= row.principal
        balances.append(left)
    series = [
        Series(gettext_lazy("Principal"), [row.principal for row in rows], Tone.PRINCIPAL),
        Series(gettext_lazy("Interest"), [row.interest for row in rows], Tone.INTEREST),
    ]
    if any(row.fee for row in rows):
        series.append(Series(gettext_lazy("Fees"), [row.fee for row in rows], Tone.FEE))
    series.append(Series(gettext_lazy("Principal left afterwards"), balances, Tone.LEFT, is_line=True))
    words = {
        "today": lender_date(today),
        "paid": sum(row.state is RowState.PAID for row in rows),
        "count": len(rows),
        "left": money(standing.principal, currency),
    }
    return Chart(
        key="schedule",
        title=_("Principal and interest over time"),
        summary=_("Today, %(today)s: %(paid)s of %(count)s installments are paid, and %(left)s of principal is owed.")
        % words,
        labels_name=_("Due date"),
        labels=[_label(row.due_on, is_next=row.number == following) for row in rows],
        series=series,
        currency=currency,
        has_own_scale=True,
    )


def _label(due_on: date, *, is_next: bool) -> str:
    day = f"{due_on.year}/{due_on.month}/{due_on.day}"
    return _("%(day)s, next") % {"day": day} if is_next else day
