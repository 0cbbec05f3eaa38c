from django.utils.translation import gettext as _

from dashu.finance.affordability import Month
from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import percent
from education.domain.calculators.month import Budget, budget
from education.domain.charts import Bar, Bars, Tone
from education.forms.calculators import BudgetForm
from education.views.calculators.outcome import Fact, Outcome, drawn, yuan


def tell(form: BudgetForm) -> Outcome:
    rules = policy.credit_review(lender_today()).affordability
    given = form.cleaned_data
    found = budget(Month(given["income"], given["essentials"], given["debts"]), rules)
    title = _("Where the month goes")
    return Outcome(
        label=_("Left in the month") if found.left >= 0 else _("Missing in the month"),
        value=yuan(abs(found.left)),
        meaning=_meaning(found),
        facts=[
            Fact(_("What comes in, a month"), yuan(found.month.income)),
            Fact(_("What you need to live"), yuan(-found.month.essentials)),
            Fact(_("What all loans and cards ask for"), yuan(-found.month.debt_payments)),
            Fact(_("Buffer, %(share)s of the income") % {"share": percent(rules.buffer)}, yuan(-found.buffer)),
            Fact(_("Left") if found.left >= 0 else _("Missing"), yuan(abs(found.left)), is_total=True),
            Fact(
                _("The same with %(share)s less income") % {"share": percent(1 - rules.stressed_income)},
                yuan(found.hard_left),
            ),
        ],
        chart=drawn(_bars(found), title, _("Bars of the income and of its parts."), _labels()),
        chart_title=title,
    )


def _meaning(found: Budget) -> str:
    words = {"left": yuan(abs(found.left)), "hard": yuan(abs(found.hard_left)), "most": yuan(found.most)}
    if found.left < 0:
        return (
            _(
                "%(left)s is missing each month. That is nobody's fault alone: say it before the next due date, and "
                "look at what can wait. Another loan would make it more."
            )
            % words
        )
    if found.hard_left < 0:
        return (
            _(
                "%(left)s is free each month. In a month with less income, %(hard)s would be missing, so let the "
                "emergency fund come before a new loan."
            )
            % words
        )
    return _("%(left)s is free each month, and it holds in a month with less income as well.") % words


def _bars(found: Budget) -> Bars:
    parts: dict[str, tuple[int, Tone]] = {
        "income": (found.month.income, "left"),
        "essentials": (found.month.essentials, "fee"),
        "debts": (found.month.debt_payments, "other"),
        "buffer": (found.buffer, "interest"),
        "left": (max(0, found.left), "principal"),
    }
    return Bars(tuple(Bar(code, minor, yuan(minor), tone) for code, (minor, tone) in parts.items()))


def _labels() -> dict[str, str]:
    return {
        "income": _("What comes in, a month"),
        "essentials": _("What you need to live"),
        "debts": _("What all loans and cards ask for"),
        "buffer": _("Buffer"),
        "left": _("Left"),
    }
