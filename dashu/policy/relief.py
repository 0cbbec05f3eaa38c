"""
What relief a borrower may be offered, as a policy pack writes it: how far, how often, by whom, and on what assumptions.

Bounds on the household are in `relief.affordability`; spending guidelines ask for a word and never refuse. What is
assumed of losses is data like the rest, so that it is seen, dated and compared with what came of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashu.finance.affordability import AffordabilityRules
from dashu.finance.relief import ReliefMethod
from dashu.kernel.errors import DomainError
from dashu.kernel.money import EXPONENTS, parse_minor
from dashu.policy.complaints import LANGUAGES
from dashu.policy.plain import count, yes_or_no
from dashu.policy.rate_bounds import fraction

# A holiday, months of interest only, months of a low payment, and the months over which arrears are spread.
TIMED = (
    ReliefMethod.PAYMENT_HOLIDAY,
    ReliefMethod.INTEREST_ONLY,
    ReliefMethod.STEP_UP,
    ReliefMethod.ARREARS_PLAN,
)


@dataclass(frozen=True, slots=True)
class WaiverStage:
    """:param share: of interest, fees and penalty owed; how much may be given up from so many days past due on."""

    from_days: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class OfferLevel:
    """:param value_loss: the share of the lender's present value that this role may give up in an offer."""

    role: str
    value_loss: Decimal


@dataclass(frozen=True, slots=True)
class ReliefLimits:
    """
    How far relief goes without a person; beyond it, one decides.

    :param most_restructurings: within `within_months`.
    :param first_payments: of a running plan, during which there is no other.
    :param cooling_off_days: from acceptance, in which the plan is given back if nothing was paid under it.
    :param deciding_days: that an offer stands, without anybody pressing for an answer.
    :param remind_days: before the last day of an offer, from which day on its borrower is reminded, once.
    :param peace_days: for which offers and requests for help leave a borrower in peace on a loan within
        `peace_within_days`; what they ask for beyond it is looked at and offered all the same, without another hold.
    :param due_day_months: in which the due day moves once; and not again before an installment was paid.
    :param most_withdrawals: of plans within `withdrawal_months`; after them only a person offers another one.
    :param value_loss: of the lender's present value at the original rate; a greater one needs a person, and counts as
        a default under EU rules.
    :param longest_months: by method, see `TIMED`.
    :param deepest_rate_cut: yearly rate points that the rate may fall by.
    :param waivers: rising by days past due.
    :param longest_terms: from the payout to the last installment, months by kind of product; what a product itself
        says comes first.
    :param known_months: after which what a borrower stated of their month, or applied with, is not known any more.
    :param levels: who may offer what goes beyond `value_loss`, the least authority first.
    """

    most_restructurings: int
    within_months: int
    first_payments: int
    cooling_off_days: int
    deciding_days: int
    remind_days: int
    peace_days: int
    peace_within_days: int
    due_day_months: int
    most_withdrawals: int
    withdrawal_months: int
    most_offers: int
    value_loss: Decimal
    capitalizes: bool
    longest_months: Mapping[ReliefMethod, int]
    deepest_rate_cut: Decimal
    waivers: tuple[WaiverStage, ...]
    longest_terms: Mapping[str, int]
    levels: tuple[OfferLevel, ...]
    known_months: int = 12

    def deepest_waiver(self, days_past_due: int) -> Decimal:
        """Return the share of interest, fees and penalty that may be given up at so many days past due."""
        reached = [stage.share for stage in self.waivers if stage.from_days <= days_past_due]
        return reached[-1] if reached else Decimal(0)

    def may_offer(self, role: str, value_loss: Decimal) -> bool:
        return any(level.role == role and value_loss <= level.value_loss for level in self.levels)


@dataclass(frozen=True, slots=True)
class PlanClocks:
    """
    What happens after a plan was accepted.

    :param broken_after_days: past the due date of an installment of the plan; past them it is broken.
    :param cure_days: in which a broken plan lives on once what is missing is paid.
    :param observation_months, observation_payments: under observation until both have passed; an installment paid late
        begins them anew.
    :param probation_months: after the observation, in which another relief has its consequences.
    """

    broken_after_days: int
    cure_days: int
    observation_months: int
    observation_payments: int
    probation_months: int


@dataclass(frozen=True, slots=True)
class Guideline:
    """
    What households usually spend on one thing a month; whoever spends more is asked what for.

    :param first, further: minor units, of one person and of each one more.
    """

    first: int
    further: int
    names: Mapping[str, str]

    def for_household(self, persons: int) -> int:
        return self.first + self.further * (persons - 1)


@dataclass(frozen=True, slots=True)
class SpendingGuidelines:
    """Guidelines by category; their codes are also how a budget names what it spends on."""

    currency: str
    categories: Mapping[str, Guideline]


@dataclass(frozen=True, slots=True)
class LossBand:
    """
    How likely the rest of a loan is lost before it ends, fractions.

    :param carried: where the present plan fits the household's month; `beyond`: where it does not.
    :param relieved: with a plan that fits.
    """

    from_days: int
    carried: Decimal
    beyond: Decimal
    relieved: Decimal


@dataclass(frozen=True, slots=True)
class LossAssumptions:
    """:param loss_given_default: the share of a claim that never comes back once it is lost."""

    bands: tuple[LossBand, ...]
    loss_given_default: Decimal

    def band(self, days_past_due: int) -> LossBand:
        return [band for band in self.bands if band.from_days <= max(0, days_past_due)][-1]


@dataclass(frozen=True, slots=True)
class CampaignBounds:
    """
    How far a campaign of relief may go, whoever approves it.

    :param most_per_day: people taken up in a night. :param least_quiet_days: of peace after an offer.
    :param most_holdout_bps: the share that is offered nothing, to compare, in basis points.
    :param most_listed: loans of one disaster list. :param longest_days: from the first day to the last.
    :param holdout_months: in which no other campaign offers to whom one left out; as long as the evidence needs.
    """

    most_per_day: int
    least_quiet_days: int
    most_holdout_bps: int
    most_listed: int
    longest_days: int
    holdout_months: int


def relief_limits_of(value: Any) -> ReliefLimits:
    limits = ReliefLimits(
        most_restructurings=count(value["most_restructurings"]),
        within_months=count(value["within_months"]),
        first_payments=count(value["first_payments"]),
        cooling_off_days=count(value["cooling_off_days"]),
        deciding_days=count(value["deciding_days"]),
        remind_days=count(value["remind_days"]),
        peace_days=count(value["peace_days"]),
        peace_within_days=count(value["peace_within_days"]),
        # What a rule written before these bounds does not say.
        due_day_months=count(value.get("due_day_months", 6)),
        most_withdrawals=count(value.get("most_withdrawals", 1)),
        withdrawal_months=count(value.get("withdrawal_months", 3)),
        most_offers=count(value["most_offers"]),
        value_loss=_share(value["value_loss"]),
        capitalizes=yes_or_no(value["capitalizes"]),
        longest_months={ReliefMethod(str(name)): count(months) for name, months in value["longest_months"].items()},
        deepest_rate_cut=_share(value["deepest_rate_cut"]),
        waivers=tuple(WaiverStage(count(one["from_days"]), _share(one["share"])) for one in value["waivers"]),
        longest_terms={str(product): count(months) for product, months in value["longest_terms"].items()},
        levels=tuple(OfferLevel(str(one["role"]), _share(one["value_loss"])) for one in value["levels"]),
        known_months=count(value.get("known_months", 12)),
    )
    if not (1 <= limits.most_offers <= 3 and 1 <= limits.within_months <= 120 and limits.most_restructurings >= 1):
        raise ValueError(f"1 to 3 offers, at least one restructuring within 1 to 120 months: {limits}")
    if not (1 <= limits.deciding_days <= 60 and limits.cooling_off_days <= 30):
        raise ValueError(f"an offer stands 1 to 60 days, and is given back within up to 30: {limits}")
    if limits.remind_days >= limits.deciding_days:
        raise ValueError(f"a reminder goes out after the offer, so remind_days lie below deciding_days: {limits}")
    if not limits.deciding_days <= limits.peace_days <= limits.peace_within_days <= 366:
        raise ValueError(f"deciding_days, peace_days and peace_within_days rise, up to 366: {limits}")
    if not (1 <= limits.due_day_months <= 60 and 1 <= limits.withdrawal_months <= 60 and limits.most_withdrawals >= 1):
        raise ValueError(f"the due day moves, and at least one plan is taken back, within 1 to 60 months: {limits}")
    if not 1 <= limits.known_months <= 36:
        raise ValueError(f"what is known of a month lasts for 1 to 36 months: {limits}")
    if set(limits.longest_months) != set(TIMED) or not all(1 <= n <= 36 for n in limits.longest_months.values()):
        raise ValueError(f"1 to 36 months for each of {', '.join(TIMED)}")
    if not limits.longest_terms or not all(1 <= months <= 600 for months in limits.longest_terms.values()):
        raise ValueError(f"longest_terms lie from 1 to 600 months, not {dict(limits.longest_terms)}")
    _refuse_unless_rising("waivers", [(stage.from_days, stage.share) for stage in limits.waivers])
    losses = [level.value_loss for level in limits.levels]
    if losses != sorted(losses) or not losses or losses[-1] != 1:
        raise ValueError("levels rise, and the last role may offer anything (1)")
    return limits


def relief_affordability_of(value: Any) -> AffordabilityRules:
    rules = AffordabilityRules(**{name: _share(share) for name, share in value.items()})
    if rules.watched_debt > rules.highest_debt:
        raise ValueError("debts are watched before they are too high")
    return rules


def plan_clocks_of(value: Any) -> PlanClocks:
    clocks = PlanClocks(**{name: count(number) for name, number in value.items()})
    if not (1 <= clocks.broken_after_days <= 60 and 1 <= clocks.cure_days <= 90):
        raise ValueError(f"a plan is broken after 1 to 60 days and cured within 1 to 90, not {clocks}")
    if max(clocks.observation_months, clocks.observation_payments, clocks.probation_months) > 60:
        raise ValueError(f"observation and probation last up to 60, not {clocks}")
    return clocks


def spending_guidelines_of(value: Any) -> SpendingGuidelines:
    currency = str(value["currency"])
    if currency not in EXPONENTS:
        raise ValueError(f"the currency {currency!r} is not known")
    categories = {str(code): _guideline(one, currency) for code, one in value["categories"].items()}
    for code, guideline in categories.items():
        if set(guideline.names) != set(LANGUAGES) or not all(guideline.names.values()):
            raise ValueError(f"{code} needs a name in each of {', '.join(LANGUAGES)}")
    if not categories:
        raise ValueError("there is at least one category")
    return SpendingGuidelines(currency, categories)


def loss_assumptions_of(value: Any) -> LossAssumptions:
    bands = tuple(
        LossBand(count(band["from_days"]), _share(band["carried"]), _share(band["beyond"]), _share(band["relieved"]))
        for band in value["bands"]
    )
    for name in ("carried", "beyond", "relieved"):
        _refuse_unless_rising("bands", [(band.from_days, getattr(band, name)) for band in bands])
    if not bands or bands[0].from_days != 0:
        raise ValueError("the first band begins at 0 days")
    return LossAssumptions(bands, _share(value["loss_given_default"]))


def relief_credit_marks_of(value: Any) -> Mapping[ReliefMethod, str]:
    """Read under which special event each method is reported to the credit bureau; empty for none."""
    marks = {ReliefMethod(str(method)): str(code) for method, code in value.items()}
    if set(marks) != set(ReliefMethod):
        raise ValueError(f"a code, or an empty text, for each of {', '.join(ReliefMethod)}")
    return marks


def relief_campaigns_of(value: Any) -> CampaignBounds:
    bounds = CampaignBounds(**{name: count(number) for name, number in value.items()})
    if not (bounds.most_per_day >= 1 and bounds.least_quiet_days >= 1 and bounds.most_holdout_bps <= 5_000):
        raise ValueError(f"at least one person a night and one day of peace, at most half held out, not {bounds}")
    if not 1 <= bounds.most_listed <= 50_000:
        raise ValueError(f"1 to 50,000 loans on a list, not {bounds.most_listed}")
    if not 1 <= bounds.longest_days <= 366:
        raise ValueError(f"a campaign runs for 1 to 366 days, not {bounds.longest_days}")
    if not 1 <= bounds.holdout_months <= 36:
        raise ValueError(f"who is held out compares for 1 to 36 months, not {bounds.holdout_months}")
    return bounds


def _guideline(value: Any, currency: str) -> Guideline:
    try:
        first, further = (parse_minor(value[name], currency, allow_zero=True) for name in ("first", "further"))
    except DomainError as error:
        raise ValueError(error.user_message) from error
    return Guideline(first, further, {str(language): str(name) for language, name in value["names"].items()})


def _refuse_unless_rising(name: str, steps: list[tuple[int, Decimal]]) -> None:
    days = [from_days for from_days, _share in steps]
    shares = [share for _days, share in steps]
    if days != sorted(set(days)) or shares != sorted(shares):
        raise ValueError(f"{name} rise with the days past due")


def _share(value: Any) -> Decimal:
    share = fraction(value)
    if share > 1:
        raise ValueError(f"a share is a fraction up to 1, not {share}")
    return share
