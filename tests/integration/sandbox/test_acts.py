from loans.models import Loan


def act(program, path):
    return program.post(f"sandbox/{path}", {}, **{"Idempotency-Key": "act-1"})


class TestActs:
    def test_pays_an_approved_loan_out(self, acme):
        answer = act(acme, "loans/SBX-ACME-APPROVED/pay-out")

        assert (answer.status_code, answer.json()) == (200, {"loan": "SBX-ACME-APPROVED", "status": "ACTIVE"})
        assert Loan.objects.get(number="SBX-ACME-APPROVED").status == "ACTIVE"

    def test_does_not_pay_out_twice(self, acme):
        answer = act(acme, "loans/SBX-ACME-RUNNING/pay-out")

        assert (answer.status_code, answer.json()["code"]) == (409, "not_waiting_for_payout")

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
