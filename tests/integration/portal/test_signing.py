from datetime import timedelta

import pytest

from dashu.portal.applying import views
from dashu.portal.signing import giving_back, paying_out, reading, signing
from loans.models import Disclosure, LoanContract, SigningCode
from repayments.models import Checkout, Payout, Withdrawal
from repayments.services.request_payout import request_payout
from repayments.services.send_payout import send_payout
from tests.applicants import NOW
from tests.integration.portal.test_applying import page  # noqa: F401 – a fixture
from tests.papers import text_of
from tests.signers import ACCOUNT, READ, chosen, right_answers, signed, understood


@pytest.fixture
def at(monkeypatch):
    """Set what time it is on the pages."""

    def set_to(moment):
        monkeypatch.setattr(reading, "lender_now", lambda: moment)
        monkeypatch.setattr(signing, "lender_now", lambda: moment)

    set_to(NOW)
    return set_to


def address(application, place):
    return f"/applications/{application.reference}/{place}/"


class TestCosts:
    def test_every_line_of_the_sheet_is_on_the_page(self, page, amina, at):  # noqa: F811
        application = chosen(amina)

        shown = page.get(address(application, "costs")).content.decode()

        for words in (
            "All costs, a year",
            "Interest in all",
            "Notary fee",
            "The notary office",
            "Penalty interest",
            "No fee for early repayment",
            "No. 12",
        ):
            assert words in shown
        assert 'data-seconds="20"' in shown

    def test_going_on_too_early_says_how_long_it_takes_still(self, page, amina, at):  # noqa: F811
        application = chosen(amina)
        page.get(address(application, "costs"))

        answer = page.post(address(application, "costs"))

        assert "you can go on in 20 s" in answer.content.decode()
        assert Disclosure.objects.get().confirmed_at is None

    def test_leads_to_the_questions(self, page, amina, at):  # noqa: F811
        application = chosen(amina)
        page.get(address(application, "costs"))
        at(NOW + READ)

        assert page.post(address(application, "costs")).headers["Location"] == address(application, "questions")

    def test_of_another_person_is_not_found(self, page, brook, at):  # noqa: F811
        application = chosen(brook)

        for place in ("costs", "questions"):
            assert page.get(address(application, place)).status_code == 404
            assert page.post(address(application, place)).status_code == 404
        assert not Disclosure.objects.exists()


class TestQuestions:
    def read(self, page, amina, at):  # noqa: F811
        application = chosen(amina)
        page.get(address(application, "costs"))
        at(NOW + READ)
        page.post(address(application, "costs"))
        return application

    def test_come_after_the_reading(self, page, amina, at):  # noqa: F811
        application = chosen(amina)

        answer = page.get(address(application, "questions"))

        assert answer.headers["Location"] == address(application, "costs")

    def test_a_wrong_answer_is_explained_by_its_place_on_the_sheet(self, page, amina, at):  # noqa: F811
        application = self.read(page, amina, at)
        right = right_answers(application)
        wrong = {**right, "late": next(key for key in "abc" if key != right["late"])}

        shown = page.post(address(application, "questions"), wrong).content.decode()

        assert shown.count("See it on the sheet") == 1
        assert f"{address(application, 'costs')}#late" in shown
        assert "Penalty interest of" in shown

    def test_right_answers_are_kept(self, page, amina, at):  # noqa: F811
        application = self.read(page, amina, at)

        page.post(address(application, "questions"), right_answers(application))

        assert Disclosure.objects.get().passed_at == NOW + READ

    def test_left_out_answers_are_not_yet_understood(self, page, amina, at):  # noqa: F811
        application = self.read(page, amina, at)

        answer = page.post(address(application, "questions"))

        assert answer.status_code == 200
        assert Disclosure.objects.get().tries[0]["wrong"] == ["payment", "cost", "late"]


class TestSign:
    def test_asks_for_the_account_sends_a_code_and_signs_with_it(self, page, amina, at):  # noqa: F811
        application = understood(amina)
        assert "Send me the code" in page.get(address(application, "sign")).content.decode()

        page.post(address(application, "sign"), {"bank": ACCOUNT.bank, "number": ACCOUNT.number})
        code = SigningCode.objects.get()
        shown = page.get(address(application, "sign")).content.decode()
        page.post(address(application, "sign"), {"code": f" {code.sealed_code[:3]} {code.sealed_code[3:]}"})

        assert "138****1234" in shown
        assert code.sealed_code in shown  # a demonstration sends no messages
        contract = LoanContract.objects.get()
        assert (contract.bank, contract.account_number) == (ACCOUNT.bank, ACCOUNT.number)
        assert contract.evidence["where"]["ip"] == "127.0.0.1"

    def test_says_how_to_complain_as_the_contract_does(self, page, amina, at):  # noqa: F811
        application = understood(amina)

        shown = page.get(address(application, "sign")).content.decode()

        assert "400-000-0000, every day from 9:00 to 21:00" in shown
        assert "the complaint hotline of the National Financial Regulatory Administration, 12378" in shown

    def test_a_wrong_account_is_said_beside_the_field(self, page, amina, at):  # noqa: F811
        application = understood(amina)

        answer = page.post(address(application, "sign"), {"bank": "X", "number": "6222020000000040007"})

        assert answer.context["account"].errors["number"]
        assert not SigningCode.objects.exists()

    def test_a_wrong_code_says_how_many_tries_are_left(self, page, amina, at):  # noqa: F811
        application = understood(amina)
        page.post(address(application, "sign"), {"bank": ACCOUNT.bank, "number": ACCOUNT.number})

        shown = page.post(address(application, "sign"), {"code": "x"}).content.decode()

        assert "tries left: 4" in shown
        assert not LoanContract.objects.exists()

    def test_a_card_asks_for_no_account(self, page, amina, at):  # noqa: F811
        application = understood(amina, "CARD_REPAYMENT")

        shown = page.get(address(application, "sign")).content.decode()
        page.post(address(application, "sign"))

        assert "6225 •••• •••• 2231 only" in shown
        assert SigningCode.objects.get().account_number is None

    def test_leads_back_to_what_was_not_read(self, page, amina, at):  # noqa: F811
        application = chosen(amina)

        assert page.get(address(application, "sign")).headers["Location"] == address(application, "costs")


class TestContract:
    def test_is_handed_out_to_its_borrower_only(self, page, amina, brook, at):  # noqa: F811
        mine = signed(amina)
        brooks = signed(brook, person={"name": "布鲁克", "number": "110101199003070134", "phone": "13800005678"})

        paper = page.get(address(mine.application, "contract"))

        assert paper.headers["Content-Disposition"] == f'attachment; filename="{mine.number}.pdf"'
        assert mine.number in text_of(paper.content)
        assert page.get(address(brooks.application, "contract")).status_code == 404

    def test_can_be_checked_by_anyone(self, client, amina):
        contract = signed(amina)

        shown = client.get(f"/verify/{contract.code_shown}/", headers={"Accept-Language": "en"}).content.decode()

        assert contract.sha256 in shown
        assert "阿米娜" not in shown


def prove_who_it_is(client, answer):
    client.post(answer.headers["Location"], {"password": "correct horse"})


class TestAccount:
    def failed(self, borrower):
        contract = signed(borrower)
        request_payout(contract_id=contract.pk, now=NOW)
        Payout.objects.update(status="FAILED")
        return contract.application

    def test_another_one_is_named_after_a_failure(self, page, amina, at, monkeypatch):  # noqa: F811
        monkeypatch.setattr(paying_out, "lender_now", lambda: NOW)
        application = self.failed(amina)
        shown = page.get(f"/applications/{application.reference}/").content.decode()
        prove_who_it_is(page, page.get(address(application, "account")))

        page.post(address(application, "account"), {"bank": "Other Bank", "number": "6222020000000080002"})

        assert "no interest runs until it is there" in shown
        assert LoanContract.objects.get().bank == "Other Bank"
        assert list(Payout.objects.values_list("bank", "status")) == [
            ("Other Bank", "APPROVED"),
            (ACCOUNT.bank, "FAILED"),
        ]

    def test_is_named_only_by_who_proves_again_who_they_are(self, page, amina, at):  # noqa: F811
        application = self.failed(amina)

        answer = page.post(address(application, "account"), {"bank": "X", "number": "6222020000000080002"})

        assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
        assert Payout.objects.count() == 1

    def test_is_not_asked_for_while_money_may_be_on_its_way(self, page, amina, at):  # noqa: F811
        application = self.failed(amina)
        Payout.objects.update(status="SENT")

        answer = page.post(address(application, "account"), {"bank": "X", "number": "6222020000000080002"})

        assert answer.headers["Location"] == f"/applications/{application.reference}/"
        assert Payout.objects.count() == 1

    def test_of_another_person_is_not_found(self, page, brook, at):  # noqa: F811
        application = self.failed(brook)

        assert page.post(address(application, "account"), {"bank": "X", "number": "1"}).status_code == 404
        assert Payout.objects.count() == 1


class TestGiveBack:
    @pytest.fixture
    def clock(self, monkeypatch):
        def set_to(moment):
            monkeypatch.setattr(giving_back, "lender_now", lambda: moment)
            monkeypatch.setattr(giving_back, "lender_today", moment.date)
            monkeypatch.setattr(views, "lender_today", moment.date)

        set_to(NOW)
        return set_to

    def paid_out(self, borrower):
        contract = signed(borrower)
        payout = request_payout(contract_id=contract.pk, now=NOW)
        send_payout(payout_id=payout.pk, now=NOW, today=NOW.date())
        return contract.application

    def test_before_the_payout_ends_the_contract(self, page, amina, clock):  # noqa: F811
        application = signed(amina).application

        shown = page.get(address(application, "give-back")).content.decode()
        page.post(address(application, "give-back"))

        assert "The contract ends at once" in shown
        application.refresh_from_db()
        assert application.status == "WITHDRAWN"
        assert page.get(f"/applications/{application.reference}/").status_code == 200

    def test_after_it_says_what_to_pay_by_when_and_takes_it(self, page, amina, clock):  # noqa: F811
        application = self.paid_out(amina)
        assert "until Nov. 30, 2026" in page.get(f"/applications/{application.reference}/").content.decode()

        answer = page.post(address(application, "give-back"), follow=True).content.decode()
        once = {"pay": "1", "once": "9f3c2a4e-0000-4000-8000-000000000001"}
        paying = page.post(address(application, "give-back"), once)
        assert page.post(address(application, "give-back"), once).url == paying.url

        assert "To pay back by Nov. 30, 2026" in answer
        assert paying.headers["Location"].startswith("/gateway/simulated/")
        assert Checkout.objects.get().amount_minor == 12_000_00

    def test_is_not_offered_when_the_days_are_over(self, page, amina, clock):  # noqa: F811
        application = self.paid_out(amina)
        clock(NOW + timedelta(days=8))

        assert page.get(address(application, "give-back")).status_code == 302
        page.post(address(application, "give-back"))

        assert not Withdrawal.objects.exists()

    def test_of_another_person_is_not_found(self, page, brook, clock):  # noqa: F811
        application = signed(brook).application

        assert page.post(address(application, "give-back")).status_code == 404
        application.refresh_from_db()
        assert application.status == "SIGNED"
