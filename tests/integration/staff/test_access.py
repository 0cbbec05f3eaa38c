"""Who may see which page of the back office, and that nobody can edit money there."""

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from collections_mgmt.models import CloseRun, CollectionCase, OverdueStatus
from dashu.kernel.dates import lender_now
from dashu.portal.navigation import sidebar
from dashu.users.models import User
from loans.models import Loan, Product, ProductTerms
from repayments.models import (
    BankAccount,
    BankLine,
    BankStatement,
    Checkout,
    IssuedDocument,
    Payment,
    PayoffQuote,
)
from repayments.services.documents import issue_statement
from repayments.services.payoff_quotes import quote_payoff
from tests import factories
from tests.integration.repayments.bank_cases import own_account, row, waiting
from tests.integration.staff.conftest import DAY, as_role

pytestmark = pytest.mark.django_db

BANK = [BankAccount, BankStatement, BankLine]
PAGES = [
    Loan,
    Product,
    ProductTerms,
    Payment,
    Checkout,
    PayoffQuote,
    IssuedDocument,
    OverdueStatus,
    CollectionCase,
    CloseRun,
    *BANK,
]
MAY_SEE = {
    "COLLECTOR": {Loan, Payment, PayoffQuote, IssuedDocument, OverdueStatus, CollectionCase},
    "SUPERVISOR": set(PAGES),
    "UNDERWRITER": {Loan, Product, ProductTerms, Payment, PayoffQuote, IssuedDocument, OverdueStatus},
    "ACCOUNTANT": set(PAGES) - {CollectionCase},
    "ADMIN": set(PAGES),
}


def list_of(model) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


class TestLists:
    @pytest.mark.parametrize("role", MAY_SEE)
    def test_open_for_those_who_need_them(self, role, late_loan):
        client = as_role(role)

        answers = {model: client.get(list_of(model)).status_code for model in PAGES}

        assert answers == {model: 200 if model in MAY_SEE[role] else 403 for model in PAGES}

    @pytest.mark.parametrize("role", MAY_SEE)
    def test_are_in_the_side_menu_for_the_same_people(self, role, rules):
        request = RequestFactory().get("/admin/")
        request.user = factories.staff(role.capitalize(), role)

        links = {item["link"].partition("?")[0] for group in sidebar(request) for item in group["items"]}

        shown = {model for model in PAGES if any(link.startswith(list_of(model)) for link in links)}
        assert shown == MAY_SEE[role]

    def test_are_closed_to_borrowers_and_partners(self, client, amina, dana):
        for person in (amina.user, dana.user):
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            assert client.get(list_of(Loan)).status_code == 302

    def test_ask_no_model_for_the_list_of_all_that_they_do_not_show(self, monkeypatch):
        def asked(*_: object) -> None:
            pytest.fail("the list of all models was put together")

        monkeypatch.setattr(admin.site, "_build_app_dict", asked)

        assert as_role("ADMIN").get(list_of(Loan)).status_code == 200

    def test_side_menu_leads_nowhere_that_does_not_open(self, rules):
        client = as_role(User.Role.ADMIN)
        request = RequestFactory().get("/admin/")
        request.user = User.objects.get(role=User.Role.ADMIN)

        links = [item["link"] for group in sidebar(request) for item in group["items"]]

        assert len(links) == 93
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)

    @pytest.mark.parametrize(
        ("path", "title"),
        [
            ("/admin/ledger/account/trial-balance/", "Trial balance"),
            ("/admin/ledger/account/1001/ledger/", "Chart of accounts"),
            ("/admin/loans/loan/7/change/", "Loans"),
        ],
    )
    def test_side_menu_marks_the_one_entry_where_one_is(self, path, title, rules):
        request = RequestFactory().get(path)
        request.user = factories.staff("Ada", "ACCOUNTANT")

        items = [item for group in sidebar(request) for item in group["items"]]

        assert [str(item["title"]) for item in items if item["active"]] == [title]


@pytest.fixture
def papers(late_loan) -> None:
    """A payoff quote of the late loan and a statement of its account."""
    now = lender_now()
    quote_payoff(loan_id=late_loan.pk, valid_to=now.date(), today=now.date(), actor=factories.ACTOR)
    issue_statement(
        loan_id=late_loan.pk, first=DAY, last=DAY, language="en", now=now, site="http://x", actor=factories.ACTOR
    )


@pytest.mark.usefixtures("papers")
class TestMoney:
    @pytest.mark.parametrize("model", [model for model in PAGES if model is not BankAccount])
    def test_is_added_changed_and_deleted_by_nobody(self, model, late_loan):
        client = as_role(User.Role.ADMIN)
        page = admin.site.get_model_admin(model)
        request = RequestFactory().get("/admin/")
        request.user = User.objects.get(role=User.Role.ADMIN)
        own_account()
        waiting(row("1.00"))
        found = model.objects.first()
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"

        assert page.has_view_permission(request) is True
        assert (page.has_add_permission(request), page.has_change_permission(request)) == (False, False)
        assert page.has_delete_permission(request) is False
        assert page.get_actions(request) == {}
        assert client.get(reverse(f"{name}_add")).status_code == 403
        assert client.post(reverse(f"{name}_change", args=[found.pk]), {"status": "SETTLED"}).status_code == 403
        assert client.post(reverse(f"{name}_delete", args=[found.pk]), {"post": "yes"}).status_code == 403
        assert model.objects.filter(pk=found.pk).exists() is True
