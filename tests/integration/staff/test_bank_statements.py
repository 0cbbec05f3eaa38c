"""Bank statements in the back office: who may do what, what is shown before it is booked, and what is told after."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dashu.audit.models import AuditRecord
from dashu.users.models import User
from repayments.models import BankAccount, BankFileDraft, BankLine, BankMatch, BankStatement, Payment
from repayments.selectors.bank_suspense import suspense_differences
from repayments.selectors.reconciliation import differences
from tests.factories import running_loan
from tests.integration.repayments.bank_cases import HEAD, NUMBER, own_account, row, take_and_match, waiting
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parents[2] / "golden" / "bank"
IMPORT = "/admin/repayments/bankstatement/import/"
UNMATCHED = "/admin/repayments/bankline/unmatched/"
ACCEPT = "/admin/repayments/bankline/unmatched/accept/"


@pytest.fixture
def account(rules) -> BankAccount:
    return own_account()


def upload(client, content: str | bytes, **fields):
    data = content.encode() if isinstance(content, str) else content
    return client.post(IMPORT, {"file": SimpleUploadedFile("february.csv", data), **fields})


def page_of(line, act=""):
    return f"/admin/repayments/bankline/{line.pk}/{act or 'change'}/"


class TestAccess:
    @pytest.mark.parametrize(("role", "status"), [("COLLECTOR", 403), ("UNDERWRITER", 403), ("SUPERVISOR", 200)])
    def test_to_look_is_for_accountants_and_supervisors(self, account, role, status):
        (line,) = waiting(row("700.00"))
        client = as_role(role)

        pages = [UNMATCHED, page_of(line), "/admin/repayments/bankstatement/", "/admin/repayments/bankaccount/"]
        assert [client.get(page).status_code for page in pages] == [status] * 4

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER", "SUPERVISOR"])
    def test_to_decide_is_for_accountants(self, account, loan, role):
        (line,) = waiting(row("700.00", name="Amina"))
        client = as_role(role)

        answers = [
            client.get(IMPORT),
            upload(client, HEAD + row("1.00")),
            client.post(ACCEPT, {"line": line.pk, "loan": loan.pk}),
            client.post(f"{page_of(line, 'match')}?loan={loan.pk}", {f"part-{loan.pk}": "700.00"}),
            client.post(page_of(line, "explain"), {"reason": "x"}),
            client.post(page_of(line, "undo"), {"reason": "x"}),
            client.get("/admin/repayments/bankaccount/add/"),
        ]

        assert [answer.status_code for answer in answers] == [403] * 7
        assert (BankLine.objects.get().status, Payment.objects.exists()) == ("UNMATCHED", False)

    def test_a_supervisor_is_offered_no_button(self, account, loan):
        waiting(row("700.00", name="Amina"))

        page = as_role("SUPERVISOR").get(UNMATCHED).content.decode()

        assert "Amina" in page
        assert "Accept" not in page


class TestAccounts:
    def test_are_added_by_an_accountant_and_shown_masked(self, rules):
        client = as_role("ACCOUNTANT")

        client.post("/admin/repayments/bankaccount/add/", {"name": "Collections", "number": NUMBER, "currency": "CNY"})

        account = BankAccount.objects.get()
        assert account.number == NUMBER
        for page in ("/admin/repayments/bankaccount/", f"/admin/repayments/bankaccount/{account.pk}/change/"):
            text = client.get(page).content.decode()
            assert "•••• 2222" in text
            assert NUMBER not in text
        assert AuditRecord.objects.get(action="repayments.bank_account_added").data["number"] == "•••• 2222"


class TestImport:
    def test_shows_the_file_before_anything_is_booked(self, account, loan):
        client = as_role("ACCOUNTANT")

        answer = upload(client, HEAD + row("1100.16", text=loan.number) + row("88.80") + row("x"))

        assert answer.status_code == 302
        page = client.get(answer.url).content.decode()
        assert f"Matched with {loan.number}, 100 points: the text names the loan {loan.number}" in page
        assert "¥1,188.96" in page
        assert "bank_line_amount" in page
        assert (BankStatement.objects.exists(), Payment.objects.exists()) == (False, False)

    def test_books_what_was_shown(self, account, loan):
        client = as_role("ACCOUNTANT")
        preview = upload(client, HEAD + row("1100.16", text=loan.number) + row("88.80")).url

        answer = client.post(preview, {"book": "1"})

        statement = BankStatement.objects.get()
        assert answer.url == f"/admin/repayments/bankstatement/{statement.pk}/change/"
        assert list(statement.lines.order_by("pk").values_list("status", flat=True)) == ["MATCHED", "UNMATCHED"]
        assert statement.imported_by == f"user:{User.objects.get(role='ACCOUNTANT').pk}"
        assert BankFileDraft.objects.exists() is False
        assert (differences(), suspense_differences()) == ([], [])
        page = client.get(answer.url).content.decode()
        assert "¥1,188.96" in page

    def test_twice_from_one_preview_books_once(self, account):
        client = as_role("ACCOUNTANT")
        preview = upload(client, HEAD + row("88.80")).url
        client.post(preview, {"book": "1"})

        client.post(preview, {"book": "1"})

        assert BankLine.objects.count() == 1

    def test_of_a_file_that_was_imported_leads_to_it(self, account):
        client = as_role("ACCOUNTANT")
        client.post(upload(client, HEAD + row("88.80")).url, {"book": "1"})

        again = upload(client, HEAD + row("88.80"))

        assert again.url == f"/admin/repayments/bankstatement/{BankStatement.objects.get().pk}/change/"
        assert "imported before" in client.get(again.url).content.decode()

    def test_can_be_given_up(self, account):
        client = as_role("ACCOUNTANT")
        preview = upload(client, HEAD + row("88.80")).url

        client.post(preview, {"cancel": "1"})

        assert (BankFileDraft.objects.exists(), BankStatement.objects.exists()) == (False, False)

    def test_of_another_persons_preview_is_not_shown(self, account):
        preview = upload(as_role("ACCOUNTANT"), HEAD + row("88.80", name="Amina")).url
        other = as_role("ADMIN")

        assert other.get(preview).status_code == 302
        other.post(preview, {"book": "1"})
        assert BankStatement.objects.exists() is False

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("hello", "no known bank"),
            (b"\xff\xff\xff", "neither UTF-8 nor GB18030"),
            ("", "empty"),
            ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "b">]><Document/>', "declares entities"),
            ("account,date,amount,text\n999,2026-02-15,1.00,x\n", "not one of ours"),
            ("account,date,amount,text\n999,2026-02-15,x,x\n", "No line of the file"),
        ],
    )
    def test_refuses_at_the_field_in_words(self, account, content, words):
        answer = upload(as_role("ACCOUNTANT"), content)

        assert answer.status_code == 200
        assert words in " ".join(answer.context["form"].errors["file"])
        assert BankFileDraft.objects.exists() is False

    def test_lists_the_lines_that_refuse_a_file(self, account):
        text = (GOLDEN / "mt940_utf8.sta").read_text(encoding="utf-8").replace(":61:26", ":61:xx", 1)

        answer = upload(as_role("ACCOUNTANT"), text)

        assert [row[:3] for row in answer.context["problems"].rows] == [[5, "61", "bank_line_refused"]]

    def test_takes_the_chosen_account_and_layout(self, account):
        client = as_role("ACCOUNTANT")

        answer = upload(client, "date,amount,text\n2026-02-15,1.00,x\n", account=account.pk, layout="plain")

        client.post(answer.url, {"book": "1"})
        assert BankStatement.objects.get().account == account


class TestUnmatched:
    def test_shows_each_line_with_suggestions_score_and_reasons(self, account, loan):
        waiting(row("1100.16", name="Amina", other="6217001234567890"), row("5.00"), row("-3.00"))

        page = as_role("SUPERVISOR").get(UNMATCHED).content.decode()

        assert "¥1,100.16" in page
        assert "•••• 7890" in page
        assert loan.number in page
        assert "amount equals the installment due on" in page
        assert "No loan fits." in page
        assert "−¥3.00" not in page

    def test_shows_outgoing_lines_apart(self, account, loan):
        waiting(row("5.00", name="Brook"), row("-12000.00", text=f"OUT-{loan.number}"))

        page = as_role("ACCOUNTANT").get(f"{UNMATCHED}?side=out").content.decode()

        assert "−¥12,000.00" in page
        assert f"Payout OUT-{loan.number} of loan {loan.number}" in page
        assert "Brook" not in page

    def test_is_paged_by_keys(self, account):
        lines = waiting(*[row(f"{number}.00") for number in range(1, 41)])
        client = as_role("ACCOUNTANT")

        first = client.get(UNMATCHED)
        second = client.get(f"{UNMATCHED}?after={first.context['next_after']}")

        shown = [card.line.pk for page in (first, second) for card in page.context["cards"]]
        assert shown == [line.pk for line in lines]
        assert (len(first.context["cards"]), second.context["next_after"]) == (25, None)

    @pytest.mark.parametrize("after", ["x", "-1", "9" * 40])
    def test_from_anywhere_else_starts_at_the_beginning(self, account, after):
        waiting(row("1.00"))

        assert as_role("ACCOUNTANT").get(f"{UNMATCHED}?after={after}").status_code == 200

    def test_costs_the_same_for_one_line_and_for_a_page(self, account, loan):
        client = as_role("ACCOUNTANT")
        waiting(row("1100.16", name="Amina", reference="first"))
        client.get(UNMATCHED)
        with CaptureQueriesContext(connection) as for_one:
            client.get(UNMATCHED)

        waiting(*[row("1100.16", name="Amina", reference=f"R{number}") for number in range(24)])
        with CaptureQueriesContext(connection) as for_many:
            assert len(client.get(UNMATCHED).context["cards"]) == 25

        assert len(for_many) == len(for_one)

    def test_accepts_a_suggestion_with_one_click(self, account, loan):
        (line,) = waiting(row("1100.16", name="Amina"))
        client = as_role("ACCOUNTANT")

        answer = client.post(ACCEPT, {"line": line.pk, "loan": loan.pk, "after": "0"})

        assert answer.url == f"{UNMATCHED}?after=0"
        found = BankMatch.objects.get()
        assert (found.score, found.rule, found.payment.loan_id) == (99, "AMOUNT_AND_NAME", loan.pk)
        assert found.matched_by == f"user:{User.objects.get(role='ACCOUNTANT').pk}"
        assert f"¥1,100.16 are booked for {loan.number}" in client.get(answer.url).content.decode()

    def test_accepts_nothing_that_was_not_suggested(self, account, loan, brook):
        other = running_loan(brook)
        (line,) = waiting(row("1100.16", name="Amina"))
        client = as_role("ACCOUNTANT")

        client.post(ACCEPT, {"line": line.pk, "loan": other.pk})

        assert Payment.objects.exists() is False

    def test_tells_the_second_clerk(self, account, loan):
        (line,) = waiting(row("1100.16", name="Amina"))
        client = as_role("ACCOUNTANT")
        client.post(page_of(line, "explain"), {"reason": "Booked by hand"})

        answer = client.post(ACCEPT, {"line": line.pk, "loan": loan.pk}, follow=True)

        assert "Someone has matched or explained this line meanwhile" in answer.content.decode()
        assert Payment.objects.exists() is False

    def test_is_not_accepted_by_a_link(self, account, loan):
        assert as_role("ACCOUNTANT").get(ACCEPT).status_code == 405


class TestMatch:
    def test_finds_another_loan_and_books_it(self, account, loan, brook):
        other = running_loan(brook)
        (line,) = waiting(row("700.00", name="Amina"))
        client = as_role("ACCOUNTANT")

        found = client.get(f"{page_of(line, 'match')}?q=Brook")
        chosen = client.get(f"{page_of(line, 'match')}?loan={other.pk}")
        answer = client.post(f"{page_of(line, 'match')}?loan={other.pk}", {f"part-{other.pk}": "700.00"})

        assert [one["loan"] for one in found.context["rows"]] == [other]
        assert [(one["loan"], one["value"]) for one in chosen.context["rows"]] == [(other, "700.00")]
        assert answer.url == page_of(line)
        assert Payment.objects.get().loan == other

    def test_splits_over_the_loans_of_one_borrower(self, account, loan, amina):
        second = running_loan(amina)
        (line,) = waiting(row("1500.00"))

        as_role("ACCOUNTANT").post(
            f"{page_of(line, 'match')}?loan={loan.pk}", {f"part-{loan.pk}": "1100.16", f"part-{second.pk}": "399.84"}
        )

        assert dict(Payment.objects.values_list("loan_id", "amount_minor")) == {loan.pk: 1100_16, second.pk: 399_84}

    @pytest.mark.parametrize(
        ("typed", "words"),
        [("1,100", "is not an amount"), ("5.00", "The parts make 5.00"), ("", "The parts make 0.00")],
    )
    def test_refuses_in_words_and_keeps_what_was_typed(self, account, loan, typed, words):
        (line,) = waiting(row("700.00"))

        answer = as_role("ACCOUNTANT").post(f"{page_of(line, 'match')}?loan={loan.pk}", {f"part-{loan.pk}": typed})

        assert words in answer.content.decode()
        assert [one["value"] for one in answer.context["rows"]] == [typed]
        assert Payment.objects.exists() is False

    @pytest.mark.parametrize("line_id", ["999999", "9" * 40, "abc", "%00"])
    def test_of_no_line_is_not_found(self, account, line_id):
        client = as_role("ACCOUNTANT")

        for act in ("match", "explain", "undo"):
            assert client.get(f"/admin/repayments/bankline/{line_id}/{act}/").status_code == 404


class TestUndo:
    def test_says_what_will_happen_and_does_it_with_a_reason(self, account, loan):
        (line,) = take_and_match(row("1100.16", text=loan.number, on="2026-02-15"))
        client = as_role("ACCOUNTANT")

        before = client.get(page_of(line, "undo")).content.decode()
        answer = client.post(page_of(line, "undo"), {"reason": "Meant for another loan"})

        assert f"BANK-{line.pk}" in before
        assert "returns to suspense" in before
        assert answer.url == page_of(line)
        line.refresh_from_db()
        assert (line.status, Payment.objects.get().is_returned) == ("UNMATCHED", True)
        assert "Meant for another loan" in client.get(page_of(line)).content.decode()
        assert (differences(), suspense_differences()) == ([], [])

    def test_without_a_reason_is_refused_at_the_field(self, account, loan):
        (line,) = take_and_match(row("1100.16", text=loan.number))

        answer = as_role("ACCOUNTANT").post(page_of(line, "undo"), {"reason": " "})

        assert list(answer.context["form"].errors) == ["reason"]
        assert Payment.objects.get().is_returned is False

    def test_of_an_open_line_is_refused_in_words(self, account):
        (line,) = waiting(row("700.00"))

        answer = as_role("ACCOUNTANT").post(page_of(line, "undo"), {"reason": "x"})

        assert "there is nothing to undo" in answer.content.decode()


class TestExplain:
    def test_a_payout_with_its_own_words(self, account, loan):
        (line,) = waiting(row("-12000.00", text=loan.number))
        client = as_role("ACCOUNTANT")
        address = f"{page_of(line, 'explain')}?payout={loan.disbursement.pk}"

        form = client.get(address).context["form"]
        client.post(address, {"reason": form["reason"].value()})

        line.refresh_from_db()
        explanation = line.explanations.get()
        assert (line.status, explanation.disbursement) == ("IGNORED", loan.disbursement)
        assert explanation.reason == f"Payout OUT-{loan.number}"


class TestLists:
    def test_are_filtered_by_statement_and_cost_the_same_for_many(self, account, loan):
        client = as_role("ACCOUNTANT")
        (line,) = waiting(row("700.00", on="2026-02-14"))
        address = reverse("admin:repayments_bankline_changelist")
        client.get(address)
        with CaptureQueriesContext(connection) as for_one:
            client.get(address)
        waiting(*[row(f"{number}.00") for number in range(1, 20)])
        with CaptureQueriesContext(connection) as for_many:
            assert len(client.get(address).context["cl"].result_list) == 20

        assert len(for_many) == len(for_one)
        only = client.get(f"{address}?statement__id__exact={line.statement_id}")
        assert list(only.context["cl"].result_list) == [line]
