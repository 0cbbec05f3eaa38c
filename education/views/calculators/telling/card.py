from django.utils.translation import gettext as _

from education.domain.calculators.card import Minimum, Way
from education.domain.charts import Line, Lines
from education.forms.calculators import MinimumForm
from education.views.calculators.outcome import Fact, Outcome, drawn, yuan


def tell(form: MinimumForm) -> Outcome:
    found: Minimum = form.outcome
    lazy, fixed = found.minimum, found.fixed
    title = _("What is still owed, month by month")
    facts = [
        Fact(_("Only the minimum: months"), str(lazy.months) if lazy else _("never ends")),
        Fact(_("Only the minimum: interest"), yuan(lazy.interest) if lazy else "–"),
        Fact(_("The same each month: amount"), yuan(fixed.first)),
        Fact(_("The same each month: months"), str(fixed.months)),
        Fact(_("The same each month: interest"), yuan(fixed.interest)),
    ]
    if lazy and lazy.interest > fixed.interest:
        facts.append(Fact(_("Saved by the same each month"), yuan(lazy.interest - fixed.interest), is_total=True))
    return Outcome(
        label=_("Only the minimum: interest") if lazy else _("The same each month: interest"),
        value=yuan(lazy.interest if lazy else fixed.interest),
        meaning=_meaning(lazy, fixed),
        facts=facts,
        chart=drawn(
            _lines(form.cleaned_data["balance"], lazy, fixed),
            title,
            _("Two lines down to zero."),
            _labels(),
            axis=_("Month"),
        ),
        chart_title=title,
    )


def _meaning(lazy: Way | None, fixed: Way) -> str:
    words = {"fixed": yuan(fixed.first), "fixed_months": fixed.months, "fixed_interest": yuan(fixed.interest)}
    if lazy is None:
        return (
            _(
                "By the minimum alone the balance would never end. With %(fixed)s each month it ends after "
                "%(fixed_months)s months and costs %(fixed_interest)s of interest."
            )
            % words
        )
    words |= {"months": lazy.months, "interest": yuan(lazy.interest)}
    if lazy.interest <= fixed.interest:
        return (
            _(
                "By the minimum alone it takes %(months)s months and costs %(interest)s of interest. %(fixed)s each "
                "month is no faster: it takes %(fixed_months)s months and costs %(fixed_interest)s."
            )
            % words
        )
    words["saved"] = yuan(lazy.interest - fixed.interest)
    return (
        _(
            "By the minimum alone it takes %(months)s months and costs %(interest)s of interest. With %(fixed)s each "
            "month it ends after %(fixed_months)s months and costs %(saved)s less."
        )
        % words
    )


def _lines(balance: int, lazy: Way | None, fixed: Way) -> Lines:
    lines = [Line("minimum", lazy.balances, "interest")] if lazy else []
    lines.append(Line("fixed", fixed.balances, "principal"))
    months = max(len(line.values) for line in lines) - 1
    return Lines(tuple(lines), {balance: yuan(balance), 0: yuan(0)}, ("0", str(months)))


def _labels() -> dict[str, str]:
    return {"minimum": _("Only the minimum"), "fixed": _("The same each month")}
