from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dashu.finance.rounding import Rounding, to_minor
from dashu.web.templatetags.dashu import percent, percent_shown
from education.domain.calculators.spare_money import Spare
from education.domain.charts import Bar, Bars, Tone
from education.forms.calculators import SpareForm
from education.views.calculators.outcome import Fact, Outcome, drawn, yuan


def tell(form: SpareForm) -> Outcome:
    found: Spare = form.outcome
    given = form.cleaned_data
    title = _("The return that counts")
    return Outcome(
        label=_("Paying down is ahead by") if found.ahead <= 0 else _("Putting it aside is ahead by"),
        value=yuan(abs(found.ahead)),
        meaning=_meaning(found, given),
        facts=[
            Fact(_("Installment now"), yuan(found.before)),
            Fact(_("Installment after paying down"), yuan(found.after)),
            Fact(_("Fee for paying early"), yuan(found.fee)),
            Fact(_("Interest saved, less the fee"), yuan(found.saved)),
            Fact(_("What putting it aside brings"), yuan(found.earned)),
        ],
        chart=drawn(
            _bars(found, given), title, _("Bars of what saving brings and of what it would have to bring."), _labels()
        ),
        chart_title=title,
    )


def _meaning(found: Spare, given: Mapping[str, Any]) -> str:
    words = {
        "ahead": yuan(abs(found.ahead)),
        "brings": percent(given["brings"]),
        "needed": percent_shown(found.needed) if found.needed is not None else "",
    }
    if found.ahead > 0:
        return (
            _(
                "With %(brings)s a year, certain and after costs, putting it aside is ahead by %(ahead)s at the end. "
                "What is not certain does not count."
            )
            % words
        )
    if found.needed is None:
        return _("Paying down is ahead by %(ahead)s at the end.") % words
    return (
        _(
            "Paying down is ahead by %(ahead)s at the end. Putting it aside would have to bring more than %(needed)s a "
            "year, certain. Keep an emergency fund before you do either."
        )
        % words
    )


def _bars(found: Spare, given: Mapping[str, Any]) -> Bars:
    rates = {"brings": given["brings"], "needed": found.needed or given["rate"]}
    tones: Mapping[str, Tone] = {"brings": "principal", "needed": "interest"}
    return Bars(
        tuple(
            Bar(code, max(1, to_minor(rate * 1_000_000, Rounding.HALF_UP)), percent_shown(rate), tones[code])
            for code, rate in rates.items()
        )
    )


def _labels() -> dict[str, str]:
    return {"brings": _("What saving brings a year"), "needed": _("What it would have to bring")}
