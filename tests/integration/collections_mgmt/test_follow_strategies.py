"""The night: every open file in its row, steps once and in their time, and nothing while something is agreed."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from collections_mgmt.domain.desk_figures import Measure
from collections_mgmt.domain.segments import Response, capacity_of, readiness_of
from collections_mgmt.domain.strategy import Act, Person, Row, Step, row_of
from collections_mgmt.models import (
    AgencyFile,
    CaseFile,
    CollectionCase,
    Placement,
    PromiseToPay,
    StrategyAct,
    StrategyDraw,
    StrategyPlace,
)
from collections_mgmt.selectors.desk_sources import parameters, rows_sql
from collections_mgmt.selectors.desk_teams import TEAMS_OF_LOANS
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.close_range import morning_of, reminder_plan
from collections_mgmt.services.disputes import dispute_record
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.note_work import note_work
from collections_mgmt.services.reminders_sql import queue_reminders
from collections_mgmt.services.steer_files import call_back_files
from collections_mgmt.services.strategies import add_strategy, digest_of, publish, stop_version
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import GuardDecision, OptOut, OutboxMessage
from dashu.messaging.sending import send_due
from dashu.messaging.services.load_wordings import load_wordings
from dashu.policy import rules as policy
from repayments.models import Payment
from tests import factories
from tests.integration.collections_mgmt.agency_cases import agency
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, late, late_person, refresh
from tests.integration.collections_mgmt.strategy_cases import DAY, PEACE, REMIND, follow, published, supervisor

pytestmark = pytest.mark.usefixtures("policy_packs")


def place_of(file: CaseFile) -> StrategyPlace:
    return StrategyPlace.objects.select_related("row", "version").get(file=file)


def done() -> list[tuple[int, str, str]]:
    return list(StrategyAct.objects.order_by("pk").values_list("number", "act", "outcome"))


def send(day) -> None:
    noon = datetime.combine(day, datetime.min.time(), tzinfo=LENDER_ZONE) + timedelta(hours=12)
    send_due(clock=lambda: noon, until=noon + timedelta(minutes=1))


class TestTheRow:
    def test_is_the_first_that_fits_and_a_new_one_begins_from_its_first_step(self):
        published([REMIND, PEACE])
        file = late_person("Amina", days=5)

        follow()
        assert (place_of(file).row.place, place_of(file).since, place_of(file).steps_done) == (0, TODAY + DAY, 1)

        file.borrower.loans.get().overdue.__class__.objects.update(effective_days_past_due=31)
        follow(TODAY + DAY)
        assert (place_of(file).row.place, place_of(file).since, place_of(file).steps_done) == (1, TODAY + 2 * DAY, 1)
        assert done() == [(1, "MESSAGE", "QUEUED"), (1, "NOTHING", "NOTHING")]

    def test_is_the_one_that_the_domain_finds_for_everybody(self):
        rows = [
            Row(care="CARE", steps=PEACE.steps),
            Row(from_days=3, to_days=9, language="en", steps=PEACE.steps),
            Row(level=2, capacity="UNKNOWN", steps=PEACE.steps),
            Row(to_days=8, readiness="SOME", steps=PEACE.steps),
            Row(to_days=8, product="CONSUMER", steps=PEACE.steps),
            PEACE,
        ]
        published(rows)
        files = [
            late_person("Amina", days=9, language="en"),
            late_person("Brook", days=10, language="en"),
            late_person("Chen", days=40, level=2),
            late_person("Dai", days=8),
            late_person("Ewa", days=2),
        ]
        PromiseToPay.objects.create(
            loan=files[3].borrower.loans.get(),
            amount_minor=1,
            made_on=TODAY - 9 * DAY,
            due_on=TODAY - 5 * DAY,
            decided_on=TODAY - 3 * DAY,
            status="KEPT",
            actor="x",
        )

        follow()

        found = []
        for file in files:
            file.refresh_from_db()
            place = place_of(file)
            person = Person(
                days=file.days,
                capacity=place.capacity,
                readiness=place.readiness,
                product=place.product,
                care="CARE" if file.is_care or "CARE" in file.facts else "PLAIN",
                language=file.language,
                level=file.level,
            )
            assert place.row.place == row_of(rows, person)
            found.append(place.row.place)
        assert found == [1, 5, 2, 3, 4]

    def test_is_that_of_the_strategy_for_the_product_before_that_for_all(self):
        published([REMIND, PEACE])
        special = add_strategy(code="consumer", name="Consumer", product="CONSUMER", user=supervisor())
        special.__class__.objects.filter(pk=special.pk).update(status="SUBMITTED")
        publish(version_id=special.pk, digest=digest_of(special), actor="x")
        file = late_person("Amina")

        follow()

        assert place_of(file).version_id == special.pk

    def test_is_found_for_a_file_whose_only_case_was_opened_since_the_date_that_is_closed(self):
        published([REMIND, PEACE])
        file = late_person("Amina")
        CollectionCase.objects.update(opened_on=TODAY + DAY)

        follow()

        assert (place_of(file).product, place_of(file).row.place) == ("CONSUMER", 0)

    def test_is_what_the_figures_of_the_desk_are_split_by(self):
        published([REMIND, PEACE])
        file = late_person("Amina")
        follow()

        with connection.cursor() as cursor:
            note_work(cursor, since=TODAY + DAY)
            cursor.execute(f"SELECT loan_id, since, team, strategy FROM ({TEAMS_OF_LOANS}) AS worked")
            assert cursor.fetchall() == [(file.borrower.loans.get().pk, TODAY, "", "early v1")]

    def test_gives_its_messages_a_loan_to_be_counted_for(self):
        published([REMIND, PEACE])
        one, several = late_person("Amina"), late_person("Brook")
        late(factories.running_loan(several.borrower))
        follow()
        OutboxMessage.objects.update(sent_at=NOW + DAY, channel="EMAIL")
        for message in OutboxMessage.objects.all():
            message.status, message.decision = "SENT", factories.allowing(message)
            message.save()

        with connection.cursor() as cursor:
            cursor.execute(rows_sql(Measure.SENT), parameters(TODAY, TODAY + 2 * DAY))
            names = [column.name for column in cursor.description]
            found = {dict(zip(names, row, strict=True))["loan_id"] for row in cursor.fetchall()}

        assert found == {file.borrower.loans.order_by("pk").first().pk for file in (one, several)}
        assert OutboxMessage.objects.get(borrower=several.borrower).loan_id is None

    def test_is_left_when_the_file_closes_and_when_nothing_is_in_use_any_more(self):
        version = published([REMIND, PEACE])
        closed, open_ = late_person("Amina"), late_person("Brook")
        follow()
        CollectionCase.objects.filter(loan__borrower=closed.borrower).update(status="CLOSED", closed_on=TODAY)

        follow(TODAY + DAY)
        assert list(StrategyPlace.objects.values_list("file_id", flat=True)) == [open_.pk]

        stop_version(version_id=version.pk, reason="a mistake", user=supervisor(), now=NOW)
        follow(TODAY + 2 * DAY)
        assert not StrategyPlace.objects.exists()


class TestStop:
    def stop(self, version) -> None:
        stop_version(version_id=version.pk, reason="a mistake", user=supervisor(), now=NOW)

    def test_hands_people_back_to_the_reminders_of_the_schedule_on_the_same_day(self):
        version = published([PEACE])
        file, other = late_person("Amina"), late_person("Brook")
        due_days_ago(file, 3)
        due_days_ago(other, 4)
        follow(TODAY - DAY)
        assert not OutboxMessage.objects.exists()

        self.stop(version)
        self.stop(version)

        assert not StrategyPlace.objects.exists()
        told = OutboxMessage.objects.values_list("borrower", "template", "reminds_on", "not_before", "status")
        assert list(told) == [(file.borrower_id, "reminder.overdue", TODAY, NOW, "PENDING")]

    def test_writes_to_nobody_whom_the_strategy_wrote_to_that_morning(self):
        version = published([REMIND, PEACE])
        due_days_ago(late_person("Amina"), 3)
        follow(TODAY - DAY)

        self.stop(version)

        assert [message.dedupe_key.split(":")[0] for message in OutboxMessage.objects.all()] == ["strategy"]
        assert not StrategyPlace.objects.exists()

    def test_leaves_those_whom_another_strategy_takes(self):
        whole = published([PEACE])
        due_days_ago(late_person("Amina"), 3)
        special = add_strategy(code="consumer", name="Consumer", product="CONSUMER", user=supervisor())
        special.__class__.objects.filter(pk=special.pk).update(status="SUBMITTED")
        special = publish(version_id=special.pk, digest=digest_of(special), actor="x")
        follow(TODAY - DAY)

        self.stop(special)

        assert StrategyPlace.objects.count() == 1
        assert not OutboxMessage.objects.exists()
        follow(TODAY)
        assert StrategyPlace.objects.get().version_id == whole.pk


def due_days_ago(file: CaseFile, days: int) -> None:
    """Let the first installment of the file's borrower be due so many days before today, and be all that is late."""
    loan = file.borrower.loans.get()
    loan.installments.filter(number=1).update(due_on=TODAY - days * DAY)


class TestSteps:
    def test_are_done_once_in_their_time_and_are_told_apart_by_day(self):
        published([REMIND, PEACE])
        file = late_person("Amina")

        for days in range(9):
            follow(TODAY + days * DAY)
            follow(TODAY + days * DAY)

        assert [(act.number, act.done_on - TODAY) for act in StrategyAct.objects.all()] == [
            (1, 1 * DAY),
            (2, 4 * DAY),
            (3, 8 * DAY),
        ]
        assert done() == [(1, "MESSAGE", "QUEUED"), (2, "HELP", "QUEUED"), (3, "TASK", "TASK")]
        assert list(OutboxMessage.objects.order_by("pk").values_list("template", "status", "purpose")) == [
            ("reminder.overdue", "PENDING", "REMINDER"),
            ("reminder.help", "PENDING", "REMINDER"),
        ]
        file.refresh_from_db()
        assert file.review_due_on == TODAY + 8 * DAY

    def test_a_task_makes_a_file_ready_that_was_only_put_off(self):
        published([Row(steps=(Step(0, Act.TASK),))])
        put_off, answer = late_person("Amina"), late_person("Brook")
        waiting = {"state": "WAITING", "next_action_at": NOW + timedelta(days=20)}
        CaseFile.objects.filter(pk=put_off.pk).update(waits_for="LOOKED", **waiting)
        CaseFile.objects.filter(pk=answer.pk).update(waits_for="ANSWER", **waiting)

        follow()

        put_off.refresh_from_db()
        answer.refresh_from_db()
        assert (put_off.state, put_off.waits_for, put_off.next_action_at) == ("READY", "", None)
        assert (answer.state, answer.waits_for, place_of(answer).paused) == ("WAITING", "ANSWER", "DESK")
        assert [act.file_id for act in StrategyAct.objects.all()] == [put_off.pk]

    def test_are_not_done_for_mornings_that_are_over(self):
        published([REMIND, PEACE])
        file = late_person("Amina")

        follow(acts=False)

        assert place_of(file).steps_done == 0
        assert done() == []

    def test_of_the_night_go_through_the_close_and_out_with_their_own_words(self, loan):
        load_wordings(on=TODAY)
        published([Row(steps=(Step(0, Act.HELP, "IN_APP"),))])
        on = TODAY

        run = close_date(business_date=on, today=on + DAY)
        send(on + DAY)

        assert (run.counts["strategies"], run.counts["strategy_messages"]) == (1, 1)
        message = OutboxMessage.objects.get(template="reminder.help")
        assert (message.status, message.channel, message.params["strategy"]) == (
            "SENT",
            "IN_APP",
            CaseFile.objects.get().pk,
        )
        assert "2,200.32" in message.subject

    def test_are_cancelled_when_the_money_came_meanwhile(self, loan):
        load_wordings(on=TODAY)
        published([Row(steps=(Step(0, Act.MESSAGE),))])
        close_date(business_date=TODAY, today=TODAY + DAY)
        factories.pay(loan, 3_000_00, TODAY)

        send(TODAY + DAY)

        assert OutboxMessage.objects.get(dedupe_key__startswith="strategy:").status == "CANCELLED"

    def test_wait_a_day_for_whoever_is_reminded_that_morning_already(self, loan):
        published([Row(steps=(Step(0, Act.MESSAGE),))])
        on = loan.starts_on.replace(month=2) + 2 * DAY

        close_date(business_date=on, today=on + DAY)
        assert list(OutboxMessage.objects.values_list("reminds_on", flat=True)) == [on + DAY]

        close_date(business_date=on + DAY, today=on + 2 * DAY)
        assert [act.done_on for act in StrategyAct.objects.all()] == [on + 2 * DAY]

    def test_are_not_done_twice_on_a_morning_when_a_night_is_run_again(self):
        """By day, somebody opens what was sent, or another version comes into use: they are in another row by then."""
        version = published([REMIND, PEACE])
        file = late_person("Amina")
        follow()
        published([Row(steps=(Step(0, Act.HELP),))], source=version)

        follow()
        assert (place_of(file).version.number, done()) == (2, [(1, "MESSAGE", "QUEUED")])

        follow(TODAY + DAY)
        assert done() == [(1, "MESSAGE", "QUEUED"), (1, "HELP", "QUEUED")]
        assert [act.done_on for act in StrategyAct.objects.all()] == [TODAY + DAY, TODAY + 2 * DAY]

    def test_keep_reminders_of_a_range_that_is_closed_late_away_on_their_morning(self, loan):
        published([Row(steps=(Step(0, Act.MESSAGE),))])
        on = loan.starts_on.replace(month=3) - DAY
        late(loan)
        follow(on)
        assert done() == [(1, "MESSAGE", "QUEUED")]

        with connection.cursor() as cursor:
            plan = reminder_plan(on + DAY, morning_of(on + DAY))
            queue_reminders(cursor, plan, first=loan.pk, end=loan.pk + 1)

        assert OutboxMessage.objects.get().dedupe_key.startswith("strategy:")

    def test_replace_the_reminders_after_the_due_date_but_not_those_before(self, loan):
        published([PEACE])
        due = loan.starts_on.replace(month=2)
        for on in (due, due + DAY, due + 2 * DAY):
            close_date(business_date=on, today=on + DAY)

        told = OutboxMessage.objects.filter(purpose="REMINDER").values_list("template", "reminds_on")
        assert ("reminder.overdue", due + 3 * DAY) not in told


class TestTheGuard:
    def test_decides_on_the_channel_and_the_next_best_is_taken(self):
        published([Row(steps=(Step(0, Act.MESSAGE, "EMAIL"),))])
        file = late_person("Amina", email="amina@example.com", phone="13800000000")
        OptOut.objects.create(borrower=file.borrower, channel="EMAIL", purpose="REMINDER")

        follow()

        assert OutboxMessage.objects.get().channel == "SMS"
        assert StrategyAct.objects.get().channel == "SMS"

    def test_says_no_to_somebody_on_hold_and_the_step_does_not_come_back(self, monkeypatch):
        from dashu.messaging import guard

        published([Row(steps=(Step(0, Act.MESSAGE),))])
        file = late_person("Amina")
        guard.register_hold("test", f"SELECT {file.borrower_id}::bigint AS borrower_id")
        try:
            follow()
            follow(TODAY + DAY)
        finally:
            guard.unregister_hold("test")

        assert done() == [(1, "MESSAGE", "BLOCKED")]
        assert OutboxMessage.objects.get().status == "BLOCKED"
        assert {reason for row in GuardDecision.objects.all() for reason in row.reasons} >= {"ON_HOLD"}


class TestStandingStill:
    def test_days_do_not_count_while_a_promise_runs_and_the_next_step_follows_after_it(self):
        published([REMIND, PEACE])
        file = late_person("Amina")
        follow()
        loan = file.borrower.loans.get()
        promise = PromiseToPay.objects.create(
            loan=loan, amount_minor=1, made_on=TODAY + DAY, due_on=TODAY + 5 * DAY, actor="x"
        )
        for days in range(1, 7):
            follow(TODAY + days * DAY)
        assert (place_of(file).paused, len(done())) == ("PROMISE", 1)

        PromiseToPay.objects.filter(pk=promise.pk).update(status="BROKEN", decided_on=TODAY + 7 * DAY)
        for days in (7, 8):
            follow(TODAY + days * DAY)
        assert (place_of(file).paused, len(done())) == ("", 1)

        follow(TODAY + 9 * DAY)
        assert done()[1:] == [(2, "HELP", "QUEUED")]

    def test_a_hold_and_a_request_for_help_stop_everything(self):
        published([REMIND, PEACE])
        held, asked = late_person("Amina"), late_person("Brook")
        place_hold(
            loan_id=held.borrower.loans.get().pk,
            kind="DISPUTE",
            starts_on=TODAY,
            ends_on=None,
            today=TODAY,
            reason="x",
            actor="x",
        )
        ask_for_help(
            borrower_id=asked.borrower_id,
            loan_ids=[asked.borrower.loans.get().pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="x",
            now=NOW,
            actor="x",
        )

        follow()

        assert {place_of(file).paused for file in (held, asked)} == {"HOLD"}
        assert done() == []
        assert not OutboxMessage.objects.filter(purpose="REMINDER").exists()

    def test_a_dispute_of_a_loan_that_has_ended_stops_everything(self):
        published([REMIND, PEACE])
        file = late_person("Amina")
        ended = factories.running_loan(file.borrower)
        ended.__class__.objects.filter(pk=ended.pk).update(status="SETTLED")
        dispute_record(borrower_id=file.borrower_id, loan_id=ended.pk, month=None, words="Paid.", now=NOW, actor="x")

        follow()

        assert (place_of(file).paused, done()) == ("HOLD", [])

    def test_an_agency_that_has_a_loan_stops_everything_also_when_the_file_was_called_back(self):
        published([Row(steps=(Step(0, Act.TASK),))])
        file = late_person("Amina")
        north = agency()
        told = AgencyFile.objects.create(agency=north, kind="PLACEMENT", made_on=TODAY, made_by="x", loans=1)
        Placement.objects.create(
            agency=north, loan=file.borrower.loans.get(), file=told, placed_on=TODAY, ends_on=TODAY + 30 * DAY,
            owed_minor=1, days=5, bps=1_000, after_event=0, actor="x",
        )  # fmt: skip
        CaseFile.objects.filter(pk=file.pk).update(state="WAITING", waits_for="AGENCY", next_action_at=NOW + 30 * DAY)
        call_back_files(file_ids=[file.pk], user=supervisor(), now=NOW)

        follow()

        assert (place_of(file).paused, done()) == ("DESK", [])


class TestSegments:
    def test_say_the_same_as_the_domain(self):
        published([PEACE])
        told, silent = late_person("Amina"), late_person("Brook")
        loan = told.borrower.loans.get()
        asked = ask_for_help(
            borrower_id=told.borrower_id,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=500_00,
            words="x",
            now=NOW,
            actor="x",
        )
        asked.__class__.objects.update(answered_at=NOW, outcome="PLAN")
        day = NOW - timedelta(days=3)
        read = {"status": "SENT", "channel": "IN_APP", "sent_at": day}
        factories.message(told.borrower, dedupe_key="day", read_at=day, **read)
        factories.message(told.borrower, dedupe_key="night", read_at=day.replace(hour=3), **read)
        factories.message(told.borrower, dedupe_key="late", read_at=day.replace(hour=22), **read)
        factories.pay(loan, 1_00, TODAY - 2 * DAY, today=TODAY)
        Payment.objects.update(channel="GATEWAY")
        PromiseToPay.objects.create(
            loan=loan,
            amount_minor=1,
            made_on=TODAY - 9 * DAY,
            due_on=TODAY - 5 * DAY,
            decided_on=TODAY - 3 * DAY,
            status="BROKEN",
            actor="x",
        )

        follow()

        rules = policy.strategy_rules(TODAY)
        place = place_of(told)
        assert (place.surplus_minor, place.asked_minor) == (500_00, 1_100_16)
        assert (place.opened, place.kept, place.broken, place.paid) == (1, 0, 1, 1)
        for file in (told, silent):
            place = place_of(file)
            response = Response(place.opened, place.kept, place.broken, place.paid)
            capacity = capacity_of(
                surplus_minor=place.surplus_minor, asked_minor=place.asked_minor, rule=rules.capacity
            )
            assert (place.capacity, place.readiness) == (capacity, readiness_of(response, rules.readiness))
        assert [(place_of(file).capacity, place_of(file).readiness) for file in (told, silent)] == [
            ("TIGHT", "SOME"),
            ("UNKNOWN", "LOW"),
        ]

    def test_what_was_told_long_ago_is_not_known_any_more(self):
        published([PEACE])
        file = late_person("Amina")
        asked = ask_for_help(
            borrower_id=file.borrower_id,
            loan_ids=[file.borrower.loans.get().pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=500_00,
            words="x",
            now=NOW,
            actor="x",
        )
        asked.__class__.objects.update(asked_at=NOW - timedelta(days=200), answered_at=NOW, outcome="PLAN")

        follow()

        assert (place_of(file).surplus_minor, place_of(file).capacity) == (None, "UNKNOWN")


class TestTheTrial:
    def test_draws_each_borrower_once_and_for_good_and_anew_for_the_next_one(self):
        champion = published([REMIND, PEACE])
        files = [late_person(f"P{number}") for number in range(24)]
        challenger = published([PEACE], share_bps=5_000, source=champion)

        follow()
        drawn = dict(StrategyDraw.objects.values_list("borrower_id", "is_challenger"))
        follow(TODAY + DAY)

        assert len(drawn) == len(files)
        assert 3 < sum(drawn.values()) < 21
        assert dict(StrategyDraw.objects.values_list("borrower_id", "is_challenger")) == drawn
        for file in files:
            expected = challenger if drawn[file.borrower_id] else champion
            assert place_of(file).version_id == expected.pk

        stop_version(version_id=challenger.pk, reason="enough seen", user=supervisor(), now=NOW)
        published([PEACE], share_bps=5_000, source=champion)
        follow(TODAY + 2 * DAY)
        again = dict(StrategyDraw.objects.exclude(version=challenger).values_list("borrower_id", "is_challenger"))
        assert (len(again), again != drawn) == (len(files), True)

    def test_whoever_followed_a_challenger_that_was_stopped_follows_the_champion(self):
        champion = published([REMIND, PEACE])
        file = late_person("Amina")
        challenger = published([PEACE], share_bps=5_000, source=champion)
        StrategyDraw.objects.all().delete()
        follow()
        stop_version(version_id=challenger.pk, reason="enough seen", user=supervisor(), now=NOW)

        follow(TODAY + DAY)

        assert place_of(file).version_id == champion.pk
        assert refresh()["files"] == 1
