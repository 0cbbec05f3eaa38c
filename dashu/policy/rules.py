"""
The rules that programs use, read as typed values.

`PARSERS` is also how a pack is checked before it is loaded: a value that its reader could not read is refused with the
file and rule, so a wrong pack is found by the person who edits it and not by the nightly close.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from dashu.finance.affordability import AffordabilityRules
from dashu.finance.arrears import Band, Scale
from dashu.finance.penalty import PenaltyBase, PenaltyRule, penalty_rate
from dashu.finance.rate_cap import RateLimits
from dashu.finance.relief import ReliefMethod
from dashu.policy.agreements import (
    ArrangementTerms,
    HoldEffects,
    PromiseLimits,
    SettlementTerms,
    SpecialCare,
    arrangement_terms_of,
    hold_effects_of,
    promise_limits_of,
    settlement_terms_of,
    special_care_of,
)
from dashu.policy.answering import (
    AdverseRecord,
    AnswerClock,
    Conduct,
    HelpLines,
    OwnPromise,
    adverse_of,
    clock_of,
    help_lines_of,
    named_codes_of,
    own_promise_of,
)
from dashu.policy.authority import Authority, authority_of
from dashu.policy.case_desk import (
    DeskRules,
    PriorityRules,
    StepRule,
    desk_of,
    priority_of,
    steps_of,
    words_of,
)
from dashu.policy.complaints import Complaints, complaints_of
from dashu.policy.contact_costs import ContactCosts, contact_costs_of
from dashu.policy.contact_hours import ContactHours
from dashu.policy.contact_rules import (
    RULE_CODES,
    ContactRules,
    call_frequency_of,
    connected_calls_of,
    contact_rules_of,
    dials_of,
    flags_of,
    letters_of,
    opt_out_words_of,
    parties_of,
    third_parties_of,
    visits_of,
)
from dashu.policy.credit_monitoring import MonitoringRules, monitoring_rules_of
from dashu.policy.credit_pricing import PricingRules, pricing_rules_of
from dashu.policy.credit_reporting import ReportingRules, reporting_rules_of
from dashu.policy.credit_rules import (
    DisclosureRules,
    PayoutRules,
    ReviewRules,
    disclosure_rules_of,
    payout_rules_of,
    review_rules_of,
)
from dashu.policy.early_warning import EarlyWarning, early_warning_of, places_of
from dashu.policy.expected_loss import ExpectedLossRules, ProvisionBasis, basis_of, expected_loss_of
from dashu.policy.last_steps import (
    AgencyTerms,
    LegalTerms,
    Limitation,
    LossTerms,
    agency_terms_of,
    legal_terms_of,
    limitation_of,
    loss_terms_of,
)
from dashu.policy.learning import (
    Encouragement,
    JustInTime,
    Repeats,
    encouragement_of,
    just_in_time_of,
    repeats_of,
)
from dashu.policy.models import PolicyRule
from dashu.policy.plain import whole
from dashu.policy.privacy import (
    ClosureRules,
    ExportRules,
    RetentionRules,
    closure_rules_of,
    export_rules_of,
    retention_rules_of,
)
from dashu.policy.quality import Sampling, Scorecard, sampling_of, scorecard_of
from dashu.policy.rate_bounds import fraction, rate_bound
from dashu.policy.reaching_out import (
    Cap,
    Holdout,
    Pause,
    ReminderSchedule,
    Retry,
    caps_of,
    holdout_of,
    pause_of,
    retry_of,
    schedule_of,
)
from dashu.policy.relief import (
    CampaignBounds,
    LossAssumptions,
    PlanClocks,
    ReliefLimits,
    SpendingGuidelines,
    loss_assumptions_of,
    plan_clocks_of,
    relief_affordability_of,
    relief_campaigns_of,
    relief_credit_marks_of,
    relief_limits_of,
    spending_guidelines_of,
)
from dashu.policy.script_contents import Required, required_of
from dashu.policy.selectors import policy_rule, rule
from dashu.policy.strategies import StrategyRules, strategies_of


@dataclass(frozen=True, slots=True)
class PenaltyPolicy:
    """How the penalty follows from a contract: its yearly rate times `multiplier`, never above `cap`."""

    multiplier: Decimal
    cap: Decimal
    base: PenaltyBase
    year_days: int
    grace_days: int

    def for_contract(self, annual_rate: Decimal) -> PenaltyRule:
        return PenaltyRule(
            annual_rate=penalty_rate(annual_rate, multiplier=self.multiplier, cap=self.cap),
            base=self.base,
            year_days=self.year_days,
            grace_days=self.grace_days,
        )


@dataclass(frozen=True, slots=True)
class CreditCodes:
    """What is reported to the credit bureau: a code by days past due, and the marks of other states by name."""

    by_days: Scale
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImpairmentStages:
    """The IFRS 9 stage by days past due, and the lowest stage of a loan with a flag such as RESTRUCTURED."""

    by_days: Scale
    floors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MatchWeights:
    """
    How much amount and name of a bank line count, in points of 100.

    :param auto: from this score on, a match may be booked without a person.
    :param suggest: from this score on, a match is shown.
    :param ambiguous_within: a second loan at most this many points behind makes both a matter for a person.
    :param name, amount: their shares of the score; they sum to 100.
    :param unequal_name_cap: the most that a name which is not the same counts, however alike.
    :param early_days: an installment paid longer before its due date is a matter for a person.
    """

    auto: int
    suggest: int
    ambiguous_within: int
    name: int
    amount: int
    unequal_name_cap: int
    early_days: int


@dataclass(frozen=True, slots=True)
class SettlementQuotes:
    """
    How long a payoff quote binds the lender.

    :param longest_days: from the day of the quote to the last day it can be valid to.
    :param confirmation_days: in which the provider's word of a payment still counts on the day it was begun.
    """

    longest_days: int
    confirmation_days: int


@dataclass(frozen=True, slots=True)
class AutopayRetry:
    """
    How a collection that failed is tried again.

    :param days: days after the first failure, one for each further try, rising.
    :param notice_days: days before a collection on which the borrower is told of it.
    :param asks_from: the time of the day, at the lender's, before which nothing is asked for.
    :param final_failures: failures that no further try can heal.
    """

    days: tuple[int, ...]
    notice_days: int
    asks_from: time
    final_failures: frozenset[str]


@dataclass(frozen=True, slots=True)
class BankAccount:
    """
    Where bank transfers to the lender go.

    :param prefix: the digits that the lender's virtual accounts begin with.
    """

    holder: str
    bank: str
    branch: str
    prefix: str


def autopay_retry(on: date, *, pack: str | None = None) -> AutopayRetry:
    return _autopay_retry(rule("autopay.retry", on=on, pack=pack))


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """
    When a promise to pay counts as kept.

    :param share: of the amount that has to come in.
    :param days: of grace after the promised day.
    """

    share: Decimal
    days: int


def promise_kept(on: date, *, pack: str | None = None) -> PromiseKept:
    return _promise_kept(rule("promise.kept", on=on, pack=pack))


def bank_account(on: date, *, pack: str | None = None) -> BankAccount:
    return _bank_account(rule("bank.account", on=on, pack=pack))


def case_levels(on: date, *, pack: str | None = None) -> Scale:
    """Return the levels of a collection case by effective days past due; the codes are whole numbers from 1."""
    return _levels(rule("collections.levels", on=on, pack=pack))


def delinquency_buckets(on: date, *, pack: str | None = None) -> Scale:
    return _scale(rule("delinquency.buckets", on=on, pack=pack))


def five_tier(product_kind: str, on: date, *, pack: str | None = None) -> Scale:
    """Return the classification by days past due for a kind of product, such as "CONSUMER"."""
    tables = _texts(rule("classification.table_of_product", on=on, pack=pack))
    return _scale(rule(f"classification.five_tier.{tables.get(product_kind, product_kind)}", on=on, pack=pack))


def credit_codes(on: date, *, pack: str | None = None) -> CreditCodes:
    return _credit_codes(rule("credit_record.codes", on=on, pack=pack))


def risk_bands(on: date, *, pack: str | None = None) -> tuple[tuple[int, str], ...]:
    """Return the bands of the score that a loan was decided with, rising: from how many points, and its code."""
    return _risk_bands(rule("portfolio.risk_bands", on=on, pack=pack))


def penalty_rule(on: date, *, pack: str | None = None) -> PenaltyPolicy:
    return _penalty(rule("penalty.rule", on=on, pack=pack))


def rate_cap(on: date, *, pack: str | None = None) -> Decimal:
    """Return the highest all-in yearly rate for a loan made on this day, as a fraction."""
    return rate_bound(rule("rate.cap", on=on, pack=pack)).on(on)


def rate_limits(on: date, *, pack: str | None = None) -> RateLimits:
    """Return the bound of the contract's rate and the cap of the all-in rate for a loan made on this day."""
    cap = policy_rule("rate.cap", on=on, pack=pack)
    return RateLimits(
        pack=cap.pack,
        highest_contract=rate_bound(rule("rate.highest_contract", on=on, pack=pack)).on(on),
        cap=rate_bound(cap.value).on(on),
        cap_source=cap.source,
    )


def non_accrual_days(on: date, *, pack: str | None = None) -> int:
    """Return the days past due beyond which interest and penalty are income only when they are paid."""
    return whole(rule("accrual.non_accrual_days", on=on, pack=pack))


def credit_review(on: date, *, pack: str | None = None) -> ReviewRules:
    """Return what applications made on this day are held against."""
    return review_rules_of(rule("credit.review", on=on, pack=pack))


def credit_disclosure(on: date, *, pack: str | None = None) -> DisclosureRules:
    """Return how an offer made on this day is shown, how long it holds, and how long it can be given back."""
    return disclosure_rules_of(rule("credit.disclosure", on=on, pack=pack))


def credit_payout(on: date, *, pack: str | None = None) -> PayoutRules:
    """Return how the money of a contract signed on this day leaves."""
    return payout_rules_of(rule("credit.payout", on=on, pack=pack))


def credit_pricing(on: date, *, pack: str | None = None) -> PricingRules:
    """Return what loans made on this day cost by what is known of the applicant."""
    return pricing_rules_of(rule("credit.pricing", on=on, pack=pack))


def credit_monitoring(on: date, *, pack: str | None = None) -> MonitoringRules:
    """Return when drift of applicants, or how a group of them fares, has somebody look at the review."""
    return monitoring_rules_of(rule("credit.monitoring", on=on, pack=pack))


def early_warning(on: date, *, pack: str | None = None) -> EarlyWarning:
    """Return what is noticed before somebody falls behind, and when help is offered for it."""
    return early_warning_of(rule("early_warning.triggers", on=on, pack=pack))


def early_warning_places(on: date, *, pack: str | None = None) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return the names of the "regions" and "sectors" that borrowers, shocks and series are told by, by code."""
    return places_of(rule("early_warning.places", on=on, pack=pack))


def impairment_stages(on: date, *, pack: str | None = None) -> ImpairmentStages:
    return _stages(rule("ifrs9.stages", on=on, pack=pack))


def provision_rates(on: date, *, pack: str | None = None) -> Mapping[str, Decimal]:
    """Return what share of a loan is set aside for its loss, by classification; a fraction."""
    return _provision_rates(rule("provision.rates", on=on, pack=pack))


def provision_basis(on: date, *, pack: str | None = None) -> ProvisionBasis:
    """Return which provision the ledger holds on this day."""
    return basis_of(rule("provision.basis", on=on, pack=pack))


def expected_loss(on: date, *, pack: str | None = None) -> ExpectedLossRules:
    """Return how expected credit loss is measured at the end of this day."""
    return expected_loss_of(rule("provision.expected_loss", on=on, pack=pack))


def reminder_schedule(on: date, *, pack: str | None = None) -> ReminderSchedule:
    """Return the days on which reminders go out, by risk segment."""
    return schedule_of(rule("reminders.schedule", on=on, pack=pack))


def reminder_holdout(on: date, *, pack: str | None = None) -> Holdout:
    """Return which part of the borrowers is told nothing before the due date, to measure what telling does."""
    return holdout_of(rule("reminders.holdout", on=on, pack=pack))


def message_retry(on: date, *, pack: str | None = None) -> Retry:
    return retry_of(rule("messages.retry", on=on, pack=pack))


def contact_caps(on: date, *, pack: str | None = None) -> Mapping[str, Cap]:
    """Return how many messages one person gets at most, by purpose."""
    return caps_of(rule("contact.caps", on=on, pack=pack))


def contact_pause(on: date, *, pack: str | None = None) -> Pause:
    """Return for how long borrowers may pause their reminders."""
    return pause_of(rule("contact.pause", on=on, pack=pack))


def learning_repeats(on: date, *, pack: str | None = None) -> Repeats:
    """Return when questions of lessons come again."""
    return repeats_of(rule("education.repeats", on=on, pack=pack))


def just_in_time(on: date, *, pack: str | None = None) -> JustInTime:
    """Return which lesson is shown at which moment, and how often at most."""
    return just_in_time_of(rule("education.just_in_time", on=on, pack=pack))


def learning_encouragement(on: date, *, pack: str | None = None) -> Encouragement:
    """Return which part of the people is not pointed to lessons, and how the effect of pointing is measured."""
    return encouragement_of(rule("education.encouragement", on=on, pack=pack))


def privacy_export(on: date, *, pack: str | None = None) -> ExportRules:
    """Return how long a copy of somebody's data lies ready, and how often one is made."""
    return export_rules_of(rule("privacy.export", on=on, pack=pack))


def privacy_closure(on: date, *, pack: str | None = None) -> ClosureRules:
    """Return how long the closing of an account can be taken back, and what is kept for how long after it."""
    return closure_rules_of(rule("privacy.closure", on=on, pack=pack))


def privacy_retention(on: date, *, pack: str | None = None) -> RetentionRules:
    """Return when an account that nobody uses is closed, and how long traces of signing in are kept."""
    return retention_rules_of(rule("privacy.retention", on=on, pack=pack))


def bank_matching(on: date, *, pack: str | None = None) -> MatchWeights:
    """Return how the lines of bank statements are weighed against what borrowers owe."""
    return _match_weights(rule("bank_matching.scores", on=on, pack=pack))


def contact_hours(on: date, *, pack: str | None = None) -> ContactHours:
    return _hours(rule("contact.hours", on=on, pack=pack))


def approval_authority(on: date, *, pack: str | None = None) -> Authority:
    """Return who may do what alone on this day, and what they may approve for others."""
    return authority_of(rule("approvals.authority", on=on, pack=pack))


def settlement_quotes(on: date, *, pack: str | None = None) -> SettlementQuotes:
    return _settlement_quotes(rule("settlement.quote", on=on, pack=pack))


def lender_names(on: date, *, pack: str | None = None) -> Mapping[str, str]:
    """Return the lender's name on papers by language code, such as "zh-hans"."""
    return _lender_names(rule("documents.lender", on=on, pack=pack))


def complaints(on: date, *, pack: str | None = None) -> Complaints:
    """Return how and where to complain, in the words that papers and pages use."""
    return complaints_of(rule("documents.complaints", on=on, pack=pack))


def answer_clock(of: str, on: date, *, pack: str | None = None) -> AnswerClock:
    """Return by when something that came in on this day is answered: a "hardship", a "complaint", a "dispute"."""
    return clock_of(rule(f"answers.{of}", on=on, pack=pack))


def deciding_days(on: date, *, pack: str | None = None) -> int:
    """Return for how many days a borrower is left in peace to decide on a plan that they were told of."""
    return whole(rule("hardship.deciding_days", on=on, pack=pack))


def own_promise(on: date, *, pack: str | None = None) -> OwnPromise:
    """Return what a borrower can promise by themselves."""
    return own_promise_of(rule("promise.own", on=on, pack=pack))


def promise_limits(on: date, *, pack: str | None = None) -> PromiseLimits:
    return promise_limits_of(rule("promise.limits", on=on, pack=pack))


def arrangement_terms(on: date, *, pack: str | None = None) -> ArrangementTerms:
    return arrangement_terms_of(rule("arrangement.terms", on=on, pack=pack))


def settlement_terms(on: date, *, pack: str | None = None) -> SettlementTerms:
    return settlement_terms_of(rule("settlement.terms", on=on, pack=pack))


def hold_effects(kind: str, on: date, *, pack: str | None = None) -> HoldEffects:
    """Return what a kind of hold does by itself; KeyError for a kind that the rule does not know."""
    return hold_effects_of(rule("holds.effects", on=on, pack=pack))[kind]


def classification_floors(on: date, *, pack: str | None = None) -> Mapping[str, str]:
    """Return the best class that a loan with a flag, by its name, can have."""
    return _texts(rule("classification.floors", on=on, pack=pack))


def special_care(on: date, *, pack: str | None = None) -> SpecialCare:
    return special_care_of(rule("care.special", on=on, pack=pack))


def agency_terms(on: date, *, pack: str | None = None) -> AgencyTerms:
    return agency_terms_of(rule("agency.terms", on=on, pack=pack))


def contact_costs(on: date, *, pack: str | None = None) -> ContactCosts:
    """Return what a contact of this day costs us."""
    return contact_costs_of(rule("contact.costs", on=on, pack=pack))


def limitation(on: date, *, pack: str | None = None) -> Limitation:
    return limitation_of(rule("claims.limitation", on=on, pack=pack))


def legal_terms(on: date, *, pack: str | None = None) -> LegalTerms:
    return legal_terms_of(rule("legal.checklist", on=on, pack=pack))


def loss_terms(on: date, *, pack: str | None = None) -> LossTerms:
    return loss_terms_of(rule("loss.terms", on=on, pack=pack))


def contact_conduct(on: date, *, pack: str | None = None) -> Conduct:
    """Return what pages promise of how borrowers are contacted about what is late: what the guard keeps to."""
    visits = visits_of(rule("contact.visits", on=on, pack=pack))
    return Conduct(
        calls_a_day=connected_calls_of(rule("contact.connected_calls", on=on, pack=pack)),
        dials_a_day=dials_of(rule("contact.dials", on=on, pack=pack)),
        visitors=visits.visitors,
        visit_notice_days=visits.notice_days,
    )


def contact_rules(on: date, *, pack: str | None = None) -> ContactRules:
    """
    Return all that says whom the guard lets be contacted on this day.

    :raises PolicyRuleMissing: one of them is missing, so nobody may be.
    """
    return contact_rules_from(pack or settings.LENDER_POLICY_PACK, lambda code: policy_rule(code, on=on, pack=pack))


def contact_rules_from(pack: str, rule_of: Callable[[str], PolicyRule]) -> ContactRules:
    """:param rule_of: returns the rule of a code, or raises `PolicyRuleMissing`."""
    found = {code: rule_of(code) for code in RULE_CODES.values()}
    text = json.dumps([[code, row.effective_from.isoformat(), row.value] for code, row in sorted(found.items())])
    version = sha256(text.encode()).hexdigest()[:16]
    return contact_rules_of(pack, version, lambda code: typed(code, found[code].value))


def adverse_record(on: date, *, pack: str | None = None) -> AdverseRecord:
    """Return what of a credit record speaks against a person, when they are told before, and how long it stays."""
    return adverse_of(rule("credit_record.adverse", on=on, pack=pack))


def credit_reporting(on: date, *, pack: str | None = None) -> ReportingRules:
    """Return how the bureau is told of loans."""
    return reporting_rules_of(rule("credit_record.reporting", on=on, pack=pack))


def complaint_causes(on: date, *, pack: str | None = None) -> Mapping[str, Mapping[str, str]]:
    """Return what complaints come from, as staff note it: a name by language for each code."""
    return named_codes_of(rule("complaints.root_causes", on=on, pack=pack))


def help_lines(on: date, *, pack: str | None = None) -> HelpLines:
    return help_lines_of(rule("help.lines", on=on, pack=pack))


def case_priority(on: date, *, pack: str | None = None) -> PriorityRules:
    """Return what puts one borrower's file before another's."""
    return priority_of(rule("collections.priority", on=on, pack=pack))


def case_desk(on: date, *, pack: str | None = None) -> DeskRules:
    """Return how files are worked on: clocks, waits, and what people need for them."""
    return desk_of(rule("collections.desk", on=on, pack=pack))


def case_steps(on: date, *, pack: str | None = None) -> tuple[StepRule, ...]:
    """Return what is suggested at a file, in the order in which it is asked."""
    return steps_of(rule("collections.next_steps", on=on, pack=pack))


def forbidden_words(on: date, *, pack: str | None = None) -> tuple[str, ...]:
    """Return what no note on a borrower may hold, in small letters."""
    return words_of(rule("collections.forbidden_words", on=on, pack=pack))


def strategy_rules(on: date, *, pack: str | None = None) -> StrategyRules:
    """Return how strategies of the desk know a borrower, and when a trial of one is stopped."""
    return strategies_of(rule("collections.strategies", on=on, pack=pack))


def script_contents(on: date, *, pack: str | None = None) -> tuple[Required, ...]:
    """Return what scripts have to say."""
    return required_of(rule("collections.script_contents", on=on, pack=pack))


def quality_sampling(on: date, *, pack: str | None = None) -> Sampling:
    """Return how much of the work of the desk is looked at afterwards."""
    return sampling_of(rule("quality.sampling", on=on, pack=pack))


def quality_scorecard(on: date, *, pack: str | None = None) -> Scorecard:
    """Return what is asked of work that was done on this day."""
    return scorecard_of(rule("quality.scorecard", on=on, pack=pack))


def relief_limits(on: date, *, pack: str | None = None) -> ReliefLimits:
    """Return how far relief that is offered on this day goes without a person."""
    return relief_limits_of(rule("relief.limits", on=on, pack=pack))


def relief_affordability(on: date, *, pack: str | None = None) -> AffordabilityRules:
    """Return what a month may carry of a plan that is offered on this day."""
    return relief_affordability_of(rule("relief.affordability", on=on, pack=pack))


def relief_clocks(on: date, *, pack: str | None = None) -> PlanClocks:
    return plan_clocks_of(rule("relief.clocks", on=on, pack=pack))


def spending_guidelines(on: date, *, pack: str | None = None) -> SpendingGuidelines:
    """Return what a budget names its spending by, and beyond what it asks for a word."""
    return spending_guidelines_of(rule("relief.guidelines", on=on, pack=pack))


def loss_assumptions(on: date, *, pack: str | None = None) -> LossAssumptions:
    return loss_assumptions_of(rule("relief.expected_loss", on=on, pack=pack))


def relief_campaigns(on: date, *, pack: str | None = None) -> CampaignBounds:
    """Return how far campaigns of relief may go on this day."""
    return relief_campaigns_of(rule("relief.campaigns", on=on, pack=pack))


def relief_credit_marks(on: date, *, pack: str | None = None) -> Mapping[ReliefMethod, str]:
    """Return under which special event a plan is reported to the credit bureau, by its method; empty for none."""
    return relief_credit_marks_of(rule("relief.credit_marks", on=on, pack=pack))


def typed(code: str, value: Any) -> Any:
    """Return the stored value of a rule as programs use it; a code that no program reads stays as it is."""
    reader = next((reader for start, reader in PARSERS.items() if code.startswith(start)), None)
    return reader(value) if reader else value


def _scale(value: Any) -> Scale:
    return Scale(tuple(Band(whole(band["from_days"]), str(band["code"])) for band in value))


def _risk_bands(value: Any) -> tuple[tuple[int, str], ...]:
    bands = tuple((whole(band["from_points"]), str(band["code"])) for band in value)
    points = [from_points for from_points, _code in bands]
    if not points or points[0] != 0 or points != sorted(set(points)):
        raise ValueError(f"bands of points must rise from 0: {points}")
    return bands


def _levels(value: Any) -> Scale:
    scale = _scale(value)
    if [band.code for band in scale.bands] != [str(number) for number in range(1, len(scale.bands) + 1)]:
        raise ValueError(f"the levels are 1, 2 and so on, not {[band.code for band in scale.bands]}")
    return scale


def _promise_kept(value: Any) -> PromiseKept:
    kept = PromiseKept(share=fraction(value["share"]), days=whole(value["days"]))
    if not (0 < kept.share <= 1 and 0 <= kept.days <= 31):
        raise ValueError(f"share lies above 0 and up to 1, days from 0 to 31, not {kept}")
    return kept


def _credit_codes(value: Any) -> CreditCodes:
    return CreditCodes(by_days=_scale(value["by_days"]), marks=_texts(value["marks"]))


def _stages(value: Any) -> ImpairmentStages:
    return ImpairmentStages(by_days=_scale(value["by_days"]), floors=_texts(value["floors"]))


def _provision_rates(value: Any) -> Mapping[str, Decimal]:
    rates = {str(tier): fraction(share) for tier, share in value.items()}
    if not rates or not all(0 <= share <= 1 for share in rates.values()):
        raise ValueError(f"a share lies between 0 and 1, not {rates}")
    return rates


def _penalty(value: Any) -> PenaltyPolicy:
    policy = PenaltyPolicy(
        multiplier=fraction(value["multiplier"]),
        cap=fraction(value["cap"]),
        base=PenaltyBase(value["base"]),
        year_days=whole(value["year_days"]),
        grace_days=whole(value["grace_days"]),
    )
    if policy.year_days not in (360, 365):
        raise ValueError(f"year_days must be 360 or 365, not {policy.year_days}")
    return policy


def _match_weights(value: Any) -> MatchWeights:
    weights = MatchWeights(**{name: whole(points) for name, points in value.items()})
    if not 0 < weights.suggest <= weights.auto <= 100:
        raise ValueError(f"suggest and auto must lie in this order between 1 and 100, not {weights}")
    if weights.name + weights.amount != 100 or min(weights.name, weights.amount) < 1:
        raise ValueError(f"the shares of name and amount must sum to 100, not {weights}")
    if not 0 <= weights.unequal_name_cap <= 100 or min(weights.ambiguous_within, weights.early_days) < 0:
        raise ValueError(f"a cap lies between 0 and 100, a distance is not negative: {weights}")
    return weights


def _hours(value: Any) -> ContactHours:
    try:
        zone = ZoneInfo(value["zone"])
    except ZoneInfoNotFoundError as error:
        raise ValueError(f"there is no time zone {value['zone']!r}") from error
    return ContactHours(time.fromisoformat(value["opens"]), time.fromisoformat(value["closes"]), zone)


def _days(value: Any) -> tuple[int, ...]:
    return tuple(whole(day) for day in value)


def _settlement_quotes(value: Any) -> SettlementQuotes:
    days = SettlementQuotes(whole(value["longest_days"]), whole(value["confirmation_days"]))
    if not 0 <= days.longest_days <= 90 or not 0 <= days.confirmation_days <= 30:
        raise ValueError(f"a quote binds for 0 to 90 days and is confirmed in 0 to 30, not {days}")
    return days


def _lender_names(value: Any) -> Mapping[str, str]:
    names = _texts(value)
    if set(names) != {"zh-hans", "zh-hant", "en"} or not all(names.values()):
        raise ValueError("expected a name for each of zh-hans, zh-hant and en")
    return names


def _autopay_retry(value: Any) -> AutopayRetry:
    retry = AutopayRetry(
        days=_days(value["days"]),
        notice_days=whole(value["notice_days"]),
        asks_from=time.fromisoformat(value["asks_from"]),
        final_failures=frozenset(str(code) for code in value["final_failures"]),
    )
    if list(retry.days) != sorted({day for day in retry.days if 0 < day <= 31}) or len(retry.days) > 3:
        raise ValueError(f"days must be at most 3 rising numbers from 1 to 31, not {list(retry.days)}")
    if not 0 <= retry.notice_days <= 14:
        raise ValueError(f"notice_days must be from 0 to 14, not {retry.notice_days}")
    return retry


def _bank_account(value: Any) -> BankAccount:
    texts = _texts(value)
    account = BankAccount(texts["holder"], texts["bank"], texts["branch"], texts["prefix"])
    if not (account.prefix.isascii() and account.prefix.isdigit() and 2 <= len(account.prefix) <= 16):
        raise ValueError(f"prefix must be 2 to 16 digits, not {account.prefix!r}")
    return account


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"expected names and texts, not {value!r}")
    return {str(name): str(text) for name, text in value.items()}


# By the start of the code, because a pack may hold several tables of one form.
PARSERS: dict[str, Callable[[Any], Any]] = {
    "delinquency.buckets": _scale,
    "collections.levels": _levels,
    "collections.priority": priority_of,
    "collections.desk": desk_of,
    "collections.next_steps": steps_of,
    "collections.forbidden_words": words_of,
    "collections.strategies": strategies_of,
    "collections.script_contents": required_of,
    "quality.sampling": sampling_of,
    "quality.scorecard": scorecard_of,
    "promise.kept": _promise_kept,
    "promise.own": own_promise_of,
    "promise.limits": promise_limits_of,
    "arrangement.terms": arrangement_terms_of,
    "settlement.terms": settlement_terms_of,
    "holds.effects": hold_effects_of,
    "care.special": special_care_of,
    "relief.limits": relief_limits_of,
    "relief.affordability": relief_affordability_of,
    "relief.clocks": plan_clocks_of,
    "relief.guidelines": spending_guidelines_of,
    "relief.expected_loss": loss_assumptions_of,
    "relief.campaigns": relief_campaigns_of,
    "relief.credit_marks": relief_credit_marks_of,
    "agency.terms": agency_terms_of,
    "contact.costs": contact_costs_of,
    "claims.limitation": limitation_of,
    "legal.checklist": legal_terms_of,
    "loss.terms": loss_terms_of,
    "early_warning.triggers": early_warning_of,
    "early_warning.places": places_of,
    "answers.": clock_of,
    "hardship.deciding_days": whole,
    "complaints.root_causes": named_codes_of,
    "classification.five_tier.": _scale,
    "classification.table_of_product": _texts,
    "classification.floors": _texts,
    "credit_record.codes": _credit_codes,
    "portfolio.risk_bands": _risk_bands,
    "credit_record.adverse": adverse_of,
    "credit_record.reporting": reporting_rules_of,
    "ifrs9.stages": _stages,
    "credit.review": review_rules_of,
    "credit.disclosure": disclosure_rules_of,
    "credit.payout": payout_rules_of,
    "credit.pricing": pricing_rules_of,
    "credit.monitoring": monitoring_rules_of,
    "penalty.rule": _penalty,
    "rate.cap": rate_bound,
    "rate.highest_contract": rate_bound,
    "accrual.non_accrual_days": whole,
    "provision.rates": _provision_rates,
    "provision.basis": basis_of,
    "provision.expected_loss": expected_loss_of,
    "reminders.schedule": schedule_of,
    "reminders.holdout": holdout_of,
    "education.repeats": repeats_of,
    "education.just_in_time": just_in_time_of,
    "education.encouragement": encouragement_of,
    "messages.retry": retry_of,
    "contact.hours": _hours,
    "contact.connected_calls": connected_calls_of,
    "contact.dials": dials_of,
    "contact.call_frequency": call_frequency_of,
    "contact.parties": parties_of,
    "contact.third_parties": third_parties_of,
    "contact.visits": visits_of,
    "contact.letters": letters_of,
    "contact.opt_out_words": opt_out_words_of,
    "contact.flags": flags_of,
    "help.lines": help_lines_of,
    "contact.caps": caps_of,
    "contact.pause": pause_of,
    "privacy.export": export_rules_of,
    "privacy.closure": closure_rules_of,
    "privacy.retention": retention_rules_of,
    "approvals.authority": authority_of,
    "bank_matching.scores": _match_weights,
    "settlement.quote": _settlement_quotes,
    "documents.lender": _lender_names,
    "documents.complaints": complaints_of,
    "autopay.retry": _autopay_retry,
    "bank.account": _bank_account,
}
