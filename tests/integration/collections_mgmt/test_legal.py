"""Claims that go to court: what has to be true before, four eyes, and every step after."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from collections_mgmt import legal_admin
from collections_mgmt.models import LegalCase, LegalStep
from collections_mgmt.selectors.legal import checklist_of, nearing_limitation
from collections_mgmt.selectors.limitation import Step, clock_of
from collections_mgmt.services.holds import place_hold
from collections_mgmt.services.legal import (
    LegalRefused,
    ask_legal,
    end_legal_case,
    file_claim,
    note_cost,
    note_judgment,
    open_legal_case,
    resume_legal_case,
    stay_legal_case,
    watch_limitation,
)
from collections_mgmt.services.placements import PlacementRefused, place_loans
from dashu.alerts.models import Alert
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve
from dashu.messaging.models import OutboxMessage
from dashu.users.models import User
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.agency_cases import ACTOR, agency, closed, late_loan, placed, reminded
from tests.integration.staff.conftest import as_role

# 121 days after the due date of 15 February 2026 and later; six installments are missed by then.
TODAY = date(2026, 7, 20)
DAY = timedelta(days=1)
ALL = ["ADDRESS", "AFFORDABILITY", "CARE", "EVIDENCE"]


@pytest.fixture
def late(rules) -> Loan:
    loan = late_loan()
    closed(TODAY)
    for on in (date(2026, 6, 1), date(2026, 7, 5)):
        reminded(loan, on)
    return loan


def missing(loan: Loan, confirmed=ALL, *, on: date = TODAY) -> list[str]:
    return checklist_of(loan, on=on, confirmed=confirmed).missing


def hold(loan: Loan, today: date = TODAY) -> None:
    place_hold(
        loan_id=loan.pk, kind="FRAUD", starts_on=today, ends_on=None, today=today, reason="looked into", actor=ACTOR
    )


def opened(loan: Loan) -> LegalCase:
    return open_legal_case(loan_id=loan.pk, confirmed=ALL, today=TODAY, actor=ACTOR)


def filed(case: LegalCase, on: date = TODAY) -> LegalCase:
    return file_claim(
        case_id=case.pk, court="Pudong District Court", court_number="(2026) 1", filed_on=on, today=on, actor=ACTOR
    )


def about(case: LegalCase, today: date = TODAY) -> dict:
    return {"case_id": case.pk, "today": today, "actor": ACTOR}


class TestChecklist:
    def test_is_met_when_every_line_is(self, late):
        checklist = checklist_of(late, on=TODAY, confirmed=ALL)

        assert (checklist.missing, checklist.is_met) == ([], True)
        assert checklist.claim_minor == late.overdue.total_minor > 5 * 1_100_16

    @pytest.mark.parametrize("code", ALL)
    def test_needs_each_thing_that_a_person_looks_at(self, late, code):
        assert missing(late, [other for other in ALL if other != code]) == [code]

    def test_needs_demands_that_had_time_to_be_answered(self, late):
        assert missing(late, on=date(2026, 7, 19)) == ["DEMANDS"]
        reminded(late, TODAY)

        assert missing(late) == ["DEMANDS"]

    def test_needs_a_claim_that_is_large_and_old_enough(self, late):
        late.overdue.__class__.objects.update(principal_minor=100, interest_minor=0, penalty_minor=0)
        assert missing(late) == ["AMOUNT"]

        late.overdue.__class__.objects.update(principal_minor=6_000_00, effective_days_past_due=120)
        assert missing(late) == ["AMOUNT"]

    def test_needs_nobody_to_protect_the_borrower(self, late):
        hold(late)

        assert missing(late) == ["PEACE"]

    def test_needs_the_loan_to_be_with_us(self, late):
        placed(late, agency(), today=TODAY)

        assert missing(late) == ["PLACED"]

    def test_needs_the_limitation_period_to_run(self, late):
        closed_on = date(2030, 1, 16)

        assert "LIMITATION" not in missing(late, on=closed_on - DAY)
        assert "LIMITATION" in missing(late, on=closed_on)


class TestAsking:
    def ask(self, loan: Loan, user: User, confirmed=ALL) -> ApprovalRequest:
        return ask_legal(
            loan_id=loan.pk, confirmed=confirmed, reason="no answer", user=user, today=TODAY, idempotency_key="k"
        )

    def test_needs_an_administrator_beside_whoever_asks(self, late):
        sun, wen = factories.staff("Sun", User.Role.SUPERVISOR), factories.staff("Wen", User.Role.ADMIN)
        asked = self.ask(late, sun)

        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=sun, today=TODAY)
        assert not LegalCase.objects.exists()
        approve(request_id=asked.pk, user=wen, today=TODAY)

        case = LegalCase.objects.get()
        assert (case.loan, case.status, case.confirmed, case.last_day) == (late, "APPROVED", ALL, date(2030, 1, 15))
        assert OutboxMessage.objects.filter(template="collections.legal_planned", loan_id=late.pk).count() == 1

    def test_refuses_what_is_not_met_and_names_it(self, late):
        with pytest.raises(LegalRefused, match="address is proved"):
            self.ask(late, factories.staff("Sun", User.Role.SUPERVISOR), ["EVIDENCE", "AFFORDABILITY", "CARE"])

        assert not ApprovalRequest.objects.exists()

    def test_fails_at_approval_when_a_hold_began_meanwhile(self, late):
        asked = self.ask(late, factories.staff("Sun", User.Role.SUPERVISOR))
        hold(late)

        decided = approve(request_id=asked.pk, user=factories.staff("Wen", User.Role.ADMIN), today=TODAY)

        assert (decided.status, LegalCase.objects.count()) == ("FAILED", 0)

    def test_refuses_a_second_one_while_the_first_is_open(self, late):
        opened(late)

        with pytest.raises(LegalRefused, match="already"):
            opened(late)

        assert LegalCase.objects.count() == 1


class TestSteps:
    def test_go_from_filing_to_judgment(self, late):
        case = filed(opened(late))

        case = note_judgment(
            granted_minor=6_000_00, judged_on=TODAY + 60 * DAY, words="costs to both", **about(case, TODAY + 60 * DAY)
        )

        assert (case.status, case.filed_on, case.judged_minor) == ("JUDGMENT", TODAY, 6_000_00)
        kinds = LegalStep.objects.filter(case=case).values_list("kind", flat=True)
        assert list(kinds) == ["APPROVED", "FILED", "JUDGMENT"]

    def test_begin_with_another_look_at_the_checklist(self, late):
        case = opened(late)
        hold(late)

        with pytest.raises(LegalRefused, match="hold"):
            filed(case)

        case.refresh_from_db()
        assert (case.status, case.filed_on) == ("APPROVED", None)

    @pytest.mark.parametrize("on", [TODAY - DAY, TODAY + DAY])
    def test_lie_between_the_approval_and_today(self, late, on):
        case = opened(late)

        with pytest.raises(LegalRefused):
            file_claim(case_id=case.pk, court="C", court_number="", filed_on=on, today=TODAY, actor=ACTOR)

        assert LegalStep.objects.count() == 1

    def test_stop_while_it_rests(self, late):
        case = opened(late)
        stay_legal_case(words="talks", **about(case))

        with pytest.raises(LegalRefused, match="rests"):
            filed(case)
        resume_legal_case(words="no outcome", **about(case))

        assert filed(case).status == "FILED"

    def test_end_settled_or_withdrawn_once(self, late):
        case = filed(opened(late))

        for _time in range(2):
            end_legal_case(is_settled=True, words="paid", **about(case))
        with pytest.raises(LegalRefused):
            end_legal_case(is_settled=False, words="no", **about(case))

        case.refresh_from_db()
        assert (case.status, case.ended_on) == ("SETTLED", TODAY)
        assert LegalStep.objects.filter(case=case, kind="SETTLED").count() == 1

    def test_need_words_where_it_ends_or_rests(self, late):
        case = opened(late)

        with pytest.raises(LegalRefused):
            end_legal_case(is_settled=False, words=" ", **about(case))
        with pytest.raises(LegalRefused):
            stay_legal_case(words="", **about(case))

        case.refresh_from_db()
        assert (case.status, case.stayed_on) == ("APPROVED", None)

    def test_sum_up_costs_and_leave_the_debt_as_it_is(self, late):
        case = opened(late)
        owed = late.overdue.total_minor

        for minor in (50_00, 12_34):
            note_cost(amount_minor=minor, spent_on=TODAY, words="court fee", **about(case))
        with pytest.raises(LegalRefused):
            note_cost(amount_minor=0, spent_on=TODAY, words="none", **about(case))

        assert case.cost_minor == 62_34
        late.overdue.refresh_from_db()
        assert late.overdue.total_minor == owed

    def test_keep_the_loan_from_agencies(self, late):
        opened(late)

        with pytest.raises(PlacementRefused):
            place_loans(agency_id=agency().pk, loan_ids=[late.pk], today=TODAY, actor=ACTOR)

    def test_of_filing_begin_the_limitation_period_anew(self, late):
        filed(opened(late))

        clock = clock_of(late.pk, on=TODAY)

        assert clock is not None
        assert (TODAY, Step.FILED) in clock.steps


class TestNearing:
    near = date(2029, 7, 19)  # 180 days before 15 January 2030

    def test_is_told_180_days_before_in_one_alert(self, late):
        assert watch_limitation(today=self.near - DAY) == 0
        assert watch_limitation(today=self.near) == 1

        alert = Alert.objects.get(kind="claim.limitation_near")
        assert (alert.params["loan"], alert.params["due_on"], alert.params["count"]) == (
            late.number,
            "2030-01-15",
            1,
        )
        (found,) = nearing_limitation(on=self.near)
        assert (found.loan_id, found.last_day) == (late.pk, date(2030, 1, 15))

    def test_ends_when_the_claim_was_begun_anew(self, late):
        watch_limitation(today=self.near)
        factories.pay(late, 10_00, self.near, today=self.near)

        assert watch_limitation(today=self.near) == 0
        assert Alert.objects.get(kind="claim.limitation_near").ended_at is not None

    def test_leaves_out_what_a_court_has(self, late):
        filed(opened(late))

        assert nearing_limitation(on=self.near) == []


class TestPages:
    @pytest.fixture(autouse=True)
    def _today(self, monkeypatch) -> None:
        monkeypatch.setattr(legal_admin, "lender_today", lambda: TODAY)

    def address(self, loan: Loan) -> str:
        return reverse("admin:collections_mgmt_collectioncase_legal", args=[loan.cases.get().pk])

    def test_of_asking_show_what_is_not_met_and_then_no_form(self, late):
        client = as_role("SUPERVISOR")
        assert 'name="confirmed"' in client.get(self.address(late)).content.decode()
        hold(late)

        shown = client.get(self.address(late)).content.decode()

        assert "This claim cannot go to court as it stands." in shown
        assert 'name="confirmed"' not in shown

    def test_of_asking_send_it_to_another_person(self, late):
        given = {"reason": "no answer", "key": "0a8bd3b2-47a0-4b26-a5cb-6d9b1f1c8f11"}
        client = as_role("SUPERVISOR")

        refused = client.post(self.address(late), {**given, "confirmed": ALL[:3]})
        assert (refused.status_code, ApprovalRequest.objects.count()) == (200, 0)
        client.post(self.address(late), {**given, "confirmed": ALL})

        assert ApprovalRequest.objects.get(kind="legal.file").payload["confirmed"] == ALL

    @pytest.mark.parametrize(("role", "status"), [("SUPERVISOR", 200), ("ADMIN", 200), ("COLLECTOR", 403)])
    def test_are_for_whoever_leads_the_desk(self, late, role, status):
        case = opened(late)
        client = as_role(role)

        for name, args in (("changelist", []), ("change", [case.pk]), ("limits", []), ("filed", [case.pk])):
            assert client.get(reverse(f"admin:collections_mgmt_legalcase_{name}", args=args)).status_code == status

    def test_note_each_step_by_a_form_of_its_own(self, late):
        case, client = opened(late), as_role("SUPERVISOR")

        def send(act: str, **given: object) -> None:
            client.post(reverse(f"admin:collections_mgmt_legalcase_{act}", args=[case.pk]), given)

        send("filed", court="Pudong District Court", court_number="1", filed_on=TODAY.isoformat())
        send("cost", amount="50", spent_on=TODAY.isoformat(), words="court fee")
        send("judgment", amount="0", judged_on=TODAY.isoformat(), words="dismissed")
        send("withdraw", words="nothing is left to enforce")

        case.refresh_from_db()
        assert (case.status, case.judged_minor, case.cost_minor) == ("WITHDRAWN", 0, 50_00)
