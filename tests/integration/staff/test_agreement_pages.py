"""What staff agree on at a case; settlements, plans, holds and special care; and the report of complaints."""

from datetime import timedelta
from uuid import uuid4

import pytest

from collections_mgmt.models import Arrangement, CollectionCase, Hold, PromiseToPay, Settlement, Vulnerability
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.complaints import close_complaint, make_complaint, write_back
from collections_mgmt.services.promises import note_promise
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.decide import approve
from dashu.kernel.dates import add_months, lender_now, lender_today
from dashu.users.models import User
from tests import factories

ADMIN = "/admin/collections_mgmt"


@pytest.fixture
def case(amina) -> CollectionCase:
    today = lender_today()
    loan = factories.running_loan(amina, starts_on=today - timedelta(days=120))
    close_date(business_date=today - timedelta(days=1), today=today)
    return CollectionCase.objects.get(loan=loan)


@pytest.fixture
def sun(db) -> User:
    return factories.staff("Sun", User.Role.SUPERVISOR)


@pytest.fixture
def chidi(case) -> User:
    """A collector who holds the file of the borrower."""
    user = factories.staff("Chidi")
    factories.held_file(user, case.loan.borrower)
    return user


def address(case: CollectionCase, act: str) -> str:
    return f"{ADMIN}/collectioncase/{case.pk}/{act}/"


def terms(**given: str) -> dict[str, str]:
    return {
        "amount": "11,000.00",
        "count": "2",
        "first_on": lender_today().isoformat(),
        "reason": "lost the shop",
        "key": str(uuid4()),
        **given,
    }


class TestASettlement:
    def test_is_previewed_asked_for_and_offered_once_approved(self, case, chidi, client, sun):
        client.force_login(chidi)

        page = client.post(address(case, "settle"), terms(step="preview"))
        shown = page.content.decode()
        assert "5,500.00" in shown
        assert not ApprovalRequest.objects.exists()
        seen = page.context["form"].data["seen"]
        client.post(address(case, "settle"), terms(step="ask", seen=seen))

        asked = ApprovalRequest.objects.get()
        assert (asked.kind, asked.payload["total_minor"], Settlement.objects.count()) == (
            "settlement.offer",
            11_000_00,
            0,
        )
        approve(request_id=asked.pk, user=sun, today=lender_today())
        made = Settlement.objects.get()
        assert (made.status, [part.amount_minor for part in made.parts.all()]) == ("OFFERED", [5_500_00, 5_500_00])

    def test_that_was_changed_after_the_preview_is_shown_again(self, case, chidi, client):
        client.force_login(chidi)
        seen = client.post(address(case, "settle"), terms(step="preview")).context["form"].data["seen"]

        page = client.post(address(case, "settle"), terms(step="ask", seen=seen, amount="9000"))

        assert page.status_code == 200
        assert not ApprovalRequest.objects.exists()

    def test_a_refusal_stands_at_the_amount(self, case, chidi, client):
        client.force_login(chidi)

        page = client.post(address(case, "settle"), terms(step="preview", amount="900000"))

        assert page.context["form"].errors.keys() == {"amount"}

    def test_is_withdrawn_by_a_supervisor_only_while_it_waits(self, case, chidi, client, sun):
        self.test_is_previewed_asked_for_and_offered_once_approved(case, chidi, client, sun)
        made = Settlement.objects.get()
        withdraw = f"{ADMIN}/settlement/{made.pk}/withdraw/"
        assert client.post(withdraw, {"reason": "typo"}).status_code == 403
        client.force_login(sun)

        assert "5,500.00" in client.get(f"{ADMIN}/settlement/{made.pk}/change/").content.decode()
        client.post(withdraw, {"reason": "typo"})

        made.refresh_from_db()
        assert (made.status, made.end_reason) == ("WITHDRAWN", "typo")
        assert client.post(withdraw, {"reason": "again"}).status_code == 403


class TestAPlan:
    def test_is_made_and_taken_back_with_a_reason(self, case, chidi, client):
        client.force_login(chidi)
        first = lender_today() + timedelta(days=3)

        client.post(
            address(case, "plan"),
            {"amount": "1000", "count": "3", "first_on": first.isoformat(), "note": "pays weekly"},
        )

        plan = Arrangement.objects.get()
        parts = list(plan.parts.values_list("due_on", "amount_minor"))
        assert parts == [
            (first, 333_34),
            (add_months(first, 1), 333_33),
            (add_months(first, 2), 333_33),
        ]
        assert plan.reference in client.get(f"{ADMIN}/collectioncase/{case.pk}/change/").content.decode()
        client.post(f"{ADMIN}/arrangement/{plan.pk}/cancel/", {"reason": "found work"})
        plan.refresh_from_db()
        assert (plan.status, plan.end_reason) == ("CANCELLED", "found work")

    def test_of_one_payment_is_refused_at_the_count(self, case, chidi, client):
        client.force_login(chidi)

        page = client.post(
            address(case, "plan"), {"amount": "1000", "count": "1", "first_on": lender_today().isoformat()}
        )

        assert page.context["form"].errors.keys() == {"count"}
        assert not Arrangement.objects.exists()


class TestAPromise:
    def test_is_taken_back_with_a_reason(self, case, chidi, client):
        today = lender_today()
        note_promise(loan_id=case.loan_id, amount_minor=100_00, due_on=today, today=today, actor="user:1")
        client.force_login(chidi)

        client.post(address(case, "take-back"), {"reason": "misheard"})

        promise = PromiseToPay.objects.get()
        assert (promise.status, promise.end_reason) == ("CANCELLED", "misheard")
        assert client.get(address(case, "take-back")).status_code == 403


class TestSpecialCare:
    def test_is_noted_and_its_reason_seen_by_few(self, case, chidi, client, sun):
        client.force_login(chidi)
        client.post(address(case, "care"), {"category": "BEREAVEMENT", "is_specialist": "on"})

        noted = Vulnerability.objects.get()
        assert (noted.category, noted.is_specialist, noted.consented_on) == ("BEREAVEMENT", True, None)
        page = f"{ADMIN}/vulnerability/{noted.pk}/change/"
        assert "亲人离世" not in client.get(page).content.decode()
        assert "亲人离世" not in client.get(f"{ADMIN}/vulnerability/").content.decode()
        assert client.post(f"{ADMIN}/vulnerability/{noted.pk}/end/").status_code == 403

        client.force_login(sun)
        assert "亲人离世" in client.get(page).content.decode()
        client.post(f"{ADMIN}/vulnerability/{noted.pk}/end/")
        noted.refresh_from_db()
        assert (noted.ended_on, noted.ended_by) == (lender_today(), sun)

    def test_of_health_needs_consent(self, case, chidi, client):
        client.force_login(chidi)

        page = client.post(address(case, "care"), {"category": "HEALTH"})

        assert page.context["form"].errors.keys() == {"has_consented"}
        assert not Vulnerability.objects.exists()


class TestHolds:
    def test_are_listed_with_their_clock_reviewed_and_ended(self, case, client, sun):
        today = lender_today()
        client.force_login(sun)
        client.post(
            address(case, "hold"),
            {"kind": "BANKRUPTCY", "starts_on": today.isoformat(), "ends_on": "", "reason": "letter of the court"},
        )
        hold = Hold.objects.get()
        assert (hold.contact, hold.mark, hold.review_on) == ("PERSON", "INSOLVENT", today + timedelta(days=90))
        assert "还剩 90 天" in client.get(f"{ADMIN}/hold/").content.decode()
        Hold.objects.update(review_on=today)

        assert case.loan.number in client.get(f"{ADMIN}/hold/?state=review").content.decode()
        client.post(f"{ADMIN}/hold/{hold.pk}/review/", {"reason": "still with the court"})
        assert case.loan.number not in client.get(f"{ADMIN}/hold/?state=review").content.decode()
        client.post(f"{ADMIN}/hold/{hold.pk}/end/", {"reason": "closed by the court"})

        hold.refresh_from_db()
        assert (hold.ended_on, hold.end_reason, hold.ended_by) == (today, "closed by the court", f"user:{sun.pk}")


class TestTheReportOfComplaints:
    def test_counts_by_month_product_and_cause(self, case, client, sun):
        now = lender_now()
        for about in ("CONTACT", "AMOUNT"):
            made = make_complaint(
                borrower_id=case.loan.borrower_id,
                loan_id=case.loan_id,
                about=about,
                words="Twice a day.",
                wish="",
                key=uuid4(),
                now=now,
                actor="user:1",
            )
        write_back(complaint_id=made.pk, words="Sorry.", is_answer=True, user=sun, now=now)
        close_complaint(complaint_id=made.pk, root_cause="WRONG_FIGURE", user=sun, now=now)
        client.force_login(sun)

        page = client.get(f"{ADMIN}/complaint/report/")

        assert [figure.value for figure in page.context["figures"]] == [1, 0, "100 %", 0]
        causes, months = page.context["tables"]
        assert causes.rows == [["金额或日期有误", 1, 1]]
        product = case.loan.product_terms.product.label
        assert months.rows == [[f"{lender_today():%Y-%m}", product, 2, 0, 0]]

    def test_is_closed_to_others(self, rules, client):
        client.force_login(factories.staff("Uma", User.Role.UNDERWRITER))

        assert client.get(f"{ADMIN}/complaint/report/").status_code == 403


@pytest.mark.parametrize("act", ["plan", "settle", "take-back", "care"])
def test_acts_are_closed_to_others(case, client, act):
    client.force_login(factories.staff("Uma", User.Role.UNDERWRITER))

    assert client.get(address(case, act)).status_code == 403
