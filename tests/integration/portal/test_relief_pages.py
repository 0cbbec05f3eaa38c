"""Plans as a borrower meets them: their month, what is offered, one moved and signed, and the plan that runs."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from collections_mgmt.models import (
    Budget,
    HardshipRequest,
    OfferCode,
    OfferSet,
    RestructuringOffer,
    RestructuringPlan,
    WarningLead,
)
from collections_mgmt.models import WarningTrigger as Trigger
from collections_mgmt.services.relief.end_offers import decline_offers
from collections_mgmt.services.relief.make_offers import make_offers
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.kernel.dates import add_months, lender_now, lender_today
from dashu.portal.relief.reasons import reasons_of
from dashu.users.models import Borrower, User
from dashu.web.templatetags.dashu import lender_date, money
from dashu.web.writing import yearly
from loans.disclosing import late_example
from loans.domain.cost_sheet import sheet_of
from loans.models import Loan
from repayments.models import IssuedDocument, LoanEvent
from tests import factories
from tests.integration.collections_mgmt.relief_cases import READ

# Of 4,800 yuan a month, 920 are left for a loan that asks for 1,100.16.
MONTH = {"cause": "INCOME", "income": "4,800", "debts": "400", "household": "1", "spent_HOUSING": "1800"}
MONTH |= {"spent_FOOD": "1200"}


@pytest.fixture
def amina(rules) -> Borrower:
    return factories.borrower("Amina", phone="13800000000")


@pytest.fixture
def loan(amina) -> Loan:
    """1,100.16 a month, the first due in 20 days."""
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=10))


@pytest.fixture
def page(client, amina):
    factories.speak(amina.user, "en")
    client.force_login(amina.user)
    return client


def text(response) -> str:
    shown = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", shown)))


def stated(owner: Borrower, *, income: int = 5_000_00, **more) -> Budget:
    given = {
        "currency": "CNY",
        "household": 1,
        "income": {"ALL": income},
        "expenses": {"HOUSING": 2_000_00, "FOOD": 1_200_00},
        "debts": {"ALL": 400_00},
        "cause": "INCOME",
        **more,
    }
    return state_budget(borrower_id=owner.pk, now=lender_now(), actor=factories.ACTOR, **given)


@pytest.fixture
def offered(loan) -> OfferSet:
    budget = stated(loan.borrower)
    return make_offers(loan_id=loan.pk, source="ASKED", budget_id=budget.pk, now=lender_now(), actor=factories.ACTOR)


@pytest.fixture
def plan(page, offered) -> RestructuringPlan:
    first = offered.offers.first()
    address = f"/plans/offers/{offered.reference}/{first.number}/sign/"
    read(page, address)
    page.post(address)
    page.post(address, {"code": OfferCode.objects.get().sealed_code})
    return RestructuringPlan.objects.get()


def read(page: Client, address: str) -> None:
    """Open what a way costs and leave it open for long enough."""
    page.get(address)
    RestructuringOffer.objects.exclude(sheet_opened_at=None).update(sheet_opened_at=lender_now() - READ)


def newest_is_of_yesterday(offered: OfferSet) -> None:
    OfferSet.objects.filter(pk=offered.pk).update(quoted_on=lender_today() - timedelta(days=1))


class TestTheMonth:
    def test_leads_to_offers_that_it_can_carry(self, page, loan):
        answer = page.post("/plans/month/", MONTH)

        offered = OfferSet.objects.get()
        assert answer.url == f"/plans/offers/{offered.reference}/"
        assert offered.source == "ASKED"
        budget = Budget.objects.get()
        assert (budget.income, budget.expenses, budget.debts) == (
            {"ALL": 4_800_00},
            {"HOUSING": 1_800_00, "FOOD": 1_200_00},
            {"ALL": 400_00},
        )
        assert all(way.figures["highest_minor"] <= 920_00 for way in offered.offers.all())

    def test_asks_for_a_word_once_and_goes_on_without_one(self, page, loan):
        spends_more = {**MONTH, "income": "9000", "spent_FOOD": "5200"}

        asked = page.post("/plans/month/", spends_more)

        assert "Households like yours usually spend up to ¥1,200.00 on it." in text(asked)
        assert not Budget.objects.exists()
        page.post("/plans/month/", {**spends_more, "was_asked": "yes"})
        assert Budget.objects.get().words == {}
        assert OfferSet.objects.exists()

    def test_keeps_the_word_that_was_said(self, page, loan):
        page.post("/plans/month/", {**MONTH, "income": "9000", "spent_FOOD": "5200", "word_FOOD": "A diet"})

        assert Budget.objects.get().words == {"FOOD": "A diet"}

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"income": ""}, "income"),
            ({"income": "much"}, "income"),
            ({"cause": ""}, "cause"),
            ({"household": "0"}, "household"),
            ({"spent_HOUSING": "", "spent_FOOD": ""}, "spent_HOUSING"),
            ({"later": "8000"}, "later"),
            ({"later": "8000", "later_from": "2020-01-01"}, "later_from"),
            ({"payday": "32"}, "payday"),
            ({"lump_sum": "much"}, "lump_sum"),
        ],
    )
    def test_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(self, page, loan, wrong, field):
        answer = page.post("/plans/month/", {**MONTH, **wrong})

        assert list(answer.context["form"].errors) == [field]
        assert 'value="400"' in answer.content.decode()
        assert not Budget.objects.exists()

    def test_takes_a_sum_that_could_be_paid_once(self, page, loan):
        page.post("/plans/month/", {**MONTH, "lump_sum": "3000"})

        assert Budget.objects.get().lump_sum_minor == 3_000_00
        assert 'value="3000"' in page.get("/plans/month/").content.decode()

    def test_says_what_a_settlement_by_that_sum_would_be(self):
        said = {"pays": "9000.00", "owed": "11500.00", "given_up": "2500.00"}
        kept = {"method": "settlement", "reason": "needs_person", "found": None, "limit": None, "instead": None}
        kept |= {"needs_person": True, "proposal": said}

        (reason,) = reasons_of([kept], "CNY")

        assert reason.text.startswith("Paid at once, ¥9,000.00 would end the loan: of ¥11,500.00 that is owed")
        assert reason.for_a_person

    def test_is_kept_half_done_and_filled_in_when_one_comes_back(self, page, loan):
        page.post("/plans/month/", {"income": "4321", "spent_FOOD": "99", "later_on": "yes"})

        shown = page.get("/plans/month/").content.decode()
        assert 'value="4321"' in shown
        assert 'value="99"' in shown
        assert "What you typed is kept here." in text(page.get("/plans/"))
        assert not Budget.objects.exists()

    def test_fills_in_what_was_stated_last(self, page, loan):
        stated(loan.borrower, income=4_567_00)

        assert 'value="4567"' in page.get("/plans/month/").content.decode()

    def test_asks_which_loan_only_where_there_are_several(self, page, loan):
        assert 'name="loan"' not in page.get("/plans/month/").content.decode()
        other = factories.running_loan(loan.borrower, starts_on=lender_today() - timedelta(days=10))

        shown = page.get(f"/plans/month/?loan={other.number}").content.decode()

        assert re.search(rf'value="{other.number}"[^>]* checked', shown)

    def test_works_the_plans_out_anew_in_the_place_of_those_that_are_open(self, page, offered):
        page.post("/plans/month/", {**MONTH, "income": "4600"})

        offered.refresh_from_db()
        assert (offered.status, offered.end_reason) == ("TAKEN_BACK", "the borrower stated their month anew")
        anew = OfferSet.objects.get(status="OPEN")
        assert all(way.figures["highest_minor"] <= 740_00 for way in anew.offers.all())

    def test_where_nothing_fits_says_why_and_gives_it_to_a_person_by_a_day(self, page, loan, offered):
        answer = page.post("/plans/month/", {**MONTH, "income": "3000"}, follow=True)

        shown = text(answer)
        assert "nothing is left in the month for a payment" in shown
        offered.refresh_from_db()
        assert offered.status == "TAKEN_BACK"
        page.post(answer.request["PATH_INFO"])
        asked = HardshipRequest.objects.get()
        assert lender_date(asked.due_on) in shown
        assert [about.loan for about in asked.loans.all()] == [loan]

    def test_where_the_payments_fit_as_they_are_says_so(self, page, loan):
        shown = text(page.post("/plans/month/", {**MONTH, "income": "9000"}, follow=True))

        assert "Your month can carry the payments as they are" in shown
        assert not OfferSet.objects.exists()


class TestTheOffers:
    def test_stand_side_by_side_with_cost_end_record_and_miss_and_why_not_others(self, page, offered):
        shown = text(page.get(f"/plans/offers/{offered.reference}/"))

        for way in offered.offers.all():
            assert money(way.figures["first_minor"]) in shown
            assert money(abs(way.figures["extra_minor"])) in shown
        assert shown.count("Suits your month best") == 1
        assert "may be reported to your credit record as an event of its own" in shown
        assert "it goes on as agreed" in shown
        assert "There is no other loan here that it could be joined with." in shown

    def test_say_what_was_noticed_where_nobody_asked(self, page, offered):
        OfferSet.objects.update(source="EARLY_WARNING")
        today = lender_today()
        WarningLead.objects.create(borrower=offered.borrower, opened_on=today, state="OFFERED", offered_on=today)
        facts = {"amount_minor": 1, "mean_minor": 2, "currency": "CNY", "months": 3, "credited_on": today.isoformat()}
        Trigger.objects.create(
            borrower=offered.borrower, kind="INCOME_DROP", fired_on=today, ends_on=today, is_strong=True, facts=facts
        )

        shown = text(page.get(f"/plans/offers/{offered.reference}/"))

        told = f"Less income than usual came in during the month to {lender_date(today)}, as your bank told us."
        assert told in shown

    def test_promise_peace_only_where_a_hold_gives_it(self, page, offered):
        address = f"/plans/offers/{offered.reference}/"
        assert "until then we do not remind you" in text(page.get(address))

        offered.loans.update(hold=None)

        shown = text(page.get(address))
        assert "until then we do not remind you" not in shown
        assert "your contract goes on as it is, with its due dates and our reminders" in shown

    def test_are_declined_without_a_consequence(self, page, offered):
        page.post(f"/plans/offers/{offered.reference}/not-now/")

        offered.refresh_from_db()
        assert offered.status == "DECLINED"
        assert "nothing is noted against you" in text(page.get(f"/plans/offers/{offered.reference}/"))

    def test_of_another_day_are_those_of_today_and_say_what_changed(self, page, loan, offered):
        newest_is_of_yesterday(offered)
        factories.pay(loan, 600_00, lender_today())

        shown = text(page.get(f"/plans/offers/{offered.reference}/"))

        offered.refresh_from_db()
        assert offered.quoted_on == lender_today()
        assert "These are the figures of today." in shown
        assert "is paid in all instead of" in shown
        assert "These are the figures of today." not in text(page.get(f"/plans/offers/{offered.reference}/"))

    def test_say_that_their_time_is_over(self, page, offered):
        last = lender_today() - timedelta(days=1)
        OfferSet.objects.update(last_day=last, made_on=last, quoted_on=last)

        shown = text(page.get(f"/plans/offers/{offered.reference}/"))

        assert "The time for these plans is over" in shown
        assert OfferSet.objects.get().quoted_on == last

    def test_go_to_a_person_with_what_is_wanted_and_stay_open(self, page, offered):
        page.post(f"/plans/offers/{offered.reference}/person/", {"value": "60", "method": "term_extension"})

        asked = HardshipRequest.objects.get()
        assert asked.words == (
            f"Of offer {offered.reference} I would like: More time to repay, 60 instead of what was offered."
        )
        offered.refresh_from_db()
        assert offered.is_open

    @pytest.mark.parametrize("more", [0, 2])
    def test_take_the_same_queries_however_many_there_are(
        self, page, loan, offered, more, django_assert_max_num_queries
    ):
        for _number in range(more):
            decline_offers(set_id=offered.pk, now=lender_now(), actor=factories.ACTOR)
            offered = make_offers(
                loan_id=loan.pk, source="ASKED", budget_id=offered.budget_id, now=lender_now(), actor="user:1"
            )

        with django_assert_max_num_queries(34):
            page.get(f"/plans/offers/{offered.reference}/")
        with django_assert_max_num_queries(12):
            page.get("/plans/")


@pytest.fixture
def longer(offered):
    return offered.offers.get(method="term_extension")


class TestLoansThatBecomeOne:
    @pytest.fixture
    def second(self, loan) -> Loan:
        return factories.running_loan(
            loan.borrower, principal=6_000_00, annual_rate="0.09", starts_on=lender_today() - timedelta(days=10)
        )

    @pytest.fixture
    def joined(self, page, second, offered):
        return offered.offers.get(method="consolidation")

    def test_are_named_with_what_ends_them_before_anybody_signs(self, page, loan, second, joined):
        shown = text(page.get(f"/plans/offers/{joined.offer_set.reference}/{joined.number}/sign/"))

        ends = joined.figures["consolidation"]["ends"]
        assert [each["loan"] for each in ends] == [loan.number, second.number]
        assert f"loans {loan.number}, {second.number}" in shown
        assert f"Loan {loan.number}18% a year{money(ends[0]['minor'])}" in shown
        assert f"Loan {second.number}9% a year{money(ends[1]['minor'])}" in shown
        assert money(joined.figures["consolidation"]["principal_minor"]) in shown
        assert "Nothing is paid out to you, and no fee for paying early is charged." in shown

    def test_show_the_cost_sheet_of_the_new_one_before_anybody_signs(self, page, joined):
        sheet = sheet_of(joined.figures["consolidation"]["cost_sheet"])

        shown = text(page.get(f"/plans/offers/{joined.offer_set.reference}/{joined.number}/sign/"))

        assert yearly(sheet.effective_rate) in shown
        assert yearly(sheet.simple_rate) in shown
        assert money(sheet.interest) in shown
        assert money(sheet.total) in shown
        assert late_example(sheet) in shown
        assert "No fee for early repayment" in shown

    def test_are_compared_with_all_of_them_as_they_are(self, page, joined):
        chart = page.get(f"/plans/offers/{joined.offer_set.reference}/{joined.number}/").context["chart"]

        assert sum(chart.series[0].values) == joined.figures["total_before_minor"]
        assert sum(chart.series[1].values) == joined.figures["total_minor"]

    def test_are_no_part_of_any_other_plan(self, page, offered):
        first = offered.offers.first()

        assert "Which loans end" not in text(page.get(f"/plans/offers/{offered.reference}/{first.number}/sign/"))


class TestOneOfThem:
    def test_shows_the_months_before_and_after(self, page, offered, longer):
        chart = page.get(f"/plans/offers/{offered.reference}/{longer.number}/").context["chart"]

        assert sum(chart.series[0].values) == longer.figures["total_before_minor"]
        assert sum(chart.series[1].values) == longer.figures["total_minor"]

    def test_is_moved_within_limits_and_answers_at_once_without_keeping_it(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/"
        slider = page.get(address).context["slider"]
        assert slider.low < slider.high

        answer = page.get(address, {"value": slider.high}, headers={"hx-request": "true"})

        assert b"<html" not in answer.content
        assert answer.context["is_moved"]
        assert answer.context["way"].payments == slider.high
        assert answer.context["way"].first < longer.figures["first_minor"]
        assert offered.offers.count() == OfferSet.objects.get().offers.count()
        assert not offered.offers.filter(is_own=True).exists()

    def test_outside_limits_names_the_reason_and_the_day_of_a_person(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/"

        shown = text(page.get(address, {"value": "300"}))

        assert "This lies outside what you can decide alone." in shown
        assert "a person looks at it by" in shown

    @pytest.mark.parametrize("typed", ["soon", "0", "-3", "1e9"])
    def test_says_what_is_no_number(self, page, offered, longer, typed):
        shown = page.get(f"/plans/offers/{offered.reference}/{longer.number}/", {"value": typed})

        assert shown.context["form"].errors.keys() == {"value"}

    def test_as_it_was_moved_is_kept_and_can_be_signed(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/"
        high = page.get(address).context["slider"].high

        answer = page.post(f"{address}own/", {"value": high})

        own = offered.offers.get(is_own=True)
        assert own.relief["count"] == high
        assert answer.url == f"/plans/offers/{offered.reference}/{own.number}/sign/"
        assert "As you chose it" in text(page.get(f"/plans/offers/{offered.reference}/"))

    def test_beyond_limits_is_not_kept(self, page, offered, longer):
        page.post(f"/plans/offers/{offered.reference}/{longer.number}/own/", {"value": "300"})

        assert not offered.offers.filter(is_own=True).exists()


class TestSigning:
    def test_says_what_it_costs_and_changes_before_the_code(self, page, offered, longer):
        shown = text(page.get(f"/plans/offers/{offered.reference}/{longer.number}/sign/"))

        assert "It changes your contract" in shown
        assert f"You pay {money(longer.figures['extra_interest_minor'])} more interest than without it." in shown
        assert "may be reported" in shown
        assert money(longer.figures["total_minor"]) in shown
        assert not OfferCode.objects.exists()

    def test_gives_no_code_before_the_sheet_was_open_for_as_long_as_reading_takes(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/sign/"
        assert 'data-seconds="20"' in page.get(address).content.decode()

        told = text(page.post(address, follow=True))

        assert "Take your time: you can go on in 20 s." in told
        assert not OfferCode.objects.exists()
        read(page, address)
        assert "data-seconds" not in page.get(address).content.decode()
        page.post(address)
        assert OfferCode.objects.count() == 1

    def test_books_what_was_shown_and_leads_to_the_plan_with_its_next_day(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/sign/"
        read(page, address)
        page.post(address)

        answer = page.post(address, {"code": OfferCode.objects.get().sealed_code}, headers={"user-agent": "A phone"})

        plan = RestructuringPlan.objects.get()
        assert answer.url == f"/plans/{plan.reference}/"
        assert plan.evidence["where"]["agent"] == "A phone"
        shown = text(page.get(answer.url))
        assert "Agreed. Your next payment" in shown
        assert money(longer.figures["first_minor"]) in shown
        assert lender_date(plan.first_due_on) in shown
        paper = IssuedDocument.objects.get(kind="AMENDMENT")
        assert f"/documents/{paper.code_shown}/pdf/" in page.get(answer.url).content.decode()

    def test_sent_twice_is_one_plan(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/sign/"
        read(page, address)
        page.post(address)
        code = OfferCode.objects.get().sealed_code

        first, second = page.post(address, {"code": code}), page.post(address, {"code": code})

        assert first.url == second.url
        assert RestructuringPlan.objects.count() == 1

    def test_a_wrong_code_books_nothing(self, page, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/sign/"
        read(page, address)
        page.post(address)
        wrong = "000000" if OfferCode.objects.get().sealed_code != "000000" else "111111"

        answer = page.post(address, {"code": wrong})

        assert answer.context["form"].errors.keys() == {"code"}
        assert not RestructuringPlan.objects.exists()

    def test_after_a_payment_is_shown_anew_and_not_booked(self, page, loan, offered, longer):
        address = f"/plans/offers/{offered.reference}/{longer.number}/sign/"
        read(page, address)
        page.post(address)
        code = OfferCode.objects.get().sealed_code
        factories.pay(loan, 600_00, lender_today())
        events = LoanEvent.objects.count()

        shown = text(page.post(address, {"code": code}))

        assert "These are the figures of today." in shown
        assert not RestructuringPlan.objects.exists()
        assert LoanEvent.objects.count() == events

    def test_of_a_declined_offer_leads_back(self, page, offered, longer):
        decline_offers(set_id=offered.pk, now=lender_now(), actor=factories.ACTOR)

        answer = page.get(f"/plans/offers/{offered.reference}/{longer.number}/sign/")

        assert answer.url == f"/plans/offers/{offered.reference}/"


class TestThePlan:
    def test_tells_how_far_it_is(self, page, plan):
        shown = text(page.get(f"/plans/{plan.reference}/"))

        count = plan.offer.figures["payments"]
        assert f"0 of {count} payments are made" in shown

    def test_is_taken_back_within_its_days(self, page, loan, plan):
        assert "Take this plan back" in text(page.get(f"/plans/{plan.reference}/"))

        page.post(f"/plans/{plan.reference}/take-back/")

        plan.refresh_from_db()
        assert plan.status == "WITHDRAWN"
        assert "The loan goes on as it was before the plan." in text(page.get(f"/plans/{plan.reference}/"))

    def test_says_after_them_why_it_holds(self, page, plan):
        RestructuringPlan.objects.update(withdraw_until=lender_today() - timedelta(days=1))

        shown = text(page.post(f"/plans/{plan.reference}/take-back/", follow=True))

        assert "This plan could be taken back up to" in shown
        assert "Take this plan back" not in shown
        assert RestructuringPlan.objects.get().status == "ACCEPTED"

    @pytest.mark.parametrize(
        ("state", "says"),
        [
            ({"status": "CURED"}, "The plan goes on."),
            ({"status": "BROKEN"}, "the plan goes on as agreed. If you cannot, tell us before that day"),
            ({"status": "ENDED"}, "A payment was missing for too long."),
            ({"status": "REPLACED"}, "Another plan has taken its place"),
            ({"status": "COMPLETED"}, "nothing more is owed on this loan"),
        ],
    )
    def test_says_how_it_stands(self, page, plan, state, says):
        today = lender_today()
        is_over = state["status"] in ("ENDED", "REPLACED", "COMPLETED")
        broken = {"broken_on": today, "cure_until": add_months(today, 1)} if state["status"] == "BROKEN" else {}
        RestructuringPlan.objects.update(**state, **broken, ended_on=today if is_over else None)

        assert says in text(page.get(f"/plans/{plan.reference}/"))


class TestWaysToIt:
    def test_home_loan_overdue_and_message_lead_to_what_is_offered(self, page, loan, offered):
        address = f"/plans/offers/{offered.reference}/"

        assert "There are plans for you" in text(page.get("/"))
        for place in ("/", f"/loans/{loan.number}/", "/plans/"):
            assert f'href="{address}"' in page.get(place).content.decode()

    def test_a_late_loan_leads_to_the_month(self, page, amina):
        late = factories.running_loan(amina, starts_on=lender_today() - timedelta(days=50))

        assert 'href="/plans/month/"' in page.get(f"/loans/{late.number}/overdue/").content.decode()

    def test_a_message_leads_to_it(self, page, offered):
        told = factories.message(
            offered.borrower,
            template="collections.offer_made",
            status="SENT",
            sent_at=lender_now(),
            params={"reference": offered.reference},
        )

        shown = page.get(f"/messages/{told.pk}/").content.decode()

        assert f'href="/plans/offers/{offered.reference}/"' in shown

    def test_a_request_for_help_leads_to_what_was_offered_on_its_loans(self, page, offered):
        page.post(f"/plans/offers/{offered.reference}/person/")
        asked = HardshipRequest.objects.get()

        shown = page.get(f"/help/requests/{asked.reference}/").content.decode()

        assert f'href="/plans/offers/{offered.reference}/"' in shown

    def test_the_loan_of_a_running_plan_leads_to_it(self, page, loan, plan):
        assert f'href="/plans/{plan.reference}/"' in page.get(f"/loans/{loan.number}/").content.decode()


class TestAnotherPersons:
    def test_is_not_found_by_others_nor_signed_by_staff(self, client, offered, brook):
        first = offered.offers.first()
        addresses = [f"/plans/offers/{offered.reference}/", f"/plans/offers/{offered.reference}/{first.number}/"]
        addresses += [f"{addresses[1]}sign/", f"/plans/month/{offered.budget.reference}/{first.loan.number}/"]
        for person in (brook.user, factories.staff("Sun", User.Role.SUPERVISOR)):
            client.force_login(person)
            for address in addresses:
                assert client.get(address).status_code == 404
            for act in ("not-now/", "person/", f"{first.number}/own/", f"{first.number}/sign/"):
                assert client.post(addresses[0] + act, {"code": "1", "value": "2"}).status_code == 404

        offered.refresh_from_db()
        assert offered.is_open
        assert not OfferCode.objects.exists()
