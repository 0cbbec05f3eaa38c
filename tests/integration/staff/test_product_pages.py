"""Versions of products at the staff's pages: written with a preview, kept as typed when refused, sent to approval."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_today
from loans.models import ProductTerms
from tests.integration.staff.conftest import as_role

pytestmark = pytest.mark.usefixtures("rules")
WRITE = "/admin/loans/productterms/write/"


def form(**changes: str) -> dict[str, str]:
    day = lender_today() + timedelta(days=3)
    return {
        "product": "consumer",
        "effective_from": day.isoformat(),
        "method": "equal_installment",
        "min_principal": "1000.00",
        "max_principal": "100000.00",
        "min_count": "3",
        "max_count": "24",
        "min_annual_rate": "0.08",
        "max_annual_rate": "0.18",
        "allocation_order": "fee, interest, principal, penalty",
        "charges_penalty": "on",
        **changes,
    }


FEES = json.dumps(
    [
        {
            "code": "account",
            "name": {"zh-Hans": "账户管理费", "zh-Hant": "帳戶管理費", "en": "Account fee"},
            "payee": {"zh-Hans": "大树金融", "zh-Hant": "大樹金融", "en": "Dashu Finance"},
            "when": "upfront",
            "amount": "5.00",
        }
    ]
)


class TestVersions:
    def test_are_previewed_saved_and_sent_to_another_person(self):
        una = as_role("UNDERWRITER")

        page = una.post(WRITE, form(step="preview")).content.decode()
        assert "The worst case" in page
        assert "¥100,000.00" in page
        assert not ProductTerms.objects.filter(status="DRAFT").exists()

        saved = una.post(WRITE, form(step="save"))
        version = ProductTerms.objects.get(status="DRAFT")
        assert saved.url == f"/admin/loans/productterms/{version.pk}/change/"
        assert version.terms["charges_penalty"] is True
        assert version.terms["allocation_order"] == ["fee", "interest", "principal", "penalty"]
        page = una.get(saved.url).content.decode()
        assert "Ask for approval" in page
        assert "Draft" in page

        una.post(f"/admin/loans/productterms/{version.pk}/ask/", {"reason": "a cheaper loan", "key": str(uuid4())})
        asked = ApprovalRequest.objects.get()
        assert asked.kind == "product.version"
        page = as_role("SUPERVISOR").get(f"/admin/approvals/approvalrequest/{asked.pk}/change/").content.decode()
        assert "Lend under version 2 of the product consumer." in page
        assert "What loans come to" in page

    def test_show_their_fees_and_count_them(self):
        una = as_role("UNDERWRITER")

        page = una.post(WRITE, form(step="preview", fees=FEES)).content.decode()
        saved = una.post(WRITE, form(step="save", fees=FEES))

        assert "What may be charged" in page
        assert "Account fee" in page
        assert "Once, with the first installment" in page
        assert ProductTerms.objects.get(status="DRAFT").terms["fees"] == json.loads(FEES)
        edit = una.get(saved.url.replace("change", "edit")).content.decode()
        assert "帳戶管理費" in edit

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"max_annual_rate": "0.23"}, "the cap is 0.24"),
            ({"max_count": "2"}, "The highest lies below the lowest."),
            ({"schedule": "{"}, "This is not JSON."),
            ({"fees": "["}, "This is not JSON."),
            ({"fees": "{}"}, "Write the lines in brackets."),
            ({"fees": '[{"code": "x"}]'}, "This term is missing."),
            ({"fees": FEES.replace("5.00", "500.00")}, "the cap is 0.24"),
            ({"schedule": '{"grace": 1}'}, "This term is not known."),
            ({"min_principal": ""}, "This term is missing."),
        ],
    )
    def test_that_are_refused_keep_what_was_typed(self, change, said):
        page = as_role("UNDERWRITER").post(WRITE, form(step="save", max_principal="123456.00", **change))

        assert said in page.content.decode()
        assert 'value="123456.00"' in page.content.decode()
        assert not ProductTerms.objects.exclude(status="PUBLISHED").exists()

    def test_are_written_only_by_those_who_may(self):
        version = ProductTerms.objects.first()
        chidi = as_role("SUPERVISOR")

        assert chidi.get(WRITE).status_code == 403
        page = chidi.get(f"/admin/loans/productterms/{version.pk}/change/").content.decode()
        assert "Write a new version" not in page
        assert "Its schedule" in page

    def test_a_new_one_begins_with_the_terms_of_the_old(self):
        version = ProductTerms.objects.get(product__code="sme", version=1)

        page = as_role("ADMIN").get(f"/admin/loans/productterms/{version.pk}/edit/").content.decode()

        assert 'value="10000000.00"' in page
