from datetime import timedelta
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashu import uploads
from dashu.api.models import StoredAnswer
from dashu.consents.models import ConsentEntry, ConsentText
from dashu.consents.selectors import consents_held, latest_texts
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import Borrower, Identity
from loans.api import application_examples as examples
from loans.domain.application_consents import EVERY
from loans.models import Application, ApplicationDocument, ApplicationEvent, CreditReview
from loans.services.scan_document import scan_document
from loans.services.start_application import start_application
from loans.services.submit_application import ApplicationIncomplete
from tests import factories
from tests.applicants import AMINAS_NUMBER, DEBIT_CARD, answers, draft
from tests.integration.api.conftest import PartnerProgram, assert_problem, program_of
from tests.sent_files import pdf, runs_a_script

pytestmark = pytest.mark.django_db

PERSONAL = ("阿米娜", AMINAS_NUMBER, "13800001234")
KEYS = count(1)


@pytest.fixture(autouse=True)
def offered(rules):
    """Products, rules and texts as in a new installation."""


def consents(**otherwise):
    return {
        "texts": [text.pk for text in latest_texts(EVERY)],
        "language": "zh-hans",
        "given_at": lender_now().isoformat(),
        **otherwise,
    }


def body(reference="C-1", name="阿米娜", product="consumer", **steps):
    """What a program sends for a good applicant. :param steps: what is answered otherwise, by step."""
    answers = {**examples.ANSWERS, "consents": consents()}
    answers = {step: {**answer, **steps.get(step, {})} for step, answer in answers.items()}
    return {"product": product, "borrower": {"reference": reference, "name": name}, "answers": answers}


def post(program: PartnerProgram, path, sent, key=None):
    return program.post(path, sent, **{"Idempotency-Key": key or f"posted-{next(KEYS)}"})


def put(program: PartnerProgram, path, sent, key=None):
    return program.put(path, sent, **{"Idempotency-Key": key or f"posted-{next(KEYS)}"})


def applied(program: PartnerProgram, **about):
    answer = post(program, "applications", body(**about))
    assert answer.status_code == 201, answer.content.decode()
    return Application.objects.get(reference=answer.json()["id"])


def nothing_written():
    return not (Application.objects.exists() or Borrower.objects.exists() or StoredAnswer.objects.exists())


class TestApply:
    def test_answers_all_steps_at_once(self, program, dana):
        answer = post(program, "applications", body())

        application = Application.objects.get()
        shown = answer.json()
        assert answer.status_code == 201
        assert shown.pop("created_at").startswith("20")
        assert shown.pop("timeline")[0]["kind"] == "STARTED"
        assert shown == {
            "id": application.reference,
            "status": "DRAFT",
            "product": {"code": "consumer", "name": "Consumer loan"},
            "borrower": {
                "reference": "C-1",
                "name": "阿**",
                "number": "110***********002X",
                "phone": "138****1234",
            },
            "amount": {"amount": "12000.00", "currency": "CNY"},
            "months": 12,
            "purpose": "EDUCATION",
            "submitted_at": None,
            "decided_at": None,
            "answer_due_at": None,
            "steps": [{"step": step, "is_done": True} for step in examples.ANSWERS],
            "decision": None,
            "may_ask_for_review": False,
            "review_request": None,
            "offers": [],
            "guarantors": [],
            "tranches": [],
        }
        assert (application.partner, application.borrower.user) == (dana, None)
        assert Identity.objects.get(borrower=application.borrower).number == AMINAS_NUMBER
        assert ApplicationEvent.objects.get(kind="STARTED").actor == "partner:dana"

    def test_answers_step_by_step(self, program):
        begun = post(program, "applications", {key: value for key, value in body().items() if key != "answers"}).json()
        assert begun["amount"] is None
        assert begun["borrower"]["number"] is None
        assert not any(step["is_done"] for step in begun["steps"])

        for step, answer in body()["answers"].items():
            shown = put(program, f"applications/{begun['id']}/steps/{step}", answer)
            assert shown.status_code == 200, shown.content.decode()

        assert all(step["is_done"] for step in shown.json()["steps"])
        assert post(program, f"applications/{begun['id']}/submit", {}).json()["status"] == "SUBMITTED"

    def test_goes_on_with_the_open_application_of_the_same_person(self, program):
        first = applied(program)

        again = applied(program, loan={"months": 24})
        other = applied(program, reference="C-2")

        assert (again.pk, again.months) == (first.pk, 24)
        assert other.borrower != first.borrower
        assert Borrower.objects.count() == 2

    def test_a_reference_of_two_partners_is_two_people(self, program):
        mine = applied(program)
        theirs = applied(program_of(factories.partner("Eve")))

        assert mine.borrower != theirs.borrower
        assert {mine.borrower.source, theirs.borrower.source} == {"partner:dana", "partner:eve"}

    def test_refuses_another_name_under_the_same_reference(self, program):
        applied(program)

        assert_problem(post(program, "applications", body(name="布鲁克")), 409, "applicant_differs", "borrower.name")
        assert Borrower.objects.get().name == "阿米娜"

    @pytest.mark.parametrize(
        ("change", "status", "code", "field"),
        [
            ({"product": "gold"}, 404, "unknown_product", "product"),
            ({"answers": []}, 422, "invalid_input", "answers"),
            ({"answers": {"loan": []}}, 422, "invalid_input", "answers.loan"),
            ({"answers": {"card": {}}}, 404, "application_step_unknown", "answers.card"),
            ({"answers": {"work": {"job": "fixed"}}}, 422, "missing_field", "answers.work.years_in_job"),
            ({"anwsers": {}}, 422, "unknown_field", "anwsers"),
            ({"borrower": {"reference": "C 1", "name": "x"}}, 422, "invalid_input", "borrower.reference"),
            ({"borrower": {"name": "x"}}, 422, "missing_field", "borrower.reference"),
            ({"borrower": {"reference": "1", "name": "x", "language": "fr"}}, 422, "invalid_choice", None),
        ],
    )
    def test_refuses_what_it_cannot_read_and_writes_nothing(self, program, change, status, code, field):
        field = field or "borrower.language"

        assert_problem(post(program, "applications", {**body(), **change}), status, code, field)

        assert nothing_written()

    @pytest.mark.parametrize(
        ("step", "change", "code", "field"),
        [
            ("loan", {"amount": "200000.01"}, "outside_product", "amount"),
            ("loan", {"amount": 12000}, "invalid_amount", "amount"),
            ("person", {"number": "110105194912310021"}, "invalid_id_number", "number"),
            ("person", {"phone": "12"}, "invalid_phone", "phone"),
            ("month", {"salary": "1.00"}, "unknown_field", "salary"),
            ("consents", {"language": "fr"}, "invalid_input", "language"),
            ("consents", {"given_at": "2026-11-23T10:00:00"}, "invalid_input", "given_at"),
            ("consents", {"given_at": "yesterday"}, "invalid_input", "given_at"),
            ("consents", {"given_at": None}, "missing_field", "given_at"),
        ],
    )
    def test_refuses_a_wrong_answer_alike_at_once_and_step_by_step(self, program, step, change, code, field):
        assert_problem(post(program, "applications", body(**{step: change})), 422, code, f"answers.{step}.{field}")
        assert nothing_written()

        application = applied(program)
        sent = {**body()["answers"][step], **change}
        assert_problem(put(program, f"applications/{application.reference}/steps/{step}", sent), 422, code, field)

    def test_refuses_a_text_that_no_database_keeps(self, program):
        application = applied(program)
        debt = {"lender": "a\0b", "monthly": "1.00", "left": "1.00"}
        sent = {"debts": [debt], "had_defaults": False}

        answer = put(program, f"applications/{application.reference}/steps/debts", sent)

        assert_problem(answer, 422, "invalid_input", "debts[0].lender")


class TestAnotherOpen:
    def test_of_the_borrowers_own_is_not_reached_by_a_partner(self, program, rules):
        withdrawn = applied(program)
        post(program, f"applications/{withdrawn.reference}/withdraw", {})
        own = start_application(
            borrower_id=withdrawn.borrower_id, product_code="consumer", now=lender_now(), actor="user:9"
        )

        answer = post(program, "applications", body())

        assert_problem(answer, 409, "another_application_open", "product")
        assert own.reference not in answer.content.decode()
        own.refresh_from_db()
        assert (own.amount_minor, own.partner_id) == (None, None)
        assert not ConsentEntry.objects.filter(about=own.reference).exists()


class TestConsents:
    def test_are_written_with_language_moment_and_who_took_them(self, program):
        given_at = lender_now()

        application = applied(program, consents={"language": "zh-hant", "given_at": given_at.isoformat()})

        entries = ConsentEntry.objects.filter(about=application.reference)
        assert {(entry.language, entry.at, entry.actor) for entry in entries} == {("zh-hant", given_at, "partner:dana")}
        assert set(consents_held(borrower_id=application.borrower_id, about=application.reference)) == set(EVERY)

    @pytest.mark.parametrize("days", [-31, 1])
    def test_are_refused_from_the_future_and_from_long_ago(self, program, days):
        at = (lender_now() + timedelta(days=days)).isoformat()

        assert_problem(
            post(program, "applications", body(consents={"given_at": at})),
            422,
            "invalid_input",
            "answers.consents.given_at",
        )
        assert not ConsentEntry.objects.exists()

    def test_are_refused_from_before_the_text_was_in_use(self, program):
        at = (ConsentText.objects.earliest("loaded_at").loaded_at - timedelta(days=1)).isoformat()

        assert_problem(
            post(program, "applications", body(consents={"given_at": at})),
            422,
            "invalid_input",
            "answers.consents.given_at",
        )

    def test_from_before_they_were_taken_back_are_refused(self, program):
        given_at = lender_now().isoformat()
        application = applied(program, consents={"given_at": given_at})
        address = f"applications/{application.reference}/steps/consents"
        assert put(program, address, consents(texts=[], given_at=given_at)).status_code == 200

        answer = put(program, address, consents(given_at=given_at))

        assert_problem(answer, 409, "consent_taken_back", "given_at")
        assert consents_held(borrower_id=application.borrower_id, about=application.reference) == {}
        assert put(program, address, consents()).status_code == 200

    def test_of_a_text_that_is_not_in_use_are_refused(self, program):
        assert_problem(
            post(program, "applications", body(consents={"texts": [999_999]})),
            409,
            "consent_text_outdated",
            "answers.consents",
        )

    def test_the_banks_of_cards_are_listed_with_their_day(self, program):
        listed = program.get("card-issuers").json()

        assert listed["as_of"] == "2026-11-29"
        assert examples.CARD_ISSUERS["issuers"][0] in listed["issuers"]

    @pytest.mark.parametrize(
        ("given", "code"),
        [({"issuer": "ABC"}, "card_of_another_issuer"), ({"card_number": DEBIT_CARD}, "card_not_credit")],
    )
    def test_a_card_that_is_not_one_of_the_bank_named_is_refused(self, program, given, code):
        sent = body(product="card-repayment", loan={"purpose": "CARD"})
        sent["answers"]["card"] = {**answers("CARD_REPAYMENT")["card"], **given}

        assert_problem(post(program, "applications", sent), 422, code, "answers.card.card_number")
        assert not Application.objects.exists()

    def test_the_texts_in_use_are_listed_in_all_languages(self, program):
        texts = program.get("consent-texts").json()["texts"]

        assert [text["purpose"] for text in texts] == list(EVERY)
        assert [text["is_needed"] for text in texts] == [True, True, True, False]
        assert all(set(text["text"]) == {"en", "zh-Hans", "zh-Hant"} for text in texts)


class TestIdempotency:
    def test_the_same_request_is_carried_out_once(self, program):
        sent = body()
        first = post(program, "applications", sent, key="once")
        again = post(program, "applications", sent, key="once")

        assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, first.content, "true")
        assert_problem(
            post(program, "applications", body(reference="C-2"), key="once"),
            409,
            "idempotency_key_reused",
            "Idempotency-Key",
        )
        assert Application.objects.count() == 1

    def test_a_key_is_needed_for_each_write(self, program):
        application = applied(program)
        address = f"applications/{application.reference}"

        for answer in (
            program.post("applications", body()),
            program.put(f"{address}/steps/documents", {}),
            program.post(f"{address}/submit", {}),
            program.post(f"{address}/withdraw", {}),
            program.post(f"{address}/consents/withdraw", {"purpose": "CREDIT_REPORT"}),
            program.post(f"{address}/review", {}),
            program.post(f"{address}/offers/reconsider", {}),
            program.post(f"{address}/offers/1/choose", {}),
            program.client.post(
                f"/api/v1/{address}/documents", {"kind": "TAX", "file": paper()}, headers=bearer(program)
            ),
        ):
            assert_problem(answer, 400, "idempotency_key_missing", "Idempotency-Key")

    def test_nothing_personal_is_kept_with_the_answer(self, program):
        applied(program)

        assert not any(each in StoredAnswer.objects.get().body for each in PERSONAL)


def bearer(program):
    return {"Authorization": f"Bearer {program.token}", "Accept-Language": "en"}


class TestList:
    def test_shows_rows_without_anything_personal(self, program):
        application = applied(program)

        answer = program.get("applications")

        [row] = answer.json()["results"]
        assert (row["id"], row["borrower"], row["status"]) == (application.reference, "C-1", "DRAFT")
        assert set(row) == set(examples.APPLICATIONS["results"][0])
        assert not any(each in answer.content.decode() for each in (*PERSONAL, "阿", "002X"))

    def test_shows_only_what_the_partner_brought(self, program, amina):
        draft(amina)
        applied(program_of(factories.partner("Eve")))
        mine = applied(program)

        assert [row["id"] for row in program.get("applications").json()["results"]] == [mine.reference]

    def test_is_filtered_and_paged(self, program):
        references = [applied(program, reference=f"C-{number}").reference for number in range(3)]
        post(program, f"applications/{references[0]}/withdraw", {})

        def listed(query):
            return [row["id"] for row in program.get(f"applications?{query}").json()["results"]]

        assert listed("status=WITHDRAWN") == references[:1]
        assert listed("borrower=C-2") == references[2:]
        cursor = program.get("applications?limit=2").json()["next_cursor"]
        assert listed(f"limit=2&cursor={cursor}") == references[:1]
        assert_problem(program.get("applications?status=LATE"), 422, "invalid_choice", "status")
        assert_problem(program.get("applications?borrower=%00"), 422, "invalid_input", "borrower")

    def test_needs_the_same_queries_for_one_and_for_many(self, program):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                assert program.get("applications").status_code == 200
            return len(captured)

        applied(program)
        for_one = queries()
        for number in range(2, 7):
            applied(program, reference=f"C-{number}")

        assert queries() == for_one


class TestDetail:
    def test_another_partners_and_a_borrowers_own_are_as_unknown_as_none(self, program, amina):
        application = applied(program)
        eve = program_of(factories.partner("Eve"))

        for reference in (application.reference, draft(amina).reference, "A0000000000", "%00"):
            address = f"applications/{reference}"
            for answer in (
                eve.get(address),
                eve.get(f"{address}/documents"),
                put(eve, f"{address}/steps/documents", {}),
                post(eve, f"{address}/submit", {}),
                post(eve, f"{address}/withdraw", {}),
                post(eve, f"{address}/review", {}),
                post(eve, f"{address}/offers/reconsider", {}),
                post(eve, f"{address}/offers/1/choose", {}),
                eve.get(f"{address}/offers/1/sheet"),
                eve.upload(f"{address}/documents", {"kind": "TAX", "file": paper()}),
            ):
                assert_problem(answer, 404, "application_not_found", "application")

        application.refresh_from_db()
        assert application.status == "DRAFT"

    def test_shows_a_refusal_with_its_reasons_and_no_internal_notes(self, program):
        application = applied(program)
        CreditReview.objects.create(
            application=application,
            outcome="REFUSE",
            facts={},
            findings=[
                {"outcome": "REFUSE", "reason": "debt_share", "found": 8_000, "limit": 7_000, "days": None},
                {"outcome": "REFUSE", "reason": "debt_share", "found": 8_000, "limit": 7_000, "days": None},
                {"outcome": "REFER", "reason": "seen_before", "found": None, "limit": None, "days": None},
            ],
            rules_on=lender_now().date(),
            decided_at=lender_now(),
        )
        ApplicationEvent.objects.create(
            application=application, kind="NOTE", at=lender_now(), actor="user:1", is_internal=True
        )

        shown = program.get(f"applications/{application.reference}").json()

        assert shown["decision"]["outcome"] == "REFUSE"
        assert shown["decision"]["is_by_person"] is False
        assert shown["decision"]["reasons"] == [
            {
                "code": "debt_share",
                "fact": "All debts would take 80% of the income; above 70% we do not lend.",
                "help": "A smaller installment helps, or other debts that have ended.",
            }
        ]
        assert [event["kind"] for event in shown["timeline"]] == ["STARTED"]

    def test_shows_no_decision_while_a_person_looks_at_it(self, program):
        application = applied(program)
        CreditReview.objects.create(
            application=application,
            outcome="REFER",
            facts={},
            findings=[],
            rules_on=lender_now().date(),
            decided_at=lender_now(),
        )

        assert program.get(f"applications/{application.reference}").json()["decision"] is None


class TestSubmitAndWithdraw:
    def test_hands_in_once_and_then_answers_no_more(self, program):
        application = applied(program)
        address = f"applications/{application.reference}"

        first, again = post(program, f"{address}/submit", {}), post(program, f"{address}/submit", {})

        assert first.json()["submitted_at"] == again.json()["submitted_at"] is not None
        assert first.json()["answer_due_at"] is not None
        assert_problem(put(program, f"{address}/steps/documents", {}), 409, "application_state", "application")

    def test_refuses_to_hand_in_what_is_incomplete(self, program):
        sent = body()
        del sent["answers"]["work"]
        reference = post(program, "applications", sent).json()["id"]

        assert_problem(post(program, f"applications/{reference}/submit", {}), 409, ApplicationIncomplete.code, "work")

    def test_withdraws_for_good(self, program):
        application = applied(program)
        address = f"applications/{application.reference}"

        assert post(program, f"{address}/withdraw", {}).json()["status"] == "WITHDRAWN"
        assert_problem(post(program, f"{address}/submit", {}), 409, "application_state", "application")
        assert applied(program).pk != application.pk


class TestConsentWithdrawal:
    def test_takes_one_back_and_goes_on_without_it(self, program):
        address = f"applications/{applied(program).reference}"
        post(program, f"{address}/submit", {})

        answer = post(program, f"{address}/consents/withdraw", {"purpose": "AUTOMATED_DECISION"})

        assert answer.json()["status"] == "SUBMITTED"
        held = consents_held(borrower_id=Application.objects.get().borrower_id, about=address.partition("/")[2])
        assert set(held) == {"PERSONAL_DATA", "CREDIT_REPORT", "CREDIT_REPORTING"}

    def test_without_one_that_is_needed_the_application_ends(self, program):
        address = f"applications/{applied(program).reference}"
        post(program, f"{address}/submit", {})

        answer = post(program, f"{address}/consents/withdraw", {"purpose": "CREDIT_REPORT"})

        assert answer.json()["status"] == "WITHDRAWN"
        refusal = post(program, f"{address}/consents/withdraw", {"purpose": "CREDIT_REPORT"}, key="another")
        assert_problem(refusal, 409, "consent_not_held", "purpose")

    def test_refuses_what_is_no_purpose_and_what_is_anothers(self, program):
        address = f"applications/{applied(program).reference}"

        assert_problem(
            post(program, f"{address}/consents/withdraw", {"purpose": "ANY"}), 422, "invalid_choice", "purpose"
        )
        assert_problem(
            post(program, "applications/A0000000000/consents/withdraw", {"purpose": "CREDIT_REPORT"}, key="another"),
            404,
            "application_not_found",
            "application",
        )


def paper(content=None, name="payslip.pdf.exe"):
    return SimpleUploadedFile(name, pdf() if content is None else content)


class TestDocuments:
    @pytest.fixture
    def address(self, program):
        return f"applications/{applied(program).reference}/documents"

    def test_takes_a_paper_once_and_lists_what_became_of_it(self, program, address):
        first = program.upload(address, {"kind": "INCOME", "file": paper()})
        again = program.upload(address, {"kind": "INCOME", "file": paper()})
        other_key = program.upload(address, {"kind": "INCOME", "file": paper()}, key="key-2")

        document = ApplicationDocument.objects.get()
        assert first.status_code == 201
        assert first.json() == {
            "sha256": document.sha256,
            "kind": "INCOME",
            "name": "payslip_pdf_exe.pdf",
            "content_type": "application/pdf",
            "size": len(pdf()),
            "added_at": first.json()["added_at"],
            "scan": "WAITING",
            "refusal": None,
        }
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert other_key.json() == first.json()
        assert document.added_by == "partner:dana"
        scan_document(document_id=document.pk, now=lender_now())
        assert [each["scan"] for each in program.get(address).json()["documents"]] == ["CLEAN"]

    def test_says_which_papers_are_wanted_and_missing(self, program, address):
        program.upload(address, {"kind": "INCOME", "file": paper()}, key="payslip")

        shown = program.get(f"{address}?fields=kind").json()

        assert shown == {
            "documents": [{"kind": "INCOME"}],
            "wanted": [{"kind": "IDENTITY", "is_missing": True}, {"kind": "INCOME", "is_missing": False}],
        }
        ApplicationDocument.objects.update(scan="REFUSED", refused_because="malware")
        assert [each["is_missing"] for each in program.get(address).json()["wanted"]] == [True, True]

    def test_says_why_a_paper_was_refused_later(self, program, address):
        program.upload(address, {"kind": "INCOME", "file": paper()})
        ApplicationDocument.objects.update(scan="REFUSED", refused_because="malware")

        [shown] = program.get(address).json()["documents"]

        assert shown["refusal"]["reason"] == "malware"
        assert "harmful software" in shown["refusal"]["detail"]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [(b"", "empty"), (b"MZ", "type"), (pdf(runs_a_script), "active"), (bytes(10 * 1024**2 + 1), "too_large")],
    )
    def test_refuses_a_file_with_its_reason(self, program, address, content, reason):
        answer = program.upload(address, {"kind": "TAX", "file": paper(content)})

        assert_problem(answer, 422, "document_refused", "file")
        assert answer.json()["details"] == {"reason": reason}
        assert not ApplicationDocument.objects.exists()

    @pytest.mark.parametrize(
        ("form", "code", "field"),
        [
            ({"kind": "SECRET", "file": paper()}, "invalid_choice", "kind"),
            ({"kind": "TAX"}, "missing_field", "file"),
            ({"kind": "TAX", "file": "text"}, "invalid_input", "file"),
            ({"kind": "TAX", "file": paper(), "more": "x"}, "unknown_field", "more"),
        ],
    )
    def test_refuses_a_wrong_form(self, program, address, form, code, field):
        assert_problem(program.upload(address, form), 422, code, field)

    def test_refuses_a_body_that_is_too_large_or_no_form(self, program, address, monkeypatch):
        broken = program.post(address, b"--x", content_type="multipart/form-data", **{"Idempotency-Key": "key-1"})
        assert_problem(broken, 400, "malformed_upload", None)
        assert_problem(post(program, address, {}), 415, "unsupported_media_type", None)

        monkeypatch.setattr(uploads, "MOST_BYTES", 5_000)
        large = program.upload(address, {"kind": "TAX", "file": paper(bytes(9_000))})
        assert_problem(large, 413, "body_too_large", None)

    def test_a_key_is_for_one_file(self, program, address):
        program.upload(address, {"kind": "TAX", "file": paper()})

        other = program.upload(address, {"kind": "TAX", "file": paper(pdf(width=300))})

        assert_problem(other, 409, "idempotency_key_reused", "Idempotency-Key")
        assert ApplicationDocument.objects.count() == 1


class TestProducts:
    def test_lists_what_is_offered_with_its_bounds(self, program):
        offered = {product["code"]: product for product in program.get("products").json()["products"]}

        assert set(offered) == {"card-repayment", "consumer", "sme"}
        consumer = offered["consumer"]
        assert consumer["largest"] == {"amount": "200000.00", "currency": "CNY"}
        assert (consumer["most_months"], consumer["method"]) == (36, "equal_installment")
        assert consumer["steps"] == list(examples.ANSWERS)
        assert "EDUCATION" in consumer["purposes"]
        assert "business" in offered["sme"]["steps"]


class TestScopes:
    def test_reading_and_applying_are_apart(self, dana):
        reads, writes = program_of(dana, scope="applications:read"), program_of(dana, scope="applications:write")

        assert reads.get("applications").status_code == 200
        assert_problem(post(reads, "applications", body()), 403, "insufficient_scope", None)
        assert_problem(writes.get("applications"), 403, "insufficient_scope", None)
        assert_problem(writes.get("products"), 403, "insufficient_scope", None)
        assert_problem(program_of(dana, scope="loans:read").get("consent-texts"), 403, "insufficient_scope", None)
        assert nothing_written()


class TestParts:
    """A business asks for its loan in parts."""

    ON = (lender_today() + timedelta(days=40)).isoformat()
    PARTS = ({"amount": "30000.00"}, {"amount": "20000.00", "on": ON})

    def business(self, program, *parts, amount="50000.00"):
        loan = {"amount": amount, "months": 12, "purpose": "STOCK", "tranches": list(parts)}
        sent = {"product": "sme", "borrower": {"reference": "C-9", "name": "阿米娜"}, "answers": {"loan": loan}}
        return post(program, "applications", sent)

    def test_are_kept(self, program):
        answer = self.business(program, *self.PARTS)

        assert answer.status_code == 201
        assert answer.json()["tranches"] == []
        kept = Application.objects.get().answers["loan"]["tranches"]
        assert kept == [{"minor": 30_000_00, "on": None}, {"minor": 20_000_00, "on": self.ON}]

    @pytest.mark.parametrize(
        ("parts", "code", "field"),
        [
            (({"amount": "30000.00"}, {"amount": "10000.00", "on": ON}), "tranches_differ_from_amount", "tranches"),
            (({"amount": "30000.00"}, {"amount": "20000.00"}), "tranche_date_refused", "tranches[1].on"),
            (({"amount": "45000.00"}, {"amount": "5000.00", "on": ON}), "tranche_too_small", "tranches[1].amount"),
        ],
    )
    def test_that_do_not_fit_are_refused_by_code_and_field(self, program, parts, code, field):
        answer = self.business(program, *parts)

        assert_problem(answer, 422, code, f"answers.loan.{field}")
        assert nothing_written()

    def test_of_a_product_in_one_sum_are_refused(self, program):
        parts = [{"amount": "6000.00"}, {"amount": "6000.00", "on": self.ON}]

        answer = post(program, "applications", body(loan={"tranches": parts}))

        assert_problem(answer, 422, "too_many_tranches", "answers.loan.tranches")
        assert nothing_written()

    def test_the_list_of_products_says_which_have_them(self, program):
        products = {each["code"]: each for each in program.get("products").json()["products"]}

        assert (products["sme"]["most_tranches"], products["sme"]["tranches_within_days"]) == (3, 180)
        assert products["consumer"]["most_tranches"] == 1
