"""What relief does not become, however often and in whatever order it is asked for, accepted and taken back."""

from datetime import date, timedelta

import pytest

from collections_mgmt.models import Hold, OfferCode, RestructuringPlan
from collections_mgmt.services.answer_help import answer_help
from collections_mgmt.services.ask_for_help import ask_for_help, withdraw_help
from collections_mgmt.services.holds import expire_holds
from collections_mgmt.services.relief.accept_offer import TakenBackLately
from collections_mgmt.services.relief.after_the_night import follow_ended_plans
from collections_mgmt.services.relief.end_offers import decline_offers
from collections_mgmt.services.relief.make_offers import NothingToOffer, OutsideLimits, make_offers
from collections_mgmt.services.relief.offer_anew import offer_anew
from collections_mgmt.services.relief.offer_codes import ask_offer_code
from collections_mgmt.services.relief.offer_outside import offer_outside, preview_outside
from collections_mgmt.services.relief.read_sheet import open_sheet
from collections_mgmt.services.relief.withdraw_plan import withdraw_plan
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from loans.models import Loan
from loans.services.signing_codes import TooManyCodes
from repayments.models import LoanEvent
from tests import factories
from tests.integration.collections_mgmt.relief_cases import (
    ACTOR,
    DAY,
    LONGER,
    TODAY,
    WAIVED,
    accepted,
    close,
    noon,
    offered,
    plan_for,
)
from tests.integration.collections_mgmt.test_make_offers import budget

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina(rules):
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def unpaid(amina):
    return factories.running_loan(amina)


@pytest.fixture
def loan(amina):
    """12,000 yuan at 18% over 12 months from 15 January 2026; the first installment is paid."""
    made = factories.running_loan(amina)
    factories.pay(made, 1_100_16, date(2026, 2, 15))
    return made


def help_for(loan: Loan, on: date = TODAY):
    return ask_for_help(
        borrower_id=loan.borrower_id,
        loan_ids=[loan.pk],
        cause="INCOME",
        lasts="UNKNOWN",
        can_pay_minor=None,
        words="",
        now=noon(on),
        actor=ACTOR,
    )


class TestAHoldOfARequestAndAnOffer:
    def night(self, day: date) -> None:
        close(day)
        expire_holds(on=day + DAY, actor=ACTOR)

    @pytest.mark.parametrize("how", ["withdrawn", "refused"])
    def test_ends_with_the_offer_where_the_request_ended_before(self, loan, how):
        asked = help_for(loan)
        made = offered(loan, source="ASKED")
        assert made.loans.get().hold == asked.loans.get().hold

        if how == "withdrawn":
            withdraw_help(request_id=asked.pk, now=noon(TODAY), actor=ACTOR)
        else:
            wei = factories.staff("Wei", User.Role.SUPERVISOR)
            answer_help(request_id=asked.pk, is_possible=False, words="Not now.", user=wei, now=noon(TODAY))

        hold = Hold.objects.get()
        assert (hold.ends_on, hold.ended_on) == (made.last_day, None)
        self.night(made.last_day)
        hold.refresh_from_db()
        made.refresh_from_db()
        assert (made.status, hold.ended_on) == ("EXPIRED", made.last_day)

    def test_keeps_the_longer_days_of_a_request_that_was_answered_with_yes(self, loan):
        asked = help_for(loan)
        made = offered(loan, source="ASKED")
        wei = factories.staff("Wei", User.Role.SUPERVISOR)

        answer_help(request_id=asked.pk, is_possible=True, words="Yes.", user=wei, now=noon(made.last_day - 2 * DAY))

        assert Hold.objects.get().ends_on > made.last_day

    def test_without_an_end_gets_its_last_day_as_the_offer_runs_out(self, loan):
        made = offered(loan)
        Hold.objects.update(ends_on=None)

        self.night(made.last_day)

        assert Hold.objects.get().ended_on == made.last_day

    def test_goes_on_where_the_request_waits_longer_than_the_offer(self, loan):
        help_for(loan)
        made = offered(loan, source="ASKED")

        self.night(made.last_day)

        hold = Hold.objects.get()
        assert (hold.ends_on, hold.ended_on) == (None, None)


def asked_for(loan: Loan, on: date, **stated):
    kept = budget(loan.borrower, now=noon(on), **stated)
    return make_offers(loan_id=loan.pk, source="ASKED", budget_id=kept.pk, now=noon(on), actor=ACTOR)


def reasons(error) -> dict[str, tuple[str, str]]:
    return {one["method"]: (one["reason"], one["limit"]) for one in error.value.details["not_offered"]}


class TestMovingTheDueDay:
    def move(self, loan: Loan, on: date, payday: int) -> RestructuringPlan:
        made = asked_for(loan, on, income=9_000_00, payday=payday)
        plan = accepted(made.offers.get(method="due_date"), on=on)
        expire_holds(on=on + DAY, actor=ACTOR)
        return plan

    def test_is_not_offered_again_before_its_months_are_over(self, loan):
        self.move(loan, date(2026, 3, 14), 20)

        with pytest.raises(NothingToOffer) as error:
            asked_for(loan, date(2026, 3, 22), income=9_000_00, payday=5)

        assert reasons(error)["due_date"] == ("moved_lately", "2026-09-14")
        assert RestructuringPlan.objects.count() == 1

    def test_nobody_moves_it_before_that_nor_before_an_installment_is_paid(self, loan):
        self.move(loan, date(2026, 3, 14), 20)
        kept = budget(loan.borrower, income=9_000_00, payday=5)
        relief = {"method": "due_date", "due_day": 8}

        with pytest.raises(OutsideLimits) as early:
            preview_outside(loan_id=loan.pk, relief=relief, budget_id=kept.pk, today=date(2026, 3, 22))
        with pytest.raises(OutsideLimits) as unpaid:
            preview_outside(loan_id=loan.pk, relief=relief, budget_id=kept.pk, today=date(2026, 9, 14))

        assert (early.value.details["reason"], unpaid.value.details["reason"]) == ("moved_lately", "unpaid_since_move")

    def test_can_be_moved_again_later_once_an_installment_was_paid(self, loan):
        plan = self.move(loan, date(2026, 3, 14), 20)
        for row in loan.installments.filter(is_current=True, due_on__range=(plan.first_due_on, date(2026, 9, 13))):
            factories.pay(loan, row.unpaid_minor, row.due_on, reference=f"R{row.number}")

        again = self.move(loan, date(2026, 9, 14), 5)

        assert again.method == "due_date"


class TestTakingPlansBackAgainAndAgain:
    def take_back(self, loan: Loan, on: date = TODAY) -> None:
        plan = accepted(asked_for(loan, on).offers.first(), on=on)
        withdraw_plan(plan_id=plan.pk, now=noon(on + 6 * DAY), actor=ACTOR)

    def test_leaves_the_next_one_to_a_person(self, loan):
        self.take_back(loan)

        with pytest.raises(NothingToOffer) as error:
            asked_for(loan, TODAY + 7 * DAY)

        assert set(reasons(error).values()) == {("taken_back_lately", "2026-06-07")}
        assert error.value.details["needs_person"]

    def test_refuses_what_is_signed_all_the_same(self, loan):
        self.take_back(loan)
        made = offered(loan, on=TODAY + 7 * DAY)

        with pytest.raises(TakenBackLately, match="2026"):
            accepted(made.offers.get(), on=TODAY + 7 * DAY)

        made.refresh_from_db()
        assert (made.status, RestructuringPlan.objects.exclude(status="WITHDRAWN").exists()) == ("OPEN", False)

    def test_does_not_bind_what_people_approved_nor_last_for_ever(self, loan):
        self.take_back(loan)
        kept = budget(loan.borrower, now=noon(TODAY + 7 * DAY))

        made = offer_outside(
            loan_id=loan.pk,
            relief={"method": "term_extension", "count": 24},
            budget_id=kept.pk,
            now=noon(TODAY + 7 * DAY),
            actor=ACTOR,
        )

        assert accepted(made.offers.get(), on=TODAY + 7 * DAY).status == "ACCEPTED"

    def test_is_over_after_the_months(self, loan):
        self.take_back(loan)

        assert asked_for(loan, date(2026, 6, 7)).status == "OPEN"


class TestAWaiverOfAPlan:
    """What is given up is given up for a plan that is kept, whatever else is agreed on the way."""

    def given_up(self, loan: Loan) -> int:
        undone = {
            int(event)
            for event in LoanEvent.objects.filter(loan=loan, kind="REVERSAL").values_list("data__event", flat=True)
        }
        waivers = LoanEvent.objects.filter(loan=loan, kind="WAIVER").exclude(pk__in=undone)
        return sum(waivers.values_list("amount_minor", flat=True))

    def nights(self, *days: int) -> None:
        for day in days:
            close(TODAY + day * DAY)
            follow_ended_plans(now=noon(TODAY + (day + 1) * DAY), site="https://loans.example")

    def test_is_owed_again_where_the_due_day_was_moved_meanwhile(self, unpaid):
        plan = plan_for(unpaid, WAIVED, LONGER, method="partial_waiver")
        moved = plan_for(
            unpaid, {"kind": "due_day", "amount": 0, "data": {"due_day": 8}}, method="due_date", on=TODAY + DAY
        )
        plan.refresh_from_db()
        assert (plan.status, moved.status, self.given_up(unpaid)) == ("ACCEPTED", "ACCEPTED", 30_00)

        self.nights(60, 90, 91)

        plan.refresh_from_db()
        assert (plan.status, plan.is_to_revert, self.given_up(unpaid)) == ("ENDED", False, 0)
        told = OutboxMessage.objects.filter(borrower=unpaid.borrower, template="collections.plan_ended")
        assert [one.params["given_up_minor"] for one in told] == [30_00]

    def test_is_owed_again_where_another_plan_took_its_place(self, unpaid):
        first = plan_for(unpaid, WAIVED, LONGER, method="partial_waiver")
        more = {"kind": "restructure", "amount": 0, "data": {"terms": {"count": 30}}}
        second = plan_for(unpaid, more, on=TODAY + DAY)
        first.refresh_from_db()
        assert (first.status, second.taken_over) == ("REPLACED", first.events)

        self.nights(60, 90, 91)

        second.refresh_from_db()
        assert (second.status, second.is_to_revert, self.given_up(unpaid)) == ("ENDED", False, 0)

    def test_stands_with_its_plan_where_the_new_due_day_is_taken_back(self, unpaid):
        plan = plan_for(unpaid, WAIVED, LONGER, method="partial_waiver")
        moved = plan_for(
            unpaid, {"kind": "due_day", "amount": 0, "data": {"due_day": 8}}, method="due_date", on=TODAY + DAY
        )

        withdraw_plan(plan_id=moved.pk, now=noon(TODAY + DAY), actor=ACTOR)

        plan.refresh_from_db()
        assert (plan.status, plan.is_observed, self.given_up(unpaid)) == ("ACCEPTED", True, 30_00)


class TestStatingTheMonthAnewAllDay:
    def anew(self, loan: Loan, minutes: int):
        at = noon(TODAY) + timedelta(minutes=minutes)
        kept = budget(loan.borrower, now=at)
        return offer_anew(loan_id=loan.pk, budget_id=kept.pk, now=at, actor=ACTOR)

    def test_sends_no_more_codes_than_a_day_has_for_one_person(self, loan):
        def code(minutes: int) -> None:
            offer = self.anew(loan, minutes).offers.first()
            open_sheet(offer_id=offer.pk, now=noon(TODAY) + timedelta(minutes=minutes), actor=ACTOR)
            ask_offer_code(offer_id=offer.pk, now=noon(TODAY) + timedelta(minutes=minutes + 1), actor=ACTOR)

        for minutes in (0, 3, 6, 9, 12):
            code(minutes)

        with pytest.raises(TooManyCodes):
            code(15)

        assert OfferCode.objects.count() == 5

    def test_is_told_once_and_of_the_newest_offer(self, loan):
        self.anew(loan, 0)
        newest = self.anew(loan, 3)

        told = OutboxMessage.objects.get(template="collections.offer_made")
        assert told.params == {"reference": newest.reference, "accept_on": newest.last_day.isoformat()}


class TestPeaceByAskingForHelp:
    def test_ends_for_who_asks_and_takes_it_back_again_and_again_though_help_goes_on(self, loan):
        day, holds = TODAY, []
        for _turn in range(8):
            asked = help_for(loan, day)
            holds.append(asked.loans.get().hold is not None)
            expire_holds(on=day + 4 * DAY, actor=ACTOR)
            withdraw_help(request_id=asked.pk, now=noon(day + 4 * DAY), actor=ACTOR)
            day += 4 * DAY

        asked = help_for(loan, day)

        assert holds == [True] * 7 + [False]
        assert (asked.is_open, asked.leaves_in_peace, asked.loans.get().hold) == (True, False, None)
        assert not Hold.objects.filter(ended_on=None).exists()
        told = OutboxMessage.objects.filter(template__startswith="collections.help_received").order_by("pk")
        assert [one.template.removeprefix("collections.help_received") for one in told] == [""] * 7 + ["_again"] * 2

    def test_is_used_up_by_offers_and_requests_together(self, loan):
        asked = help_for(loan)
        expire_holds(on=TODAY + 20 * DAY, actor=ACTOR)
        made = offered(loan, source="ASKED", on=TODAY + 20 * DAY)
        withdraw_help(request_id=asked.pk, now=noon(TODAY + 20 * DAY), actor=ACTOR)
        decline_offers(set_id=made.pk, now=noon(TODAY + 28 * DAY), actor=ACTOR)

        assert not help_for(loan, TODAY + 28 * DAY).leaves_in_peace
