from django.utils.translation import gettext as _

from dashu.finance.rounding import Rounding, to_minor
from dashu.web.templatetags.dashu import percent, percent_shown
from education.domain.calculators.flat import Flat
from education.domain.charts import Bar, Bars
from education.forms.calculators import FlatForm
from education.views.calculators.outcome import Fact, Outcome, drawn, yuan


def tell(form: FlatForm) -> Outcome:
    found: Flat = form.outcome
    words = {
        "quoted": percent(form.cleaned_data["fee"]),
        "looks_like": percent(found.looks_like),
        "nominal": percent_shown(found.nominal),
        "effective": percent_shown(found.effective),
        "received": yuan(found.received),
        "cost": yuan(found.cost),
    }
    title = _("What it looks like, and what it is")
    return Outcome(
        label=_("Real yearly rate (simple)"),
        value=percent_shown(found.nominal),
        meaning=_(
            "“%(quoted)s a month” looks like %(looks_like)s a year. It is %(nominal)s, or %(effective)s compounded: "
            "you receive %(received)s and pay %(cost)s for it."
        )
        % words,
        facts=[
            Fact(_("To pay each month"), yuan(found.first_payment)),
            Fact(_("You receive"), yuan(found.received)),
            Fact(_("All monthly fees"), yuan(found.fees)),
            Fact(_("Monthly fee × 12"), percent(found.looks_like)),
            Fact(_("Yearly rate, compound (IRR)"), percent_shown(found.effective)),
            Fact(_("All it costs you"), yuan(found.cost), is_total=True),
        ],
        chart=drawn(_bars(found), title, _("Bars of the three rates, the real ones the longer."), _labels()),
        chart_title=title,
    )


def _bars(found: Flat) -> Bars:
    rates = {"looks_like": found.looks_like, "nominal": found.nominal, "effective": found.effective}
    bars = [
        Bar(code, max(1, to_minor(rate * 1_000_000, Rounding.HALF_UP)), percent_shown(rate), "interest")
        for code, rate in rates.items()
    ]
    return Bars(tuple(bars))


def _labels() -> dict[str, str]:
    return {
        "looks_like": _("Monthly fee × 12"),
        "nominal": _("Real yearly rate (simple)"),
        "effective": _("Yearly rate, compound (IRR)"),
    }
