"""What people read of plans: methods, why one is recommended or not offered, and what it does to the credit record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.relief.budget import Cause
from collections_mgmt.domain.relief.offers import Code, Effect, Number, Refusal, Why
from dashu.finance.relief import ReliefMethod
from dashu.kernel.money import parse_minor
from dashu.web.templatetags.dashu import lender_date, money, percent_shown

CAUSES: Mapping[Cause, Promise] = {
    Cause.INCOME_UNSTABLE: _("My income is not steady"),
    Cause.MONEY_MANAGEMENT: _("I lost track of my money"),
    Cause.OVERSPENDING: _("I spent more than I meant to"),
    Cause.MACRO_ECONOMY: _("The economy or my trade is doing badly"),
    Cause.TERMS_NOT_UNDERSTOOD: _("I had understood the terms differently"),
}


@dataclass(frozen=True, slots=True)
class MethodWords:
    """:param about: what it does, in a sentence for the borrower."""

    name: Promise
    about: Promise


METHODS: Mapping[ReliefMethod, MethodWords] = {
    ReliefMethod.TERM_EXTENSION: MethodWords(
        _("More time to repay"), _("The rest is spread over more months, so each payment is lower.")
    ),
    ReliefMethod.REAMORTIZATION: MethodWords(
        _("Spread anew, same end"), _("What is overdue joins the rest, and the loan ends when it was to end.")
    ),
    ReliefMethod.ARREARS_PLAN: MethodWords(
        _("Catch up bit by bit"), _("What is overdue is paid in parts beside the payments to come.")
    ),
    ReliefMethod.CAPITALIZATION: MethodWords(
        _("Unpaid interest joins the debt"), _("Unpaid interest is added to what is owed, and bears interest itself.")
    ),
    ReliefMethod.PAYMENT_HOLIDAY: MethodWords(
        _("Payment holiday"), _("Nothing is asked for during some months; the loan ends as many months later.")
    ),
    ReliefMethod.INTEREST_ONLY: MethodWords(
        _("Interest only for a while"), _("During some months only the interest is paid; after them, payments go on.")
    ),
    ReliefMethod.STEP_UP: MethodWords(
        _("Begin low, rise by steps"), _("Payments begin lower and rise step by step until the loan ends.")
    ),
    ReliefMethod.RATE_CUT: MethodWords(_("A lower rate"), _("The rest bears less interest, so each payment is lower.")),
    ReliefMethod.PARTIAL_WAIVER: MethodWords(
        _("A part is given up"), _("A part of unpaid interest, fees and penalty no longer has to be paid.")
    ),
    ReliefMethod.SETTLEMENT: MethodWords(
        _("End it with one payment"), _("One agreed payment ends the loan; the rest is given up.")
    ),
    ReliefMethod.CONSOLIDATION: MethodWords(
        _("Several loans become one"), _("One new loan repays the others, with a single payment a month.")
    ),
    ReliefMethod.DUE_DATE: MethodWords(
        _("Another due day"), _("Payments fall due just after the income comes; nothing else changes.")
    ),
}

WHYS: Mapping[Why, Promise] = {
    Why.FOLLOWS_PAYDAY: _("It moves the payment to just after your income comes and changes nothing else."),
    Why.CATCHES_UP: _("It brings the loan up to date in parts that your month can carry."),
    Why.BRIDGES_GAP: _("It bridges the months until your income is back."),
    Why.LOWERS_FOR_GOOD: _("It lowers the payment to what your month can carry, until the end of the loan."),
    Why.ONE_PAYMENT: _("It makes one payment a month of several, and your month can carry it."),
    Why.COSTS_LEAST: _("No other plan fits your month; this one makes the loan itself cheaper."),
}

EFFECTS: Mapping[Effect, Promise] = {
    Effect.NONE: _("Your credit record stays as it is."),
    Effect.RESTRUCTURED: _(
        "It changes the contract, and may be reported to your credit record as an event of its own. Payments under the "
        "plan are reported as on time when they are on time."
    ),
    Effect.REDUCED: _(
        "It changes the contract, and may be reported to your credit record as a debt reduction. Other lenders can see "
        "that for years."
    ),
}

# What stands in a code's sentence: an amount, a rate, a day, or a number.
_REASONS: Mapping[Code, Promise] = {
    Code.NOT_RUNNING: _("The loan is not running any more."),
    Code.IN_DOUBT: _("Something about the contract or the identity has to be cleared by a person first."),
    Code.TOO_MANY_PLANS: _(
        "The loan was changed %(found)s times lately; %(limit)s times are offered without a person."
    ),
    Code.PLAN_TOO_YOUNG: _(
        "A plan has just begun: of its first payments, %(found)s of %(limit)s are made. After them it can be changed."
    ),
    Code.TAKEN_BACK_LATELY: _(
        "A plan was taken back on %(found)s. From %(limit)s on one can be agreed at once again; before that, a person "
        "looks for a way with you."
    ),
    Code.NO_SURPLUS: _(
        "After essentials, other debts and a reserve nothing is left in the month for a payment. A person looks for a "
        "way with you."
    ),
    Code.PLAN_FITS: _("The month can carry the payments as they are: %(found)s, where up to %(limit)s would fit."),
    Code.NOT_ALLOWED: _("We do not add unpaid interest to the debt."),
    Code.NO_ARREARS: _("Nothing is overdue."),
    Code.NO_PAYDAY: _("We were not told that the income comes on another day."),
    Code.FITS_PAYDAY: _("Payments are due on day %(found)s, just after the income comes on day %(limit)s."),
    Code.MOVED_LATELY: _("The due day was moved on %(found)s. It can be moved again from %(limit)s on."),
    Code.UNPAID_SINCE_MOVE: _(
        "The due day was moved on %(found)s. It can be moved again once a payment that fell due since then is made."
    ),
    Code.NOT_TEMPORARY: _("We do not know that the income will be back, and from when on."),
    Code.NOTHING_TO_WAIVE: _("No interest, fee or penalty is unpaid."),
    Code.ONE_LOAN: _("There is no other loan here that it could be joined with."),
    Code.OPEN_ELSEWHERE: _("Something else is offered on one of these loans. Once that has ended, they can be joined."),
    Code.TOO_EARLY: _("The loan is %(found)s days past due; a settlement is offered from %(limit)s days on."),
    Code.NO_LUMP_SUM: _(
        "A settlement takes a sum at once, such as with the help of family. If you can have one, tell us how much."
    ),
    Code.PAYS_ALL: _("%(found)s at once pays all that is owed, %(limit)s, so nothing has to be given up."),
    Code.NEEDS_PERSON: _("A person decides on this with you."),
    Code.DOES_NOT_FIT_LOAN: _("The loan is not of a kind that can be changed like this."),
    Code.BELOW_INTEREST: _("The lower payment would not even pay the interest, so the debt would grow."),
    Code.TOO_LONG_PAUSE: _("It would take %(found)s months; up to %(limit)s are offered without a person."),
    Code.BEYOND_TERM: _("It would end on %(found)s; the loan has to end by %(limit)s."),
    Code.BEYOND_COUNT: _("It would take %(found)s payments; the product has at most %(limit)s."),
    Code.RATE_RISES: _("The rate of the loan would rise from %(limit)s to %(found)s."),
    Code.CUT_TOO_DEEP: _("The rate would fall by %(found)s; up to %(limit)s is offered without a person."),
    Code.WAIVER_TOO_DEEP: _("%(found)s would be given up; up to %(limit)s is offered without a person."),
    Code.ABOVE_CAP: _("The loan would cost %(found)s a year in all; the highest rate allowed is %(limit)s."),
    Code.NOT_AFFORDABLE: _("A month would have to carry %(found)s, and it can carry %(limit)s."),
    Code.VALUE_LOSS: _("It would cost %(found)s of the loan's value; beyond %(limit)s a person decides."),
    Code.NO_GAIN: _("It would not make it more likely that the loan is repaid."),
    Code.GENTLER_FITS: _("A plan that gives up nothing fits the month."),
    Code.SAME_SHAPE: _("Another plan does the same for the month, and better."),
    Code.BEYOND_MOST: _("Other plans suit this situation better."),
}


def reason(refusal: Refusal, currency: str) -> str:
    """Return in a sentence why a method is not offered, with the numbers that decided."""
    sentence = str(_REASONS[refusal.code])
    if "%(" not in sentence:
        return sentence
    figures = {"found": refusal.found, "limit": refusal.limit}
    return sentence % {name: _shown(value, refusal, currency) for name, value in figures.items()}


def settlement_proposed(said: Mapping[str, str], currency: str) -> str:
    """Return in a sentence what a settlement would be. :param said: the `proposal` beside a settlement not offered."""
    amounts = {name: money(parse_minor(said[name], currency), currency) for name in ("pays", "given_up", "owed")}
    return str(_PROPOSED) % amounts


_PROPOSED = _(
    "Paid at once, %(pays)s would end the loan: of %(owed)s that is owed, %(given_up)s would be given up. A person "
    "asks for it, another one approves it, and then you decide."
)


def _shown(value: Number | None, refusal: Refusal, currency: str) -> str:
    if isinstance(value, date):
        return lender_date(value)
    if isinstance(value, Decimal):
        return percent_shown(value)
    return money(value, currency) if value is not None and refusal.is_money else str(value)
