from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashu.finance.penalty import PenaltyRule
from dashu.web.templatetags.dashu import percent
from education.domain.calculators.lateness import Lateness, lateness
from education.domain.charts import Bar, Bars
from education.forms.calculators import LatenessForm
from education.views.calculators.outcome import Fact, Outcome, Table, drawn, yuan


def tell(form: LatenessForm) -> Outcome:
    given = form.cleaned_data
    rule = PenaltyRule(annual_rate=given["rate"])
    found = lateness(given["principal"], given["days"], rule)
    title = _("What it costs, by the days")
    words = {
        "days": given["days"],
        "cost": yuan(found.cost),
        "principal": yuan(given["principal"]),
        "rate": percent(given["rate"]),
        "half": yuan(found.after_half),
    }
    return Outcome(
        label=_("Penalty interest"),
        value=yuan(found.cost),
        meaning=ngettext(
            "%(principal)s that is %(days)s day late costs %(cost)s at %(rate)s a year. Paying half of it on the due "
            "date would leave %(half)s.",
            "%(principal)s that is %(days)s days late costs %(cost)s at %(rate)s a year. Paying half of it on the due "
            "date would leave %(half)s.",
            given["days"],
        )
        % words,
        facts=[
            Fact(_("Penalty interest"), yuan(found.cost)),
            Fact(_("Had half been paid on the due date"), yuan(found.after_half)),
            Fact(_("Late principal and penalty"), yuan(given["principal"] + found.cost), is_total=True),
        ],
        chart=_chart(found, title),
        chart_title=title,
        table=Table(title, [_("Days late"), _("Penalty interest")], [[str(d), yuan(m)] for d, m in found.by_day]),
    )


def _chart(found: Lateness, title: str) -> SafeString:
    """Draw the marks that cost anything; nothing where none does."""
    bars = [Bar(f"days_{days}", minor, yuan(minor), "interest") for days, minor in found.by_day if minor]
    labels = {
        f"days_{days}": ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
        for days, _minor in found.by_day
    }
    if not bars:
        return SafeString("")
    return drawn(Bars(tuple(bars)), title, _("Bars that grow evenly with the days."), labels)
