from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dashu.finance.allocation import Surplus, Waterfall
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.installments import Component
from dashu.finance.loan import (
    Contract,
    EventRefused,
    InterestBasis,
    LoanClosed,
    SettlementTooSmall,
    Status,
    accrue,
    arrears,
    books_of,
    effective_days_past_due,
    payoff,
    receive,
)
from dashu.finance.penalty import PenaltyRule
from dashu.finance.prepayment import Keep
from dashu.finance.replay import (
    DateOutsideContract,
    DuplicateEvent,
    Event,
    EventType,
    Replay,
    UnknownEvent,
    positions_at,
)
from dashu.finance.terms import InvalidTerms, Method, ScheduleTerms
from dashu.kernel.errors import DomainError
from tests.unit.finance.cases import open_loans, rows_of, schedule_terms

START = date(2026, 1, 15)
# 1,200.00 at 12% a year in three parts of 400.00: interest 12.00, 8.00 and 4.00.
TERMS = ScheduleTerms(1_200_00, Decimal("0.12"), Method.EQUAL_PRINCIPAL, 3, START)
RULES = Contract(START, TERMS.annual_rate)
STRICT = replace(RULES, penalty=PenaltyRule(Decimal("0.24")))


def event(kind: str, on: date, amount: int = 0, **more: object) -> Event:
    return Event(EventType(kind), on, more.pop("posted_on", on), amount, at="events[0]", **more)  # type: ignore[arg-type]


def life(*events: Event, as_of: date, rules: Contract = RULES, terms: ScheduleTerms = TERMS) -> Replay:
    opening = event("disburse", terms.disbursed_on)
    return positions_at(terms, rules, [opening, *events], [as_of])


def at(*events: Event, as_of: date, **more: object):
    return life(*events, as_of=as_of, **more).snapshots[0].position  # type: ignore[arg-type]


class TestReplay:
    def test_before_the_payout_there_is_no_position(self):
        assert at(as_of=date(2026, 1, 14)) is None
        assert at(as_of=START).principal == 1_200_00

    def test_events_count_from_their_value_date_whatever_their_order(self):
        first = event("payment", date(2026, 2, 15), 412_00, id="a")
        second = event("payment", date(2026, 3, 15), 408_00, id="b", posted_on=date(2026, 3, 20))

        assert at(second, first, as_of=date(2026, 3, 14)).principal == 800_00
        assert at(second, first, as_of=date(2026, 3, 15)).principal == 400_00

    def test_events_of_one_day_follow_in_the_order_of_posting(self):
        late = event("payment", date(2026, 2, 15), 12_00, id="late", posted_on=date(2026, 2, 17))
        early = event("payment", date(2026, 2, 15), 5_00, id="early")

        payments = life(late, early, as_of=date(2026, 3, 1)).payments

        assert [(payment.event.id, payment.receipt.interest) for payment in payments] == [
            ("early", 5_00),
            ("late", 7_00),
        ]

    def test_a_payment_on_the_day_of_the_payout_may_stand_before_it(self):
        events = [event("payment", START, 10_00), event("disburse", START)]

        assert positions_at(TERMS, RULES, events, [START]).payments[0].receipt.interest == 10_00


class TestReversal:
    PAID = event("payment", date(2026, 2, 15), 412_00, id="p")
    BOUNCED = event("reversal", date(2026, 2, 20), reverses="p")

    def test_before_its_value_date_the_payment_still_counts(self):
        position = at(self.PAID, self.BOUNCED, as_of=date(2026, 2, 19))

        assert (position.principal, arrears(position, RULES, date(2026, 2, 19)).days_past_due) == (800_00, 0)

    def test_from_its_value_date_on_the_payment_had_never_been(self):
        position = at(self.PAID, self.BOUNCED, as_of=date(2026, 2, 20), rules=STRICT)

        assert position.principal == 1_200_00
        assert arrears(position, STRICT, date(2026, 2, 20)).days_past_due == 5
        # 400.00 × 24% × 4 / 360, through the day before
        assert accrue(position, STRICT, date(2026, 2, 19)).penalty_due(STRICT) == 1_06

    def test_the_payment_says_when_it_was_reversed_and_what_it_had_paid(self):
        found = life(self.PAID, self.BOUNCED, as_of=date(2026, 3, 1)).payments

        assert [(payment.reversed_on, payment.receipt.principal) for payment in found] == [(date(2026, 2, 20), 400_00)]

    def test_a_later_payment_moves_into_its_place(self):
        later = event("payment", date(2026, 2, 18), 100_00, id="q")

        found = life(self.PAID, later, self.BOUNCED, as_of=date(2026, 3, 1)).payments

        assert [line.number for line in found[1].receipt.lines] == [1, 1]
        assert (found[1].receipt.interest, found[1].receipt.principal) == (12_00, 88_00)

    @pytest.mark.parametrize("on", [date(2026, 2, 15), date(2026, 2, 10)])
    def test_what_replaces_a_payment_counts_from_the_reversal_on_with_its_own_value_date(self, on):
        rest = event("payment", on, 112_00, id="r", replaces="p", posted_on=date(2026, 2, 20))

        def principal(as_of: date) -> int:
            return at(self.PAID, self.BOUNCED, rest, as_of=as_of).principal

        assert principal(date(2026, 2, 14)) == 1_200_00
        assert principal(date(2026, 2, 19)) == 800_00
        assert principal(date(2026, 2, 20)) == 1_100_00
        [first, second] = sorted(
            life(self.PAID, self.BOUNCED, rest, as_of=date(2026, 3, 1)).payments, key=lambda found: found.event.id
        )
        assert (first.reversed_on, second.reversed_on) == (date(2026, 2, 20), None)
        assert (second.receipt.interest, second.receipt.principal) == (12_00, 100_00)

    def test_what_replaces_a_payment_is_reversed_itself(self):
        rest = event("payment", date(2026, 2, 15), 112_00, id="r", replaces="p", posted_on=date(2026, 2, 20))
        gone = event("reversal", date(2026, 2, 25), reverses="r")
        again = event("payment", date(2026, 2, 15), 212_00, id="s", replaces="r", posted_on=date(2026, 2, 26))
        events = (self.PAID, self.BOUNCED, rest, gone, again)

        assert [at(*events, as_of=date(2026, 2, day)).principal for day in (19, 20, 24, 25)] == [
            800_00,
            1_100_00,
            1_100_00,
            1_000_00,
        ]

    def test_a_settlement_that_no_longer_reaches_becomes_a_payment(self):
        settled = event("settle", date(2026, 2, 18), 800_86, id="s")

        position = at(self.PAID, settled, self.BOUNCED, as_of=date(2026, 2, 20))

        assert (position.status, position.principal) == (Status.ACTIVE, 1_200_00 - 800_86 + 12_00 + 8_00)

    def test_money_on_a_loan_that_was_settled_without_the_fee_is_owed_back(self):
        events = [
            event("fee", date(2026, 2, 1), 50_00, id="f"),
            event("payment", date(2026, 3, 1), 1_224_00),
            event("payment", date(2026, 3, 2), 50_00),
            event("reversal", date(2026, 3, 5), reverses="f"),
        ]

        position = at(*events, as_of=date(2026, 3, 5))

        assert (position.status, position.unapplied) == (Status.SETTLED, 50_00)
        assert sum(books_of(position, RULES).values()) == 0

    @pytest.mark.parametrize(
        "events",
        [
            [event("reversal", date(2026, 2, 20), reverses="nobody")],
            [event("reversal", date(2026, 2, 10), reverses="p"), PAID],
            [PAID, BOUNCED, event("reversal", date(2026, 2, 21), reverses="p")],
            [PAID, replace(BOUNCED, id="b"), event("reversal", date(2026, 2, 22), reverses="b")],
        ],
    )
    def test_names_an_earlier_event_that_still_counts(self, events):
        with pytest.raises(UnknownEvent) as refusal:
            life(*events, as_of=date(2026, 3, 1))

        assert (refusal.value.code, refusal.value.field) == ("unknown_event", "events[0].reverses")


class TestOtherEvents:
    def test_waiver_fee_and_settlement(self):
        events = [
            event("fee", date(2026, 2, 1), 5_00),
            event("waiver", date(2026, 2, 2), 5_00, component=Component.FEE),
            event("settle", date(2026, 2, 15), 1_212_00),
        ]

        assert at(*events, as_of=date(2026, 2, 15)).status is Status.SETTLED

    def test_a_pause_holds_the_effective_days_and_the_penalty(self):
        events = [event("pause", date(2026, 2, 18)), event("resume", date(2026, 2, 28))]

        position = accrue(at(*events, as_of=date(2026, 3, 1), rules=STRICT), STRICT, date(2026, 3, 1))

        assert arrears(position, STRICT, date(2026, 3, 1)).days_past_due == 14
        assert effective_days_past_due(position, STRICT, date(2026, 3, 1)) == 4
        assert position.penalty_due(STRICT) == 1_06

    def test_a_pause_that_ends_on_its_own_day_never_was(self):
        events = [event("pause", date(2026, 2, 18)), event("resume", date(2026, 2, 18))]

        assert at(*events, as_of=date(2026, 3, 1)).pauses == ()

    def test_write_off_and_recovery(self):
        events = [event("write_off", date(2026, 6, 1)), event("recovery", date(2026, 7, 1), 100_00, id="r")]

        found = life(*events, as_of=date(2026, 7, 1))

        assert found.snapshots[0].position.status is Status.CHARGED_OFF
        assert found.payments[0].receipt.principal == 88_00


class TestInAdvance:
    def test_a_credit_is_used_when_the_next_installment_falls_due(self):
        rules = replace(RULES, waterfall=Waterfall(surplus=Surplus.UNAPPLIED))
        paid = event("payment", date(2026, 2, 15), 412_00 + 300_00)

        before = at(paid, as_of=date(2026, 3, 14), rules=rules)
        after = at(paid, as_of=date(2026, 3, 15), rules=rules)

        assert (before.unapplied, before.principal) == (300_00, 800_00)
        assert (after.unapplied, after.installments[1].unpaid, after.principal) == (0, 108_00, 508_00)
        assert arrears(after, rules, date(2026, 3, 20)).days_past_due == 5

    def test_a_credit_never_cures_before_it_is_there(self):
        rules = replace(RULES, waterfall=Waterfall(surplus=Surplus.UNAPPLIED))
        late = event("payment", date(2026, 2, 20), 412_00 + 408_00)

        assert at(late, as_of=date(2026, 2, 19), rules=rules).unapplied == 0
        assert at(late, as_of=date(2026, 3, 15), rules=rules).installments[1].unpaid == 0

    @pytest.mark.parametrize(
        ("surplus", "unpaid"),
        [
            (Surplus.NEXT_INSTALLMENT, [0, 108_00, 404_00]),
            (Surplus.LAST_INSTALLMENT, [0, 408_00, 104_00]),
            (Surplus.REDUCE_AMOUNT, [0, 255_00, 252_50]),
            (Surplus.REDUCE_TERM, [0, 405_00, 101_00]),
        ],
    )
    def test_money_beyond_what_is_due_does_what_the_waterfall_says(self, surplus, unpaid):
        rules = replace(RULES, waterfall=Waterfall(surplus=surplus))
        paid = event("payment", date(2026, 2, 15), 412_00 + 300_00)

        position = at(paid, as_of=date(2026, 2, 15), rules=rules)

        assert [row.unpaid for row in position.installments] == unpaid

    def test_a_fee_counts_from_the_earlier_of_its_due_and_its_entry(self):
        entered_before = event("fee", date(2026, 3, 20), 10_00, posted_on=date(2026, 2, 20))
        entered_after = event("fee", date(2026, 2, 20), 10_00, posted_on=date(2026, 3, 20))

        for fee in (entered_before, entered_after):
            assert [row.fee for row in at(fee, as_of=date(2026, 3, 1)).installments] == [0, 10_00, 0]
            assert [row.fee for row in at(fee, as_of=date(2026, 2, 19)).installments] == [0, 0, 0]

    def test_fees_of_one_day_are_taken_in_the_order_of_their_entry(self):
        paid = event("payment", date(2026, 2, 20), 15_00, posted_on=date(2026, 2, 21))
        fee = event("fee", date(2026, 2, 25), 10_00, posted_on=date(2026, 2, 20))

        payments = life(paid, fee, as_of=date(2026, 3, 1)).payments

        assert (payments[0].receipt.fee, payments[0].receipt.interest) == (0, 12_00)
        assert at(paid, fee, as_of=date(2026, 3, 1)).installments[1].fee == 10_00


class TestPrepay:
    def test_keeps_the_installment_and_shortens_the_term(self):
        paid = event("payment", date(2026, 2, 15), 412_00)
        less = event("prepay", date(2026, 2, 15), 500_00, keep=Keep.INSTALLMENT)

        position = at(paid, less, as_of=date(2026, 2, 15))

        assert [(row.principal, row.interest) for row in position.installments] == [
            (400_00, 12_00),
            (300_00, 3_00),
            (0, 0),
        ]

    def test_spreads_what_is_left_over_the_same_installments(self):
        paid = event("payment", date(2026, 2, 15), 412_00)

        position = at(paid, event("prepay", date(2026, 2, 15), 200_00), as_of=date(2026, 2, 15))

        assert [(row.principal, row.interest, row.unpaid) for row in position.installments] == [
            (400_00, 12_00, 0),
            (300_00, 6_00, 306_00),
            (300_00, 3_00, 303_00),
        ]
        assert position.principal == 600_00

    def test_inside_a_period_interest_is_exact_to_the_day(self):
        early = event("prepay", date(2026, 1, 31), 600_00)

        position = at(early, as_of=date(2026, 1, 31))

        # 12.00 × 16 / 31 on the old principal, then 6.00 × 15 / 31
        assert position.installments[0].interest == 6_19 + 2_90
        assert payoff(position, RULES, date(2026, 1, 31)) == 600_00 + 6_19
        assert payoff(position, RULES, date(2026, 2, 10)) == 600_00 + 6_19 + 1_93

    def test_keeps_the_equal_installment_equal(self):
        terms = replace(
            TERMS, method=Method.EQUAL_INSTALLMENT, principal=12_000_00, annual_rate=Decimal("0.18"), count=12
        )
        rules = replace(RULES, annual_rate=terms.annual_rate)
        paid = event("payment", date(2026, 2, 15), 1_100_16)

        position = at(
            paid, event("prepay", date(2026, 2, 15), 5_000_00), as_of=date(2026, 2, 15), terms=terms, rules=rules
        )

        # 6,079.84 at 1.5% a month over 11 months
        assert [row.total for row in position.installments[1:11]] == [603_69] * 10
        assert sum(row.principal for row in position.installments[1:]) == 6_079_84

    @pytest.mark.parametrize(
        ("events", "words"),
        [
            ([event("prepay", date(2026, 2, 15), 200_00)], "Pay what is due first"),
            ([event("prepay", date(2026, 1, 20), 1_200_00)], "to end the loan, settle it"),
            ([event("settle", date(2026, 1, 20), 1_300_00), event("prepay", date(2026, 1, 21), 1)], "Only a running"),
        ],
    )
    def test_refuses_what_is_no_prepayment(self, events, words):
        with pytest.raises((EventRefused, LoanClosed), match=f"{words}|settled"):
            life(*events, as_of=date(2026, 3, 1))

    def test_flat_interest_does_not_fall(self):
        with pytest.raises(EventRefused, match="Flat interest"):
            life(
                event("prepay", date(2026, 1, 20), 1_00),
                as_of=date(2026, 3, 1),
                terms=replace(TERMS, method=Method.FLAT),
            )


class TestRestructure:
    NEW = replace(TERMS, count=6, annual_rate=Decimal("0.06"))

    def test_gives_new_terms_and_demands_old_interest_with_the_first_installment(self):
        change = event("restructure", date(2026, 3, 1), terms=self.NEW)

        position = at(change, as_of=date(2026, 3, 1))

        # Due and unpaid 12.00; of the running period 8.00 × 14 / 28 = 4.00; new 1,200.00 × 0.5% = 6.00.
        first = position.installments[0]
        assert (len(position.installments), first.number, first.due_on) == (6, 4, date(2026, 4, 1))
        assert (first.principal, first.interest, first.earned_interest) == (200_00, 22_00, 16_00)
        assert arrears(position, RULES, date(2026, 3, 2)).days_past_due == 0
        assert payoff(position, RULES, date(2026, 3, 1)) == 1_216_00
        assert sum(books_of(position, RULES).values()) == 0

    @pytest.mark.parametrize(("on", "rate"), [(date(2026, 2, 19), "0.12"), (date(2026, 2, 20), "0.09")])
    def test_without_a_rate_keeps_the_one_in_force_on_its_day(self, on, rate):
        lower = event("rate_change", date(2026, 2, 20), annual_rate=Decimal("0.09"))
        silent = event("restructure", on, terms=replace(TERMS, count=6), keeps_rate=True)
        stated = event("restructure", on, terms=replace(TERMS, count=6, annual_rate=Decimal(rate)))

        kept, said = (life(lower, change, as_of=on).snapshots[0] for change in (silent, stated))

        assert kept.position.installments == said.position.installments
        first = kept.position.installments[0]
        assert first.interest - first.earned_interest == {"0.12": 12_00, "0.09": 9_00}[rate]

    def test_a_second_one_keeps_the_rate_of_the_first(self):
        again = event("restructure", date(2026, 3, 2), terms=replace(TERMS, count=4), keeps_rate=True)

        position = at(event("restructure", date(2026, 3, 1), terms=self.NEW), again, as_of=date(2026, 3, 2))

        first = position.installments[0]
        assert first.interest - first.earned_interest == 6_00

    @pytest.mark.parametrize("change", ["restructure", "rate_change"])
    def test_runs_daily_interest_at_each_rate_for_its_own_days(self, change):
        daily = replace(RULES, interest_basis=InterestBasis.DAILY, interest_year_days=360)
        more = {"terms": self.NEW} if change == "restructure" else {"annual_rate": Decimal("0.06")}
        change = event(change, date(2026, 2, 15), **more)

        found = life(change, as_of=date(2026, 3, 17), rules=daily)

        # 31 days of 1,200.00 at 12%, then 30 days at 6%.
        assert payoff(found.snapshots[0].position, replace(daily, annual_rate=Decimal("0.06")), date(2026, 3, 17)) == (
            1_200_00 + 12_40 + 6_00
        )

    def test_keeps_what_was_paid_where_it_was_paid(self):
        events = [
            event("payment", date(2026, 2, 15), 512_00),
            event("restructure", date(2026, 2, 15), terms=self.NEW),
            event("payment", date(2026, 3, 15), 112_00, id="p"),
        ]

        found = life(*events, as_of=date(2026, 3, 15))

        position = found.snapshots[0].position
        assert [row.number for row in position.installments] == [1, 2, 4, 5, 6, 7, 8, 9]
        assert {line.number for line in found.payments[1].receipt.lines} == {4}
        # 1,200.00 − 400.00 − 92.00 paid ahead (8.00 of the 100.00 were interest)
        assert sum(row.principal for row in position.installments) == 1_200_00

    def test_a_prepayment_afterwards_follows_the_new_terms(self):
        events = [
            event("restructure", START, terms=replace(TERMS, count=2)),
            event("prepay", START, 600_00),
        ]

        position = at(*events, as_of=START)

        assert [(row.number, row.principal, row.interest) for row in position.installments] == [
            (4, 300_00, 6_00),
            (5, 300_00, 3_00),
        ]

    def test_refuses_while_fees_are_due_and_names_wrong_terms(self):
        fees = replace(TERMS, fees=(Fee("account", 1_00, FeeTiming.EACH),))
        with pytest.raises(EventRefused, match="fees that are due"):
            life(event("restructure", date(2026, 3, 1), terms=self.NEW), as_of=date(2026, 3, 1), terms=fees)

        wrong = event("restructure", date(2026, 2, 15), terms=replace(TERMS, balloon=1_200_00))
        with pytest.raises(InvalidTerms) as refusal:
            life(event("payment", date(2026, 2, 15), 412_00), wrong, as_of=date(2026, 3, 1))
        assert refusal.value.field == "events[0].terms.balloon"


class TestRefusals:
    @pytest.mark.parametrize(
        ("events", "kind", "field"),
        [
            ([event("payment", date(2026, 1, 14), 1_00)], DateOutsideContract, "events[0].on"),
            ([event("disburse", START)], DuplicateEvent, "events[0].type"),
            (
                [event("payment", date(2026, 2, 1), 1, id="x"), event("payment", date(2026, 2, 1), 1, id="x")],
                DuplicateEvent,
                "events[0].id",
            ),
            (
                [event("settle", date(2026, 1, 20), 1_300_00), event("payment", date(2026, 1, 21), 1)],
                LoanClosed,
                "events[0]",
            ),
            (
                [event("settle", date(2026, 1, 20), 1_300_00), event("fee", date(2026, 1, 21), 1)],
                EventRefused,
                "events[0].type",
            ),
            ([event("settle", date(2026, 1, 20), 1_200_00)], SettlementTooSmall, "events[0].amount"),
            ([event("recovery", date(2026, 1, 20), 1)], EventRefused, "events[0].type"),
            ([event("resume", date(2026, 1, 20))], EventRefused, "events[0].type"),
            ([event("pause", date(2026, 1, 20)), event("pause", date(2026, 1, 21))], EventRefused, "events[0].type"),
            (
                [event("waiver", date(2026, 1, 20), 1, component=Component.PENALTY)],
                EventRefused,
                "events[0].amount",
            ),
        ],
    )
    def test_name_the_event(self, events, kind, field):
        with pytest.raises(kind) as refusal:
            life(*events, as_of=date(2026, 3, 1))

        assert refusal.value.field == field

    def test_the_payout_is_that_of_the_terms(self):
        with pytest.raises(DateOutsideContract):
            positions_at(TERMS, RULES, [event("disburse", date(2026, 1, 16))], [START])
        with pytest.raises(EventRefused):
            positions_at(TERMS, RULES, [event("disburse", START, 1_199_99)], [START])
        with pytest.raises(DateOutsideContract, match="not been paid out"):
            positions_at(TERMS, RULES, [event("payment", date(2026, 2, 1), 1)], [START])


def answer_or_refusal(terms: ScheduleTerms, contract: Contract, events: list[Event], on: date) -> Replay | DomainError:
    try:
        return positions_at(terms, contract, events, [on])
    except DomainError as error:
        return error


moves = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.sampled_from(
            ["payment", "payment", "prepay", "settle", "waiver", "fee", "restructure", "write_off", "reversal"]
        ),
        st.integers(1, 10**7),
    ),
    max_size=8,
)


class TestProperties:
    @settings(deadline=None, max_examples=150)
    @given(
        loan=open_loans(),
        payments=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 10**6)), max_size=8),
        cut=st.integers(0, 250),
    )
    def test_replay_is_the_same_as_receiving_one_after_another(self, loan, payments, cut):
        contract, position = loan
        assume(contract.waterfall.surplus in (Surplus.NEXT_INSTALLMENT, Surplus.LAST_INSTALLMENT))
        terms = ScheduleTerms(position.principal, contract.annual_rate, Method.EQUAL_PRINCIPAL, 5, contract.starts_on)
        as_of = contract.starts_on + timedelta(days=cut)
        position = replace(position, installments=rows_of(terms))
        events, total = [event("disburse", contract.starts_on)], 0
        for days, amount in sorted(payments):
            total += amount
            if total < terms.principal:
                events.append(event("payment", contract.starts_on + timedelta(days=days), amount))

        found = positions_at(terms, contract, list(reversed(events)), [as_of])

        for one in events[1:]:
            if one.on <= as_of:
                position, _receipt = receive(position, contract, one.amount, one.on)
        again = found.snapshots[0].position
        assert (again.principal, again.unapplied, again.penalty_parts) == (
            position.principal,
            position.unapplied,
            position.penalty_parts,
        )
        assert sum(payment.receipt.amount for payment in found.payments) == sum(one.amount for one in events[1:])

    @settings(deadline=None, max_examples=300)
    @given(terms=schedule_terms(most=10**8, longest=8), script=moves, surplus=st.sampled_from(Surplus))
    def test_whatever_happens_the_books_balance_and_principal_is_what_the_rows_carry(self, terms, script, surplus):
        contract = Contract(
            terms.disbursed_on, terms.annual_rate, Waterfall(surplus=surplus), PenaltyRule(Decimal("0.24"))
        )
        events, on = [event("disburse", terms.disbursed_on)], terms.disbursed_on
        for number, (days, kind, size) in enumerate(script):
            on += timedelta(days=days)
            tried = Event(
                EventType(kind),
                on,
                on,
                amount=size,
                id=f"e{number}",
                component=Component.INTEREST,
                reverses=f"e{size % 8}",
                terms=replace(
                    terms,
                    count=1 + size % 8,
                    balloon=0,
                    fees=tuple(fee for fee in terms.fees if fee.timing is FeeTiming.SPREAD),
                    disbursed_on=on,
                    due_rule=replace(terms.due_rule, first_due_on=None),
                ),
                at=f"events[{number}]",
            )
            found = answer_or_refusal(terms, contract, [*events, tried], on)
            if isinstance(found, DomainError):
                assert str(found.field).startswith(tried.at)
                continue
            events.append(tried)
            position = found.snapshots[0].position
            assert sum(books_of(position, contract).values()) == 0
            assert position.principal == sum(row.unpaid_principal for row in position.installments) >= 0
            for row in position.installments:
                assert min(row.unpaid_principal, row.unpaid_interest, row.unpaid_fee) >= 0
            counted = [payment for payment in found.payments if payment.reversed_on is None]
            assert all(payment.receipt.amount == payment.event.amount for payment in counted)
            if position.status is not Status.CHARGED_OFF:
                paid = sum(payment.event.amount for payment in counted)
                assert position.cash == paid - terms.principal
            assert payoff(position, contract, on) >= 0
