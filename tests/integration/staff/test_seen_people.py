"""Whoever of staff sees a person leaves a line in the audit log."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from collections_mgmt.models import CaseFile, CollectionCase
from dashu.audit.models import AuditRecord
from dashu.portal.seen_people import ACTION, path_to_borrower
from dashu.users.models import Borrower, User
from repayments.models import Payment
from tests import factories
from tests.integration.staff.conftest import DAY, behind, close

pytestmark = pytest.mark.django_db

# Rules, runs, files and money that is not matched yet; a page that is about a person has to lead to them.
ABOUT_NOBODY = {
    "collections_mgmt.Agency",
    "collections_mgmt.AgencyFile",
    "collections_mgmt.CloseRun",
    "collections_mgmt.CollectorProfile",
    "collections_mgmt.DeskDay",
    "collections_mgmt.EconomicIndicator",
    "collections_mgmt.ReliefCampaign",
    "collections_mgmt.ScriptVersion",
    "collections_mgmt.ShockEntry",
    "collections_mgmt.StrategyVersion",
    "collections_mgmt.Team",
    "credit_reporting.ReportingFile",
    "loans.Product",
    "loans.ProductTerms",
    "loans.ScorecardWatch",
    "messaging.WordingVersion",
    "repayments.BankAccount",
    "repayments.BankLine",
    "repayments.BankStatement",
    "repayments.CorrectionBatch",
    "repayments.GatewayCallback",
    "repayments.ReconciliationDay",
}


def of_staff(role: str = "SUPERVISOR") -> tuple[Client, str]:
    user = factories.staff("Ekene", role)
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client, f"user:{user.pk}"


def noted() -> list[tuple[str, str, str, dict]]:
    records = AuditRecord.objects.filter(action=ACTION).order_by("pk")
    return [(each.actor, each.subject_type, each.subject_id, each.data) for each in records]


@pytest.fixture
def amina(rules: None) -> Borrower:
    return factories.borrower("Amina")


class TestPage:
    @pytest.mark.parametrize("page", ["borrower", "loan"])
    def test_of_a_person_or_what_is_theirs_is_noted(self, amina, page):
        loan = factories.running_loan(amina)
        client, actor = of_staff()
        name, key = {"borrower": ("users_borrower", amina.pk), "loan": ("loans_loan", loan.pk)}[page]

        assert client.get(reverse(f"admin:{name}_change", args=[key])).status_code == 200

        assert noted() == [(actor, "borrower", str(amina.pk), {"page": f"{name}_change"})]

    def test_that_names_a_loan_in_its_address_is_noted(self, amina):
        loan = behind(amina)
        close(DAY)
        client, actor = of_staff()

        assert client.get(reverse("admin:collections_mgmt_offerset_build", args=[loan.pk])).status_code == 200

        assert noted() == [(actor, "borrower", str(amina.pk), {"page": "collections_mgmt_offerset_build"})]

    def test_that_was_refused_is_not_noted(self, amina):
        client = Client()
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        client.get(reverse("admin:users_borrower_change", args=[amina.pk]))

        assert noted() == []

    def test_of_nobody_is_not_noted(self, amina):
        client, _actor = of_staff()

        assert client.get(reverse("admin:index")).status_code == 200
        assert client.get(reverse("admin:collections_mgmt_closerun_changelist")).status_code == 200

        assert noted() == []

    def test_borrowers_see_themselves_unnoted(self, amina):
        client = Client()
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        assert client.get("/").status_code == 200

        assert noted() == []


class TestList:
    def test_is_noted_with_everybody_on_it(self, amina):
        other = factories.borrower("Bao")
        client, actor = of_staff()

        assert client.get(reverse("admin:users_borrower_changelist")).status_code == 200

        assert noted() == [
            (actor, "borrowers", "2", {"page": "users_borrower_changelist", "people": [amina.pk, other.pk]})
        ]

    def test_without_rows_is_not_noted(self, amina):
        client, _actor = of_staff()

        assert client.get(reverse("admin:repayments_payment_changelist")).status_code == 200

        assert noted() == []

    def test_names_nobody(self, amina):
        client, _actor = of_staff()

        client.get(reverse("admin:users_borrower_changelist"), {"q": "Amina"})

        assert "Amina" not in str(noted())


class TestWhomARowIsAbout:
    @pytest.mark.parametrize(
        ("model", "path"),
        [
            (Borrower, "pk"),
            (Payment, "loan__borrower_id"),
            (CollectionCase, "loan__borrower_id"),
            (CaseFile, "borrower_id"),
            (User, None),
        ],
    )
    def test_is_found_by_its_references(self, model, path):
        assert path_to_borrower(model) == path

    def test_every_page_of_loans_and_cases_knows_it(self):
        ours = {"loans", "repayments", "collections_mgmt", "messaging", "credit_reporting"}
        registered = {model._meta.label for model in admin.site._registry if model._meta.app_label in ours}
        about_nobody = {label for label in registered if path_to_borrower(apps.get_model(label)) is None}

        assert about_nobody == ABOUT_NOBODY
