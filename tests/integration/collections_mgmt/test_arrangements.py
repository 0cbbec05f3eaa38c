"""Payment plans: agreed, kept or broken by the close as plain Python says, and quiet while they run."""

import random
from datetime import date, timedelta

import pytest

from collections_mgmt.domain.agreeing import Due, State, state_on
from collections_mgmt.models import Arrangement, ArrangementPart, PromiseToPay
from collections_mgmt.selectors.agreements import parts_shown
from collections_mgmt.services.arrangements import ArrangementRefused, cancel_arrangement, make_arrangement
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.promises import PromiseRefused, note_promise
from dashu.messaging.models import OutboxMessage
from dashu.policy import rules as policy
from repayments.services.return_payment import return_payment
from tests import factories

TODAY = date(2026, 2, 16)
DAY = timedelta(days=1)
PARTS = [Due(TODAY + 4 * DAY, 500_00), Due(TODAY + 20 * DAY, 600_16)]
ACTOR = "user:1"


def made(loan, parts=PARTS, today=TODAY, **more):
    return make_arrangement(loan_id=loan.pk, parts=parts, today=today, actor=ACTOR, **more)


class TestMakingOne:
    def test_keeps_its_parts_and_takes_the_place_of_a_promise(self, loan):
        note_promise(loan_id=loan.pk, amount_minor=100_00, due_on=TODAY, today=TODAY, actor=ACTOR)

        plan = made(loan)

        assert (plan.total_minor, plan.status, plan.is_own) == (1100_16, "ACTIVE", False)
        assert [(part.number, part.due_on, part.amount_minor) for part in plan.parts.all()] == [
            (1, PARTS[0].on, 500_00),
            (2, PARTS[1].on, 600_16),
        ]
        assert PromiseToPay.objects.get().status == "CANCELLED"
        assert OutboxMessage.objects.get(template="collections.arrangement_made").params["parts"] == 2

    def test_twice_changes_nothing(self, loan):
        assert made(loan) == made(loan)

        assert ArrangementPart.objects.count() == 2

    def test_counts_only_money_that_came_afterwards(self, loan):
        factories.pay(loan, 500_00, TODAY)
        plan = made(loan)
        assert [part.paid_minor for part in parts_shown(plan, today=TODAY)] == [0, 0]

        factories.pay(loan, 100_00, TODAY)
        close_date(business_date=TODAY, today=TODAY + DAY)

        plan.refresh_from_db()
        assert (plan.paid_minor, plan.status) == (100_00, "ACTIVE")

    @pytest.mark.parametrize(
        "parts",
        [
            PARTS[:1],
            [Due(TODAY - DAY, 1), PARTS[1]],
            [PARTS[1], PARTS[0]],
            [Due(TODAY, 0), PARTS[1]],
            [PARTS[0], Due(TODAY + 200 * DAY, 600_16)],
            [Due(TODAY + n * DAY, 1) for n in range(13)],
            [PARTS[0], Due(PARTS[1].on, 99_000_00)],
        ],
    )
    def test_refuses_parts_that_do_not_fit(self, loan, parts):
        with pytest.raises(ArrangementRefused) as refusal:
            made(loan, parts)

        assert refusal.value.field == "parts"
        assert not Arrangement.objects.exists()

    def test_refuses_a_second_one_and_a_promise_beside_it(self, loan):
        made(loan)

        with pytest.raises(ArrangementRefused, match="agreed on this loan already"):
            made(loan, today=TODAY + DAY)
        with pytest.raises(PromiseRefused, match="agreed on this loan already"):
            note_promise(loan_id=loan.pk, amount_minor=100_00, due_on=TODAY, today=TODAY, actor=ACTOR)

        assert Arrangement.objects.count() == 1

    def test_of_a_borrower_adds_up_to_what_is_due_now(self, loan):
        assert made(loan, is_own=True).is_own

    def test_of_a_borrower_that_does_not_is_refused(self, loan):
        with pytest.raises(ArrangementRefused, match=r"1,100\.16"):
            made(loan, [PARTS[0], Due(PARTS[1].on, 600_00)], is_own=True)

    def test_of_a_borrower_has_fewer_parts(self, loan):
        parts = [Due(TODAY + n * DAY, 1) for n in range(5)]

        with pytest.raises(ArrangementRefused, match="from 2 to 4"):
            made(loan, parts, is_own=True)


class TestTakingOneBack:
    def test_keeps_the_reason(self, loan):
        plan = cancel_arrangement(arrangement_id=made(loan).pk, reason="found work", today=TODAY, actor=ACTOR)

        assert (plan.status, plan.end_reason, plan.decided_on) == ("CANCELLED", "found work", TODAY)

    def test_needs_a_reason(self, loan):
        with pytest.raises(ArrangementRefused) as refusal:
            cancel_arrangement(arrangement_id=made(loan).pk, reason=" ", today=TODAY, actor=ACTOR)

        assert refusal.value.field == "reason"
        assert Arrangement.objects.get().status == "ACTIVE"


class TestTheClose:
    def test_shows_what_of_each_part_came_in(self, loan):
        plan = made(loan)
        factories.pay(loan, 700_00, TODAY)

        shown = parts_shown(plan, today=TODAY)

        assert [(part.state, part.paid_minor, part.missing_minor) for part in shown] == [
            ("paid", 500_00, 0),
            ("next", 200_00, 400_16),
        ]

    def test_breaks_one_whose_part_is_missing_and_tells_so(self, loan):
        made(loan)
        last = PARTS[0].on + 2 * DAY

        close_date(business_date=last - DAY, today=last)
        assert Arrangement.objects.get().status == "ACTIVE"
        close_date(business_date=last, today=last + DAY)

        plan = Arrangement.objects.get()
        assert (plan.status, plan.decided_on) == ("BROKEN", last)
        assert OutboxMessage.objects.filter(template="collections.arrangement_broken").count() == 1

    def test_counts_nothing_that_came_back(self, loan):
        made(loan)
        factories.pay(loan, 500_00, TODAY, reference="P1")
        return_payment(reference="P1", returned_on=TODAY + DAY, today=TODAY + DAY, reason="bounced", actor=ACTOR)
        last = PARTS[0].on + 2 * DAY

        close_date(business_date=last, today=last + DAY)

        assert Arrangement.objects.get().status == "BROKEN"

    def test_queues_no_reminder_while_one_runs_but_one_before_each_part(self, loan, amina):
        made(loan, [Due(TODAY + 4 * DAY, 500_00), Due(TODAY + 20 * DAY, 600_16)])
        for days in range(5):
            close_date(business_date=TODAY + days * DAY, today=TODAY + (days + 1) * DAY)

        reminders = OutboxMessage.objects.filter(purpose="REMINDER")
        assert list(reminders.values_list("template", flat=True)) == ["reminder.promise"]
        (told,) = reminders
        assert told.params == {"arrangement": ArrangementPart.objects.get(number=1).pk}

    def test_decides_as_plain_python_does_on_a_random_book(self, amina):
        draw = random.Random(20260216)
        kept = policy.promise_kept(TODAY)
        plans = []
        for _each in range(25):
            loan = factories.running_loan(amina)
            days = sorted(draw.sample(range(12), draw.randint(2, 4)))
            parts = [Due(TODAY + day * DAY, draw.choice([100_00, 200_00, 133_33])) for day in days]
            plan = made(loan, parts)
            paid = []
            for _payment in range(draw.randint(0, 5)):
                on, minor = TODAY + draw.randrange(14) * DAY, draw.choice([95_00, 100_00, 133_33, 200_00])
                paid.append((on, minor))
            paid.sort()
            for number, (on, minor) in enumerate(paid):
                factories.pay(loan, minor, on, today=TODAY + 20 * DAY, reference=f"P{loan.pk}-{number}")
            plans.append((plan, parts, paid))

        expected: dict[int, tuple[str, date | None]] = {plan.pk: ("ACTIVE", None) for plan, *_rest in plans}
        names = {State.RUNNING: "ACTIVE", State.KEPT: "KEPT", State.BROKEN: "BROKEN"}
        for day in range(16):
            on = TODAY + day * DAY
            close_date(business_date=on, today=on + DAY)
            for plan, parts, paid in plans:
                if expected[plan.pk][0] == "ACTIVE":
                    state = names[state_on(parts, paid, on=on, days=kept.days, share=kept.share)]
                    expected[plan.pk] = (state, None if state == "ACTIVE" else on)
            found = {plan.pk: (plan.status, plan.decided_on) for plan in Arrangement.objects.all()}
            assert found == expected

        assert {state for state, _on in expected.values()} == {"KEPT", "BROKEN"}
