"""Issued papers: what they say, that they say it once, and that a wrong one is revoked."""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from collections_mgmt.services.close_day import close_date
from dashu.audit.models import AuditRecord
from dashu.documents.codes import ALPHABET
from dashu.finance.loan import payoff
from dashu.kernel.dates import LENDER_ZONE
from loans.models import Loan
from repayments import tasks
from repayments.models import IssuedDocument, IssuedFile
from repayments.selectors.documents import public_document
from repayments.services.booking import load
from repayments.services.correct_payment import correct_payment
from repayments.services.documents import (
    DocumentNotFound,
    DocumentRevoked,
    LoanNotPaidOut,
    LoanNotSettled,
    StatementPeriodInvalid,
    hand_out,
    issue_certificate,
    issue_statement,
    loans_with_wrong_certificates,
    review_certificates,
    revoke_document,
)
from repayments.services.return_payment import return_payment
from tests import factories
from tests.factories import ACTOR, pay
from tests.papers import text_of, workbook_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 20, 9, 30, tzinfo=LENDER_ZONE)
SITE = "https://loans.example/"
LANGUAGES = ["zh-hans", "zh-hant", "en"]


def settle(loan: Loan, on: date = date(2026, 3, 20), *, more: int = 0) -> str:
    loan.refresh_from_db()
    loaded = load(loan)
    amount = payoff(loaded.position, loaded.contract, on) + more
    return pay(loan, amount, on, kind="SETTLEMENT", reference=f"SETTLE-{on}").reference


def certificate(loan: Loan, *, language: str = "en", now: datetime = NOW, actor: str = ACTOR) -> IssuedDocument:
    return issue_certificate(loan_id=loan.pk, language=language, now=now, site=SITE, actor=actor)


def statement(
    loan: Loan,
    *,
    first: date = date(2026, 1, 1),
    last: date = date(2026, 3, 20),
    language: str = "en",
    now: datetime = NOW,
) -> IssuedDocument:
    return issue_statement(loan_id=loan.pk, first=first, last=last, language=language, now=now, site=SITE, actor=ACTOR)


def file_of(document: IssuedDocument, format: str = "PDF") -> bytes:
    return bytes(document.files.get(format=format).content)


@pytest.fixture
def lived(loan):
    """Paid three days late with penalty, then a payment that was returned."""
    for day in (15, 16, 17):
        close_date(business_date=date(2026, 2, day), today=date(2026, 2, day + 1))
    pay(loan, 1_100_16, date(2026, 2, 18), reference="FIRST")
    pay(loan, 600_00, date(2026, 3, 10), reference="GONE")
    return_payment(reference="GONE", returned_on=date(2026, 3, 12), today=date(2026, 3, 12), reason="x", actor=ACTOR)
    close_date(business_date=date(2026, 3, 15), today=date(2026, 3, 16))
    return loan


class TestCertificate:
    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("zh-hans", ["结清证明", "大树金融", "Amina", "2026年3月20日", "¥12,000.00"]),
            ("zh-hant", ["結清證明", "大樹金融", "Amina", "2026年3月20日", "¥12,000.00"]),
            ("en", ["Settlementcertificate", "DashuFinance", "Amina", "March20,2026", "¥12,000.00"]),
        ],
    )
    def test_says_in_each_language_who_paid_what_off_and_when(self, loan, language, words):
        settle(loan)

        document = certificate(loan, language=language)

        text = text_of(file_of(document))
        for word in [*words, loan.number, document.code_shown, document.number]:
            assert word in text
        assert f"https://loans.example/verify/{document.code_shown}/" in text
        assert document.as_of == date(2026, 3, 20)
        assert document.number == f"DS-SC-20260320-{document.pk:06d}"

    def test_is_refused_while_the_loan_runs(self, loan, amina):
        for unsettled in (loan, factories.approved_loan(amina)):
            with pytest.raises(LoanNotSettled):
                certificate(unsettled)

        assert IssuedDocument.objects.exists() is False

    def test_names_what_is_given_back(self, loan):
        settle(loan, more=1_23)

        assert "¥1.23" in text_of(file_of(certificate(loan)))

    def test_asked_again_is_the_same_paper(self, loan):
        settle(loan)

        first = certificate(loan)
        again = certificate(loan, now=NOW + timedelta(days=40))

        assert again == first
        assert IssuedFile.objects.count() == 1
        assert AuditRecord.objects.filter(action="repayments.document_issued").count() == 1
        assert certificate(loan, language="zh-hant") != first

    def test_the_day_is_that_of_the_last_money_that_paid_something(self, loan):
        settle(loan, date(2026, 3, 10))
        loan.refresh_from_db()
        from repayments.services.receive_payment import receive_payment

        receive_payment(
            loan_id=loan.pk,
            amount_minor=5_00,
            received_on=date(2026, 3, 15),
            today=date(2026, 3, 15),
            reference="LATER",
            channel="GATEWAY",
            actor=ACTOR,
            has_arrived=True,
        )

        assert certificate(loan).facts["settled_on"] == "2026-03-10"

    def test_the_same_facts_make_the_same_bytes(self, loan):
        from repayments.papers.certificate import certificate_pdf

        settle(loan)
        document = certificate(loan)
        kept = document.files.get()

        made = certificate_pdf(
            document.facts,
            number=document.number,
            code=document.code_shown,
            language="en",
            verify_url=f"{SITE}verify/{document.code_shown}/",
            issued_at=document.issued_at,
        )

        assert made == bytes(kept.content)
        assert kept.sha256 == hashlib.sha256(made).hexdigest()
        assert kept.size == len(made)


class TestStatement:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_shows_every_movement_and_the_balances(self, lived, language):
        document = statement(lived, language=language)

        text = text_of(file_of(document))
        for amount in ("12,000.00", "180.00", "1,100.16", "920.16", "−600.00"):
            assert amount in text
        for word in ("FIRST", "GONE", lived.number, document.code_shown):
            assert word in text

    def test_the_sheet_holds_dates_and_exact_numbers_that_reconcile(self, lived):
        page = workbook_of(file_of(statement(lived), "XLSX")).active

        rows = list(page.iter_rows(values_only=True))
        head = next(index for index, row in enumerate(rows) if row[0] == "Date")
        lines = [row for row in rows[head + 1 :] if row[0]]
        opening, *moves, closing = lines
        assert all(isinstance(row[0], datetime) for row in lines)
        fen = [[round(Decimal(str(cell)) * 100) for cell in row[2:]] for row in moves]
        charged, received = sum(row[0] for row in fen), sum(row[1] for row in fen)
        assert (opening[9], received) == (0, 1_100_16)
        assert round(Decimal(str(closing[9])) * 100) == charged - received == statement(lived).facts["owed"]
        formats = {cell.number_format for row in page.iter_rows(min_row=head + 2) for cell in row if cell.value}
        assert {"yyyy-mm-dd", "#,##0.00"} <= formats

    def test_asked_again_is_the_same_paper_until_something_changes(self, lived):
        first = statement(lived)
        assert statement(lived, now=NOW + timedelta(hours=5)) == first

        pay(lived, 100_00, date(2026, 3, 18), today=date(2026, 3, 20))

        newer = statement(lived)
        assert newer != first
        # The payment found two nights of penalty that no close had charged yet: 1.25.
        assert newer.facts["owed"] == first.facts["owed"] - 100_00 + 1_25
        assert statement(lived, first=date(2026, 2, 1)) not in (first, newer)

    def test_the_same_facts_make_the_same_bytes(self, lived):
        from repayments.papers.statement_sheet import statement_xlsx

        document = statement(lived)

        made = statement_xlsx(
            document.facts,
            number=document.number,
            code=document.code_shown,
            language="en",
            verify_url=f"{SITE}verify/{document.code_shown}/",
            issued_at=document.issued_at,
        )

        assert made == file_of(document, "XLSX")

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (date(2026, 3, 2), date(2026, 3, 1)),
            (date(2026, 3, 1), date(2026, 3, 21)),
            (date(2026, 1, 1), date(2026, 1, 14)),
        ],
    )
    def test_refuses_a_period_without_sense(self, loan, first, last):
        with pytest.raises(StatementPeriodInvalid) as refusal:
            statement(loan, first=first, last=last)

        assert refusal.value.field == "last"
        assert IssuedDocument.objects.exists() is False

    def test_refuses_a_loan_that_was_not_paid_out(self, amina):
        with pytest.raises(LoanNotPaidOut):
            statement(factories.approved_loan(amina))


class TestHostileNames:
    NAME = '=HYPERLINK("http://x")#strong[*b*] $x$ \u202eevil\u2066 <a> @cite "\\'

    @pytest.fixture
    def hostile(self, loan):
        loan.borrower.name = self.NAME
        loan.borrower.save()
        pay(loan, 100_00, date(2026, 2, 1), reference="=1+1#import")
        return loan

    def test_are_text_in_the_pdf(self, hostile):
        settle(hostile)

        text = text_of(file_of(certificate(hostile)))

        assert '=HYPERLINK("http://x")#strong[*b*]$x$evil<a>@cite"\\' in text
        assert "\u202e" not in text

    def test_are_text_in_the_sheet(self, hostile):
        page = workbook_of(file_of(statement(hostile), "XLSX")).active

        cells = [cell for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]
        assert any(cell.value.startswith("=HYPERLINK") for cell in cells)
        assert {cell.data_type for cell in cells} == {"s"}
        assert all(cell.quotePrefix for cell in cells if cell.value[0] in "=+-@")
        assert any("=1+1#import" in cell.value for cell in cells)


class TestCodes:
    def test_are_unique_and_of_eighty_bits(self, loan):
        settle(loan)
        documents = [certificate(loan, language=language) for language in LANGUAGES]

        assert len({document.code for document in documents}) == 3
        for document in documents:
            assert len(document.code) == 16
            assert set(document.code) <= set(ALPHABET)

    @pytest.mark.parametrize("dress", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code}\u3000"])
    def test_are_found_however_they_are_typed(self, loan, dress):
        settle(loan)
        document = certificate(loan)

        assert public_document(dress(document.code_shown)).number == document.number

    @pytest.mark.parametrize("typed", ["", "7", "U" * 16, "0" * 16, "0" * 400, "结清证明", "%00", "' OR 1=1 --------"])
    def test_that_do_not_exist_find_nothing(self, loan, typed):
        assert public_document(typed) is None


class TestRevoking:
    def test_a_payment_that_bounces_revokes_the_certificate(self, loan):
        reference = settle(loan)
        document = certificate(loan)

        return_payment(
            reference=reference, returned_on=date(2026, 3, 25), today=date(2026, 3, 25), reason="x", actor=ACTOR
        )

        # Before anything reacted, the public page knows.
        assert public_document(document.code).stands is False
        assert loans_with_wrong_certificates() == [loan.pk]
        assert review_certificates(loan_id=loan.pk, now=NOW + timedelta(days=5)) == 1
        document.refresh_from_db()
        assert (document.revoked_reason, document.revoked_by) == ("RUNS_AGAIN", "system:documents")
        assert public_document(document.code).revoked_at == NOW + timedelta(days=5)
        assert review_certificates(loan_id=loan.pk, now=NOW) == 0
        assert loans_with_wrong_certificates() == []

    def test_of_a_loan_that_was_settled_on_another_day_is_found_by_the_sweep(self, loan):
        settle(loan)
        document = certificate(loan)
        assert loans_with_wrong_certificates() == []

        about = {"today": date(2026, 3, 20), "reason": "typed wrongly", "actor": ACTOR}
        correct_payment(reference="SETTLE-2026-03-20", received_on=date(2026, 3, 19), **about)

        assert public_document(document.code).stands is False
        assert loans_with_wrong_certificates() == [loan.pk]
        review_certificates(loan_id=loan.pk, now=NOW)
        document.refresh_from_db()
        assert document.revoked_reason == "CORRECTED"
        assert loans_with_wrong_certificates() == []

    def test_the_reaction_and_the_sweep_do_it_alike(self, loan, amina):
        second = factories.running_loan(amina)
        papers = []
        for one in (loan, second):
            reference = settle(one, date(2026, 3, 20)) if one is loan else settle(one, date(2026, 3, 19))
            papers.append(certificate(one))
            return_payment(
                reference=reference, returned_on=date(2026, 3, 25), today=date(2026, 3, 25), reason="x", actor=ACTOR
            )

        tasks.review_after_change(loan_id=loan.pk, payment_id=1)
        tasks.sweep_quotes_and_certificates()

        for document in papers:
            document.refresh_from_db()
            assert document.revoked_reason == "RUNS_AGAIN"

    def test_a_corrected_day_revokes_it_too(self, loan):
        reference = settle(loan, date(2026, 3, 20))
        document = certificate(loan)
        return_payment(
            reference=reference, returned_on=date(2026, 3, 20), today=date(2026, 3, 20), reason="x", actor=ACTOR
        )
        settle(loan, date(2026, 3, 22))

        review_certificates(loan_id=loan.pk, now=NOW)

        document.refresh_from_db()
        assert document.revoked_reason == "CORRECTED"
        newer = certificate(loan)
        assert newer != document
        assert review_certificates(loan_id=loan.pk, now=NOW) == 0
        assert public_document(newer.code).stands is True

    def test_by_staff_keeps_the_reason_in_the_house(self, loan):
        document = statement(loan)

        revoke_document(document_id=document.pk, note="wrong person asked", now=NOW, actor="user:9")

        shown = public_document(document.code)
        assert (shown.stands, str(shown.why_not)) == (False, "The lender took it back.")
        record = AuditRecord.objects.get(action="repayments.document_revoked")
        assert (record.actor, record.data["note"]) == ("user:9", "wrong person asked")
        with pytest.raises(DocumentRevoked):
            revoke_document(document_id=document.pk, note="again", now=NOW, actor="user:9")

    def test_a_statement_stands_whatever_happens_later(self, loan):
        document = statement(loan)
        pay(loan, 100_00, date(2026, 3, 20))

        assert review_certificates(loan_id=loan.pk, now=NOW) == 0
        assert public_document(document.code).stands is True


class TestHandOut:
    def test_notes_who_got_which_file(self, loan):
        document = statement(loan)

        file = hand_out(document, format="xlsx", actor="user:3")

        assert file.format == "XLSX"
        record = AuditRecord.objects.get(action="repayments.document_downloaded")
        assert (record.actor, record.data["format"], record.subject_id) == ("user:3", "XLSX", str(loan.pk))

    def test_of_a_format_that_is_not_there_is_refused(self, loan):
        settle(loan)

        with pytest.raises(DocumentNotFound):
            hand_out(certificate(loan), format="xlsx", actor="user:3")

    def test_one_digest_stands_once(self, loan):
        document = statement(loan)
        twin = IssuedDocument(
            **{
                field.name: getattr(document, field.name)
                for field in IssuedDocument._meta.fields
                if field.name not in ("id", "code", "created_at")
            },
            code="0" * 16,
        )

        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()
