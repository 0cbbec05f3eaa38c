"""The page of a loan that is late: figures of the engine, what is noted and when, and the promise."""

from datetime import date, timedelta

import pytest

from collections_mgmt.models import PromiseToPay
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.holds import place_hold
from dashu.web.templatetags.dashu import money
from repayments.selectors.standings import standings_of
from tests import factories

TODAY = date(2026, 6, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("dashu.portal.trouble.overdue.lender_today", lambda: TODAY)
    monkeypatch.setattr("dashu.portal.complaining.lender_today", lambda: TODAY)


@pytest.fixture
def amina(rules):
    owner = factories.borrower("Amina", language="en")
    type(owner.user).objects.filter(pk=owner.user_id).update(language="en")
    return owner


@pytest.fixture
def late(amina):
    """12,000 yuan at 18%; the installments of 10 May and 10 June are open."""
    return factories.running_loan(amina, starts_on=date(2026, 4, 10))


@pytest.fixture
def page(client, amina):
    client.force_login(amina.user)
    return lambda loan: client.get(f"/loans/{loan.number}/overdue/").content.decode()


class TestOverdue:
    def test_shows_days_and_figures_of_the_engine(self, page, late):
        standing = standings_of([late], today=TODAY)[late.pk]

        shown = page(late)

        assert "Overdue by 41 days" in shown
        assert "The installment of May 10, 2026 is the oldest that is not paid yet." in shown
        for minor in (standing.overdue, standing.penalty, standing.penalty_a_day):
            assert _amount(minor) in shown

    def test_explains_what_a_day_costs_by_the_numbers_that_make_it(self, page, late):
        standing = standings_of([late], today=TODAY)[late.pk]

        shown = " ".join(page(late).split())

        base, a_day = money(standing.overdue_principal), money(standing.penalty_a_day)
        assert f"{base} × 24% a year ÷ 360 days = {a_day}" in shown
        assert standing.penalty_a_day == round(standing.overdue_principal * 24 / 36_000)

    def test_says_what_the_record_will_show_and_when(self, page, late):
        shown = page(late)

        for day, days, code in (("2026-06-30", 51, "2"), ("2026-07-31", 82, "3"), ("2026-08-31", 113, "4")):
            assert f'<time class="nowrap" datetime="{day}">' in shown
            assert f'<td class="end">{days}</td><td class="end">{code}</td>' in shown
        assert (
            "Before a month is first noted as overdue we write to you, from June 20, 2026 on for this month." in shown
        )
        assert "stays on the record for 5 years" in shown

    def test_says_what_is_noted_already(self, page, late):
        close_date(business_date=date(2026, 5, 31), today=date(2026, 6, 1))

        shown = page(late)

        assert "May 2026" in shown
        assert '<td class="end">21</td><td class="end">1</td>' in shown
        assert "Before a month is first noted" not in shown

    def test_says_how_we_make_contact_with_the_numbers_of_the_policy(self, page, late):
        shown = page(late)

        assert "between 08:00 and 22:00" in shown
        assert "at most 3 times a day and try at most 6 times" in shown
        assert "agreed with you 3 days before, 2 people come together" in shown

    def test_says_that_a_hold_stops_penalty_and_reminders(self, page, late):
        place_hold(
            loan_id=late.pk, kind="DISPUTE", starts_on=TODAY, ends_on=None, today=TODAY, reason="bank", actor="user:9"
        )

        shown = page(late)

        assert "We are looking into something you told us." in shown
        assert "nothing, for now" in shown

    def test_names_the_last_day_of_a_hold_whose_question_is_answered(self, page, late):
        place_hold(
            loan_id=late.pk,
            kind="HARDSHIP_REVIEW",
            starts_on=TODAY,
            ends_on=TODAY + timedelta(days=10),
            today=TODAY,
            reason="plan offered",
            actor="user:9",
        )

        shown = page(late)

        assert "Up to June 30, 2026 we do not remind you of this loan, and no penalty interest is added." in shown
        assert "Up to June 30, 2026 you need not promise anything." in shown
        assert "We are looking into something" not in shown
        assert "While we look into what you told us" not in shown

    def test_of_two_holds_names_no_day_as_long_as_one_has_none(self, page, late):
        for kind, ends_on in (("HARDSHIP_REVIEW", TODAY + timedelta(days=10)), ("DISPUTE", None)):
            place_hold(
                loan_id=late.pk, kind=kind, starts_on=TODAY, ends_on=ends_on, today=TODAY, reason="bank", actor="user:9"
            )

        shown = page(late)

        assert "We are looking into something you told us." in shown
        assert "Up to June 30, 2026 we do not" not in shown

    def test_another_borrowers_page_is_not_found(self, client, late, brook):
        client.force_login(brook.user)

        assert client.get(f"/loans/{late.number}/overdue/").status_code == 404
        assert (
            client.post(f"/loans/{late.number}/overdue/", {"amount": "500", "due_on": "2026-06-30"}).status_code == 404
        )
        assert not PromiseToPay.objects.exists()

    def test_the_loan_and_the_home_page_lead_here(self, client, amina, late, monkeypatch):
        monkeypatch.setattr("dashu.portal.views.lender_today", lambda: TODAY)
        client.force_login(amina.user)

        for address in ("/", f"/loans/{late.number}/"):
            assert f'href="/loans/{late.number}/overdue/"' in client.get(address).content.decode()


class TestNotOverdue:
    def test_says_so_calmly_and_what_would_happen(self, page, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 6, 10))

        shown = page(loan)

        assert "Nothing is overdue" in shown
        assert "The next installment, ¥1,100.16, is due on July 10, 2026." in shown
        assert "From July 11, 2026 on, each day would add about ¥0.61 of penalty interest." in shown
        assert "The month that ends on July 31, 2026 would be noted as overdue in your credit record (code 1)." in shown

    def test_says_what_is_due_today(self, page, amina):
        loan = factories.running_loan(amina, starts_on=date(2026, 5, 20))

        shown = page(loan)

        assert "There is nothing you need to do now." not in shown
        assert "tell us before that day" not in shown
        assert "Due today" in shown
        assert _amount(1_100_16) in shown
        assert f'href="/loans/{loan.number}/pay/"' in shown
        assert "From June 21, 2026 on, each day would add about" in shown

    def test_of_a_loan_that_is_not_paid_out_names_no_day(self, page, amina):
        assert "The loan has not been paid out yet" in page(factories.approved_loan(amina, starts_on=TODAY))


class TestPromise:
    def promise(self, client, late, **given):
        return client.post(f"/loans/{late.number}/overdue/", {"amount": "1,500.5", "due_on": "2026-06-30", **given})

    def test_is_kept_and_shown_as_running(self, page, client, late):
        page(late)

        answer = self.promise(client, late)

        assert answer.url == f"/loans/{late.number}/overdue/"
        kept = PromiseToPay.objects.get()
        assert (kept.amount_minor, kept.due_on, kept.made_on, kept.status) == (
            150_050,
            date(2026, 6, 30),
            TODAY,
            "OPEN",
        )
        assert "You pay ¥1,500.50 by June 30, 2026." in page(late)

    def test_sent_twice_is_one(self, page, client, late):
        page(late)
        self.promise(client, late)
        self.promise(client, late)

        assert PromiseToPay.objects.count() == 1

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"amount": "abc"}, "amount"),
            ({"amount": "99999"}, "amount"),
            ({"due_on": (TODAY + timedelta(days=15)).isoformat()}, "due_on"),
            ({"due_on": ""}, "due_on"),
        ],
    )
    def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(self, page, client, late, given, field):
        page(late)

        answer = self.promise(client, late, **given)

        assert list(answer.context["form"].errors) == [field]
        assert given.get("amount", "1,500.5") in answer.content.decode()
        assert not PromiseToPay.objects.exists()


def _amount(minor: int) -> str:
    """An amount as the component writes it."""
    whole, _point, part = money(minor).removeprefix("¥").partition(".")
    return f'<span class="money__sign">¥</span>{whole}<span class="money__part">.{part}</span>'
