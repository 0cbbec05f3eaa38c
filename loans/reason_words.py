"""
The reasons of a credit review in the reader's language: which fact met which limit, and what would help.

The domain has codes and figures and no words; here each of them becomes two sentences. At most four are shown, the
gravest first, and the same reason once. The points of a scorecard are explained by what cost the most of them, in the
scorecard's own words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language, gettext, ngettext

from dashu.policy.credit_rules import Outcome
from dashu.web.templatetags.dashu import money, percent
from loans.domain.credit_review import Finding, Reason
from loans.domain.offers import Limited, Obstacle
from loans.domain.pricing import PriceReason, PriceStep
from loans.domain.scorecards import MOST_REASONS, Shortfall

_HUNDRED_PERCENT = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """
    :param code: stable, for programs: that of the reason, or of the characteristic of a scorecard.
    :param fact: which fact met which limit, one sentence.
    :param help: what would help, one sentence.
    """

    code: str
    fact: str
    help: str


def reasons_in_words(
    findings: Sequence[Finding], shortfalls: Sequence[Shortfall] = (), *, most: int = MOST_REASONS
) -> list[ReasonWords]:
    """
    Return the reasons that are shown, the gravest first.

    :param findings: of a review, in its order.
    :param shortfalls: of the score; they follow the finding that the score is low, and are left out without it.
    """
    shown: dict[str, ReasonWords] = {}
    for finding in findings:
        for words in (_of_finding(finding), *_of_score(finding, shortfalls)):
            shown.setdefault(words.code, words)
    return list(shown.values())[:most]


def _of_finding(finding: Finding) -> ReasonWords:
    return ReasonWords(finding.reason.value, FACTS[finding.reason](finding), HELPS[finding.reason]())


def _of_score(finding: Finding, shortfalls: Sequence[Shortfall]) -> Iterator[ReasonWords]:
    if finding.reason is Reason.LOW_SCORE:
        yield from map(shortfall_in_words, shortfalls)


def shortfall_in_words(shortfall: Shortfall) -> ReasonWords:
    """Say which characteristic cost how many points, and what would raise them, in the scorecard's own words."""
    characteristic = shortfall.characteristic
    fact = ngettext(
        "%(label)s: %(points)s point below the most there is.",
        "%(label)s: %(points)s points below the most there is.",
        shortfall.points,
    ) % {"label": _in_language(characteristic.label), "points": shortfall.points}
    return ReasonWords(f"score.{characteristic.name}", fact, _in_language(characteristic.help))


def price_step_in_words(step: PriceStep) -> str:
    """Say what a step of the price is, one sentence with its figures."""
    figures = {"change": percent(abs(step.change)), "found": step.found, "limit": step.limit}
    if step.reason is PriceReason.BASE:
        return gettext("Every loan of this kind begins at %(change)s a year.") % figures
    if step.reason is PriceReason.SCORE:
        return gettext("The score of %(found)s reaches %(limit)s and lowers the rate by %(change)s.") % figures
    if step.reason is PriceReason.PROVED_INCOME:
        return gettext("Your income is proved; that lowers the rate by %(change)s.") % figures
    bound = {**figures, "limit": percent(Decimal(str(step.limit)))}
    if step.reason is PriceReason.RATE_CAP:
        return (
            gettext("No loan may cost more than %(limit)s a year with everything; the rate is lowered by %(change)s.")
            % bound
        )
    if step.change > 0:
        return gettext("This product begins at %(limit)s a year; that raises the rate by %(change)s.") % bound
    return gettext("This product ends at %(limit)s a year; that lowers the rate by %(change)s.") % bound


def _in_language(words: Mapping[str, str]) -> str:
    by_code = {language.lower(): text for language, text in words.items()}
    return by_code.get((get_language() or "en").lower()) or words["en"]


def _number(value: int | str | None) -> int:
    assert isinstance(value, int)
    return value


def _share(value: int | str | None) -> str:
    return percent(Decimal(_number(value)) / _HUNDRED_PERCENT)


def _rate(value: int | str | None) -> str:
    return percent(Decimal(str(value)))


def _under_age(finding: Finding) -> str:
    return gettext("You are %(found)s; a loan can be made from the age of %(limit)s.") % {
        "found": finding.found,
        "limit": finding.limit,
    }


def _inquiries(finding: Finding) -> str:
    figures = {"found": finding.found, "days": finding.days, "limit": finding.limit}
    if finding.outcome is Outcome.REFUSE:
        return (
            gettext("Inquiries of other lenders in %(days)s days: %(found)s; from %(limit)s on we do not lend.")
            % figures
        )
    return (
        gettext("Inquiries of other lenders in %(days)s days: %(found)s; from %(limit)s on a person looks.") % figures
    )


def _overdue_elsewhere(finding: Finding) -> str:
    figures = {"found": finding.found, "limit": finding.limit}
    if finding.outcome is Outcome.REFUSE:
        return gettext("Days that a payment elsewhere is late: %(found)s; from %(limit)s on we do not lend.") % figures
    return gettext("Days that a payment elsewhere is late: %(found)s; from %(limit)s on a person looks.") % figures


def _lenders(finding: Finding) -> str:
    figures = {"found": finding.found, "limit": finding.limit}
    if finding.outcome is Outcome.REFUSE:
        return gettext("Other lenders with whom a loan runs: %(found)s; from %(limit)s on we do not lend.") % figures
    return gettext("Other lenders with whom a loan runs: %(found)s; from %(limit)s on a person looks.") % figures


def _no_surplus(finding: Finding) -> str:
    return gettext(
        "With this installment %(found)s a month would be missing after essentials, debts and a reserve."
    ) % {"found": money(-_number(finding.found))}


def _debt_share(finding: Finding) -> str:
    if finding.found is None:
        return gettext("No income is known from which debts could be paid; they may take at most %(limit)s of it.") % {
            "limit": _share(finding.limit)
        }
    figures = {"found": _share(finding.found), "limit": _share(finding.limit)}
    if finding.outcome is Outcome.REFUSE:
        return gettext("All debts would take %(found)s of the income; above %(limit)s we do not lend.") % figures
    return gettext("All debts would take %(found)s of the income; above %(limit)s a person looks.") % figures


def _stressed(finding: Finding) -> str:
    if finding.found is None:
        return gettext("No income is known that could carry the loan if it fell; debts may take %(limit)s of it.") % {
            "limit": _share(finding.limit)
        }
    return gettext(
        "If income fell and the rate rose, debts would take %(found)s of the income; above %(limit)s a person looks."
    ) % {"found": _share(finding.found), "limit": _share(finding.limit)}


def _rate_above_cap(finding: Finding) -> str:
    return gettext("With all costs the loan would be %(found)s a year; at most %(limit)s is allowed.") % {
        "found": _rate(finding.found),
        "limit": _rate(finding.limit),
    }


def _group_exposure(finding: Finding) -> str:
    return gettext("With this loan you and those tied to you would owe us %(found)s; our limit is %(limit)s.") % {
        "found": money(_number(finding.found)),
        "limit": money(_number(finding.limit)),
    }


def _low_score(finding: Finding) -> str:
    return gettext("The score is %(found)s; from %(limit)s on it does not speak against a loan.") % {
        "found": finding.found,
        "limit": finding.limit,
    }


FACTS: Mapping[Reason, Callable[[Finding], str]] = {
    Reason.UNDER_AGE: _under_age,
    Reason.NOT_RESIDENT: lambda _finding: gettext("We lend only to people who live in this country."),
    Reason.FRAUD_FLAG: lambda _finding: gettext("Something in this application could not be confirmed."),
    Reason.OVERDUE_ELSEWHERE: _overdue_elsewhere,
    Reason.TOO_MANY_LENDERS: _lenders,
    Reason.MANY_INQUIRIES: _inquiries,
    Reason.REPAYS_OTHER_LOANS: lambda _finding: gettext(
        "The loan is to pay off other loans; a person looks at whether it makes the month easier."
    ),
    Reason.NO_SURPLUS: _no_surplus,
    Reason.DEBT_SHARE: _debt_share,
    Reason.STRESSED: _stressed,
    Reason.RATE_ABOVE_CAP: _rate_above_cap,
    Reason.GROUP_EXPOSURE: _group_exposure,
    Reason.LOW_SCORE: _low_score,
    Reason.NO_CREDIT_REPORT: lambda _finding: gettext("Your credit report could not be read."),
    Reason.PERSON_ASKED_FOR: lambda _finding: gettext("You did not want a computer to decide first."),
    Reason.BUSINESS_LOAN: lambda _finding: gettext("Loans to businesses are always decided by a person."),
    Reason.SEEN_BEFORE: lambda _finding: gettext("The same particulars stand in another application."),
    Reason.CARD_UNCONFIRMED: lambda _finding: gettext(
        "The card number alone does not show to which bank the card belongs; a person looks before anything is paid."
    ),
}

HELPS: Mapping[Reason, Callable[[], str]] = {
    Reason.UNDER_AGE: lambda: gettext("You can apply once you are old enough."),
    Reason.NOT_RESIDENT: lambda: gettext("Proof of residence changes this."),
    Reason.FRAUD_FLAG: lambda: gettext("Ask for a review by a person and have your identity card at hand."),
    Reason.OVERDUE_ELSEWHERE: lambda: gettext(
        "Pay what is late, or agree on a plan with that lender; if the record is wrong, it can be corrected."
    ),
    Reason.TOO_MANY_LENDERS: lambda: gettext("It helps to pay off one of these loans before taking a new one."),
    Reason.MANY_INQUIRIES: lambda: gettext("It helps to wait some weeks without applying elsewhere."),
    Reason.REPAYS_OTHER_LOANS: lambda: gettext("Statements of the loans that are to be paid off make this quicker."),
    Reason.NO_SURPLUS: lambda: gettext("A smaller amount, a longer time or proof of more income helps."),
    Reason.DEBT_SHARE: lambda: gettext("A smaller installment helps, or other debts that have ended."),
    Reason.STRESSED: lambda: gettext("A smaller amount or a longer time leaves more room for harder months."),
    Reason.RATE_ABOVE_CAP: lambda: gettext("A longer time or a loan without fees costs less a year; ask us for it."),
    Reason.GROUP_EXPOSURE: lambda: gettext("A smaller amount helps, or a part of the present loans that is paid back."),
    Reason.LOW_SCORE: lambda: gettext("Facts that are not known yet can raise it; add what you can prove."),
    Reason.NO_CREDIT_REPORT: lambda: gettext(
        "A person decides without it, or it is read later; you need to do nothing."
    ),
    Reason.PERSON_ASKED_FOR: lambda: gettext("A person reads your application; you need to do nothing."),
    Reason.BUSINESS_LOAN: lambda: gettext("Papers of the business, such as tax returns, make this quicker."),
    Reason.SEEN_BEFORE: lambda: gettext("If you applied under another account, tell us which one shall count."),
    Reason.CARD_UNCONFIRMED: lambda: gettext(
        "A card statement that shows the bank and the last digits of the number makes this quicker."
    ),
}


@dataclass(frozen=True, slots=True)
class _Wording:
    """How a limit of an offer is said. :param figures: makes what was found, or the limit, readable."""

    figures: Callable[[int | str | None], str]
    fact: Callable[[], str]
    help: Callable[[], str]


def limits_in_words(limits: Sequence[Limited]) -> list[ReasonWords]:
    """Say what kept the offers from being what was asked for, in the order of `limits`."""
    said = []
    for limit in limits:
        wording = LIMITS[limit.obstacle]
        figures = {"found": wording.figures(limit.found), "limit": wording.figures(limit.limit)}
        said.append(ReasonWords(f"offer.{limit.obstacle.value}", wording.fact() % figures, wording.help() % figures))
    return said


def _amount(value: int | str | None) -> str:
    return money(_number(value))


def _plain(value: int | str | None) -> str:
    return str(value)


LIMITS: Mapping[Obstacle, _Wording] = {
    Obstacle.BELOW_PRODUCT: _Wording(
        _amount,
        lambda: gettext("You asked for %(found)s; this product begins at %(limit)s."),
        lambda: gettext("If you need less than %(limit)s, saving for it costs nothing."),
    ),
    Obstacle.ABOVE_PRODUCT: _Wording(
        _amount,
        lambda: gettext("You asked for %(found)s; this product ends at %(limit)s."),
        lambda: gettext("An amount up to %(limit)s can be looked at."),
    ),
    Obstacle.EXPOSURE_ROOM: _Wording(
        _amount,
        lambda: gettext("You asked for %(found)s; beside your present loans with us there is room for %(limit)s."),
        lambda: gettext("What is paid back of the present loans makes room."),
    ),
    Obstacle.INSTALLMENT: _Wording(
        _amount,
        lambda: gettext(
            "Even over the longest time this amount costs %(found)s a month; the month can carry %(limit)s."
        ),
        lambda: gettext("A smaller amount helps, or lower debts, or proof of more income."),
    ),
    Obstacle.USEFUL_LIFE: _Wording(
        _plain,
        lambda: gettext("What it pays for lasts %(limit)s months; a loan over %(found)s months would outlive it."),
        lambda: gettext("A time of at most %(limit)s months fits it, if the product has one."),
    ),
    Obstacle.LONGEST_TERM: _Wording(
        _plain,
        lambda: gettext("You asked for %(found)s months; this product has at most %(limit)s."),
        lambda: gettext("We looked at %(limit)s months instead."),
    ),
    Obstacle.SHORTEST_TERM: _Wording(
        _plain,
        lambda: gettext("You asked for %(found)s months; this product has at least %(limit)s."),
        lambda: gettext("A loan can be paid back early."),
    ),
    Obstacle.TRANCHES: _Wording(
        _plain,
        lambda: gettext("You asked for %(found)s parts; by its present terms this product pays out %(limit)s of them."),
        lambda: gettext("What was to come later can be asked for in an application of its own, when you need it."),
    ),
    Obstacle.PRODUCT_RATE: _Wording(
        _rate,
        lambda: gettext("The rate for you is %(found)s a year; this product has no rate nearer than %(limit)s."),
        lambda: gettext("Another product may have this rate; ask us for it."),
    ),
    Obstacle.RATE_CAP: _Wording(
        _rate,
        lambda: gettext("With all costs a plan would be %(found)s a year; at most %(limit)s is allowed."),
        lambda: gettext("It is not offered; another product may cost less."),
    ),
}
