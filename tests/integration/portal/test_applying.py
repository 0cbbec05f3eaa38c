import pytest
from django.test import Client

from dashu.portal.applying import products, views
from loans.models import Application
from loans.services import read_credit_report
from loans.services.decide_application import decide_application
from tests.applicants import AMINAS_NUMBER, NOW, UNKNOWN_CARD, answers, draft, submitted
from tests.integration.loans.test_deciding import FakeBureau, other


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    """The day on which the applications of these tests are made; offers lapse after some of them."""
    for module in (views, products):
        monkeypatch.setattr(module, "lender_now", lambda: NOW)
        monkeypatch.setattr(module, "lender_today", lambda: NOW.date())


@pytest.fixture
def page(amina):
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(amina.user)
    amina.user.language = "en"
    amina.user.save()
    return client


def typed(step, kind="CONSUMER"):
    """What a browser sends for the usual answer to a step."""
    answer = dict(answers(kind)[step])
    if step == "consents":
        return {f"text_{text}": "on" for text in answer["texts"]}
    rows = {"debts": "debts", "business": "guarantors"}.get(step) or ("tranches" if "plan" in answer else None)
    if rows:
        entries = answer.pop(rows, [])
        sent = {f"{rows}-TOTAL_FORMS": str(len(entries) or 1), f"{rows}-INITIAL_FORMS": "0"}
        for place, entry in enumerate(entries):
            entry = {**entry, "share": entry.pop("share_bps") / 100} if "share_bps" in entry else entry
            sent |= {f"{rows}-{place}-{name}": value for name, value in entry.items()}
        answer |= sent
    if "annual_rate" in answer:
        answer["rate"] = "18.25"
    return {name: "on" if value is True else value for name, value in answer.items() if value is not False}


def address(application, step):
    return f"/applications/{application.reference}/steps/{step}/"


class TestProducts:
    def test_everybody_sees_what_is_offered(self, rules, client):
        assert client.get("/apply/").status_code == 200
        assert client.get("/apply/consumer/").status_code == 200
        assert client.get("/apply/gold/").status_code == 404

    def test_whoever_is_not_signed_in_is_shown_the_way_in(self, rules, client):
        answer = client.post("/apply/consumer/")

        assert "/accounts/signup/?next=/apply/consumer/" in answer.content.decode()
        assert not Application.objects.exists()


class TestWizard:
    @pytest.mark.parametrize(
        ("kind", "code"), [("CONSUMER", "consumer"), ("SME", "sme"), ("CARD_REPAYMENT", "card-repayment")]
    )
    def test_leads_from_step_to_step_to_handing_it_in(self, page, kind, code):
        answer = page.post(f"/apply/{code}/", follow=True)
        application = Application.objects.get()
        for step in answers(kind):
            assert answer.request["PATH_INFO"] == address(application, step)
            answer = page.post(address(application, step), typed(step, kind), follow=True)

        assert answer.request["PATH_INFO"] == f"/applications/{application.reference}/check/"
        page.post(f"/applications/{application.reference}/check/")

        application.refresh_from_db()
        assert application.status == "SUBMITTED"

    def test_shows_what_was_answered_to_whoever_comes_back(self, page, amina):
        application = draft(amina)

        assert f'value="{AMINAS_NUMBER}"' in page.get(address(application, "person")).content.decode()
        assert 'value="12000"' in page.get(address(application, "loan")).content.decode()
        assert "checked" in page.get(address(application, "consents")).content.decode()

    def test_keeps_what_was_typed_and_says_what_is_wrong_beside_the_field(self, page, amina):
        application = draft(amina)

        answer = page.post(address(application, "person"), {**typed("person"), "number": "110105194912310021"})

        assert 'value="110105194912310021"' in answer.content.decode()
        assert answer.context["asked"].form.errors["number"]
        assert not answer.context["asked"].form.errors.get("name")

    def test_a_card_of_another_bank_is_refused_beside_its_number(self, page, amina):
        application = draft(amina, "CARD_REPAYMENT")

        answer = page.post(address(application, "card"), {**typed("card", "CARD_REPAYMENT"), "issuer": "ABC"})

        form = answer.context["asked"].form
        assert list(form.errors) == ["card_number"]
        assert form["issuer"].value() == "ABC"
        assert "China Merchants Bank" in answer.content.decode()

    def test_a_bank_that_is_not_listed_is_typed_and_found_again(self, page, amina):
        application = draft(amina, "CARD_REPAYMENT")
        sent = {**typed("card", "CARD_REPAYMENT"), "issuer": "OTHER", "other_issuer": "绿叶银行"}

        page.post(address(application, "card"), {**sent, "card_number": UNKNOWN_CARD})

        form = page.get(address(application, "card")).context["asked"].form
        assert (form["issuer"].value(), form["other_issuer"].value()) == ("OTHER", "绿叶银行")

    def test_another_row_is_asked_for_without_losing_what_was_typed(self, page, amina):
        application = draft(amina)
        sent = {
            "debts-TOTAL_FORMS": "1",
            "debts-INITIAL_FORMS": "0",
            "debts-0-lender": "Other Bank",
            "debts-0-monthly": "1,000",
            "debts-0-left": "5,000",
        }

        rows = page.post(address(application, "debts"), {**sent, "more": "debts"}).context["asked"].rows
        page.post(address(application, "debts"), sent)

        assert len(rows.forms) == 2
        assert rows.forms[0]["lender"].value() == "Other Bank"
        application.refresh_from_db()
        assert application.facts["debts"]["debts"] == [
            {"lender": "Other Bank", "monthly_minor": 1_000_00, "left_minor": 5_000_00}
        ]

    def test_a_row_that_is_wrong_says_so_in_that_row(self, page, amina):
        application = draft(amina)
        sent = {"debts-TOTAL_FORMS": "1", "debts-INITIAL_FORMS": "0", "debts-0-lender": "X", "debts-0-monthly": "many"}

        rows = page.post(address(application, "debts"), sent).context["asked"].rows

        assert set(rows.forms[0].errors) == {"left"}
        sent["debts-0-left"] = "1"
        rows = page.post(address(application, "debts"), sent).context["asked"].rows
        assert set(rows.forms[0].errors) == {"monthly"}

    @pytest.mark.parametrize("total", ["", "x", "-1", "99999999999"])
    def test_a_row_count_that_makes_no_sense_breaks_nothing(self, page, amina, total):
        application = draft(amina)
        sent = {"debts-TOTAL_FORMS": total, "debts-INITIAL_FORMS": "0"}

        assert page.post(address(application, "debts"), {**sent, "more": "debts"}).status_code == 200
        assert page.post(address(application, "debts"), sent).status_code in (200, 302)

    def test_incomplete_applications_lead_back_to_what_is_open(self, page, amina):
        page.post("/apply/consumer/")
        application = Application.objects.get()

        answer = page.get(f"/applications/{application.reference}/check/")

        assert answer.headers["Location"] == address(application, "loan")


class TestHome:
    def test_leads_back_to_what_is_open(self, page, amina, brook):
        mine, theirs = draft(amina), draft(brook)

        shown = page.get("/").content.decode()

        assert f"/applications/{mine.reference}/" in shown
        assert theirs.reference not in shown


class TestOthers:
    def test_another_persons_application_is_not_found(self, page, brook):
        application = draft(brook)

        for path in ("", "check/", "withdraw/", "steps/person/"):
            assert page.get(f"/applications/{application.reference}/{path}").status_code == 404
            assert page.post(f"/applications/{application.reference}/{path}").status_code in (404, 405)

    def test_staff_do_not_fill_in_for_others(self, amina, chidi):
        client = Client()
        client.force_login(chidi)

        assert client.get(f"/applications/{draft(amina).reference}/steps/person/").status_code == 404


class TestWithdraw:
    def test_asks_once_and_ends_it(self, page, amina):
        application = draft(amina)
        assert page.get(f"/applications/{application.reference}/withdraw/").status_code == 200

        page.post(f"/applications/{application.reference}/withdraw/")

        application.refresh_from_db()
        assert application.status == "WITHDRAWN"
        assert page.get(f"/applications/{application.reference}/").status_code == 200


@pytest.fixture
def answered(monkeypatch):
    """Has the bureau answer without HTTP: what this module is about are the pages."""

    def use(**answer):
        monkeypatch.setattr(read_credit_report, "bureau", lambda: FakeBureau(**answer))

    return use


def decided(borrower, kind="CONSUMER", **steps):
    application = submitted(borrower, kind, **steps)
    read_credit_report.read_credit_report(application_id=application.pk, now=NOW)
    return decide_application(application_id=application.pk, now=NOW)


class TestOffers:
    def test_stand_side_by_side_with_what_happens_if_income_falls(self, page, amina, answered):
        answered()
        application = decided(amina)

        shown = page.get(f"/applications/{application.reference}/offers/").content.decode()

        for words in ("Each month", "It costs in all", "All costs, a year", "If your income fell by a fifth"):
            assert words in shown
        assert "How the rate is made up" in shown

    @pytest.mark.parametrize(
        ("rate", "words"),
        [
            ("0.1825", "The loan costs less than paying the card yourself"),
            ("0.05", "The loan is not better for you than paying the card yourself"),
        ],
    )
    def test_of_a_card_loan_are_held_against_paying_the_card_oneself(self, page, amina, answered, rate, words):
        answered()
        application = decided(amina, "CARD_REPAYMENT", card={"annual_rate": rate})

        shown = page.get(f"/applications/{application.reference}/offers/")

        assert words in shown.content.decode()
        assert shown.context["comparison"].minimum.months > shown.context["comparison"].loan.months

    def test_one_is_chosen(self, page, amina, answered):
        answered()
        application = decided(amina)

        page.post(f"/applications/{application.reference}/offers/", {"offer": "1"})

        application.refresh_from_db()
        assert application.status == "ACCEPTED"

    @pytest.mark.parametrize("offer", ["", "9", "-1", "x", "٣", "1" * 30])
    def test_a_choice_that_makes_no_sense_changes_nothing(self, page, amina, answered, offer):
        answered()
        application = decided(amina)

        answer = page.post(f"/applications/{application.reference}/offers/", {"offer": offer}, follow=True)

        application.refresh_from_db()
        assert (answer.status_code, application.status) == (200, "OFFERED")


class TestRefusal:
    def test_says_why_what_would_help_and_how_to_reach_a_person(self, page, amina, answered):
        answered(loans=[other("甲", 6_000_00)])
        application = decided(amina)

        shown = page.get(f"/applications/{application.reference}/").content.decode()

        for words in ("Why not, and what would help", "Each of these alone", "Ask for a person", "told to nobody"):
            assert words in shown
        assert "/learn/" in shown

    def test_a_person_is_asked_for(self, page, amina, answered):
        answered(loans=[other("甲", 6_000_00)])
        application = decided(amina)
        assert page.get(f"/applications/{application.reference}/review/").status_code == 200

        page.post(f"/applications/{application.reference}/review/", {"words": "Look again."})

        application.refresh_from_db()
        assert (application.status, application.review_requests.get().words) == ("REFERRED", "Look again.")

    def test_words_that_cannot_be_taken_now_are_not_lost(self, page, amina, answered):
        answered(loans=[other("甲", 6_000_00)])
        application = decided(amina)
        draft(amina, now=NOW)

        shown = page.post(f"/applications/{application.reference}/review/", {"words": "I changed jobs."})

        assert "You have begun another application for this loan." in shown.content.decode()
        assert "I changed jobs.</textarea>" in shown.content.decode()
        assert application.review_requests.exists() is False

    def test_a_person_is_asked_for_in_words_that_no_database_keeps(self, page, amina, answered):
        answered(loans=[other("甲", 6_000_00)])
        application = decided(amina)

        page.post(f"/applications/{application.reference}/review/", {"words": "Look\0 again."})

        assert application.review_requests.get().words == "Look again."

    def test_the_budget_shows_the_figures_that_counted_and_tries_others(self, page, amina, answered):
        answered(loans=[other("甲", 6_000_00)])
        application = decided(amina)
        address = f"/applications/{application.reference}/budget/"

        counted = page.get(address).context["month"]
        tried = page.get(address, {"income": "20,000", "essentials": "4500", "debts": "0"}).context["month"]
        wrong = page.get(address, {"income": "many", "essentials": "4500", "debts": "0"}).context["month"]

        assert (counted.income, counted.debts, counted.most) == (8_400_00, 6_000_00, 0)
        assert (tried.income, tried.buffer, tried.free) == (20_000_00, 2_000_00, 13_500_00)
        assert wrong == counted


class TestNothingElse:
    @pytest.mark.parametrize("path", ["offers/", "review/", "budget/", "consents/"])
    def test_of_another_person_is_not_found(self, page, brook, answered, path):
        answered()
        application = decided(brook)

        assert page.get(f"/applications/{application.reference}/{path}").status_code == 404
        assert page.post(f"/applications/{application.reference}/{path}").status_code in (404, 405)


class TestConsents:
    def test_show_what_was_agreed_to_and_can_be_taken_back(self, page, amina):
        application = submitted(amina)
        address = f"/applications/{application.reference}/consents/"
        assert "Reading your credit report" in page.get(address).content.decode()

        page.post(address, {"purpose": "AUTOMATED_DECISION"})

        shown = page.get(address)
        assert len(shown.context["held"]) == 3
        assert "Withdrawn: A first decision by computer" in shown.content.decode()

    @pytest.mark.parametrize("purpose", ["", "NOTHING", "x" * 500])
    def test_what_was_not_given_is_not_taken_back(self, page, amina, purpose):
        application = submitted(amina)

        answer = page.post(f"/applications/{application.reference}/consents/", {"purpose": purpose}, follow=True)

        assert answer.status_code == 200
        application.refresh_from_db()
        assert application.status == "SUBMITTED"
