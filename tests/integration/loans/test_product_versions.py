"""A version of a product from draft to publication: what is refused, who decides, and what is lent under it."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import OwnRequest, approve, decline
from dashu.finance.rate_cap import RateAboveBound
from dashu.kernel.errors import DomainError
from dashu.users.models import User
from loans.models import ProductTerms
from loans.selectors.products import product_terms
from loans.services.create_loan import OutsideProduct, create_loan
from loans.services.product_versions import (
    RateAboveCap,
    VersionFixed,
    checked_examples,
    publish_version,
    save_version,
    submit_version,
)
from tests import factories

TODAY = date(2026, 12, 1)
TERMS = {
    "method": "equal_principal",
    "min_principal": "5000.00",
    "max_principal": "50000.00",
    "min_count": 6,
    "max_count": 24,
    "min_annual_rate": "0.08",
    "max_annual_rate": "0.15",
}


@pytest.fixture
def una(rules) -> User:
    return factories.staff("Una", User.Role.UNDERWRITER)


@pytest.fixture
def sara(rules) -> User:
    return factories.staff("Sara", User.Role.SUPERVISOR)


def draft(user: User, terms=TERMS, day=TODAY, **more) -> ProductTerms:
    return save_version(product_code="consumer", terms=terms, effective_from=day, user=user, today=TODAY, **more)


def ask(version: ProductTerms, user: User, key="") -> ApprovalRequest:
    key = key or f"product:{uuid4()}"
    return submit_version(version_id=version.pk, reason="cheaper", user=user, today=TODAY, idempotency_key=key)


def lend(borrower, principal: int, rate: str, on: date = TODAY):
    return create_loan(
        borrower_id=borrower.pk,
        product_code="consumer",
        principal_minor=principal,
        annual_rate=Decimal(rate),
        count=12,
        starts_on=on,
        actor="user:1",
    )


class TestShippedProducts:
    @pytest.mark.parametrize("month", range(1, 12))
    @pytest.mark.parametrize("code", ["consumer", "sme", "card-repayment"])
    def test_lend_inside_the_cap_on_any_day_and_could_be_published_as_they_are(self, rules, code, month):
        versions = ProductTerms.objects.filter(product__code=code)

        for version in versions:
            for day in (1, 15, 28):
                on = date(2027, month, day)
                assert checked_examples(version.terms, effective_from=on, today=on).above_cap == ()


class TestDraft:
    def test_is_the_next_version_and_nothing_is_lent_under_it(self, una, amina):
        before = product_terms("consumer", on=TODAY)

        version = draft(una)

        assert (version.version, version.status, version.made_by) == (before.version + 1, "DRAFT", una)
        assert product_terms("consumer", on=TODAY) == before

    def test_is_written_anew(self, una):
        version = draft(una)

        again = draft(una, {**TERMS, "max_count": 36}, version_id=version.pk)

        assert (again.pk, again.version, again.terms["max_count"]) == (version.pk, version.version, 36)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"max_count": 5}, "max_count"),
            ({"max_principal": "1000.00"}, "max_principal"),
            ({"max_annual_rate": "0.05"}, "max_annual_rate"),
            ({"min_count": 0}, "min_count"),
            ({"min_principal": "0.00"}, "min_principal"),
            ({"method": "magic"}, "method"),
            ({"colour": "green"}, "colour"),
            ({"schedule": {"grace": 3}}, "schedule.grace"),
            ({"max_tranches": 3}, "tranche_within_days"),
            ({"max_tranches": 0}, "max_tranches"),
            ({"max_tranches": 13, "tranche_within_days": 90}, "max_tranches"),
        ],
    )
    def test_refuses_terms_that_no_loan_can_be_made_under(self, una, change, field):
        with pytest.raises(DomainError) as refused:
            draft(una, {**TERMS, **change})

        assert refused.value.field == field
        assert not ProductTerms.objects.exclude(status="PUBLISHED").exists()

    def test_refuses_a_day_that_is_past(self, una):
        with pytest.raises(DomainError) as refused:
            draft(una, day=TODAY - timedelta(days=1))

        assert refused.value.field == "effective_from"

    def test_refuses_a_rate_above_the_packs_bound_or_an_all_in_rate_above_its_cap(self, una):
        with pytest.raises(RateAboveBound):
            draft(una, {**TERMS, "max_annual_rate": "0.25"})
        with pytest.raises(RateAboveCap) as refused:
            draft(una, {**TERMS, "max_annual_rate": "0.23"})

        assert refused.value.field == "max_annual_rate"


class TestPublication:
    def test_by_another_person_and_from_its_day_on(self, una, sara, amina):
        day = TODAY + timedelta(days=10)
        version = draft(una, day=day)
        asked = ask(version, una)
        with pytest.raises(OwnRequest):
            approve(request_id=asked.pk, user=una, today=TODAY)
        old = product_terms("consumer", on=day)

        approve(request_id=asked.pk, user=sara, today=TODAY)

        version.refresh_from_db()
        assert version.status == "PUBLISHED"
        assert (product_terms("consumer", on=day - timedelta(days=1)), product_terms("consumer", on=day)) == (
            old,
            version,
        )
        assert lend(amina, 6_000_00, "0.15", on=day).product_terms == version
        with pytest.raises(OutsideProduct):
            lend(amina, 4_000_00, "0.15", on=day)

    def test_shows_the_decider_what_changes_and_the_worst_case(self, una):
        asked = ask(draft(una), una)

        tables = {table["title"]: table for table in asked.preview}
        assert list(tables) == [
            "What changes",
            "What may be charged",
            "What loans come to",
            "The worst case",
            "Its schedule",
        ]
        assert tables["What changes"]["rows"] == [
            ["repayment method", "Equal installments", "Equal principal"],
            ["lowest amount", "¥1,000.00", "¥5,000.00"],
            ["highest amount", "¥200,000.00", "¥50,000.00"],
            ["fewest installments", "3", "6"],
            ["most installments", "36", "24"],
            ["lowest annual rate", "0%", "8%"],
            ["highest annual rate", "21.6%", "15%"],
            ["fees", "Notary fee ¥500.00; Paper copy by courier ¥20.00", "–"],
        ]
        assert tables["What may be charged"]["rows"] == []
        assert len(tables["Its schedule"]["rows"]) == 24

    def test_asked_twice_is_one_request(self, una):
        version = draft(una)

        assert ask(version, una, key="product:1") == ask(version, una, key="product:1")

    def test_is_asked_for_by_who_wrote_it(self, una, administrator):
        with pytest.raises(NotAuthorized):
            ask(draft(una), administrator)

    def test_what_waits_or_was_published_is_fixed_and_what_was_declined_is_a_draft_again(self, una, sara):
        version = draft(una)
        asked = ask(version, una)
        with pytest.raises(VersionFixed):
            draft(una, version_id=version.pk)

        decline(request_id=asked.pk, user=sara, today=TODAY, note="too dear")
        draft(una, {**TERMS, "max_annual_rate": "0.12"}, version_id=version.pk)
        approve(request_id=ask(version, una).pk, user=sara, today=TODAY)

        with pytest.raises(VersionFixed):
            draft(una, version_id=version.pk)
        with pytest.raises(VersionFixed):
            publish_version(version_id=version.pk, digest="", actor="user:1", today=TODAY)

    def test_fails_when_its_day_has_passed_meanwhile(self, una, sara):
        asked = ask(draft(una), una)

        decided = approve(request_id=asked.pk, user=sara, today=TODAY + timedelta(days=2))

        assert (decided.status, decided.result["code"]) == ("FAILED", "invalid_product_terms")
        assert not ProductTerms.objects.filter(status="PUBLISHED", published_at__isnull=False).exists()
