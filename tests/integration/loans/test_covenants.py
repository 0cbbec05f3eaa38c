from datetime import date, timedelta

import pytest

from dashu.alerts.models import Alert
from dashu.users.models import User
from loans.models import Covenant, Loan
from loans.services.covenants import CovenantDecided, NoteMissing, decide_covenant, miss_covenants
from tests.applicants import NOW
from tests.integration.staff.conftest import as_role
from tests.papers import text_of
from tests.signers import ACCOUNT, signed

FIRST = date(2027, 2, 23)


def decide(covenant, *, is_met=True, note="The return of 20 February."):
    return decide_covenant(covenant_id=covenant.pk, is_met=is_met, note=note, now=NOW, actor="user:1")


@pytest.fixture
def covenant(amina) -> Covenant:
    signed(amina, "SME")
    return Covenant.objects.first()


class TestSigned:
    def test_a_business_promises_what_the_product_says_by_dates(self, amina):
        contract = signed(amina, "SME")

        promised = list(contract.covenants.values_list("code", "due_on"))
        assert promised == [
            ("tax_return", FIRST),
            ("tax_return", date(2027, 5, 23)),
            ("tax_return", date(2027, 8, 23)),
            ("accounts", date(2027, 11, 23)),
            ("tax_return", date(2027, 11, 23)),
        ]
        assert [entry["by"] for entry in contract.facts["entity"]["covenants"]] == [
            on.isoformat() for _, on in promised
        ]
        assert "提交上一季度的纳税申报表" in text_of(contract.pdf)

    def test_a_household_promises_nothing(self, amina):
        assert not signed(amina).covenants.exists()


class TestDecide:
    @pytest.mark.parametrize(("is_met", "status"), [(True, "MET"), (False, "WAIVED")])
    def test_keeps_the_outcome_with_its_reason(self, covenant, is_met, status):
        decide(covenant, is_met=is_met)

        covenant.refresh_from_db()
        assert (covenant.status, covenant.decided_by, covenant.note) == (status, "user:1", "The return of 20 February.")

    def test_again_changes_nothing_and_otherwise_is_refused(self, covenant):
        decide(covenant)

        assert decide(covenant, note="Another.").note == "The return of 20 February."
        with pytest.raises(CovenantDecided):
            decide(covenant, is_met=False)

    def test_says_on_what_it_rests(self, covenant):
        with pytest.raises(NoteMissing):
            decide(covenant, note=" ")

        covenant.refresh_from_db()
        assert covenant.status == "OPEN"


class TestMissed:
    def after(self, days):
        return NOW.replace(year=2027, month=2, day=23) + timedelta(days=days)

    def test_the_day_after_its_date_and_not_on_it(self, covenant):
        assert miss_covenants(now=self.after(0)) == 0
        assert miss_covenants(now=self.after(1)) == 1
        assert miss_covenants(now=self.after(1)) == 0

        alert = Alert.objects.get()
        assert (alert.kind, alert.params["promise"]) == ("covenant.missed", "Send the tax return of the last quarter")

    def test_what_comes_late_is_kept_and_ends_the_alert(self, covenant):
        miss_covenants(now=self.after(1))

        decide(covenant)

        covenant.refresh_from_db()
        assert covenant.status == "MET"
        assert Alert.objects.get().ended_at is not None

    def test_of_a_loan_that_has_ended_nothing_is_asked(self, covenant):
        Loan.objects.update(status="SETTLED")

        assert miss_covenants(now=self.after(400)) == 0
        assert not Alert.objects.exists()


class TestContractPage:
    def test_shows_the_evidence_and_hands_out_the_paper(self, amina):
        contract = signed(amina)
        client = as_role(User.Role.UNDERWRITER)

        shown = client.get(f"/admin/loans/loancontract/{contract.pk}/change/").content.decode()
        paper = client.get(f"/admin/loans/loancontract/{contract.pk}/paper/")

        assert contract.evidence_digest in shown
        assert ACCOUNT.number not in shown
        assert paper.content == contract.pdf


class TestPage:
    def test_an_underwriter_records_the_outcome(self, covenant):
        client = as_role(User.Role.UNDERWRITER)
        assert covenant.contract.number in client.get("/admin/loans/covenant/").content.decode()

        client.post(f"/admin/loans/covenant/{covenant.pk}/decide/", {"is_met": "1", "note": "Sent."})

        covenant.refresh_from_db()
        assert (covenant.status, covenant.note) == ("MET", "Sent.")

    def test_an_accountant_reads_only(self, covenant):
        client = as_role(User.Role.ACCOUNTANT)

        assert client.get(f"/admin/loans/covenant/{covenant.pk}/change/").status_code == 200
        answer = client.post(f"/admin/loans/covenant/{covenant.pk}/decide/", {"is_met": "1", "note": "Sent."})

        covenant.refresh_from_db()
        assert (answer.status_code, covenant.status) == (403, "OPEN")
