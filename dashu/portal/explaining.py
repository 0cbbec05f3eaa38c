"""Why an amount is what it is, in words: each summand with the calculation behind it, and what they add up to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dashu.finance.day_counts import DayCount
from dashu.finance.explanation import Working
from dashu.kernel import errors
from dashu.kernel.money import EXPONENTS
from dashu.web.templatetags.dashu import SIGNS, lender_date, money, percent
from repayments.domain.explaining import Explanation, Of, Summand
from repayments.models import LoanEvent


@dataclass(frozen=True, slots=True)
class WhyLine:
    """:param how: the calculation, or ""."""

    name: str
    how: str
    minor: int


@dataclass(frozen=True, slots=True)
class Why:
    """The lines add up to the total."""

    total: int
    lines: tuple[WhyLine, ...]
    note: str = ""


def why_of(explanation: Explanation | None, currency: str, *, note: str = "") -> Why | None:
    if explanation is None:
        return None
    return Why(explanation.total, tuple(_line(each, currency) for each in explanation.summands), note)


def penalty_note() -> str:
    return _("Every day counts for itself and penalty is never charged on penalty. Parts of a fen are carried on.")


def _line(summand: Summand, currency: str) -> WhyLine:
    name, how = _WORDS[summand.of](summand.facts, currency)
    return WhyLine(name, how, summand.minor)


Words = tuple[str, str]
Facts = Mapping[str, Any]
_YEARS = {
    DayCount.THIRTY_360: 360,
    DayCount.THIRTY_360_US: 360,
    DayCount.THIRTY_E_360: 360,
    DayCount.THIRTY_E_360_ISDA: 360,
    DayCount.ACTUAL_360: 360,
    DayCount.ACTUAL_365: 365,
}


def _beginning(facts: Facts, _currency: str) -> Words:
    words = {"day": lender_date(facts["on"])}
    if facts["kind"] == LoanEvent.Kind.TAKEN_OVER:
        return _("Taken over on %(day)s") % words, ""
    return _("Lent on %(day)s") % words, ""


def _event(facts: Facts, _currency: str) -> Words:
    return f"{LoanEvent.Kind(facts['kind']).label}", lender_date(facts["on"])


def _interest(facts: Facts, currency: str) -> Words:
    return _("Interest"), _calculation(facts["working"], currency)


def _interest_before(facts: Facts, _currency: str) -> Words:
    return _("Interest of the days before the schedule changed"), lender_date(facts["on"]) if facts["on"] else ""


def _interest_agreed(_facts: Facts, _currency: str) -> Words:
    return _("Interest"), _("As the schedule in force says.")


def _principal(facts: Facts, currency: str) -> Words:
    working: Working | None = facts.get("working")
    if working is None:
        return _("Principal"), ""
    formula, level = str(errors.translate(working.formula)), facts.get("installment")
    if level is None or working.of != "principal" or level.unrounded is None:
        return _("Principal"), formula
    exact = {"formula": formula, "exact": _exact(level.unrounded, currency), "level": money(level.minor, currency)}
    return _("Principal"), _("%(formula)s; the installment is %(exact)s, rounded to %(level)s") % exact


def _fee(_facts: Facts, _currency: str) -> Words:
    return _("Fees"), _("Fees of installments that are due, as in the contract.")


def _installment(facts: Facts, currency: str) -> Words:
    name = _("Installment %(number)s, due %(day)s") % {"number": facts["number"], "day": lender_date(facts["due_on"])}
    paid = facts["paid"]
    return name, _("%(amount)s of it is paid") % {"amount": money(paid, currency)} if paid else ""


def _penalty_days(facts: Facts, currency: str) -> Words:
    name = _("Installment %(number)s, %(first)s to %(last)s") % {
        "number": facts["number"],
        "first": lender_date(facts["first"], "short"),
        "last": lender_date(facts["last"], "short"),
    }
    exact = Decimal(facts["parts"]) / (1_000_000 * facts["year_days"])
    return name, ngettext(
        "%(base)s overdue × %(rate)s ÷ %(year)s × %(days)s day = %(exact)s",
        "%(base)s overdue × %(rate)s ÷ %(year)s × %(days)s days = %(exact)s",
        facts["days"],
    ) % {
        "base": money(facts["base"], currency),
        "rate": percent(facts["rate"]),
        "year": facts["year_days"],
        "days": facts["days"],
        "exact": _exact(exact, currency),
    }


def _penalty_cap(facts: Facts, _currency: str) -> Words:
    cap = facts["cap"]
    return _("Not charged, because of the highest rate"), percent(cap) if cap is not None else ""


def _penalty_changed(facts: Facts, _currency: str) -> Words:
    words = {"what": LoanEvent.Kind(facts["kind"]).label, "day": lender_date(facts["on"])}
    return _("Worked out again"), _("%(what)s, %(day)s") % words


def _plain(name: Any) -> Callable[[Facts, str], Words]:
    return lambda _facts, _currency: (str(name), "")


_WORDS: dict[Of, Callable[[Facts, str], Words]] = {
    Of.BEGINNING: _beginning,
    Of.EVENT: _event,
    Of.INTEREST: _interest,
    Of.INTEREST_BEFORE: _interest_before,
    Of.INTEREST_AGREED: _interest_agreed,
    Of.PRINCIPAL: _principal,
    Of.FEE: _fee,
    Of.INSTALLMENT: _installment,
    Of.PENALTY: _plain(gettext_lazy("Penalty interest")),
    Of.PENALTY_BEFORE: _plain(gettext_lazy("Charged by the earlier lender")),
    Of.PENALTY_DAYS: _penalty_days,
    Of.PENALTY_CAP: _penalty_cap,
    Of.PENALTY_CHANGED: _penalty_changed,
    Of.PENALTY_PAID: _plain(gettext_lazy("Paid of it")),
    Of.PENALTY_WAIVED: _plain(gettext_lazy("Waived")),
    Of.REST: _plain(gettext_lazy("What is left after the last installment")),
}


def _calculation(working: Working, currency: str) -> str:
    facts = dict(working.inputs)
    if working.unrounded is None or "balance_minor" not in facts:
        return str(errors.translate(working.formula))
    words = {
        "balance": money(int(str(facts["balance_minor"])), currency),
        "rate": percent(Decimal(str(facts["annual_rate"]))),
        "part": _part_of_year(facts),
        "exact": _exact(working.unrounded, currency),
        "rounded": money(working.minor, currency),
    }
    return _("%(balance)s × %(rate)s a year × %(part)s = %(exact)s, rounded to %(rounded)s") % words


def _part_of_year(facts: Mapping[str, Any]) -> str:
    """Write days over the days of the year where that is what was counted, else the part as a decimal."""
    year = _YEARS.get(DayCount(facts["day_count"]))
    if year and abs(Decimal(facts["days"]) / year - facts["year_fraction"]) < Decimal("1e-12"):
        return f"{facts['days']}/{year}"
    return f"{facts['year_fraction']:.6f}"


def _exact(minor: Decimal, currency: str) -> str:
    """Write an amount before rounding, with two digits more than it is paid in."""
    exponent = EXPONENTS[currency]
    return f"{SIGNS[currency]}{minor.scaleb(-exponent):,.{exponent + 2}f}"
