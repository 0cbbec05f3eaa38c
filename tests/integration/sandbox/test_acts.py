from loans.models import Application, Loan, LoanContract
from repayments.models import Payout


def act(program, path):
    return program.post(f"sandbox/{path}", {}, **{"Idempotency-Key": path})


class TestActs:
    def test_pays_an_approved_loan_out(self, acme):
        answer = act(acme, "loans/SBX-ACME-APPROVED/pay-out")

        assert (answer.status_code, answer.json()) == (200, {"loan": "SBX-ACME-APPROVED", "status": "ACTIVE"})
        assert Loan.objects.get(number="SBX-ACME-APPROVED").status == "ACTIVE"

    def test_does_not_pay_out_twice(self, acme):
        answer = act(acme, "loans/SBX-ACME-RUNNING/pay-out")

        assert (answer.status_code, answer.json()["code"]) == (409, "not_waiting_for_payout")

    def test_signs_for_an_applicant_and_pays_out_what_was_signed(self, acme):
        reference = Application.objects.get(status="ACCEPTED").reference

        signed = act(acme, f"applications/{reference}/sign")
        [row] = acme.get("loans?borrower=sandbox-accepted").json()["results"]
        paid_out = act(acme, f"loans/{row['id']}/pay-out")

        assert (signed.status_code, signed.json()["status"], row["status"]) == (200, "SIGNED", "APPROVED")
        assert paid_out.json() == {"loan": row["id"], "status": "ACTIVE"}
        assert acme.get(f"applications/{reference}").json()["status"] == "PAID_OUT"
        assert Payout.objects.get(loan__number=row["id"]).status == "ARRIVED"

    def test_signs_nothing_before_an_offer_is_chosen(self, acme):
        reference = Application.objects.get(status="OFFERED").reference
        before = LoanContract.objects.count()

        answer = act(acme, f"applications/{reference}/sign")

        assert (answer.status_code, answer.json()["code"]) == (409, "application_state")
        assert LoanContract.objects.count() == before

    def test_does_the_night_of_one_loan(self, acme):
        assert act(acme, "loans/SBX-ACME-LATE-40/close").status_code == 200

    def test_does_not_reach_what_is_not_the_partners(self, acme):
        Loan.objects.filter(number="SBX-ACME-APPROVED").update(partner=None)

        answer = act(acme, "loans/SBX-ACME-APPROVED/pay-out")

        assert (answer.status_code, answer.json()["code"]) == (404, "loan_not_found")


class TestWhereThereIsMoney:
    def test_there_are_no_such_addresses(self, client, db):
        answer = client.post("/api/v1/sandbox/loans/DS1/pay-out")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert "Dashu-Sandbox" not in answer.headers
