"""The calculators there are: what each asks, what it tells, how it counts in words, and the lesson that explains it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from education.forms.calculators import (
    BudgetForm,
    CalculatorForm,
    FlatForm,
    LatenessForm,
    LoadForm,
    MinimumForm,
    SpareForm,
)
from education.views.calculators.outcome import Outcome
from education.views.calculators.telling import card, flat, lateness, load, month, spare


@dataclass(frozen=True, slots=True)
class Calculator:
    """
    :param words: other words that people look for it by, in Chinese and English.
    :param formula: how it counts, a sentence for each step.
    """

    code: str
    title: Promise
    lead: Promise
    lesson: str
    icon: str
    form: type[CalculatorForm]
    tell: Callable[[Any], Outcome]
    formula: Sequence[Promise]
    words: str = ""


CALCULATORS = {
    each.code: each
    for each in (
        Calculator(
            "flat-vs-irr",
            _("Fee a month or yearly rate?"),
            _("Turn “0.6% a month” into the yearly rate that can be compared."),
            "annual-rate",
            "scale",
            FlatForm,
            flat.tell,
            (
                _("Each month: the sum lent ÷ the months, and the fee on the whole sum lent."),
                _("The rate is the one at which all payments together are worth what you received."),
                _("Simple: the rate of a month × 12. Compound (IRR): the same with interest on interest in the year."),
            ),
            "分期 手续费 月费率 日息 砍头息 真实利率 年化 IRR APR flat rate installment fee",
        ),
        Calculator(
            "minimum-payment",
            _("Only the minimum on the card?"),
            _("How long it takes and what it costs, and what the same amount each month changes."),
            "minimum-payment",
            "credit-card",
            MinimumForm,
            card.tell,
            (
                _("Interest of a month: what is owed × the rate of a day × 365 ÷ 12."),
                _("Minimum: the share of balance and interest, but not less than the least amount."),
                _("The same each month: the amount stays, so more and more of it repays the balance."),
            ),
            "信用卡 最低还款 循环利息 还清 多久 credit card revolving",
        ),
        Calculator(
            "budget",
            _("What is left in the month?"),
            _("Income less living, loans and a buffer; and the same in a harder month."),
            "budget",
            "wallet",
            BudgetForm,
            month.tell,
            (
                _("Buffer: a tenth of the income, which stays free for what nobody plans."),
                _("Left: income − living − all loans and cards − buffer."),
                _("A credit review counts in the same way."),
            ),
            "预算 收入 支出 记账 每月 够不够 budget monthly spending",
        ),
        Calculator(
            "multi-loan",
            _("Several loans together"),
            _("Each looks small. See what they take of the month together."),
            "many-lenders",
            "hand-coins",
            LoadForm,
            load.tell,
            (
                _("Each loan in equal installments: the same amount each month until it is repaid."),
                _("All installments are added up and held against the income."),
                _("Left: income − living − all installments − a buffer of a tenth of the income."),
            ),
            "多头借贷 几笔贷款 月供 负债率 总共 several loans debt load",
        ),
        Calculator(
            "prepay",
            _("Pay down or put aside?"),
            _("What to do with money to spare while a loan runs."),
            "emergency-fund",
            "chart-line",
            SpareForm,
            spare.tell,
            (
                _("Paying down: the installments become smaller over the same months, less the fee for it."),
                _("Putting aside: the money earns its return and pays, each month, what the installment is higher."),
                _("What is left of it at the end, or is missing, is the difference."),
            ),
            "提前还款 理财 存钱 投资 违约金 prepay invest save early repayment",
        ),
        Calculator(
            "penalty",
            _("What does being late cost?"),
            _("The penalty by days, and what paying a part changes."),
            "overdue",
            "calendar-clock",
            LatenessForm,
            lateness.tell,
            (
                _("Late principal × penalty rate of a year ÷ 360 × days."),
                _("No penalty on interest and none on penalty; a fen that is not full is not charged."),
            ),
            "逾期 罚息 晚几天 违约 滞纳金 late penalty overdue",
        ),
    )
}
