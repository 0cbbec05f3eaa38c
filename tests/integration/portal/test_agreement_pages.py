"""What a borrower agrees on by themselves: to pay in parts, and to end a loan for less than is owed."""

from datetime import timedelta

import pytest

from collections_mgmt.domain.agreeing import Due
from collections_mgmt.models import Arrangement, PromiseToPay, Settlement
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.settlements import offer_settlement, review_settlement
from dashu.kernel.dates import add_months, lender_today
from dashu.users.models import User
from loans.models import Loan
from repayments.selectors.standings import standings_of
from tests import factories


@pytest.fixture
def late(amina) -> Loan:
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=130))


@pytest.fixture
def offer(late) -> Settlement:
    today = lender_today()
    return offer_settlement(
        loan_id=late.pk,
        parts=[Due(today, 4_000_00), Due(today + timedelta(days=30), 5_000_00)],
        today=today,
        reason="lost the shop",
        actor="user:1",
    )


@pytest.fixture
def page(client, amina):
    factories.speak(amina.user, "en")
    client.force_login(amina.user)
    return client


def text(response) -> str:
    return response.content.decode()


class TestPayingInParts:
    def test_splits_what_is_due_now_and_shows_how_far_it_is_paid(self, page, late):
        today = lender_today()
        due = standings_of([late], today=today)[late.pk].due_now

        page.post(f"/loans/{late.number}/plan/", {"count": "3", "first_on": today.isoformat()})

        plan = Arrangement.objects.get()
        assert (plan.total_minor, plan.is_own) == (due, True)
        assert [part.due_on for part in plan.parts.all()] == [today, add_months(today, 1), add_months(today, 2)]
        factories.pay(late, 100_00, today)
        shown = text(page.get(f"/loans/{late.number}/overdue/"))
        assert "still to come" in shown
        assert 'name="count"' not in shown

    @pytest.mark.parametrize(
        "wrong", [{"count": "5"}, {"count": ""}, {"count": "2", "first_on": "2020-01-01"}, {"first_on": "soon"}]
    )
    def test_refuses_what_needs_a_word_with_us(self, page, late, wrong):
        given = {"count": "2", "first_on": lender_today().isoformat(), **wrong}

        shown = page.post(f"/loans/{late.number}/plan/", given)

        assert not Arrangement.objects.exists()
        assert shown.context["plan_form"].errors.keys() == {"first_on" if "first_on" in wrong else "count"}
        assert f'value="{given["first_on"]}"' in text(shown)

    def test_is_not_found_for_another_persons_loan(self, client, late, brook):
        client.force_login(brook.user)

        answer = client.post(f"/loans/{late.number}/plan/", {"count": "2", "first_on": lender_today().isoformat()})

        assert answer.status_code == 404
        assert not Arrangement.objects.exists()


class TestPromises:
    def test_shows_what_came_in_of_one_that_was_not_kept(self, page, late):
        today = lender_today()
        PromiseToPay.objects.create(
            loan=late,
            amount_minor=500_00,
            paid_minor=120_00,
            made_on=today - timedelta(days=9),
            due_on=today - timedelta(days=5),
            decided_on=today - timedelta(days=3),
            status="BROKEN",
            actor="user:1",
        )

        shown = text(page.get(f"/loans/{late.number}/overdue/"))

        assert "¥120.00 came in, ¥380.00 is missing." in shown

    def test_after_two_broken_ones_a_plan_is_offered_instead(self, page, late):
        today = lender_today()
        for days in (40, 20):
            PromiseToPay.objects.create(
                loan=late,
                amount_minor=500_00,
                made_on=today - timedelta(days=days + 9),
                due_on=today - timedelta(days=days + 5),
                decided_on=today - timedelta(days=days),
                status="BROKEN",
                actor="user:1",
            )

        shown = text(page.get(f"/loans/{late.number}/overdue/"))
        assert 'action="#promise"' not in shown
        given = {"amount": "500", "due_on": (today + timedelta(days=5)).isoformat()}
        refused = text(page.post(f"/loans/{late.number}/overdue/", given))

        assert "Smaller payments over some months may fit better" in refused
        assert not PromiseToPay.objects.filter(status="OPEN").exists()


class TestAnOfferToSettle:
    def test_is_found_on_the_loans_page_and_accepted_only_when_read(self, page, late, offer):
        assert f"/help/offers/{offer.reference}/" in text(page.get(f"/loans/{late.number}/overdue/"))
        assert f"/help/offers/{offer.reference}/" in text(page.get("/help/"))
        address = f"/help/offers/{offer.reference}/"
        shown = text(page.get(address))
        assert "¥9,000.00" in shown
        assert "part of the debt was reduced" in shown

        unread = page.post(f"{address}answer/", {})
        assert unread.status_code == 422
        assert Settlement.objects.get().status == "OFFERED"
        page.post(f"{address}answer/", {"understood": "yes"})

        assert Settlement.objects.get().status == "ACCEPTED"
        shown = text(page.get(address))
        assert f"/loans/{late.number}/pay/?amount=4000.00" in shown

    def test_can_be_declined(self, page, offer):
        page.post(f"/help/offers/{offer.reference}/answer/", {"answer": "decline"})

        assert (Settlement.objects.get().status, Settlement.objects.get().end_reason) == ("WITHDRAWN", "DECLINED")
        assert "This offer has ended" in text(page.get(f"/help/offers/{offer.reference}/"))

    def test_tells_what_is_left_when_it_is_broken(self, page, late, offer):
        address, today = f"/help/offers/{offer.reference}/", lender_today()
        page.post(f"{address}answer/", {"understood": "yes"})
        factories.pay(late, 1_000_00, today)
        review_settlement(loan_id=late.pk, today=today)

        last = today + timedelta(days=3)
        close_date(business_date=last, today=last + timedelta(days=1))

        assert "¥1,000.00 counts" in text(page.get(address))

    def test_tells_when_it_is_done(self, page, late, offer):
        address, today = f"/help/offers/{offer.reference}/", lender_today()
        page.post(f"{address}answer/", {"understood": "yes"})

        factories.pay(late, 9_000_00, today)

        assert "Nothing more is owed on this loan." in text(page.get(address))

    def test_is_another_persons_secret(self, client, offer, brook):
        client.force_login(brook.user)
        address = f"/help/offers/{offer.reference}/"

        assert client.get(address).status_code == 404
        assert client.post(f"{address}answer/", {"understood": "yes"}).status_code == 404
        assert Settlement.objects.get().status == "OFFERED"

    def test_is_not_accepted_by_staff_for_them(self, client, offer):
        client.force_login(factories.staff("Sun", User.Role.SUPERVISOR))

        answer = client.post(f"/help/offers/{offer.reference}/answer/", {"understood": "yes"})

        assert answer.status_code == 404
        assert Settlement.objects.get().status == "OFFERED"
