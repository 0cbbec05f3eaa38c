"""What a night decides besides days past due: stages, levels of cases, promises, holds, credit months and signals."""

from datetime import date, timedelta

import pytest
from django.db.models import F

from collections_mgmt.models import (
    CollectionCase,
    CreditRecordMonth,
    Hold,
    LoanSignal,
    OverdueChange,
    OverdueStatus,
    PromiseToPay,
)
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import HoldRefused, end_hold, place_hold
from collections_mgmt.services.missed_credit_months import write_missed_month
from collections_mgmt.services.promises import PromiseRefused, note_promise
from collections_mgmt.services.refresh_history import refresh_history
from dashu.messaging.models import OutboxMessage
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent, Restatement
from repayments.selectors.past_days import facts_on
from repayments.selectors.reconciliation import differences
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.return_payment import return_payment
from repayments.services.sell_loan import sell_loan
from repayments.services.tell_of_change import tell_of_change
from repayments.services.write_off_loan import write_off_loan
from tests.factories import ACTOR, pay, running_loan, yuan

# 12,000 yuan at 18% over 12 months from 15 January 2026: 1,100.16 a month, first due on 15 February.
DUE = date(2026, 2, 15)
MONTHLY = 110_016
DAY = timedelta(days=1)


def close(day: date) -> dict[str, int]:
    run = close_date(business_date=day, today=day + DAY)
    counts: dict[str, int] = dict(run.counts)
    for item in run.ranges.all():
        for name, count in item.counts.items():
            counts[name] = counts.get(name, 0) + count
    return counts


class TestStage:
    def test_is_2_from_day_31_and_3_from_day_91_and_each_change_is_kept(self, loan):
        found = {}
        for days in (30, 31, 90, 91):
            close(DUE + timedelta(days=days))
            found[days] = OverdueStatus.objects.get(pk=loan.pk).stage

        assert found == {30: "1", 31: "2", 90: "2", 91: "3"}
        changes = OverdueChange.objects.exclude(stage=F("stage_before")).order_by("changed_on")
        assert [(change.changed_on, change.stage_before, change.stage) for change in changes] == [
            (DUE + timedelta(days=31), "1", "2"),
            (DUE + timedelta(days=91), "2", "3"),
        ]

    def test_is_corrected_in_the_past_when_a_payment_comes_back(self, loan):
        pay(loan, MONTHLY, DUE, reference="P1")
        for days in (0, 40):
            close(DUE + timedelta(days=days))
        assert OverdueStatus.objects.get(pk=loan.pk).stage == "1"

        today = DUE + timedelta(days=41)
        return_payment(reference="P1", returned_on=DUE + 2 * DAY, today=today, reason="no money", actor=ACTOR)
        refresh_history(loan_id=loan.pk, event_id=Restatement.objects.get().pk, today=today)

        worse = OverdueChange.objects.get(loan=loan, stage="2", stage_before="1")
        assert worse.changed_on == DUE + timedelta(days=31)


class TestCases:
    def test_rise_level_by_level_and_fall_after_a_part_payment(self, loan):
        close(DUE + DAY)
        assert CollectionCase.objects.get().level == 1

        assert close(DUE + timedelta(days=31))["cases_escalated"] == 1
        case = CollectionCase.objects.get()
        assert (case.level, case.level_since) == (2, DUE + timedelta(days=31))

        pay(loan, MONTHLY, DUE + timedelta(days=32))
        assert close(DUE + timedelta(days=32))["cases_escalated"] == 1
        assert CollectionCase.objects.get().level == 1

    def test_stay_where_they_are_while_the_count_is_paused(self, loan):
        close(DUE + 30 * DAY)
        pause_count(loan_id=loan.pk, paused_on=DUE + 31 * DAY, today=DUE + 31 * DAY, reason="complaint", actor=ACTOR)

        assert close(DUE + 40 * DAY)["cases_escalated"] == 0

        assert OverdueStatus.objects.get().days_past_due == 40
        assert CollectionCase.objects.get().level == 1


class TestPromises:
    def promise(self, loan, amount=MONTHLY, made_on=DUE + 5 * DAY, due_on=DUE + 10 * DAY) -> PromiseToPay:
        return note_promise(loan_id=loan.pk, amount_minor=amount, due_on=due_on, today=made_on, actor=ACTOR)

    def test_is_kept_as_soon_as_95_percent_came_in(self, loan):
        promise = self.promise(loan)
        pay(loan, 100_000, DUE + 6 * DAY)
        assert close(DUE + 6 * DAY)["promises_kept"] == 0
        promise.refresh_from_db()
        assert (promise.status, promise.paid_minor) == ("OPEN", 100_000)

        pay(loan, 4_516, DUE + 8 * DAY)  # 104,516 of 110,016 are 95.0%
        assert close(DUE + 8 * DAY)["promises_kept"] == 1

        promise.refresh_from_db()
        assert (promise.status, promise.decided_on, promise.paid_minor) == ("KEPT", DUE + 8 * DAY, 104_516)

    def test_is_broken_when_two_days_of_grace_have_passed(self, loan):
        promise = self.promise(loan)
        assert close(DUE + 11 * DAY)["promises_broken"] == 0

        assert close(DUE + 12 * DAY)["promises_broken"] == 1

        promise.refresh_from_db()
        assert (promise.status, promise.decided_on) == ("BROKEN", DUE + 12 * DAY)
        assert close(DUE + 13 * DAY)["promises_broken"] == 0

    def test_money_before_the_promise_or_that_came_back_does_not_keep_it(self, loan):
        pay(loan, MONTHLY, DUE + 4 * DAY)
        promise = self.promise(loan)
        pay(loan, MONTHLY, DUE + 6 * DAY, reference="P2")
        today = DUE + 7 * DAY
        return_payment(reference="P2", returned_on=today, today=today, reason="no money", actor=ACTOR)

        close(DUE + 12 * DAY)

        promise.refresh_from_db()
        assert (promise.status, promise.paid_minor) == ("BROKEN", 0)

    def test_a_new_one_takes_the_place_of_the_open_one(self, loan):
        first, second = self.promise(loan), self.promise(loan, amount=50_000)

        first.refresh_from_db()
        assert (first.status, second.status) == ("CANCELLED", "OPEN")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"amount": 0}, "amount"),
            ({"due_on": DUE + 4 * DAY}, "due_on"),
            ({"due_on": DUE + 66 * DAY}, "due_on"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, loan, change, field):
        with pytest.raises(PromiseRefused) as refused:
            self.promise(loan, **change)

        assert refused.value.field == field
        assert not PromiseToPay.objects.exists()


class TestHolds:
    def hold(self, loan, kind="COMPLAINT", starts_on=DUE + 10 * DAY, ends_on=DUE + 19 * DAY) -> Hold:
        return place_hold(
            loan_id=loan.pk,
            kind=kind,
            starts_on=starts_on,
            ends_on=ends_on,
            today=DUE + 10 * DAY,
            reason="asked for the file",
            actor=ACTOR,
        )

    def test_stops_days_and_penalty_until_it_expires_by_itself(self, loan):
        close(DUE + 9 * DAY)
        before = LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor
        hold = self.hold(loan)

        close(DUE + 19 * DAY)
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor == before
        assert OverdueStatus.objects.get().effective_days_past_due == 9

        assert close(DUE + 20 * DAY)["holds_expired"] == 1

        hold.refresh_from_db()
        assert hold.ended_on == DUE + 19 * DAY
        status = OverdueStatus.objects.get()
        assert (status.days_past_due, status.effective_days_past_due) == (20, 10)
        assert LoanBalance.objects.get(pk=loan.pk).penalty_charged_minor > before

    def test_the_days_count_again_when_the_last_of_several_ends(self, loan):
        first = self.hold(loan)
        second = self.hold(loan, kind="DISPUTE", ends_on=None)
        assert LoanEvent.objects.filter(kind="PAUSE").count() == 1

        end = {"today": DUE + 15 * DAY, "reason": "answered", "actor": ACTOR}
        end_hold(hold_id=first.pk, ended_on=DUE + 12 * DAY, **end)
        assert not LoanEvent.objects.filter(kind="RESUME").exists()
        end_hold(hold_id=second.pk, ended_on=DUE + 14 * DAY, **end)

        assert LoanEvent.objects.get(kind="RESUME").effective_on == DUE + 15 * DAY

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ((10, None), (2, None)),  # the later one begins earlier
            ((2, 10), (3, 20)),
            ((3, 20), (2, 10)),  # the one noted as ended last ended first
            ((10, 15), (5, None)),
            ((10, 15), (12, None)),
        ],
    )
    def test_covers_every_day_of_each_in_whatever_order_they_are_noted(self, loan, first, second):
        today, held = DUE + 25 * DAY, []
        for kind, (start, end) in (("COMPLAINT", first), ("DISPUTE", second)):
            day = {"today": today, "reason": "x", "actor": ACTOR}
            hold = place_hold(loan_id=loan.pk, kind=kind, starts_on=DUE + start * DAY, ends_on=None, **day)
            held.append((hold, end))
            if end is not None and second[1] is None:
                end_hold(hold_id=hold.pk, ended_on=DUE + end * DAY, **day)
        for hold, end in held:
            hold.refresh_from_db()
            if end is not None and hold.ended_on is None:
                end_hold(hold_id=hold.pk, ended_on=DUE + end * DAY, **day)

        covered = {day for start, end in (first, second) for day in range(start, 25 if end is None else end + 1)}
        penalties = [facts_on(loan, as_of=DUE + day * DAY)["outstanding"]["penalty"] for day in range(25)]
        grew = {day for day in range(2, 25) if penalties[day] > penalties[day - 1]}
        assert grew == set(range(2, 25)) - covered
        assert differences() == []

    def test_stops_again_in_the_night_after_a_pause_of_its_own_was_ended(self, loan):
        pause_count(loan_id=loan.pk, paused_on=DUE + 5 * DAY, today=DUE + 10 * DAY, reason="hold on", actor=ACTOR)
        self.hold(loan, ends_on=None)
        day = DUE + 12 * DAY
        resume_count(loan_id=loan.pk, resumed_on=day, today=day, reason="over", actor=ACTOR)

        close(day)

        assert LoanEvent.objects.filter(kind="PAUSE").latest("pk").effective_on == day
        assert facts_on(loan, as_of=day)["outstanding"] == facts_on(loan, as_of=DUE + 4 * DAY)["outstanding"]

    def test_the_borrower_hears_once_of_a_hold_that_moves_an_earlier_one(self, loan):
        today = DUE + 25 * DAY
        close(today - DAY)
        day = {"today": today, "reason": "x", "actor": ACTOR}
        first = place_hold(loan_id=loan.pk, kind="COMPLAINT", starts_on=DUE + 10 * DAY, ends_on=None, **day)
        end_hold(hold_id=first.pk, ended_on=DUE + 15 * DAY, **day)
        before = Restatement.objects.latest("pk")

        place_hold(loan_id=loan.pk, kind="DISPUTE", starts_on=DUE + 5 * DAY, ends_on=None, **day)
        made = list(Restatement.objects.filter(pk__gt=before.pk).order_by("pk"))
        told = [tell_of_change(event_id=kept.pk) for kept in made]

        assert len(made) > 1
        assert told == [False] * (len(made) - 1) + [True]
        params = OutboxMessage.objects.get(template="repayments.loan_changed").params
        assert params["left_before_minor"] == before.after["left_to_pay_minor"]
        assert params["left_to_pay_minor"] == made[-1].after["left_to_pay_minor"] < params["left_before_minor"]

    def test_covers_the_day_on_which_it_is_ended(self, loan):
        hold, day = self.hold(loan, ends_on=None), DUE + 12 * DAY
        close(DUE + 11 * DAY)
        end_hold(hold_id=hold.pk, ended_on=day, today=day, reason="answered", actor=ACTOR)

        close(DUE + 13 * DAY)

        assert LoanEvent.objects.get(kind="RESUME").effective_on == DUE + 13 * DAY

    def test_leaves_a_pause_of_its_own_alone(self, loan):
        pause_count(loan_id=loan.pk, paused_on=DUE + 5 * DAY, today=DUE + 10 * DAY, reason="flood", actor=ACTOR)
        hold = self.hold(loan)

        end_hold(hold_id=hold.pk, ended_on=DUE + 12 * DAY, today=DUE + 12 * DAY, reason="answered", actor=ACTOR)

        assert [event.kind for event in LoanEvent.objects.filter(kind__in=["PAUSE", "RESUME"])] == ["PAUSE"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"starts_on": DUE + 11 * DAY}, "starts_on"),
            ({"starts_on": date(2025, 1, 1)}, "starts_on"),
            ({"ends_on": DUE + 9 * DAY}, "ends_on"),
        ],
    )
    def test_refuses_days_that_do_not_fit(self, loan, change, field):
        with pytest.raises(HoldRefused) as refused:
            self.hold(loan, **change)

        assert refused.value.field == field

    def test_refuses_a_second_of_its_kind_and_to_end_twice(self, loan):
        hold = self.hold(loan)
        with pytest.raises(HoldRefused):
            self.hold(loan)
        end = {"hold_id": hold.pk, "ended_on": DUE + 10 * DAY, "today": DUE + 10 * DAY, "reason": "x", "actor": ACTOR}
        end_hold(**end)
        with pytest.raises(HoldRefused):
            end_hold(**end)


class TestCreditMonths:
    def codes(self, month: date) -> dict[int, str]:
        """Close the month's last day; what is written for a loan that was left out then must be the same."""
        month_end = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY
        close_date(business_date=month_end, today=month + timedelta(days=40))
        written = list(CreditRecordMonth.objects.filter(month=month).order_by("loan_id").values())
        CreditRecordMonth.objects.filter(month=month).delete()
        for loan_id in Loan.objects.order_by("pk").values_list("pk", flat=True):
            write_missed_month(loan_id=loan_id, month_end=month_end)
        assert list(CreditRecordMonth.objects.filter(month=month).order_by("loan_id").values()) == written
        return {row["loan_id"]: row["code"] for row in written}

    def test_say_on_time_late_within_the_month_behind_and_nothing_due(self, amina):
        on_time, late, behind = (running_loan(amina) for _number in range(3))
        assert self.codes(date(2026, 1, 1)) == dict.fromkeys([on_time.pk, late.pk, behind.pk], "*")
        pay(on_time, MONTHLY, DUE)
        close(DUE + 3 * DAY)
        pay(late, MONTHLY, DUE + 4 * DAY)
        close(DUE + 4 * DAY)

        assert self.codes(date(2026, 2, 1)) == {on_time.pk: "N", late.pk: "M", behind.pk: "1"}
        month = CreditRecordMonth.objects.get(loan=behind, month=date(2026, 2, 1))
        assert (month.days_past_due, month.overdue_minor, month.balance_minor) == (13, MONTHLY, 1_200_000)
        assert self.codes(date(2026, 3, 1))[behind.pk] == "2"  # 44 days

    def test_say_once_how_a_claim_ended(self, amina):
        settled, lost, sold = (running_loan(amina) for _number in range(3))
        pay(settled, yuan(14_000), DUE)
        write_off_loan(loan_id=lost.pk, written_off_on=DUE, today=DUE, reason="deceased", actor=ACTOR)
        sell_loan(
            loan_id=sold.pk, price_minor=100, sold_on=DUE, today=DUE, reason="portfolio", buyer="A fund", actor=ACTOR
        )

        assert self.codes(date(2026, 2, 1)) == {settled.pk: "C", lost.pk: "B", sold.pk: "G"}
        assert self.codes(date(2026, 3, 1)) == {}

    def test_are_written_on_the_last_day_only(self, loan):
        close(date(2026, 2, 27))

        assert not CreditRecordMonth.objects.exists()


class TestSignals:
    def test_follow_how_late_the_last_three_were_and_the_three_before(self, loan):
        late = [0, 0, 3, 5, 7, 9]
        for number, days in enumerate(late):
            on = date(2026, 2 + number, 15) + timedelta(days=days)
            pay(loan, MONTHLY, on)
            close(on)

        signal = LoanSignal.objects.get()
        assert (signal.days_late, signal.days_late_before) == (700, 100)  # (5+7+9)/3 and (0+0+3)/3
        assert (signal.partial_payments, signal.failed_collections) == (0, 0)

    def test_count_partial_payments_of_what_is_due(self, loan):
        pay(loan, 60_000, DUE)
        close(DUE)
        pay(loan, 50_016, DUE + DAY)
        close(DUE + DAY)

        assert LoanSignal.objects.get().partial_payments == 2

    def test_cost_nothing_where_nothing_came_in(self, loan):
        assert close(DUE + DAY)["signals"] == 0
        assert not LoanSignal.objects.exists()
