"""Any past day: one loan lived through, and the whole book in one query, say the same of every day and every moment."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from collections_mgmt.services.close_day import close_date
from dashu.finance.loan import InterestBasis, Status
from loans.models import Loan
from repayments.models import Channel, LoanEvent
from repayments.selectors.book_on import (
    LoanFigures,
    Picked,
    UnknownChoice,
    book_on,
    book_page,
    refuse_unanswerable,
    whole_book,
)
from repayments.selectors.book_totals import Sums, by_currency, totals_on
from repayments.selectors.past_days import LoanOnDay, NotPaidOutThen, facts_on, loan_on
from repayments.services.receive_payment import receive_payment
from tests.factories import ACTOR, pay, running_loan, yuan
from tests.integration.repayments.lived_books import START, an_act, do, varied_loans
from tests.integration.repayments.test_explaining import assert_adds_up

NIGHTS = 140
ALL = Loan.objects.all


class TestTheWholeBook:
    @pytest.mark.parametrize("seed", range(3))
    def test_says_of_every_loan_on_every_day_what_living_through_it_says_and_why(self, rules, seed):
        chance = random.Random(seed)
        loans = varied_loans(chance)
        moments: list[tuple[date, datetime]] = []
        done: Counter[str] = Counter()
        for night in range(NIGHTS):
            today = START + timedelta(days=night + 1)
            if chance.random() < 0.6:
                loan = chance.choice(loans)
                loan.refresh_from_db()
                done[an_act(chance, loan, today, night)] += 1
            close_date(business_date=today, today=today + timedelta(days=1))
            if chance.random() < 0.06:
                moments.append((today, timezone.now()))
            if night % 10 == 9:
                for loan in loans:
                    assert_adds_up(loan, today + timedelta(days=1))
        days = [on for on, _moment in moments]

        pairs: list[tuple[date, datetime | None]] = [*moments, *((on, None) for on in days), (today, None)]
        pairs += [(chance.choice(days[: place + 1]), moments[place][1]) for place in range(len(moments))]
        for as_of, known_at in pairs:
            found = {figures.loan_id: figures for figures in book_on(ALL(), as_of=as_of, known_at=known_at)}
            for loan in loans:
                loan.refresh_from_db()
                lived = loan_on(loan, as_of=as_of, known_at=known_at)
                assert lived is not None
                assert told(found[loan.pk]) == lived_through(lived), (loan.pk, as_of, known_at)
        assert len(pairs) >= 10
        assert sum(count for kind, count in done.items() if kind) >= 30

    def test_leaves_out_the_penalty_of_a_day_that_has_no_close_and_nothing_else(self, rules):
        loans = {loan.pk: loan for loan in varied_loans(random.Random(1))}
        closed = date(2026, 3, 1)
        close_date(business_date=closed, today=closed + timedelta(days=1))
        before = {figures.loan_id: figures.penalty for figures in book_on(ALL(), as_of=closed)}
        assert any(before.values())

        for as_of in (date(2026, 3, 15), date(2026, 5, 20)):
            for figures in book_on(ALL(), as_of=as_of):
                lived = loan_on(loans[figures.loan_id], as_of=as_of)
                assert lived is not None
                assert told(figures) == lived_through(lived) | {"penalty": before[figures.loan_id]}

    @pytest.mark.parametrize(("end", "status"), [("charge_off", "CHARGED_OFF"), ("sell", "SOLD")])
    def test_an_end_that_money_paid_before_it_overtook_is_none(self, loan, end, status):
        on, paid_on = date(2026, 2, 10), date(2026, 2, 1)
        do(end, random.Random(1), loan, on, on, "END")
        before = timezone.now()
        payment = {"loan_id": loan.pk, "amount_minor": yuan(13_000), "received_on": paid_on, "today": on}
        more = {"reference": "P", "channel": Channel.CASH_DESK, "actor": ACTOR, "has_arrived": True}
        receive_payment(**payment, **more, kind=LoanEvent.Kind.SETTLEMENT)

        (then,), (now,) = book_on(ALL(), as_of=on, known_at=before), book_on(ALL(), as_of=on)

        lived = loan_on(loan, as_of=on)
        assert lived is not None
        assert (then.status, then.principal) == (status, 0)
        assert told(now) == lived_through(lived)
        assert now.status == "SETTLED"

    def test_is_one_query_however_many_loans(self, amina, django_assert_num_queries):
        for _number in range(3):
            running_loan(amina)
        list(book_on(ALL(), as_of=START))  # the rules are read once

        with django_assert_num_queries(1):
            assert len(list(book_on(ALL(), as_of=START))) == 3
        with django_assert_num_queries(1):
            assert sum(cell.sums.loans for cell in totals_on(ALL(), as_of=START)) == 3

    def test_holds_only_the_loans_that_are_asked_for(self, amina, brook, dana):
        mine, other = running_loan(amina, brought_by=dana), running_loan(brook)
        running_loan(amina, brought_by=dana, starts_on=date(2026, 2, 1))

        assert [row.loan_id for row in book_on(Loan.objects.visible_to(dana.user), as_of=START)] == [mine.pk]
        assert [row.loan_id for row in book_on(Loan.objects.filter(number=other.number), as_of=START)] == [other.pk]
        assert list(book_on(Loan.objects.none(), as_of=START)) == []
        assert totals_on(Loan.objects.none(), as_of=START) == []


class TestPages:
    def test_go_through_the_book_once_in_order_whatever_is_picked(self, amina, monkeypatch):
        monkeypatch.setattr("repayments.selectors.book_on.FIRST_STRETCH", 2)
        loans = [running_loan(amina, product=product) for product in ("consumer", "sme", "consumer", "consumer")]
        on = date(2026, 2, 16)
        pay(loans[0], 110_016, on)

        def pages(**picked: str) -> list[list[int]]:
            after, seen = 0, []
            while after is not None:
                page = book_page(ALL(), as_of=on, picked=Picked(**picked), after=after, size=1)
                seen.append([row.loan_id for row in page.loans])
                after = page.after
            return seen

        ids = [loan.pk for loan in loans]
        assert pages() == [[pk] for pk in ids]
        assert pages(bucket="M1") == [[pk] for pk in ids[1:]]
        assert pages(product="sme", classification="SPECIAL_MENTION") == [[ids[1]]]
        assert pages(status="SETTLED") == [[]]
        assert [row.loan_id for row in whole_book(ALL(), as_of=on, known_at=timezone.now())] == ids

    def test_look_at_so_many_loans_and_no_more(self, amina, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr("repayments.selectors.book_on.FIRST_STRETCH", 2)
        monkeypatch.setattr("repayments.selectors.book_on.MOST_LOANS_LOOKED_AT", 2)
        loans = [running_loan(amina) for _number in range(5)]
        list(book_on(ALL(), as_of=START))

        with django_assert_num_queries(2):  # where the stretch ends, and its loans
            page = book_page(ALL(), as_of=START, picked=Picked(status="SOLD"), size=1)

        assert (page.loans, page.after) == ([], loans[1].pk)

    def test_refuse_what_there_is_not(self, rules):
        with pytest.raises(UnknownChoice) as refusal:
            refuse_unanswerable(as_of=START, known_on=None, picked=Picked(bucket="M99"), today=START)

        assert (refusal.value.code, refusal.value.field) == ("invalid_choice", "bucket")


class TestTotals:
    def test_add_up_the_loans_by_state(self, amina):
        running_loan(amina)
        paid = running_loan(amina)
        pay(paid, 110_016, date(2026, 2, 15))
        on = date(2026, 3, 18)
        close_date(business_date=on, today=date(2026, 3, 19))

        cells = totals_on(ALL(), as_of=on)

        totals = by_currency(cells)["CNY"]
        whole = totals.sums
        assert (whole.loans, whole.principal) == (2, 1_200_000 + 1_107_984)
        assert (whole.at_risk_30, whole.at_risk_60) == (1_200_000, 0)
        assert {bucket: sums.loans for bucket, sums in totals.bucket.items()} == {"M1": 1, "M2": 1}
        assert totals.status == {"ACTIVE": whole}
        assert totals.bucket["M2"].overdue == 92_016 + 18_000 + 93_396 + 16_620
        rows = list(book_on(ALL(), as_of=on))
        for name in ("principal", "interest", "fee", "penalty", "credit", "overdue"):
            assert getattr(whole, name) == sum(getattr(row, name) for row in rows)
        assert totals_on(ALL(), as_of=on, picked=Picked(bucket="M2")) == [cell for cell in cells if cell.bucket == "M2"]

    def test_differ_by_what_was_learned_since(self, loan):
        on = date(2026, 2, 20)
        before = timezone.now()
        pay(loan, 110_016, date(2026, 2, 15), today=date(2026, 3, 1))

        now, then = (by_currency(totals_on(ALL(), as_of=on, known_at=at))["CNY"] for at in (None, before))

        difference = now - then
        assert difference.sums == Sums(principal=-92_016, interest=-18_000, overdue=-110_016)
        assert {code: sums.loans for code, sums in difference.bucket.items()} == {"M1": -1, "CURRENT": 1}


def told(found: LoanFigures) -> dict[str, object]:
    amounts = {name: getattr(found, name) for name in ("principal", "interest", "fee", "penalty", "credit")}
    return amounts | {
        "status": found.status,
        "overdue": (found.overdue_principal, found.overdue_interest, found.overdue_fee, found.oldest_due_on),
        "days": (found.days_past_due, found.effective_days_past_due),
    }


def lived_through(lived: LoanOnDay) -> dict[str, object]:
    """What the book must say; of a loan that has left it, no balances."""
    position, contract, late = lived.position, lived.contract, lived.arrears
    due = [row for row in position.installments if row.due_on <= lived.as_of]
    is_held = position.status in (Status.ACTIVE, Status.SETTLED)
    daily = contract.interest_basis is InterestBasis.DAILY
    return {
        "principal": position.principal if is_held else 0,
        "interest": sum(row.unpaid_interest for row in due) if is_held and not daily else 0,
        "fee": sum(row.unpaid_fee for row in due) if is_held else 0,
        "penalty": position.penalty_due(contract) if is_held else 0,
        "credit": position.unapplied,
        "status": position.status.value,
        "overdue": (late.principal, late.interest, late.fee, late.oldest_due_on),
        "days": (late.days_past_due, lived.effective_days_past_due),
    }


class TestOneLoan:
    def test_a_back_dated_payment_changes_the_day_but_not_what_was_known(self, loan):
        close_date(business_date=date(2026, 2, 20), today=date(2026, 2, 21))
        before = timezone.now()
        pay(loan, 110_016, date(2026, 2, 15), today=date(2026, 2, 21))

        now = loan_on(loan, as_of=date(2026, 2, 20))
        then = loan_on(loan, as_of=date(2026, 2, 20), known_at=before)

        assert now is not None
        assert then is not None
        assert (now.arrears.days_past_due, then.arrears.days_past_due) == (0, 5)
        assert (now.position.principal, then.position.principal) == (1_107_984, 1_200_000)

    def test_before_the_payout_there_is_nothing(self, loan):
        assert loan_on(loan, as_of=date(2026, 1, 14)) is None
        with pytest.raises(NotPaidOutThen):
            facts_on(loan, as_of=date(2026, 1, 14))

    def test_facts_name_bucket_and_classification_of_the_day(self, loan):
        facts = facts_on(loan, as_of=date(2026, 3, 18))

        assert (facts["days_past_due"], facts["bucket"], facts["classification"]) == (31, "M2", "SPECIAL_MENTION")
        assert facts["overdue"] == {"principal": 92_016 + 93_396, "interest": 18_000 + 16_620, "fee": 0}
