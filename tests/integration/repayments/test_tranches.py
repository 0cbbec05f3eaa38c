"""A business loan in parts: one contract, a loan for each part, and the money of each on its day or held back."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from collections_mgmt.models import Hold
from dashu.alerts.models import Alert
from dashu.consents.services.ledger import withdraw_consent
from dashu.kernel.dates import LENDER_ZONE
from dashu.messaging.models import OutboxMessage
from dashu.users.models import Identity, User
from dashu.users.services.record_identity import verify_identity
from loans.domain.cost_sheet import sheet_of
from loans.domain.fees import demanded_rows
from loans.models import ApplicationEvent, Covenant, Loan, LoanContract, Tranche
from loans.selectors.exposure import exposure_of
from loans.services.contract_progress import AlreadyPaidOut
from loans.services.covenants import decide_covenant, miss_covenants
from repayments import tasks
from repayments.gateways.base import ProviderUnavailable
from repayments.models import Disbursement, Installment, Payout, Withdrawal
from repayments.selectors.standings import standings_of
from repayments.services.payout_outcomes import give_up_payouts
from repayments.services.request_payout import (
    approve_payout,
    ask_payout,
    contracts_without_payout,
    request_payout,
    retry_payout,
)
from repayments.services.send_payout import send_payout, sweep_payouts
from repayments.services.tell_of_payout import tell_of_held, tell_of_missed_holds
from repayments.services.withdraw_contract import (
    CoolingOffOver,
    decline_tranche,
    go_on_after_payout,
    review_withdrawal,
    withdraw_contract,
)
from tests import factories
from tests.applicants import NOW
from tests.integration.repayments.test_payouts import arrived, failed, provider  # noqa: F401 – a fixture
from tests.papers import text_of
from tests.signers import PayoutAccount, signed

TODAY, DAY = NOW.date(), timedelta(days=1)
SECOND, THIRD = date(2027, 1, 15), date(2027, 2, 10)
PARTS = [{"amount": "20000.00"}, {"amount": "15000.00", "on": "2027-01-15"}, {"amount": "10000.00", "on": "2027-02-10"}]
ASKED = {"amount": "45000.00", "months": 12, "purpose": "STOCK", "tranches": PARTS}


def moment(on: date) -> datetime:
    return datetime.combine(on, time(10), LENDER_ZONE)


@pytest.fixture
def contract(amina) -> LoanContract:
    return signed(amina, "SME", loan=ASKED)


@pytest.fixture
def bank(provider):  # noqa: F811
    """Sends whatever it is told to; it is there on the day on which it is sent."""
    return provider()


def sweep(on: date, bank) -> None:
    """Do what the sweep of payouts does on a day."""
    bank.answers = [arrived(moment(on))]
    for contract_id in contracts_without_payout(today=on):
        request_payout(contract_id=contract_id, now=moment(on))
    sweep_payouts(now=moment(on), today=on)


def loans_of(contract) -> list[Loan]:
    return [tranche.loan for tranche in contract.tranches.select_related("loan").order_by("number")]


def statuses(contract) -> list[str]:
    return [loan.status for loan in loans_of(contract)]


def pay_due(loan: Loan, on: date) -> None:
    loan.refresh_from_db()
    [standing] = standings_of([loan], today=on).values()
    factories.pay(loan, standing.due_now, on)


def first_paid_out(contract, bank) -> Loan:
    sweep(TODAY, bank)
    return loans_of(contract)[0]


def notes(contract) -> list[tuple[str, int | None]]:
    events = ApplicationEvent.objects.filter(application=contract.application_id, is_internal=False).order_by("pk")
    return [(event.kind, event.data.get("part")) for event in events]


class TestSigning:
    def test_makes_a_loan_of_each_part_exactly_as_the_sheet_says(self, contract):
        sheet = sheet_of(contract.facts["sheet"])

        tranches = list(contract.tranches.select_related("loan").order_by("number"))
        assert [(each.number, each.agreed_on, each.loan.principal_minor) for each in tranches] == [
            (1, TODAY, 20_000_00),
            (2, SECOND, 15_000_00),
            (3, THIRD, 10_000_00),
        ]
        for tranche, part in zip(tranches, sheet.portions, strict=True):
            rows = demanded_rows(tranche.loan.schedule_terms)
            assert [(row.due_on, row.principal, row.interest) for row in rows] == [
                (row.due_on, row.principal, row.interest) for row in part.rows
            ]
        assert statuses(contract) == ["APPROVED"] * 3
        assert sheet.interest == sum(
            row.interest for loan in loans_of(contract) for row in demanded_rows(loan.schedule_terms)
        )

    def test_all_of_it_counts_as_owed_from_the_signature_on(self, contract):
        assert exposure_of(contract.application) == 45_000_00

    def test_the_paper_shows_every_part_and_the_conditions(self, contract):
        text = text_of(contract.pdf).replace("\n", "").replace(" ", "")

        for said in ("20,000.00", "15,000.00", "10,000.00", "第1笔", "第3笔", "2027年1月15日", "分笔放款"):
            assert said in text

    def test_which_loan_is_which_part_never_changes(self, contract):
        first, second, _third = contract.tranches.order_by("number")

        with pytest.raises(Exception, match="tranche_is_fixed"), transaction.atomic():
            Tranche.objects.filter(pk=first.pk).update(number=9)
        with pytest.raises(Exception, match="tranche_is_kept"), transaction.atomic():
            Tranche.objects.filter(pk=second.pk)._raw_delete(using="default")

        assert contract.tranches.count() == 3

    def test_one_sum_is_one_part(self, amina):
        contract = signed(amina, "SME")

        assert list(contract.tranches.values_list("number", "agreed_on")) == [(1, TODAY)]
        assert "drawn" not in contract.facts["sheet"]


class TestLife:
    def test_each_part_is_paid_out_on_its_day_and_runs_by_its_own_schedule(self, contract, bank):
        first, second, third = loans_of(contract)
        sheet = sheet_of(contract.facts["sheet"])

        sweep(TODAY, bank)
        contract.application.refresh_from_db()
        assert (statuses(contract), contract.application.status) == (["ACTIVE", "APPROVED", "APPROVED"], "PAID_OUT")

        pay_due(first, date(2026, 12, 23))
        sweep(SECOND - 4 * DAY, bank)
        assert Payout.objects.filter(loan=second).exists() is False
        sweep(SECOND - 3 * DAY, bank)
        assert Payout.objects.get(loan=second).status == "APPROVED"
        sweep(SECOND, bank)
        assert statuses(contract) == ["ACTIVE", "ACTIVE", "APPROVED"]

        pay_due(first, date(2027, 1, 23))
        sweep(THIRD, bank)
        assert statuses(contract) == ["ACTIVE", "ACTIVE", "ACTIVE"]
        for loan, part in zip((first, second, third), sheet.portions, strict=True):
            rows = Installment.objects.filter(loan=loan, version=1).order_by("number")
            assert list(rows.values_list("due_on", "principal_minor", "interest_minor")) == [
                (row.due_on, row.principal, row.interest) for row in part.rows
            ]
        paid_out = Disbursement.objects.order_by("disbursed_on").values_list("amount_minor", "disbursed_on")
        assert list(paid_out) == [(20_000_00, TODAY), (15_000_00, SECOND), (10_000_00, THIRD)]
        assert [order.amount_minor for order in bank.orders] == [20_000_00, 15_000_00, 10_000_00]
        assert [note for note in notes(contract) if note[0] == "PAID_OUT"] == [
            ("PAID_OUT", 1),
            ("PAID_OUT", 2),
            ("PAID_OUT", 3),
        ]
        assert list(contract.tranches.order_by("number").values_list("cooling_off_until", flat=True)) == [
            TODAY + 7 * DAY,
            SECOND + 7 * DAY,
            THIRD + 7 * DAY,
        ]

    def test_nothing_of_a_later_part_leaves_before_its_day(self, contract, bank):
        sweep(TODAY, bank)

        for on in (TODAY, SECOND - 3 * DAY, SECOND - DAY):
            sweep(on, bank)

        assert [order.amount_minor for order in bank.orders] == [20_000_00]

    def test_the_task_of_the_signature_orders_the_first_part_only(self, contract):
        tasks.request_payout(contract_id=contract.pk)

        assert list(Payout.objects.values_list("amount_minor", "due_on")) == [(20_000_00, TODAY)]


class TestHeldBack:
    def test_while_an_earlier_part_is_overdue_and_goes_on_once_it_is_paid(self, contract, bank):
        first = first_paid_out(contract, bank)
        second = loans_of(contract)[1]

        sweep(SECOND, bank)

        payout = Payout.objects.get(loan=second)
        assert (payout.status, payout.held_because, payout.held_at) == ("HELD", ["overdue"], moment(SECOND))
        assert statuses(contract) == ["ACTIVE", "APPROVED", "APPROVED"]
        assert Alert.objects.get(kind="payout.held", ended_at=None).params == {"loan": second.number}
        assert tell_of_held(payout_id=payout.pk) is True
        assert tell_of_missed_holds() == 0
        message = OutboxMessage.objects.get(template="repayments.payout_held")
        assert message.params["amount_minor"] == 15_000_00

        sweep(SECOND + DAY, bank)
        assert Payout.objects.get(loan=second).held_at == moment(SECOND)
        assert ApplicationEvent.objects.filter(kind="TRANCHE_HELD").count() == 1

        pay_due(first, SECOND + 2 * DAY)
        sweep(SECOND + 2 * DAY, bank)

        second.refresh_from_db()
        payout.refresh_from_db()
        assert (second.status, second.starts_on) == ("ACTIVE", SECOND + 2 * DAY)
        assert (payout.status, payout.held_because, payout.held_at) == ("ARRIVED", [], None)
        assert Alert.objects.filter(kind="payout.held", ended_at=None).exists() is False
        assert [each for each in notes(contract) if each[0].startswith("TRANCHE")] == [
            ("TRANCHE_HELD", 2),
            ("TRANCHE_RELEASED", 2),
        ]

    def test_while_a_promise_is_missed_until_a_person_records_it(self, contract, bank):
        first = first_paid_out(contract, bank)
        pay_due(first, date(2026, 12, 23))
        decline_tranche(loan_id=loans_of(contract)[1].pk, now=moment(SECOND - DAY), actor="user:1")
        promised = Covenant.objects.filter(contract=contract).earliest("due_on")
        third, on = loans_of(contract)[2], promised.due_on + DAY
        for due in (date(2027, 1, 23), date(2027, 2, 23)):
            pay_due(first, due)
        miss_covenants(now=moment(on))

        sweep(on, bank)
        assert Payout.objects.get(loan=third).held_because == ["promise"]

        decide_covenant(covenant_id=promised.pk, is_met=True, note="Tax return of Q4.", now=moment(on), actor="user:2")
        sweep(on, bank)

        assert Loan.objects.get(pk=third.pk).status == "ACTIVE"

    @pytest.mark.parametrize(
        ("change", "because"), [("consent", "consent"), ("identity", "identity"), ("hold", "person_held")]
    )
    def test_while_the_borrower_is_not_as_at_the_signature(self, contract, bank, change, because):
        first = first_paid_out(contract, bank)
        pay_due(first, date(2026, 12, 23))
        application = contract.application
        if change == "consent":
            about = {"borrower_id": application.borrower_id, "about": application.reference}
            withdraw_consent(**about, purpose="PERSONAL_DATA", now=NOW, actor="user:1")
        elif change == "identity":
            Identity.objects.filter(borrower=application.borrower_id).update(name="别人")
        else:
            Hold.objects.create(
                loan=first,
                kind="DECEASED",
                bars_lending=True,
                starts_on=TODAY,
                reason="Told by the family.",
                actor="user:2",
            )

        sweep(SECOND, bank)

        payout = Payout.objects.get(loan=loans_of(contract)[1])
        assert (payout.status, payout.held_because) == ("HELD", [because])
        assert len(bank.orders) == 1

    def test_a_complaint_holds_nothing_back(self, contract, bank):
        first = first_paid_out(contract, bank)
        pay_due(first, date(2026, 12, 23))
        Hold.objects.create(loan=first, kind="COMPLAINT", starts_on=TODAY, reason="Said so.", actor="user:2")

        sweep(SECOND, bank)

        assert statuses(contract)[1] == "ACTIVE"

    def test_the_parts_behind_it_wait_their_turn(self, contract, bank):
        first_paid_out(contract, bank)

        sweep(SECOND, bank)
        sweep(THIRD, bank)

        assert Payout.objects.filter(loan=loans_of(contract)[2]).exists() is False
        assert statuses(contract) == ["ACTIVE", "APPROVED", "APPROVED"]

    def test_it_waits_until_the_product_pays_nothing_out_any_more(self, contract, bank):
        first_paid_out(contract, bank)
        sweep(SECOND, bank)
        last = NOW + timedelta(days=180)

        assert give_up_payouts(now=moment(SECOND + 30 * DAY)) == 0
        assert give_up_payouts(now=last - timedelta(minutes=1)) == 0
        assert give_up_payouts(now=last) == 2

        contract.refresh_from_db()
        assert statuses(contract) == ["ACTIVE", "CANCELLED", "CANCELLED"]
        assert (contract.withdrawn_at, contract.application.status) == (None, "PAID_OUT")
        tasks.tell_of_given_up(loan_id=loans_of(contract)[1].pk)
        assert (
            OutboxMessage.objects.get(dedupe_key__startswith="payout-given-up").template == "repayments.part_given_up"
        )

    def test_a_part_that_nobody_can_send_is_given_up_some_days_after_its_own_day(self, contract, bank):
        first_paid_out(contract, bank)

        assert give_up_payouts(now=moment(SECOND + 6 * DAY)) == 0
        assert give_up_payouts(now=moment(SECOND + 7 * DAY)) == 1

        assert statuses(contract) == ["ACTIVE", "CANCELLED", "APPROVED"]


class TestLimit:
    @pytest.fixture
    def large(self, amina) -> LoanContract:
        """Three times 20,000: each below the automatic limit of 50,000, together above it."""
        parts = [{"amount": "20000.00"}, *({"amount": "20000.00", "on": on} for on in ("2027-01-15", "2027-02-10"))]
        contract = signed(amina, "SME", loan={**ASKED, "amount": "60000.00", "tranches": parts})
        verify_identity(borrower_id=amina.pk, verified_at=NOW, actor="user:9")
        return contract

    def test_is_held_against_the_whole_contract(self, large, bank):
        sweep(TODAY, bank)

        assert list(Payout.objects.values_list("amount_minor", "status")) == [(20_000_00, "REQUESTED")]
        assert bank.orders == []

    def test_each_part_is_approved_by_itself(self, large, bank):
        sweep(TODAY, bank)
        approve_payout(payout_id=Payout.objects.get().pk, actor="user:2")
        sweep(TODAY, bank)
        pay_due(loans_of(large)[0], date(2026, 12, 23))

        sweep(SECOND, bank)

        assert list(Payout.objects.order_by("pk").values_list("status", flat=True)) == ["ARRIVED", "REQUESTED"]

    def test_the_authority_asked_for_is_that_of_the_whole_contract(self, large, bank):
        sweep(TODAY, bank)

        asked = ask_payout(
            payout_id=Payout.objects.get().pk,
            reason="As agreed.",
            user=factories.staff("Una", User.Role.UNDERWRITER),
            today=TODAY,
            idempotency_key="one",
        )

        assert (asked.amount_minor, asked.payload["amount_minor"]) == (60_000_00, 20_000_00)


class TestDecline:
    def test_a_part_costs_nothing_and_the_others_go_on(self, contract, bank):
        first = first_paid_out(contract, bank)
        second = loans_of(contract)[1]

        assert decline_tranche(loan_id=second.pk, now=NOW, actor="user:1") is None
        assert decline_tranche(loan_id=second.pk, now=NOW, actor="user:1") is None
        pay_due(first, date(2026, 12, 23))
        pay_due(first, date(2027, 1, 23))
        sweep(SECOND, bank)
        sweep(THIRD, bank)

        contract.refresh_from_db()
        assert statuses(contract) == ["ACTIVE", "CANCELLED", "ACTIVE"]
        assert contract.withdrawn_at is None
        assert [order.amount_minor for order in bank.orders] == [20_000_00, 10_000_00]
        assert notes(contract).count(("TRANCHE_ENDED", 2)) == 1

    def test_one_that_is_held_back_ends_the_waiting(self, contract, bank):
        first_paid_out(contract, bank)
        sweep(SECOND, bank)

        decline_tranche(loan_id=loans_of(contract)[1].pk, now=moment(SECOND), actor="user:1")

        assert Payout.objects.latest("pk").status == "CANCELLED"
        assert Alert.objects.filter(kind="payout.held", ended_at=None).exists() is False

    def test_the_last_of_them_ends_the_contract(self, contract):
        for loan in loans_of(contract):
            decline_tranche(loan_id=loan.pk, now=NOW, actor="user:1")

        contract.refresh_from_db()
        assert (contract.withdrawn_at, contract.application.status) == (NOW, "WITHDRAWN")

    def test_a_part_that_is_there_is_given_back_and_not_declined(self, contract, bank):
        first = first_paid_out(contract, bank)

        with pytest.raises(AlreadyPaidOut):
            decline_tranche(loan_id=first.pk, now=NOW, actor="user:1")

        assert statuses(contract)[0] == "ACTIVE"

    def test_while_its_money_may_be_on_its_way_the_word_is_kept(self, contract, provider):  # noqa: F811
        provider(error=ProviderUnavailable("silent"))
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)

        asked = decline_tranche(loan_id=payout.loan_id, now=NOW, actor="user:1")

        assert (asked.status, statuses(contract)) == ("WAITING", ["APPROVED"] * 3)


class TestGiveBack:
    def test_of_one_part_leaves_the_others_as_they_are(self, contract, bank):
        first = first_paid_out(contract, bank)

        withdraw_contract(loan_id=first.pk, now=NOW, actor="user:1")
        factories.pay(first, 20_000_00, TODAY + DAY)
        assert review_withdrawal(loan_id=first.pk, now=NOW + DAY) == "DONE"

        contract.refresh_from_db()
        contract.application.refresh_from_db()
        assert statuses(contract) == ["SETTLED", "APPROVED", "APPROVED"]
        assert (contract.withdrawn_at, contract.application.status) == (None, "PAID_OUT")
        assert contract.tranches.get(number=1).ended_at == NOW + DAY

    def test_of_a_later_part_counts_its_own_days(self, contract, bank):
        first = first_paid_out(contract, bank)
        pay_due(first, date(2026, 12, 23))
        sweep(SECOND, bank)
        second = loans_of(contract)[1]

        with pytest.raises(CoolingOffOver):
            withdraw_contract(loan_id=first.pk, now=moment(SECOND), actor="user:1")
        asked = withdraw_contract(loan_id=second.pk, now=moment(SECOND + 7 * DAY), actor="user:1")

        assert (asked.status, asked.loan_id) == ("OPEN", second.pk)

    def test_holds_the_next_part_until_it_is_settled(self, contract, bank):
        first = first_paid_out(contract, bank)
        Withdrawal.objects.create(loan=first, status="OPEN", asked_at=NOW, pay_by=SECOND + 9 * DAY)
        pay_due(first, date(2026, 12, 23))

        sweep(SECOND, bank)

        assert Payout.objects.latest("pk").held_because == ["given_back"]

    def test_of_the_contract_before_any_payout_ends_all_of_it(self, contract, bank):
        request_payout(contract_id=contract.pk, now=NOW)

        assert withdraw_contract(loan_id=loans_of(contract)[2].pk, now=NOW, actor="user:1") is None
        for on in (TODAY, SECOND, THIRD):
            sweep(on, bank)

        contract.refresh_from_db()
        assert statuses(contract) == ["CANCELLED"] * 3
        assert (contract.withdrawn_at, contract.application.status, bank.orders) == (NOW, "WITHDRAWN", [])

    def test_of_the_contract_while_the_first_part_is_on_its_way_keeps_the_word_for_it(self, contract, provider):  # noqa: F811
        fake = provider(error=ProviderUnavailable("silent"))
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)

        waiting = withdraw_contract(loan_id=payout.loan_id, now=NOW, actor="user:1")
        assert (waiting.status, statuses(contract)) == ("WAITING", ["APPROVED", "CANCELLED", "CANCELLED"])

        fake.error, fake.answers = None, [failed()]
        sweep_payouts(now=NOW + timedelta(minutes=5), today=TODAY)
        go_on_after_payout(loan_id=payout.loan_id, now=NOW + timedelta(minutes=6))

        contract.refresh_from_db()
        assert statuses(contract) == ["CANCELLED"] * 3
        assert contract.application.status == "WITHDRAWN"


class TestFailed:
    def test_another_account_is_that_of_the_later_parts_too(self, contract, bank):
        bank.answers = [failed()]
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)
        account = PayoutAccount("Other Bank", "6222020000000040006")

        retry_payout(loan_id=payout.loan_id, account=account, now=NOW, actor="user:1")
        sweep(TODAY, bank)
        pay_due(loans_of(contract)[0], date(2026, 12, 23))
        sweep(SECOND, bank)

        assert list(Payout.objects.order_by("pk").values_list("bank", "status")) == [
            ("示范银行", "FAILED"),
            ("Other Bank", "ARRIVED"),
            ("Other Bank", "ARRIVED"),
        ]

    def test_while_the_first_has_not_arrived_no_later_one_is_ordered(self, contract, bank):
        bank.answers = [failed()]
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=TODAY)

        assert contracts_without_payout(today=SECOND) == []
        assert request_payout(contract_id=contract.pk, now=moment(SECOND)) == payout
        assert Payout.objects.count() == 1


def test_how_many_contracts_there_are_makes_the_sweep_no_slower(contract, brook, django_assert_num_queries):
    with django_assert_num_queries(1):
        contracts_without_payout(today=TODAY)


def test_a_part_is_priced_as_the_whole(contract):
    assert {loan.annual_rate for loan in loans_of(contract)} == {contract.offer.annual_rate}
    assert {loan.penalty_annual_rate for loan in loans_of(contract)} == {
        Decimal(contract.facts["sheet"]["late"]["annual_rate"])
    }
