from decimal import Decimal
from itertools import accumulate

from django.utils.translation import gettext as _

from dashu.finance.affordability import AffordabilityRules, Month
from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import percent
from education.domain.calculators.load import Burden, load
from education.domain.charts import Bar, Bars
from education.domain.figures.writing import share as share_written
from education.forms.calculators import LoadForm
from education.views.calculators.outcome import Fact, Outcome, Table, drawn, yuan


def tell(form: LoadForm) -> Outcome:
    rules = policy.credit_review(lender_today()).affordability
    income, borrowed = form.cleaned_data["income"], form.borrowed
    found = load(borrowed, Month(income, form.cleaned_data["essentials"], 0), rules)
    title = _("What the loans take of the month, one after another")
    rows = [
        [_("Loan %(number)s") % {"number": number}, yuan(each.owed), yuan(installment)]
        for number, (each, installment) in enumerate(zip(borrowed, found.installments, strict=True), start=1)
    ]
    return Outcome(
        label=_("All loans together, a month"),
        value=yuan(found.together),
        meaning=_meaning(found, income, rules),
        facts=[
            Fact(_("Share of the income"), share_written(found.together, income)),
            Fact(_("Interest still to come"), yuan(found.interest)),
            Fact(
                _("Left after living, loans and buffer") if found.left >= 0 else _("Missing in the month"),
                yuan(abs(found.left)),
                is_total=True,
            ),
        ],
        chart=drawn(_bars(found, income), title, _("Bars that grow with each loan, and the income."), _labels(found)),
        chart_title=title,
        table=Table(_("Loan by loan"), [_("Loan"), _("Still owed"), _("A month")], rows),
    )


def _meaning(found: Burden, income: int, rules: AffordabilityRules) -> str:
    words = {
        "together": yuan(found.together),
        "share": share_written(found.together, income),
        "left": yuan(abs(found.left)),
        "watched": percent(rules.watched_debt),
    }
    if found.left < 0:
        return (
            _(
                "Each loan looks small, but together they take %(together)s a month, %(share)s of the income. After "
                "living and a buffer, %(left)s is missing. Ask for help before the next due date, not for another loan."
            )
            % words
        )
    if (found.share or Decimal(0)) > rules.watched_debt:
        return (
            _(
                "The loans take %(together)s a month, %(share)s of the income. More than %(watched)s is a lot: one "
                "bad month is enough to fall behind."
            )
            % words
        )
    return (
        _("The loans take %(together)s a month, %(share)s of the income; %(left)s is left after living and a buffer.")
        % words
    )


def _bars(found: Burden, income: int) -> Bars:
    sums = enumerate(accumulate(found.installments), start=1)
    bars = [Bar(f"loans_{number}", minor, yuan(minor), "interest") for number, minor in sums]
    return Bars((*bars, Bar("income", income, yuan(income), "left")))


def _labels(found: Burden) -> dict[str, str]:
    names = {"loans_1": _("Loan 1"), "income": _("What comes in, a month")}
    for number in range(2, len(found.installments) + 1):
        names[f"loans_{number}"] = _("Loans 1 to %(number)s") % {"number": number}
    return names
