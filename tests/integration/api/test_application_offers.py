"""What a partner's program is told of a decision, and what it can do about it."""

from datetime import date, timedelta
from hashlib import sha256
from json import dumps
from unittest.mock import patch

import pytest

from dashu.api.models import StoredAnswer
from dashu.kernel.dates import lender_now, lender_today
from loans.api import application_offers, application_telling
from loans.api import decision_examples as examples
from loans.models import Application, ApplicationEvent, CreditReview, Guarantor, Offer, ReviewRequest
from loans.services import read_credit_report
from loans.services.decide_application import decide_application
from loans.services.submit_application import submit_application
from tests import factories
from tests.applicants import NOW
from tests.integration.api.conftest import assert_problem, program_of
from tests.integration.api.test_applications import applied, offered, post
from tests.integration.loans.test_deciding import FakeBureau, other
from tests.signers import guaranteed, understood

__all__ = ["offered"]  # the fixture that every test here starts from
pytestmark = pytest.mark.django_db

POOR = {"income": "6500.00", "housing": "2200.00", "food": "1500.00", "transport": "300.00", "family": "200.00"}


def decided(program, *loans, **about):
    """Return an application that was handed in and decided on. :param loans: that the bureau knows."""
    application, now = applied(program, **about), lender_now()
    submit_application(application_id=application.pk, now=now, actor="partner:dana")
    with patch.object(read_credit_report, "bureau", lambda: FakeBureau(loans)):
        read_credit_report.read_credit_report(application_id=application.pk, now=now)
    return decide_application(application_id=application.pk, now=now)


def refused(program, **about):
    return decided(program, other("南湖网络贷款", 2_364_00), month=POOR, **about)


def decided_again(application, *, findings=(), **columns):
    """Add another refusal, as a person's is added to the computer's."""
    about = {"facts": {}, "rules_on": lender_today(), "decided_at": lender_now(), **columns}
    return CreditReview.objects.create(application=application, outcome="REFUSE", findings=list(findings), **about)


def address_of(application):
    return f"applications/{application.reference}"


class TestDecision:
    def test_says_why_not_and_what_would_help_in_the_language_asked_for(self, program):
        address = address_of(refused(program))

        shown = program.get(address).json()
        chinese = program.get(address, **{"Accept-Language": "zh-Hans"}).json()

        assert shown["decision"]["outcome"] == "REFUSE"
        assert shown["decision"]["reasons"] == [
            {
                "code": "no_surplus",
                "fact": (
                    "With this installment ¥2,888.52 a month would be missing after essentials, debts and a reserve."
                ),
                "help": "A smaller amount, a longer time or proof of more income helps.",
            }
        ]
        assert [limit["code"] for limit in shown["decision"]["limits"]] == ["offer.installment"]
        assert chinese["decision"]["reasons"][0]["code"] == "no_surplus"
        assert "¥2,888.52" in chinese["decision"]["reasons"][0]["fact"]
        assert chinese["decision"]["reasons"][0]["fact"] != shown["decision"]["reasons"][0]["fact"]
        assert shown["may_ask_for_review"] is True
        assert shown["offers"] == []

    def test_shows_the_month_that_counted_and_names_no_lender(self, program):
        answer = program.get(address_of(refused(program)))

        budget = {name: money["amount"] for name, money in answer.json()["decision"]["budget"].items()}
        assert budget == {
            "income": "4550.00",
            "stated_income": "6500.00",
            "essentials": "4200.00",
            "debts": "2364.00",
            "buffer": "455.00",
            "free": "-2469.00",
            "highest_installment": "0.00",
        }
        assert "南湖" not in answer.content.decode()

    def test_says_what_would_change_the_answer(self, program):
        application = refused(program)
        ways = {"missing": 300_00, "lower_debts_by": 300_00, "wait_months": 4, "prove_income": 6_500_00}
        decided_again(application, answer={"ways": ways})

        shown = program.get(address_of(application)).json()["decision"]["ways"]

        assert [(way["code"], way["amount"] and way["amount"]["amount"], way["months"]) for way in shown] == [
            ("lower_debts", "300.00", None),
            ("wait", None, 4),
            ("prove_income", "6500.00", None),
        ]
        assert shown[1]["words"] == "Waiting 4 months: by then enough of your debts has ended."

    def test_of_a_person_has_their_words_and_the_reasons_they_chose(self, program):
        application = refused(program)
        decided_again(
            application,
            findings=[
                {"outcome": "REFUSE", "reason": "no_surplus", "found": -100_00, "limit": 0, "days": None},
                {"outcome": "REFER", "reason": "seen_before", "found": None, "limit": None, "days": None},
            ],
            answer={"reasons": ["seen_before"]},
            note="Please call us.",
            decided_by=factories.staff("Chidi"),
        )

        shown = program.get(address_of(application)).json()

        assert shown["decision"]["is_by_person"] is True
        assert shown["decision"]["words"] == "Please call us."
        assert [reason["code"] for reason in shown["decision"]["reasons"]] == ["seen_before"]
        assert shown["decision"]["budget"] is None
        assert shown["may_ask_for_review"] is False


class TestOffers:
    def test_are_shown_with_their_figures_while_one_can_be_chosen(self, program):
        application = decided(program)

        first, second = program.get(address_of(application)).json()["offers"]

        last_day = (lender_today() + timedelta(days=14)).isoformat()
        assert first == {**examples.OFFERED["offers"][0], "expires_on": last_day}
        assert (second["position"], second["count"], second["is_chosen"]) == (2, 36, False)

    def test_are_gone_when_the_application_is_withdrawn(self, program):
        application = decided(program)

        assert post(program, f"{address_of(application)}/withdraw", {}).json()["offers"] == []
        assert_problem(program.get(f"{address_of(application)}/offers/1/sheet"), 404, "offer_not_found", "offer")


class TestSheet:
    def test_is_the_one_of_the_documentation(self, program, monkeypatch):
        application = decided(program, loan={"amount": "3000.00", "months": 3})
        monkeypatch.setattr(application_offers, "lender_today", lambda: date(2026, 11, 23))

        answer = program.get(f"{address_of(application)}/offers/1/sheet")

        assert answer.json() == examples.SHEET

    def test_has_the_digest_of_its_document_and_changes_nothing(self, program):
        application = decided(program)
        kept = Offer.objects.get(application=application, position=2).sheet

        shown = program.get(f"{address_of(application)}/offers/2/sheet").json()

        text = dumps(shown["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert sha256(text.encode()).hexdigest() == shown["digest"]
        assert len(shown["installments"]) == 36
        assert Offer.objects.get(application=application, position=2).sheet == kept

    def test_is_in_the_language_asked_for(self, program):
        address = f"{address_of(decided(program))}/offers/1/sheet"

        shown = program.get(address, **{"Accept-Language": "zh-Hans"}).json()

        assert (shown["costs"][0]["name"], shown["contingent"][1]["name"]) == ("利息", "公证费")

    @pytest.mark.parametrize("position", ["0", "4", "01", "x", "99999999999999999999"])
    def test_of_no_offer_is_not_found(self, program, position):
        address = f"{address_of(decided(program))}/offers/{position}"

        assert_problem(program.get(f"{address}/sheet"), 404, "offer_not_found", "offer")


class TestChoose:
    def test_chooses_one_and_then_another(self, program):
        application = decided(program)
        address = address_of(application)

        first = post(program, f"{address}/offers/1/choose", {}).json()
        post(program, f"{address}/offers/1/choose", {})
        second = post(program, f"{address}/offers/2/choose", {}).json()

        assert (first["status"], [offer["is_chosen"] for offer in first["offers"]]) == ("ACCEPTED", [True, False])
        assert (second["status"], [offer["is_chosen"] for offer in second["offers"]]) == ("ACCEPTED", [False, True])
        events = ApplicationEvent.objects.filter(application=application, kind="CHOSEN").order_by("pk")
        assert [(event.actor, event.data) for event in events] == [
            ("partner:dana", {"offer": 1}),
            ("partner:dana", {"offer": 2}),
        ]

    def test_the_same_request_again_has_the_first_answer(self, program):
        application = decided(program)
        address = f"{address_of(application)}/offers"

        first = post(program, f"{address}/1/choose", {}, key="once")
        post(program, f"{address}/2/choose", {})
        again = post(program, f"{address}/1/choose", {}, key="once")

        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert Offer.objects.get(application=application, chosen_at__isnull=False).position == 2

    @pytest.mark.parametrize("position", ["0", "4", "x", "٣", "99999999999999999999"])
    def test_refuses_what_is_no_offer(self, program, position):
        application = decided(program)

        answer = post(program, f"{address_of(application)}/offers/{position}/choose", {})

        assert_problem(answer, 404, "offer_not_found", "offer")
        assert not Offer.objects.exclude(chosen_at=None).exists()
        application.refresh_from_db()
        assert application.status == "OFFERED"

    def test_refuses_an_offer_whose_last_day_is_over(self, program):
        application = decided(program)
        Offer.objects.update(expires_on=lender_today() - timedelta(days=1))

        assert_problem(post(program, f"{address_of(application)}/offers/1/choose", {}), 409, "offer_lapsed", "offer")
        assert not Offer.objects.exclude(chosen_at=None).exists()

    def test_refuses_before_there_are_offers(self, program):
        application = applied(program)

        for path in ("offers/1/choose", "offers/reconsider", "review"):
            answer = post(program, f"{address_of(application)}/{path}", {})
            assert_problem(answer, 409, "application_state", "application")
        application.refresh_from_db()
        assert application.status == "DRAFT"

    def test_goes_back_to_the_offers(self, program):
        application = decided(program)
        address = f"{address_of(application)}/offers"
        post(program, f"{address}/1/choose", {})

        first, again = post(program, f"{address}/reconsider", {}), post(program, f"{address}/reconsider", {})

        assert (first.json()["status"], again.json()["status"]) == ("OFFERED", "OFFERED")
        assert [offer["is_chosen"] for offer in first.json()["offers"]] == [False, False]
        assert ApplicationEvent.objects.filter(application=application, kind="RECONSIDERED").count() == 1


class TestReview:
    def test_has_a_person_look_and_says_by_when(self, program):
        application = refused(program)
        address = f"{address_of(application)}/review"

        first = post(program, address, {"words": " My rent falls in January. "})
        again = post(program, address, {"words": "And once more."})

        asked = ReviewRequest.objects.get()
        assert (asked.application, asked.words) == (application, "My rent falls in January.")
        shown = first.json()
        assert (shown["status"], shown["may_ask_for_review"]) == ("REFERRED", False)
        assert shown["review_request"]["due_on"] == asked.due_on.isoformat()
        assert shown["decision"]["outcome"] == "REFUSE"
        assert again.json()["review_request"] == shown["review_request"]

    def test_needs_no_words(self, program):
        post(program, f"{address_of(refused(program))}/review", {})

        assert ReviewRequest.objects.get().words == ""

    @pytest.mark.parametrize(
        ("sent", "code", "field"),
        [
            ({"words": "x" * 1001}, "too_long", "words"),
            ({"words": {}}, "invalid_input", "words"),
            ({"word": "x"}, "unknown_field", "word"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, program, sent, code, field):
        application = refused(program)
        kept = StoredAnswer.objects.count()

        assert_problem(post(program, f"{address_of(application)}/review", sent), 422, code, field)

        assert not ReviewRequest.objects.exists()
        assert StoredAnswer.objects.count() == kept

    def test_refuses_where_a_person_has_looked_already(self, program):
        application = refused(program)
        decided_again(application, decided_by=factories.staff("Chidi"))

        answer = post(program, f"{address_of(application)}/review", {})

        assert_problem(answer, 409, "review_answered", "application")
        assert not ReviewRequest.objects.exists()

    def test_refuses_beside_another_open_application(self, program):
        application = refused(program)
        begun = applied(program)

        answer = post(program, f"{address_of(application)}/review", {})

        assert_problem(answer, 409, "another_application_open", "application")
        assert begun.pk != application.pk
        assert not ReviewRequest.objects.exists()


class TestScopes:
    def test_reading_a_sheet_and_choosing_are_apart(self, program, dana):
        application = decided(program)
        address = f"{address_of(application)}/offers/1"
        reads, writes = program_of(dana, scope="applications:read"), program_of(dana, scope="applications:write")

        assert reads.get(f"{address}/sheet").status_code == 200
        assert_problem(post(reads, f"{address}/choose", {}), 403, "insufficient_scope", None)
        assert_problem(writes.get(f"{address}/sheet"), 403, "insufficient_scope", None)
        assert Application.objects.get().status == "OFFERED"


class TestGuarantors:
    def test_are_told_masked_with_what_they_answered(self, program, dana, amina, monkeypatch):
        monkeypatch.setattr(application_telling, "lender_now", lambda: NOW)
        application = understood(amina, "SME")
        Application.objects.filter(pk=application.pk).update(partner=dana)
        [asked] = program.get(address_of(application)).json()["guarantors"]
        guaranteed(Guarantor.objects.get())

        [agreed] = program.get(address_of(application)).json()["guarantors"]

        assert asked == {
            "name": "布**",
            "number": "110***********0134",
            "phone": "139****5678",
            "share_bps": 5000,
            "state": "WAITING",
            "answered_at": None,
        }
        assert (agreed["state"], agreed["answered_at"]) == ("SIGNED", "2026-11-23T10:00:00+08:00")

    def test_of_another_partners_application_are_not_told(self, program, amina):
        application = understood(amina, "SME")

        assert_problem(program.get(address_of(application)), 404, "application_not_found", "application")

    def test_of_a_loan_without_any_is_an_empty_list(self, program):
        assert program.get(address_of(decided(program))).json()["guarantors"] == []
