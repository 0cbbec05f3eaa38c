"""Two connections at one request: the row's lock and the unique key decide, never luck."""

from collections.abc import Iterator

import pytest

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import AlreadyDecided, RequestExpired, approve, decline, withdraw
from dashu.approvals.services.expire import expire_overdue
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.integration.approvals.conftest import TODAY, Book, acts_of, ask
from tests.integration.repayments.test_concurrent_writes import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Iterator[Book]:
    forget_rules()
    kept = Book()
    with acts_of(kept):
        yield kept


@pytest.fixture
def checkers(book) -> list[User]:
    return [factories.staff(name, User.Role.ACCOUNTANT) for name in ("Wei", "Lin", "Ada", "Mo")]


class TestConcurrentDecisions:
    def test_one_of_several_checkers_wins_and_the_act_is_done_once(self, book, helen, checkers):
        asked = ask(helen)

        results = at_once(*[lambda who=who: approve(request_id=asked.pk, user=who, today=TODAY) for who in checkers])

        won = [result for result in results if isinstance(result, ApprovalRequest)]
        assert len(won) == 1
        assert [type(result) for result in results].count(AlreadyDecided) == 3
        assert ApprovalRequest.objects.get().checker == won[0].checker
        assert len(book.done) == 1

    def test_the_same_checker_twice_is_answered_twice_and_done_once(self, book, helen, checkers):
        asked = ask(helen)

        results = at_once(*[lambda: approve(request_id=asked.pk, user=checkers[0], today=TODAY)] * 3)

        assert [result.status for result in results] == ["APPROVED"] * 3
        assert len(book.done) == 1

    def test_approval_decline_and_withdrawal_leave_one_outcome(self, book, helen, checkers):
        asked = ask(helen)

        results = at_once(
            lambda: approve(request_id=asked.pk, user=checkers[0], today=TODAY),
            lambda: decline(request_id=asked.pk, user=checkers[1], today=TODAY, note="no"),
            lambda: withdraw(request_id=asked.pk, user=helen),
        )

        won = [result for result in results if isinstance(result, ApprovalRequest)]
        assert len(won) == 1
        status = ApprovalRequest.objects.get().status
        assert status == won[0].status
        assert len(book.done) == (1 if status == "APPROVED" else 0)

    def test_the_clock_and_a_checker_leave_one_outcome(self, book, helen, checkers):
        asked = ask(helen)

        results = at_once(
            lambda: approve(request_id=asked.pk, user=checkers[0], today=TODAY),
            lambda: expire_overdue(now=asked.expires_at),
        )

        status = ApprovalRequest.objects.get().status
        approved = isinstance(results[0], ApprovalRequest)
        assert approved or isinstance(results[0], RequestExpired)
        assert (status, results[1], len(book.done)) == (("APPROVED", 0, 1) if approved else ("EXPIRED", 1, 0))

    def test_the_same_form_sent_twice_asks_once(self, book, helen):
        results = at_once(*[lambda: ask(helen, idempotency_key="once")] * 4)

        assert {result.pk for result in results} == {ApprovalRequest.objects.get().pk}
