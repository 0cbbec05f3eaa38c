"""Whatever keeps something about a borrower is in the copy of their data, or has a reason not to be."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db.models import Model

from collections_mgmt.models import Complaint, ComplaintMessage, CreditRecordMonth, Dispute
from collections_mgmt.services.ask_for_help import ask_for_help
from collections_mgmt.services.complaints import make_complaint
from collections_mgmt.services.disputes import dispute_record
from dashu.kernel.dates import LENDER_ZONE
from dashu.privacy.closing import obstacles
from dashu.privacy.tables import TABLES
from dashu.users.models import Borrower, SignInPhone, User
from loans.models import Application, Loan
from tests import factories
from tests.signers import guaranteed, understood

NOW = datetime(2026, 5, 1, 12, tzinfo=LENDER_ZONE)
PEOPLE_AND_LOANS: tuple[type[Model], ...] = (Borrower, User, Loan, Application)

WORK_OF_STAFF = "names staff by their work; no borrower stands there"
OF_PARTNERS = "belongs to the programs of partners"
REASONS = {
    "users.User": "what it knows of a borrower is in the table of the profile",
    "users.Partner": OF_PARTNERS,
    "api.StoredAnswer": OF_PARTNERS,
    "oauth2_provider.Application": OF_PARTNERS,
    "oauth2_provider.Grant": OF_PARTNERS,
    "oauth2_provider.AccessToken": OF_PARTNERS,
    "oauth2_provider.RefreshToken": OF_PARTNERS,
    "oauth2_provider.IDToken": OF_PARTNERS,
    "oauth2_provider.DeviceGrant": OF_PARTNERS,
    "admin.LogEntry": WORK_OF_STAFF,
    "approvals.ApprovalRequest": WORK_OF_STAFF,
    "approvals.Delegation": WORK_OF_STAFF,
    "break_glass.EmergencyGrant": WORK_OF_STAFF,
    "loans.ProductTerms": WORK_OF_STAFF,
    "messaging.WordingVersion": WORK_OF_STAFF,
    "insight.ReportSchedule": WORK_OF_STAFF,
    "insight.ReportMail": WORK_OF_STAFF,
    "provisioning.Overlay": WORK_OF_STAFF,
    "collections_mgmt.CollectorProfile": WORK_OF_STAFF,
    "collections_mgmt.SavedFilter": WORK_OF_STAFF,
    "collections_mgmt.StrategyVersion": WORK_OF_STAFF,
    "collections_mgmt.ScriptVersion": WORK_OF_STAFF,
    "collections_mgmt.ReliefCampaign": WORK_OF_STAFF,
    "collections_mgmt.QualityReview": "how staff did a contact or wrote a note; both are in the copy themselves",
    "education.LessonVersion": WORK_OF_STAFF,
    "education.LessonEdit": WORK_OF_STAFF,
    "education.LessonImage": WORK_OF_STAFF,
    "loans.SigningCode": "holds secrets for minutes; what was signed is in the contract",
    "messaging.ContactRefusal": "the decisions that said no; all decisions are in the copy",
    "messaging.ReminderLine": "says which installments a reminder is about; the reminder itself is in the copy",
    "repayments.CorrectionRow": "a line of a file of staff; what it booked is among the events of the loan",
    "repayments.InstallmentMovement": "sums up to what the schedule says was paid and waived",
    "repayments.Restatement": "the figures before and after an event that is in the copy",
    "collections_mgmt.OverdueChange": "the credit record says the same month by month",
    "collections_mgmt.LossClaim": "the loans themselves, which are in the copy",
    "collections_mgmt.LoanMove": "the credit record says the same month by month",
}


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina", phone="13800000000", email="amina@example.com", language="en")


@pytest.fixture
def late(amina: Borrower) -> Loan:
    return factories.running_loan(amina)


def rows(name: str, borrower: Borrower) -> list[dict[str, Any]]:
    return list(next(table for table in TABLES if table.name == name).written(borrower))


def about(borrower: Borrower) -> dict[str, Any]:
    return {"borrower_id": borrower.pk, "now": NOW, "actor": "user:test"}


class TestEveryTable:
    def exported(self) -> set[type[Model]]:
        person = Borrower(pk=1)
        return {table.rows(person).model for table in TABLES}

    def named(self) -> set[type[Model]]:
        return {
            model
            for model in apps.get_models()
            if model in PEOPLE_AND_LOANS
            or any(field.related_model in PEOPLE_AND_LOANS for field in model._meta.concrete_fields)
        }

    def test_about_a_borrower_is_in_the_copy_or_has_a_reason(self):
        left_out = {model._meta.label for model in self.named() - self.exported()}

        assert left_out - REASONS.keys() == set()

    def test_with_a_reason_is_really_left_out(self):
        left_out = {model._meta.label for model in self.named() - self.exported()}

        assert REASONS.keys() - left_out == set()

    def test_has_a_name_of_its_own(self):
        assert len({table.name for table in TABLES}) == len(TABLES)


class TestWhatWasAskedFor:
    def test_a_request_for_help_with_its_loans(self, amina, late):
        asked = ask_for_help(
            **about(amina),
            loan_ids=[late.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=500_00,
            words="My hours were cut.",
        )

        (row,) = rows("requests_for_help", amina)
        assert (row["reference"], row["words"], row["can_pay"]) == (asked.reference, "My hours were cut.", "500.00")
        assert rows("loans_of_requests_for_help", amina) == [
            {"request_reference": asked.reference, "loan_number": late.number}
        ]
        assert ("help", asked.reference) in {(each.kind, each.number) for each in obstacles(amina)}

    def test_a_complaint_with_its_thread(self, amina):
        made = make_complaint(
            **about(amina), loan_id=None, about="CONTACT", words="Twice a day.", wish="Stop.", key=uuid4()
        )
        ComplaintMessage.objects.create(
            complaint=made, is_ours=True, words="When was it?", written_at=NOW, actor="user:Chidi"
        )

        (row,) = rows("complaints", amina)
        assert (row["words"], row["wish"], row["loan_number"]) == ("Twice a day.", "Stop.", "")
        thread = rows("complaint_messages", amina)
        assert (thread[-1]["words"], thread[-1]["is_ours"]) == ("When was it?", True)
        assert "Chidi" not in str(thread)
        assert [(each.kind, each.number) for each in obstacles(amina)] == [("complaint", made.reference)]

        Complaint.objects.update(answered_at=NOW)
        assert obstacles(amina) == []

    def test_a_dispute_with_the_statement(self, amina, late):
        CreditRecordMonth.objects.create(
            loan=late, month=date(2026, 3, 1), code="1", days_past_due=9, balance_minor=11_000_00, overdue_minor=1100_16
        )
        found = dispute_record(**about(amina), loan_id=late.pk, month=date(2026, 3, 1), words="I paid.")
        assert ("dispute", found.reference) in {(each.kind, each.number) for each in obstacles(amina)}

        Dispute.objects.update(answered_at=NOW, outcome="STANDS", statement="I was ill.", stated_at=NOW)

        (row,) = rows("disputes", amina)
        assert (row["reference"], row["month"]) == (found.reference, "2026-03-01")
        assert (row["words"], row["statement"]) == ("I paid.", "I was ill.")
        assert ("dispute", found.reference) not in {(each.kind, each.number) for each in obstacles(amina)}


class TestSigningIn:
    def test_the_phone_in_full(self, amina):
        SignInPhone.objects.create(
            user=amina.user, phone="13800000009", phone_index="x", given_at=NOW, verified_at=NOW + timedelta(minutes=1)
        )

        (row,) = rows("phone_to_sign_in", amina)
        assert (row["phone"], row["verified_at"]) == ("13800000009", "2026-05-01T04:01:00+00:00")

    def test_the_devices_without_the_key_of_the_session(self, amina):
        brook = factories.borrower("Brook")
        for person, ip in ((amina, "203.0.113.7"), (brook, "198.51.100.9")):
            UserSession.objects.create(
                user=person.user, ip=ip, user_agent="Phone", session_key=f"key-{ip}", last_seen_at=NOW
            )

        (row,) = rows("devices", amina)
        assert (row["ip"], row["user_agent"]) == ("203.0.113.7", "Phone")
        assert "key-" not in str(row)


class TestGuarantors:
    def test_answers_with_state_and_time_and_masked_names(self, amina):
        application = understood(amina, "SME")
        (guarantor,) = application.guarantors.all()
        answer = guaranteed(guarantor)

        (row,) = rows("guarantors_answers", amina)
        assert row == {
            "guarantor_application_reference": application.reference,
            "guarantor_masked_name": guarantor.masked_name,
            "kind": "SIGNED",
            "at": answer.at.astimezone(UTC).isoformat(),
        }
        assert guarantor.name not in str(row)
