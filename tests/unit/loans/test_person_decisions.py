"""What a person may decide beyond the rules: what the pack names, and never what binds everyone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashu.finance.affordability import Amount, Household
from dashu.policy.credit_rules import Bar, Outcome, review_rules_of
from dashu.policy.pack_files import pack_file
from loans.domain.credit_review import Reason, review
from loans.domain.decisions import decide, review_facts
from loans.domain.offers import Need
from loans.domain.person_decisions import in_the_way, offers_of_person
from tests.unit.loans.lending import CONSUMER, ON
from tests.unit.loans.test_decisions import GOOD, RULES

WITH = replace(
    RULES,
    review=replace(RULES.review, person_may_set_aside=frozenset({"overdue_elsewhere", "too_many_lenders"})),
)


def decided(need: Need | None = None, **known: object):
    return decide(replace(GOOD, **known), need or Need(12_000_00, 12), CONSUMER, WITH, on=ON)


def ways(**known: object) -> list[Reason]:
    return [finding.reason for finding in in_the_way(decided(**known).review, WITH.review)]


class TestInTheWay:
    def test_is_nothing_where_the_rules_only_refer(self):
        assert decided(repays_other_loans=True).review.outcome is Outcome.REFER
        assert ways(repays_other_loans=True) == []

    def test_is_nothing_that_the_pack_lets_a_person_set_aside(self):
        decision = decided(days_past_due_elsewhere=40, open_lenders=9)

        assert decision.review.outcome is Outcome.REFUSE
        assert in_the_way(decision.review, WITH.review) == ()
        known = replace(GOOD, days_past_due_elsewhere=40, open_lenders=9)
        assert offers_of_person(decision, known, WITH) == decision.match.offers

    @pytest.mark.parametrize(
        ("known", "reason"),
        [
            ({"age": 17}, Reason.UNDER_AGE),
            ({"is_resident": False}, Reason.NOT_RESIDENT),
            ({"has_fraud_flag": True}, Reason.FRAUD_FLAG),
            ({"household": Household(Amount(1_000_00), Amount(900_00), Amount(0))}, Reason.NO_SURPLUS),
        ],
    )
    def test_is_what_binds_everyone(self, known, reason):
        assert ways(**known) == [reason]
        assert offers_of_person(decided(**known), replace(GOOD, **known), WITH) == ()

    def test_is_everything_where_the_pack_names_nothing(self):
        decision = decided(days_past_due_elsewhere=40)

        [finding] = in_the_way(decision.review, RULES.review)
        assert finding.reason is Reason.OVERDUE_ELSEWHERE


class TestOffersOfPerson:
    @settings(max_examples=60, deadline=None)
    @given(
        amount=st.integers(1_000_00, 200_000_00),
        months=st.integers(1, 60),
        income=st.integers(1_000_00, 30_000_00),
        debts=st.integers(0, 12_000_00),
        late=st.integers(0, 60),
        exposure=st.integers(0, 200_000_00),
    )
    def test_never_go_beyond_need_cap_month_room_or_product(self, amount, months, income, debts, late, exposure):
        household = Household(Amount(income, income), Amount(1_500_00), Amount(debts))
        known = replace(GOOD, household=household, days_past_due_elsewhere=late, exposure=exposure)
        rules = replace(WITH, review=replace(WITH.review, overdue_elsewhere=Bar(1, 31)))
        decision = decide(known, Need(amount, months), CONSUMER, rules, on=ON)

        for offer in offers_of_person(decision, known, rules):
            assert CONSUMER.min_principal <= offer.principal <= min(amount, CONSUMER.max_principal)
            assert CONSUMER.min_count <= offer.count <= CONSUMER.max_count
            assert offer.all_in_rate <= rules.limits.cap
            assert offer.burden.surplus >= 0
            assert not offer.burden.takes_more_than(rules.review.affordability.highest_debt)
            assert exposure + offer.principal <= rules.review.highest_exposure
            held = review(review_facts(known, offer, rules), rules.review)
            refusals = {each.reason for each in held.findings if each.outcome is Outcome.REFUSE}
            assert refusals <= {Reason.OVERDUE_ELSEWHERE, Reason.TOO_MANY_LENDERS}


class TestPack:
    def test_lets_nobody_set_aside_what_binds_everyone(self):
        value = pack_file("cn").rule("credit.review", on=ON).value

        assert review_rules_of(value).person_may_set_aside == {
            "overdue_elsewhere",
            "too_many_lenders",
            "many_inquiries",
        }
        for reason in ("fraud_flag", "no_surplus", "rate_above_cap", "under_age"):
            with pytest.raises(ValueError, match=reason):
                review_rules_of({**value, "person_may_set_aside": [reason]})
