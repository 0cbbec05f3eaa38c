import json
from io import StringIO

import pytest
from django.core.management import call_command

from dashu.kernel.dates import lender_now
from dashu.sandbox.cast import APPLICATIONS, LOANS
from dashu.sandbox.guard import NotASandbox
from dashu.sandbox.seeding import seed_sandbox
from dashu.users.models import Partner
from loans.models import Application, Loan
from repayments.models import Payment
from tests.integration.api.conftest import ask_for_token

SIGNED_FOR = ["SBX-ACME-PAID-OUT", "SBX-ACME-SIGNED"]


def seeded(**options):
    told = StringIO()
    call_command("seed_sandbox", partner="acme", name="Acme", stdout=told, **options)
    return json.loads(told.getvalue())


def listed(program):
    return [row["id"] for row in program.get("loans").json()["results"]]


class TestSeedSandbox:
    def test_gives_a_partner_a_loan_in_every_state_under_a_known_number(self, acme):
        rows = {row["id"]: row["status"] for row in acme.get("loans").json()["results"]}

        assert rows == {
            **{f"SBX-ACME-{each.key}": "ACTIVE" for each in LOANS},
            "SBX-ACME-SETTLED": "SETTLED",
            "SBX-ACME-APPROVED": "APPROVED",
            "SBX-ACME-SIGNED": "APPROVED",
            "SBX-ACME-PAID-OUT": "ACTIVE",
        }

    def test_has_loans_as_late_as_their_numbers_say(self, acme):
        days = {
            late: acme.get(f"loans/SBX-ACME-LATE-{late}/position?as_of={lender_now().date()}").json()["days_past_due"]
            for late in (10, 40, 70, 120)
        }

        assert all(late <= found <= late + 3 for late, found in days.items()), days

    def test_gives_an_application_in_each_status(self, acme):
        rows = acme.get("applications").json()["results"]

        assert {row["status"] for row in rows} == {each.key for each in APPLICATIONS} == set(Application.State.values)

    def test_changes_nothing_when_it_is_done_already(self, sandbox):
        first = seeded()
        counts = Loan.objects.count(), Application.objects.count(), Payment.objects.count()

        second = seeded()

        assert second == first
        assert (Loan.objects.count(), Application.objects.count(), Payment.objects.count()) == counts
        assert first["client_id"] == "sandbox-acme"

    def test_begins_anew_with_the_same_keys_and_numbers(self, acme):
        paid = {"amount": {"amount": "10.00", "currency": "CNY"}, "received_on": str(lender_now().date())}
        late = Loan.objects.get(number="SBX-ACME-LATE-10")
        assert acme.pay(late, {**paid, "reference": "first"}).status_code == 201

        keys = seeded(reset=True)

        assert len(listed(acme)) == len(LOANS) + len(SIGNED_FOR)
        assert Loan.objects.get(number="SBX-ACME-LATE-10").pk != late.pk
        assert ask_for_token(keys["client_id"], keys["client_secret"]).status_code == 200

    def test_gives_each_partner_its_own(self, acme):
        seed_sandbox(code="other", name="Other", now=lender_now())

        assert listed(acme) == [*SIGNED_FOR, *(f"SBX-ACME-{each.key}" for each in reversed(LOANS))]

    def test_refuses_an_installation_that_is_real_and_leaves_no_trace(self, db):
        with pytest.raises(NotASandbox):
            seed_sandbox(code="acme", name="Acme", now=lender_now())

        assert not Partner.objects.filter(code="acme").exists()

    def test_tells_the_refusal_by_its_code(self, db):
        told = StringIO()

        with pytest.raises(SystemExit, match="1"):
            call_command("seed_sandbox", partner="acme", stdout=told)

        assert json.loads(told.getvalue())["error"]["code"] == "not_a_sandbox"
