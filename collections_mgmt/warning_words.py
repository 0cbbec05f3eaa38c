"""
What was noticed, in words: with its numbers for staff, and as a sentence that can be said to the borrower.

The sentences name a fact and never a fault: they are the reason why help is offered.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.policy import rules as policy
from dashu.policy.early_warning import EarlyWarning, Trigger, TriggerRule
from dashu.policy.selectors import PolicyRuleMissing
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named

Facts = Mapping[str, Any]

NAMES: Mapping[Trigger, Any] = {
    Trigger.PAYS_LATER: _("Pays later than before"),
    Trigger.AUTOPAY_FAILED: _("Autopay could not collect"),
    Trigger.AUTOPAY_ENDED: _("Autopay was ended"),
    Trigger.PARTIAL_PAYMENTS: _("Pays in parts"),
    Trigger.ONLY_THE_LEAST: _("Now pays exactly the least"),
    Trigger.INQUIRIES: _("Asks many lenders for credit"),
    Trigger.OVERDUE_ELSEWHERE: _("Newly late with another lender"),
    Trigger.INCOME_DROP: _("Income is lower"),
    Trigger.INCOME_LATE: _("Income has not come"),
    Trigger.REVENUE_DROP: _("Revenue is lower"),
    Trigger.SCORE_DOWN: _("Score went down"),
    Trigger.ASKED_FOR_HELP: _("Asked for help"),
    Trigger.SHOCK: _("Something hit their region or sector"),
    Trigger.ECONOMY: _("The economy around them is worse"),
}
SERIES_NAMES: Mapping[str, Any] = {
    "UNEMPLOYMENT": _("Unemployment"),
    "SECTOR": _("Business of a sector"),
    "PRICES": _("Prices"),
    "INCOMES": _("Incomes"),
}
COUNTS: Mapping[str, Any] = {
    "later_days": _("days later on average"),
    "least_days": _("days late on average"),
    "failures": _("failed collections"),
    "within_days": _("within days"),
    "installments": _("installments paid in parts"),
    "payments": _("payments in a row"),
    "inquiries": _("inquiries of lenders"),
    "days": _("days late"),
    "months": _("months to compare with"),
    "least_credits": _("incomes before, at least"),
    "bands": _("bands down"),
}


def trigger_name(code: str) -> str:
    return str(NAMES[Trigger(code)])


def trigger_facts(code: str, facts: Facts) -> str:
    """Return the numbers that fired a trigger, for staff."""
    return _FACTS[Trigger(code)](facts)


def said_to_borrower(code: str, facts: Facts) -> str:
    """Return why help is offered, in one sentence that can be said to the borrower."""
    return _SENTENCES[Trigger(code)](facts)


def threshold_words(rule: TriggerRule) -> str:
    """Return the thresholds of a trigger as the policy has them."""
    told = [f"{COUNTS[name]}: {number}" for name, number in rule.counts.items()]
    told += [gettext("a fall of %(share)s or more") % {"share": _percent(share)} for share in rule.shares.values()]
    return " · ".join(told) or gettext("whenever it happens")


def needed_words(rules: EarlyWarning) -> str:
    return gettext("%(needed)s kinds of triggers, or %(strong)s strong one, make an early warning.") % {
        "needed": rules.needed,
        "strong": rules.strong_needed,
    }


def place_words(region: str, sector: str, on: date) -> str:
    """Return the names of a region and a sector."""
    try:
        places = policy.early_warning_places(on)
    except PolicyRuleMissing:
        return " · ".join(filter(None, [region, sector])) or "–"
    told = [
        named(places[part][code]) if code in places[part] else code
        for part, code in (("regions", region), ("sectors", sector))
        if code
    ]
    return " · ".join(told) or gettext("everywhere")


def _pays_later(facts: Facts) -> str:
    return gettext("Days after the due date: %(before)s, then %(days)s.") % {
        "before": _listed(facts["before"]),
        "days": _listed(facts["days"]),
    }


def _autopay_failed(facts: Facts) -> str:
    told = ngettext(
        "%(count)s collection failed within %(days)s days",
        "%(count)s collections failed within %(days)s days",
        facts["failures"],
    ) % {"count": facts["failures"], "days": facts["within_days"]}
    return f"{told}: {_days(facts['failed_on'])}"


def _autopay_ended(facts: Facts) -> str:
    return gettext("Ended on %(day)s.") % {"day": _day(facts["ended_on"])}


def _partial(facts: Facts) -> str:
    paid = "; ".join(
        gettext("%(paid)s of %(asked)s on %(day)s")
        % {
            "paid": money(each["paid_minor"], facts["currency"]),
            "asked": money(each["asked_minor"], facts["currency"]),
            "day": _day(each["on"]),
        }
        for each in facts["paid"]
    )
    told = gettext("%(count)s installments were paid in parts within %(days)s days") % {
        "count": facts["installments"],
        "days": facts["within_days"],
    }
    return f"{told}: {paid}"


def _only_the_least(facts: Facts) -> str:
    return gettext("Paid %(before)s before, then exactly what was asked for: %(paid)s.") % {
        "before": _amounts(facts["before_minor"], facts["currency"]),
        "paid": _amounts(facts["paid_minor"], facts["currency"]),
    }


def _inquiries(facts: Facts) -> str:
    return gettext("%(count)s inquiries of other lenders within %(days)s days: %(on)s") % {
        "count": facts["inquiries"],
        "days": facts["within_days"],
        "on": _days(facts["asked_on"]),
    }


def _overdue_elsewhere(facts: Facts) -> str:
    return gettext("Lenders with arrears: %(lenders)s, up to %(days)s days late; nothing was late before.") % {
        "days": facts["days"],
        "lenders": facts["lenders"],
    }


def _income_drop(facts: Facts) -> str:
    return gettext(
        "%(amount)s in the month to %(day)s, against %(mean)s a month on average in the %(months)s months before."
    ) % {
        "amount": money(facts["amount_minor"], facts["currency"]),
        "mean": money(facts["mean_minor"], facts["currency"]),
        "months": facts["months"],
        "day": _day(facts["credited_on"]),
    }


def _income_late(facts: Facts) -> str:
    return gettext("Expected on %(day)s and not seen more than %(days)s days later; the last came on %(last)s.") % {
        "day": _day(facts["expected_on"]),
        "days": facts["days"],
        "last": _day(facts["last_on"]),
    }


def _revenue_drop(facts: Facts) -> str:
    return gettext(
        "%(amount)s in the %(months)s months to %(through)s, against %(before)s in the same months last year."
    ) % {
        "amount": money(facts["amount_minor"], facts["currency"]),
        "before": money(facts["before_minor"], facts["currency"]),
        "months": facts["months"],
        "through": f"{date.fromisoformat(facts['through']):%Y-%m}",
    }


def _score_down(facts: Facts) -> str:
    return gettext("%(points)s points, against %(before)s within %(days)s days: %(bands)s bands down.") % {
        "points": facts["points"],
        "before": facts["points_before"],
        "days": facts["within_days"],
        "bands": facts["bands"],
    }


def _asked(facts: Facts) -> str:
    return gettext("Request %(reference)s.") % {"reference": facts["reference"]}


def _shock(facts: Facts) -> str:
    return gettext("%(place)s, since %(day)s: %(reason)s") % {
        "place": place_words(facts["region"], facts["sector"], date.fromisoformat(facts["from_on"])),
        "day": _day(facts["from_on"]),
        "reason": facts["reason"],
    }


def _economy(facts: Facts) -> str:
    return gettext("%(name)s: %(value)s on %(day)s, against %(before)s %(months)s months before (%(unit)s).") % {
        **{name: facts[name] for name in ("name", "value", "before", "months", "unit")},
        "day": _day(facts["date"]),
    }


_FACTS = {
    Trigger.PAYS_LATER: _pays_later,
    Trigger.AUTOPAY_FAILED: _autopay_failed,
    Trigger.AUTOPAY_ENDED: _autopay_ended,
    Trigger.PARTIAL_PAYMENTS: _partial,
    Trigger.ONLY_THE_LEAST: _only_the_least,
    Trigger.INQUIRIES: _inquiries,
    Trigger.OVERDUE_ELSEWHERE: _overdue_elsewhere,
    Trigger.INCOME_DROP: _income_drop,
    Trigger.INCOME_LATE: _income_late,
    Trigger.REVENUE_DROP: _revenue_drop,
    Trigger.SCORE_DOWN: _score_down,
    Trigger.ASKED_FOR_HELP: _asked,
    Trigger.SHOCK: _shock,
    Trigger.ECONOMY: _economy,
}

_SENTENCES = {
    Trigger.PAYS_LATER: lambda facts: (
        gettext("Your last payments came %(days)s days after the due date; before that it was %(before)s.")
        % {"days": _listed(facts["days"]), "before": _listed(facts["before"])}
    ),
    Trigger.AUTOPAY_FAILED: lambda facts: (
        gettext("On %(day)s the automatic payment did not go through.") % {"day": _day(facts["failed_on"][-1])}
    ),
    Trigger.AUTOPAY_ENDED: lambda facts: (
        gettext("On %(day)s the automatic payment was ended.") % {"day": _day(facts["ended_on"])}
    ),
    Trigger.PARTIAL_PAYMENTS: lambda facts: (
        gettext("You paid %(count)s of the last installments in parts.") % {"count": facts["installments"]}
    ),
    Trigger.ONLY_THE_LEAST: lambda facts: gettext("You paid more than was asked for before, and lately exactly that."),
    Trigger.INQUIRIES: lambda facts: (
        gettext("You asked other lenders for credit %(count)s times within %(days)s days, as your credit report says.")
        % {"count": facts["inquiries"], "days": facts["within_days"]}
    ),
    Trigger.OVERDUE_ELSEWHERE: lambda facts: gettext("Your credit report says that a payment elsewhere is late."),
    Trigger.INCOME_DROP: lambda facts: (
        gettext("Less income than usual came in during the month to %(day)s, as your bank told us.")
        % {"day": _day(facts["credited_on"])}
    ),
    Trigger.INCOME_LATE: lambda facts: (
        gettext("The income that usually comes around %(day)s has not arrived, as your bank told us.")
        % {"day": _day(facts["expected_on"])}
    ),
    Trigger.REVENUE_DROP: lambda facts: gettext("Your business sold less than in the same months of last year."),
    Trigger.SCORE_DOWN: lambda facts: gettext("How payments went lately looks harder than some months ago."),
    Trigger.ASKED_FOR_HELP: lambda facts: gettext("You told us that paying has become difficult."),
    Trigger.SHOCK: lambda facts: (
        gettext("Something has hit many people where you earn your money: %(reason)s") % {"reason": facts["reason"]}
    ),
    Trigger.ECONOMY: lambda facts: gettext("Times have become harder for many people where you earn your money."),
}


def _listed(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers or [])


def _amounts(minors: list[int], currency: str) -> str:
    return ", ".join(money(minor, currency) for minor in minors)


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text))


def _days(texts: list[str]) -> str:
    return ", ".join(_day(text) for text in texts)


def _percent(share: Any) -> str:
    return f"{share * 100:f}".rstrip("0").rstrip(".") + " %"
