"""A business takes its loan in parts, from the first question in the browser to the last payout."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_now, lender_today
from dashu.portal.signing import giving_back
from loans.models import Application, Loan
from repayments.models import Payout
from repayments.services.request_payout import request_payout
from repayments.services.send_payout import send_payout, sweep_payouts
from tests import factories
from tests.applicants import NOW, answers
from tests.integration.portal.test_applying import page, typed  # noqa: F401 – a fixture
from tests.integration.repayments.test_payouts import arrived, provider  # noqa: F401 – a fixture
from tests.integration.repayments.test_tranches import ASKED, SECOND, THIRD
from tests.signers import READ, choose, chosen, code_for, sign, signed, understand

IN_SUM = {"amount": "45000.00", "months": "12", "purpose": "STOCK", "plan": "equal_principal"}


def rows(*parts: tuple[str, str | None]) -> dict[str, str]:
    """What a browser sends for parts: amount and day; the first has no field for a day."""
    sent = {"tranches-TOTAL_FORMS": str(len(parts)), "tranches-INITIAL_FORMS": "0"}
    for place, (amount, on) in enumerate(parts):
        sent |= {f"tranches-{place}-amount": amount} | ({f"tranches-{place}-on": on} if on is not None else {})
    return sent


def begun(page) -> str:  # noqa: F811
    page.post("/apply/sme/")
    return f"/applications/{Application.objects.get().reference}"


def in_days(days: int) -> str:
    return (lender_today() + timedelta(days=days)).isoformat()


@pytest.fixture
def three():
    return rows(("20,000", None), ("15000", in_days(40)), ("10000", in_days(70)))


class TestAsking:
    def test_is_asked_of_a_product_that_has_parts_only(self, page):  # noqa: F811
        business = page.get(f"{begun(page)}/steps/loan/").content.decode()
        page.post("/apply/consumer/")
        consumer = Application.objects.get(product__code="consumer")

        assert "All at once, or in parts?" in business
        assert "In up to 3 parts, each at least ¥10,000.00" in business
        assert "in parts?" not in page.get(f"/applications/{consumer.reference}/steps/loan/").content.decode()

    def test_another_part_is_added_without_going_on(self, page, three):  # noqa: F811
        address = f"{begun(page)}/steps/loan/"

        shown = page.post(address, IN_SUM | rows(("20000", None)) | {"more": "tranches"}).content.decode()

        assert "Part 2" in shown
        assert 'name="tranches-1-on"' in shown
        assert 'name="tranches-0-on"' not in shown
        assert Application.objects.get().answers == {}

    def test_is_kept_and_shown_to_who_comes_back_and_before_it_is_handed_in(self, page, three):  # noqa: F811
        begin = begun(page)

        answer = page.post(f"{begin}/steps/loan/", IN_SUM | three)

        assert answer.headers["Location"] == f"{begin}/steps/person/"
        assert Application.objects.get().answers["loan"]["tranches"] == [
            {"minor": 20_000_00, "on": None},
            {"minor": 15_000_00, "on": in_days(40)},
            {"minor": 10_000_00, "on": in_days(70)},
        ]
        again = page.get(f"{begin}/steps/loan/").content.decode()
        assert f'value="{in_days(40)}"' in again
        assert 'value="15000"' in again

    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            ((("20000", None), ("15000", 40)), "The parts come to 35000.00 in all"),
            ((("20000", None), ("25000", "")), "Name the day on which this part is to be paid out."),
            ((("20000", None), ("25000", 181)), "Choose a day after today and not later than"),
            ((("20000", None), ("25000", 0)), "Choose a day after today and not later than"),
            ((("40000", None), ("5000", 40)), "Each part is at least 10000.00."),
            ((("20000", None), ("15000", 70), ("10000", 40)), "Each part comes on a later day"),
            ((("15000", None), ("10000", 20), ("10000", 40), ("10000", 60)), "paid out in at most 3 parts"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_nothing(self, page, parts, said):  # noqa: F811
        address = f"{begun(page)}/steps/loan/"
        sent = [(amount, in_days(on) if isinstance(on, int) else on) for amount, on in parts]

        shown = page.post(address, IN_SUM | rows(*sent)).content.decode()

        assert said in shown
        assert Application.objects.get().answers == {}


class TestLife:
    def test_from_the_first_question_to_the_last_payout(self, page, provider, three):  # noqa: F811
        fake, begin, now = provider(), begun(page), lender_now()
        page.post(f"{begin}/steps/loan/", IN_SUM | three)
        for step in [step for step in answers("SME") if step != "loan"]:
            page.post(f"{begin}/steps/{step}/", typed(step, "SME"))
        over = page.get(f"{begin}/check/").content.decode()
        page.post(f"{begin}/check/")
        application = Application.objects.get()

        choose(application, now=now)
        offered = page.get(f"{begin}/offers/").content.decode()
        understand(application, now=now + READ)
        costs = page.get(f"{begin}/costs/").content.decode()
        signing = page.get(f"{begin}/sign/").content.decode()
        contract = sign(application, code_for(application, now=now + READ), now=now + READ)
        fresh = page.get(f"{begin}/").content.decode()

        assert "¥20,000.00, as soon as the contract is signed" in over
        assert "¥20,000.00, as soon as the contract is signed" in offered
        assert costs.count('<table class="schedule">') == 3
        assert "Part 2: ¥15,000.00 on" in costs
        assert "Part 3, paid out on" in signing
        assert fresh.count("I do not need this part") == 3

        for days, status in ((0, "ACTIVE"), (40, "ACTIVE"), (70, "ACTIVE")):
            at, today = now + timedelta(days=days), lender_today() + timedelta(days=days)
            for loan in Loan.objects.filter(status="ACTIVE"):
                factories.pay(loan, 6_000_00, today - timedelta(days=20))
            fake.answers = [arrived(at)]
            request_payout(contract_id=contract.pk, now=at)
            sweep_payouts(now=at, today=today)
            assert Loan.objects.latest("starts_on").status in (status, "APPROVED")

        shown = page.get(f"{begin}/").content.decode()
        assert list(Loan.objects.order_by("starts_on").values_list("status", flat=True)) == ["ACTIVE"] * 3
        assert shown.count("The money arrived on") == 3
        assert "Part 3: Money paid out" in shown
        assert "I do not need this part" not in shown


class TestPage:
    @pytest.fixture
    def contract(self, amina):
        return signed(amina, "SME", loan=ASKED)

    def address(self, contract, place=""):
        return f"/applications/{contract.application.reference}/{place}"

    def test_says_why_a_part_waits(self, page, contract, provider):  # noqa: F811
        provider()
        send_payout(payout_id=request_payout(contract_id=contract.pk, now=NOW).pk, now=NOW, today=NOW.date())
        request_payout(contract_id=contract.pk, now=NOW + timedelta(days=53))
        sweep_payouts(now=NOW + timedelta(days=53), today=SECOND)

        shown = page.get(self.address(contract)).content.decode()

        assert "It was to be paid out on" in shown
        assert "A payment on another part of this contract is overdue." in shown
        assert "after the part before it" in shown
        assert THIRD.isoformat() not in shown

    def test_a_part_is_declined_after_one_question(self, page, contract, monkeypatch):  # noqa: F811
        monkeypatch.setattr(giving_back, "lender_now", lambda: NOW)
        address = self.address(contract, "give-back/2/")

        asked = page.get(address).content.decode()
        answer = page.post(address, follow=True).content.decode()

        assert "Part 2, ¥15,000.00, is then not paid out" in asked
        assert "This part is not paid out. It cost nothing" in answer
        assert "Not paid out. It cost nothing." in answer
        assert list(Loan.objects.order_by("pk").values_list("status", flat=True)) == [
            "APPROVED",
            "CANCELLED",
            "APPROVED",
        ]

    def test_the_whole_contract_is_ended_before_any_money_has_come(self, page, contract, monkeypatch):  # noqa: F811
        monkeypatch.setattr(giving_back, "lender_now", lambda: NOW)

        page.post(self.address(contract, "give-back/"))

        assert set(Loan.objects.values_list("status", flat=True)) == {"CANCELLED"}

    def test_nobody_else_finds_a_part(self, contract, client, brook):
        client.force_login(brook.user)

        assert client.post(self.address(contract, "give-back/2/")).status_code == 404
        assert set(Loan.objects.values_list("status", flat=True)) == {"APPROVED"}

    def test_a_part_that_is_not_there_is_not_found(self, page, contract):  # noqa: F811
        assert page.get(self.address(contract, "give-back/4/")).status_code == 404

    def test_reads_no_more_for_three_parts_than_for_one(self, page, contract, amina, django_assert_max_num_queries):  # noqa: F811
        Payout.objects.all().delete()
        with django_assert_max_num_queries(30):
            page.get(self.address(contract))

    def test_offers_show_their_parts(self, page, amina):  # noqa: F811
        application = chosen(amina, "SME", loan=ASKED)

        shown = page.get(f"/applications/{application.reference}/offers/").content.decode()

        assert "¥15,000.00 on " in shown
