import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from collections_mgmt.models import CloseRun, OverdueStatus
from dashu.policy.selectors import forget_rules
from dashu.portal.demo import seeding
from dashu.portal.demo.second_hand import SecondHand, SecondHandFailed
from dashu.portal.demo.seeding import BookNotEmpty, Choice, seed_book
from dashu.users.models import Borrower, User
from loans.models import Application, Loan, Offer
from repayments.models import Payment

SMALL = Choice(loans=20, seed=7, today=date(2026, 11, 23), months=4)


def contents() -> list[tuple[Any, ...]]:
    """Everything that a person would see of the book, without the ids that the database gives."""
    numbers = {pk: place for place, pk in enumerate(Loan.objects.order_by("id").values_list("id", flat=True))}
    loans = Loan.objects.order_by("id").values_list("borrower__number", "principal_minor", "starts_on", "status")
    payments = Payment.objects.order_by("reference").values_list(
        "reference", "amount_minor", "received_on", "penalty_minor", "principal_minor", "is_returned"
    )
    overdue = OverdueStatus.objects.order_by("loan_id").values_list("loan_id", "days_past_due", "principal_minor")
    people = Borrower.objects.order_by("number").values_list("number", "name", "language", "kind")
    applications = Application.objects.order_by("borrower__number").values_list(
        "borrower__number", "status", "submitted_at", "due_at", "reviews__outcome", "reviews__score", "steps_done"
    )
    offers = Offer.objects.order_by("application__borrower__number", "position").values_list(
        "principal_minor", "installment_count", "annual_rate", "expires_on"
    )
    statuses = ((numbers[loan_id], *rest) for loan_id, *rest in overdue)
    return [*loans, *payments, *statuses, *people, *applications, *offers]


@pytest.fixture(scope="module")
def whole(django_db_setup: None, django_db_blocker: Any) -> list[tuple[Any, ...]]:
    """The contents of the book that one hand makes without a pause; nothing of it stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed_book(SMALL)
        found = contents()
        transaction.set_rollback(True)
    forget_rules()
    return found


@pytest.mark.django_db(transaction=True)
class TestSecondHand:
    """Real commits, because the other process sees nothing else."""

    def test_two_hands_make_the_same_book_as_one_also_when_a_day_is_done_again(self, whole, monkeypatch):
        monkeypatch.setattr(seeding, "LOANS_FOR_TWO", 1)
        close, given = seeding.close_date, []
        share = SecondHand.sharing

        def killed_before_its_close(*, business_date: date, today: date) -> CloseRun:
            if len(given) >= 8:
                raise KeyboardInterrupt
            return close(business_date=business_date, today=today)

        @contextmanager
        def taking_none(hand: SecondHand, payments: list[dict[str, Any]]) -> Iterator[Iterator[dict[str, Any]]]:
            given.extend(payment["reference"] for payment in payments)
            with share(hand, payments):
                yield iter(())

        monkeypatch.setattr(SecondHand, "sharing", taking_none)
        monkeypatch.setattr(seeding, "close_date", killed_before_its_close)
        with pytest.raises(KeyboardInterrupt):
            seed_book(SMALL)
        assert Payment.objects.filter(reference__in=given).count() == len(given)
        monkeypatch.setattr(seeding, "close_date", close)
        monkeypatch.setattr(SecondHand, "sharing", share)
        seed_book(SMALL)

        assert contents() == whole
        assert len(given) >= 8

    def test_a_payment_that_is_refused_stops_the_seeding_with_its_reason(self, monkeypatch):
        monkeypatch.setattr(seeding, "LOANS_FOR_TWO", 1)
        share = SecondHand.sharing

        @contextmanager
        def spoiling(hand: SecondHand, payments: list[dict[str, Any]]) -> Iterator[Iterator[dict[str, Any]]]:
            with share(hand, [payment | {"amount_minor": 0} for payment in payments]):
                yield iter(())

        monkeypatch.setattr(SecondHand, "sharing", spoiling)

        with pytest.raises(SecondHandFailed, match="InvalidAmount"):
            seed_book(SMALL)

        latest = CloseRun.objects.latest("business_date").business_date
        assert Payment.objects.filter(received_on__gt=latest).exists() is False


class TestInterrupted:
    def test_goes_on_where_it_stopped_and_ends_the_same(self, whole, db):
        assert Loan.objects.exists() is False

        class Killed(Exception):
            pass

        def kill(done: int, _days: int) -> None:
            if done == 50:
                raise Killed

        with pytest.raises(Killed):
            seed_book(SMALL, progress=kill)
        assert CloseRun.objects.count() == 50
        assert demo("seed_demo", "--if-empty", "--loans", "99") == ""

        assert contents() == whole

    def test_a_refused_day_leaves_nothing_of_that_day(self, db, monkeypatch):
        monkeypatch.setattr(seeding, "close_date", lambda **_fields: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            seed_book(SMALL)

        assert (Loan.objects.count(), Payment.objects.count()) == (0, 0)


class TestCommands:
    def test_if_empty_leaves_a_book_alone(self, loan):
        assert demo("seed_demo", "--if-empty") == ""

        assert list(Loan.objects.all()) == [loan]
        assert User.objects.filter(email__endswith="@demo.example.com").exists() is False

    def test_refuses_to_mix_with_a_book(self, loan):
        with pytest.raises(SystemExit):
            demo("seed_demo", "--loans", "60")

        with pytest.raises(BookNotEmpty):
            seed_book(SMALL)
        assert list(Loan.objects.all()) == [loan]

    @pytest.mark.parametrize("today", ["2199-01-01", "tomorrow"])
    def test_refuses_a_day_that_is_not_one_or_has_not_come(self, db, today):
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("seed_demo", "--today", today, stdout=out)

        assert json.loads(out.getvalue())["error"]["code"] == "invalid_date"
        assert Borrower.objects.exists() is False

    def test_there_are_no_logins_without_a_demo_book(self, loan):
        assert demo("demo_logins") == ""
        assert json.loads(demo("demo_logins", "--json")) == []


def demo(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
