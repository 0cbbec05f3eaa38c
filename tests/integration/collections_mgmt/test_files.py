"""A borrower's file: opened and closed by the close, weighed by facts, and the same weights as the domain's."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from collections_mgmt.domain.priority import priority_of
from collections_mgmt.models import CaseFile, CaseFileEvent, CollectionCase, Dispute, Hold, PromiseToPay
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.reassess_loan import reassess_loan
from dashu.policy import rules as policy
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late, late_person, refresh, team

pytestmark = pytest.mark.usefixtures("policy_packs")


class TestLife:
    def test_of_two_loans_behind_there_is_one_file_and_the_close_opens_it(self, amina):
        for _number in range(2):
            factories.running_loan(amina)

        run = close_date(business_date=TODAY, today=TODAY + timedelta(days=1))

        file = CaseFile.objects.get()
        assert (file.borrower_id, file.state, file.opened_on) == (amina.pk, "READY", TODAY)
        assert (file.facts, file.days) == (["FIRST_TIME", "SEVERAL_LOANS"], 33)
        assert (file.contact_due_on, file.review_due_on) == (TODAY + timedelta(days=5), TODAY + timedelta(days=14))
        assert (run.counts["files_opened"], run.counts["files_closed"]) == (1, 0)
        assert [event.kind for event in file.events.all()] == ["OPENED"]

    def test_closing_the_last_case_by_day_closes_it_at_once(self, amina):
        loan = factories.running_loan(amina)
        close_date(business_date=TODAY, today=TODAY + timedelta(days=1))
        factories.pay(loan, 2_300_00, TODAY + timedelta(days=1))

        reassess_loan(loan_id=loan.pk, as_of=TODAY + timedelta(days=1))

        file = CaseFile.objects.get()
        assert CollectionCase.objects.get().status == "CLOSED"
        assert (file.state, file.closed_on) == ("CLOSED", TODAY + timedelta(days=1))
        assert [event.kind for event in file.events.all()] == ["OPENED", "CLOSED"]

    def test_again_changes_nothing_and_later_arrears_open_another(self):
        file = late_person("Amina")
        assert refresh() == {"files_opened": 0, "files_closed": 0, "files": 1}
        CollectionCase.objects.update(status="CLOSED", closed_on=TODAY)
        refresh()
        late(file.borrower.loans.get())

        refresh(TODAY + timedelta(days=9))

        first, second = CaseFile.objects.order_by("pk")
        assert (first.state, second.state) == ("CLOSED", "READY")
        assert "FIRST_TIME" in first.facts
        assert "FIRST_TIME" not in second.facts

    def test_events_are_only_added(self):
        late_person("Amina")

        for write in (
            "UPDATE collections_mgmt_casefileevent SET words = 'x'",
            "DELETE FROM collections_mgmt_casefileevent",
        ):
            with (
                pytest.raises(IntegrityError, match="append_only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(write)

        assert CaseFileEvent.objects.get().words == ""

    def test_words_of_an_event_can_only_be_emptied(self):
        late_person("Amina")
        file = CaseFile.objects.get()
        event = CaseFileEvent.objects.create(file=file, kind="NOTE", at=NOW, actor="user:1", words="Called.")

        with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
            CaseFileEvent.objects.filter(pk=event.pk).update(words="", actor="user:2")
        CaseFileEvent.objects.filter(pk=event.pk).update(words="")

        event.refresh_from_db()
        assert (event.actor, event.words) == ("user:1", "")


class TestWeights:
    def test_say_the_same_as_the_domain_for_every_fact(self):
        plain = late_person("Amina", days=3)
        promised = late_person("Brook", days=12, minor=7_00)
        helped = late_person("Chen", days=45, level=2)
        held = late_person("Dai", days=70, level=3)
        loan = helped.borrower.loans.get()
        late(factories.running_loan(promised.borrower), minor=33_33)
        PromiseToPay.objects.create(
            loan=promised.borrower.loans.first(),
            amount_minor=1,
            made_on=TODAY - timedelta(days=9),
            due_on=TODAY - timedelta(days=4),
            decided_on=TODAY - timedelta(days=1),
            status="BROKEN",
            actor="x",
        )
        ask_for_help(
            borrower_id=helped.borrower_id,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="x",
            now=NOW,
            actor="x",
        )
        place_hold(
            loan_id=held.borrower.loans.get().pk,
            kind=Hold.Kind.BREATHING_SPACE,
            starts_on=TODAY,
            ends_on=None,
            today=TODAY,
            reason="x",
            actor="x",
        )

        refresh()

        facts = {file.borrower.name: file.facts for file in CaseFile.objects.select_related("borrower")}
        assert facts == {
            "Amina": ["FIRST_TIME"],
            "Brook": ["FIRST_TIME", "SEVERAL_LOANS", "PROMISE_BROKEN"],
            "Chen": ["FIRST_TIME", "HELP_ASKED", "HOLD"],
            "Dai": ["FIRST_TIME", "CARE"],
        }
        for file in CaseFile.objects.all():
            expected = priority_of(
                value_minor=file.value_minor, days=file.days, facts=file.facts, rules=policy.case_priority(TODAY)
            )
            assert (file.cure_bps, file.harm_bps, file.is_care, file.priority) == (
                expected.cure_bps,
                expected.harm_bps,
                expected.is_care,
                expected.place,
            )
        plain.refresh_from_db()
        assert (plain.value_minor, plain.cure_bps, plain.harm_bps) == (1_100_16, 9000, 500)
        assert plain.priority == 94_063

    def test_a_payment_of_late_and_a_promise_that_runs_are_seen(self):
        file = late_person("Amina")
        loan = file.borrower.loans.get()
        factories.pay(loan, 10_00, TODAY - timedelta(days=3), today=TODAY)
        PromiseToPay.objects.create(loan=loan, amount_minor=1, made_on=TODAY, due_on=TODAY, actor="x")

        refresh()

        file.refresh_from_db()
        assert file.facts == ["FIRST_TIME", "PAID_LATELY", "PROMISE_RUNS"]


class TestRouting:
    def test_risk_of_harm_goes_to_those_trained_for_it_and_a_high_level_to_those_of_law(self):
        early = team("early", last_level=3)
        care, legal = team("care", skills=["vulnerable"]), team("legal", skills=["legal"], first_level=4)
        plain, deep = late_person("Amina"), late_person("Brook", days=120, level=4)
        cared = late_person("Chen", days=120, level=4)
        place_hold(
            loan_id=cared.borrower.loans.get().pk,
            kind="DECEASED",
            starts_on=TODAY,
            ends_on=None,
            today=TODAY,
            reason="x",
            actor="x",
        )

        refresh()

        for file in (plain, deep, cared):
            file.refresh_from_db()
        assert (plain.team_id, plain.skills) == (early.pk, [])
        assert (deep.team_id, deep.skills) == (legal.pk, ["legal"])
        assert (cared.team_id, cared.skills) == (care.pk, ["vulnerable"])

    def test_who_has_a_file_keeps_it_until_it_goes_to_another_team(self):
        early, late_team = team("early", last_level=1), team("late", first_level=2)
        chidi = collector(of=early)
        file = late_person("Amina")
        CaseFile.objects.update(collector=chidi)

        refresh()
        file.refresh_from_db()
        assert (file.team_id, file.collector_id) == (early.pk, chidi.pk)

        CollectionCase.objects.update(level=2)
        refresh()
        file.refresh_from_db()
        assert (file.team_id, file.collector_id) == (late_team.pk, None)

    def test_what_waited_for_a_promise_that_is_decided_is_ready_again(self):
        file = late_person("Amina")
        CaseFile.objects.update(state="WAITING", waits_for="PROMISE", next_action_at=NOW + timedelta(days=9))

        refresh()

        file.refresh_from_db()
        assert (file.state, file.waits_for, file.next_action_at) == ("READY", "", None)

    def test_what_waits_for_a_hold_sleeps_while_a_dispute_is_open(self):
        file = late_person("Amina")
        Dispute.objects.create(
            borrower=file.borrower, loan=file.borrower.loans.get(), words="x", asked_at=NOW,
            due_on=TODAY + timedelta(days=20),
        )  # fmt: skip
        CaseFile.objects.update(state="WAITING", waits_for="HOLD", next_action_at=NOW + timedelta(days=9))

        refresh()
        file.refresh_from_db()
        assert (file.state, file.facts) == ("WAITING", ["FIRST_TIME", "DISPUTE"])

        Dispute.objects.update(answered_at=NOW, outcome="STANDS")
        refresh()
        file.refresh_from_db()
        assert (file.state, file.waits_for) == ("READY", "")
