"""
Decisions on contacts that people make, as they are asked for and written down. Where rules are missing, it is no.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from dashu.kernel.dates import lender_date
from dashu.messaging.models import GuardDecision
from dashu.policy.contact_guard import Attempt, Decision, blocked_without_rules
from dashu.policy.contact_rules import ContactRules
from dashu.policy.rules import contact_rules
from dashu.policy.selectors import PolicyRuleMissing


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What somebody wants.

    :param address_key: of where it would go. :param party_ref: see `ContactAttempt`.
    """

    borrower_id: int
    loan_ids: tuple[int, ...]
    channel: str
    party: str
    address_key: str
    purpose: str
    operator: str
    is_consented: bool = False
    party_ref: int | None = None
    visitors: int | None = None

    @property
    def attempt(self) -> Attempt:
        """As the rules take it."""
        return Attempt(
            channel=self.channel,
            party=self.party,
            address=self.address_key,
            purpose=self.purpose,
            operator=self.operator,
            debts=frozenset(map(str, self.loan_ids)),
            visitors=self.visitors,
        )


# Judges what is asked by the rules of a day, at a moment.
Judge = Callable[[Asked, ContactRules, datetime], Decision]


def decide_and_keep(asked: Asked, at: datetime, judge: Judge) -> GuardDecision:
    """Decide by the rules of the day, and write it down."""
    (decision,) = decide_and_keep_all([asked], at, judge)
    return decision


def decide_and_keep_all(asked: Sequence[Asked], at: datetime, judge: Judge) -> list[GuardDecision]:
    """Decide each by the rules of the day, and write all of them down at once; return them in the same order."""
    try:
        rules = contact_rules(lender_date(at))
        decided = [judge(each, rules, at) for each in asked]
        pack, version = rules.pack, rules.version
    except PolicyRuleMissing as error:
        decided = [blocked_without_rules(str(error.params["code"]))] * len(asked)
        pack, version = settings.LENDER_POLICY_PACK, ""
    return GuardDecision.objects.bulk_create(
        _row(each, decision, pack=pack, version=version, at=at) for each, decision in zip(asked, decided, strict=True)
    )


def _row(asked: Asked, decided: Decision, *, pack: str, version: str, at: datetime) -> GuardDecision:
    return GuardDecision(
        borrower_id=asked.borrower_id,
        loan_ids=list(asked.loan_ids),
        channel=asked.channel,
        party=asked.party,
        address_key=asked.address_key,
        purpose=asked.purpose,
        operator=asked.operator,
        stage=GuardDecision.Stage.ASKED,
        pack=pack,
        rules_version=version,
        verdict=decided.verdict.value,
        reasons=[reason.value for reason in decided.reasons],
        conditions=[condition.value for condition in decided.conditions],
        next_allowed_at=decided.next_allowed_at,
        at=at,
    )
