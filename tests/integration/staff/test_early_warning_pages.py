"""Early warnings and the economy as staff see them, and the consents of early help on the borrower's page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from collections_mgmt.models import (
    BorrowerPlace,
    EconomicIndicator,
    HardshipRequest,
    IndicatorValue,
    OverdueChange,
    ShockEntry,
    WarningLead,
    WarningTrigger,
)
from collections_mgmt.selectors.causes_report import CauseOutcomes, outcomes_by_cause
from collections_mgmt.services.economy import COLUMNS
from collections_mgmt.services.leads import (
    LeadClosed,
    LeadReasonMissing,
    hold_out_lead,
    note_lead_cause,
    offer_to_lead,
    put_off_lead,
)
from collections_mgmt.warning_words import said_to_borrower, threshold_words, trigger_facts, trigger_name
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.consents.selectors import consents_held
from dashu.kernel.dates import lender_today, midnight
from dashu.policy import rules as policy
from dashu.policy.early_warning import Trigger
from dashu.users.models import Borrower, User
from tests import factories
from tests.integration.staff.conftest import as_role

LIST = "/admin/collections_mgmt/warninglead/"
SERIES = "/admin/collections_mgmt/economicindicator/"
SHOCKS = "/admin/collections_mgmt/shockentry/"
LINE = "jobs-44,Jobs in Guangdong,UNEMPLOYMENT,%,44,,Bureau,{day},{value}"
FACTS = {
    Trigger.PAYS_LATER: {"before": [3, 3, 4], "days": [9, 11, 12]},
    Trigger.AUTOPAY_FAILED: {"failures": 2, "within_days": 30, "failed_on": ["2026-05-01", "2026-05-04"]},
    Trigger.AUTOPAY_ENDED: {"ended_on": "2026-05-01", "because": ""},
    Trigger.PARTIAL_PAYMENTS: {
        "installments": 2,
        "within_days": 90,
        "currency": "CNY",
        "paid": [{"on": "2026-05-01", "paid_minor": 500_00, "asked_minor": 1_100_16}],
    },
    Trigger.ONLY_THE_LEAST: {
        "paid_minor": [1_000_00],
        "asked_minor": [1_000_00],
        "before_minor": [2_000_00],
        "currency": "CNY",
    },
    Trigger.INQUIRIES: {"inquiries": 3, "within_days": 30, "asked_on": ["2026-05-01"]},
    Trigger.OVERDUE_ELSEWHERE: {"days": 12, "lenders": 1},
    Trigger.INCOME_DROP: {
        "amount_minor": 7_500_00,
        "mean_minor": 10_000_00,
        "credits": 3,
        "months": 3,
        "credited_on": "2026-05-20",
        "currency": "CNY",
    },
    Trigger.INCOME_LATE: {"last_on": "2026-04-20", "days": 7, "expected_on": "2026-05-20"},
    Trigger.REVENUE_DROP: {
        "amount_minor": 1,
        "before_minor": 2,
        "months": 3,
        "through": "2026-04-01",
        "currency": "CNY",
    },
    Trigger.SCORE_DOWN: {"points": 500, "points_before": 600, "scorecard": "b", "bands": 2, "within_days": 90},
    Trigger.ASKED_FOR_HELP: {"reference": "H1", "cause": "INCOME", "lasts": "MONTH", "can_pay_minor": None},
    Trigger.SHOCK: {
        "shock": 1,
        "region": "44",
        "sector": "",
        "from_on": "2026-05-01",
        "to_on": "2026-06-01",
        "reason": "Flood",
    },
    Trigger.ECONOMY: {
        "series": "jobs",
        "name": "Jobs",
        "kind": "UNEMPLOYMENT",
        "unit": "%",
        "date": "2026-04-01",
        "value": "5.5",
        "before": "4.5",
        "months": 12,
    },
}


def lead_of(borrower: Borrower, **fields) -> WarningLead:
    """An open lead with two triggers."""
    on = fields.pop("opened_on", lender_today())
    for trigger in (Trigger.PAYS_LATER, Trigger.INCOME_DROP):
        WarningTrigger.objects.create(
            borrower=borrower,
            kind=trigger.value,
            fired_on=on,
            ends_on=on + timedelta(days=60),
            is_strong=False,
            facts=FACTS[trigger],
        )
    return WarningLead.objects.create(borrower=borrower, opened_on=on, **fields)


@pytest.fixture
def sun(rules) -> Client:
    return as_role(User.Role.SUPERVISOR)


@pytest.fixture
def supervisor(rules) -> User:
    return factories.staff("Lead", User.Role.SUPERVISOR)


class TestWords:
    @pytest.mark.parametrize("trigger", Trigger)
    @pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
    def test_say_every_trigger_to_staff_and_to_the_borrower(self, rules, trigger, language):
        with translation.override(language):
            told = [trigger_facts(trigger, FACTS[trigger]), said_to_borrower(trigger, FACTS[trigger])]
            name = trigger_name(trigger)

        assert name
        for text in told:
            assert text
            assert "%(" not in text
            assert not any(word in text.lower() for word in ("default", "bad ", "fault", "suspicious", "risk"))

    def test_show_the_numbers_that_fired(self, rules):
        with translation.override("en"):
            told = trigger_facts("PAYS_LATER", FACTS[Trigger.PAYS_LATER])

        assert told == "Days after the due date: 3, 3, 4, then 9, 11, 12."

    def test_show_the_thresholds_of_the_policy(self, rules):
        rule = policy.early_warning(lender_today()).triggers[Trigger.INCOME_DROP]

        with translation.override("en"):
            told = threshold_words(rule)

        assert told == "months to compare with: 3 · incomes before, at least: 3 · a fall of 25 % or more"


class TestList:
    def test_tells_what_was_noticed_with_its_numbers_and_from_which_on(self, sun, amina, loan):
        lead_of(amina)

        page = sun.get(LIST).content.decode()

        assert "Days after the due date: 3, 3, 4, then 9, 11, 12." in page
        assert "Income is lower" in page
        assert "2 kinds of triggers, or 1 strong one, make an early warning." in page

    def test_shows_what_waits_unless_more_is_asked_for(self, sun, amina, brook, loan):
        lead_of(amina)
        lead_of(brook, state="CLOSED", ending="OVER", closed_on=lender_today())

        assert amina.number in (page := sun.get(LIST).content.decode())
        assert brook.number not in page
        assert brook.number in sun.get(f"{LIST}?state=all").content.decode()

    def test_asks_as_much_for_many_as_for_one(self, sun, amina, loan, django_assert_max_num_queries):
        lead_of(amina)
        sun.get(LIST)
        with django_assert_max_num_queries(40) as one:
            sun.get(LIST)
        for number in range(12):
            lead_of(factories.borrower(f"Other{number}"))

        with django_assert_max_num_queries(len(one)):
            page = sun.get(LIST).content.decode()

        assert page.count("Income is lower") >= 13

    @pytest.mark.parametrize("role", [User.Role.COLLECTOR, User.Role.UNDERWRITER, User.Role.ACCOUNTANT])
    def test_is_closed_to_others(self, amina, role):
        lead = lead_of(amina)
        client = as_role(role)

        for address in (LIST, f"{LIST}{lead.pk}/change/", f"{LIST}causes/", SERIES, SHOCKS):
            assert client.get(address).status_code == 403
        for act in ("not-now", "cause", "place"):
            assert client.post(f"{LIST}{lead.pk}/{act}/", {"reason": "x"}).status_code == 403
        lead.refresh_from_db()
        assert lead.state == "OPEN"


class TestPage:
    def test_has_facts_loans_and_the_next_one(self, sun, amina, brook, loan):
        first, second = lead_of(amina), lead_of(brook)

        page = sun.get(f"{LIST}{first.pk}/change/").content.decode()

        assert loan.number in page
        assert "Your last payments came 9, 11, 12 days after the due date; before that it was 3, 3, 4." in page
        assert f"{LIST}{second.pk}/change/" in page

    def test_of_nobody_is_not_found(self, sun):
        assert sun.get(f"{LIST}9/change/").status_code == 404
        assert sun.get(f"{LIST}x/change/").status_code == 404

    def test_puts_off_with_a_reason(self, sun, amina, loan):
        lead = lead_of(amina)
        assert "comes back after 30 days" in sun.get(f"{LIST}{lead.pk}/not-now/").content.decode()
        sun.post(f"{LIST}{lead.pk}/not-now/", {"reason": ""})
        lead.refresh_from_db()
        assert lead.state == "OPEN"

        sun.post(f"{LIST}{lead.pk}/not-now/", {"reason": "We spoke yesterday."})

        lead.refresh_from_db()
        assert (lead.state, lead.ending, lead.reason) == ("CLOSED", "NOT_NOW", "We spoke yesterday.")
        assert lead.quiet_until == lender_today() + timedelta(days=30)
        assert "We spoke yesterday." in sun.get(f"{LIST}{lead.pk}/change/").content.decode()

    def test_notes_cause_and_place(self, sun, amina, loan):
        lead = lead_of(amina)

        sun.post(f"{LIST}{lead.pk}/cause/", {"cause": "SPENDING"})
        sun.post(f"{LIST}{lead.pk}/place/", {"region": "44", "sector": "H"})

        lead.refresh_from_db()
        place = BorrowerPlace.objects.get()
        assert (lead.cause, place.region, place.sector) == ("SPENDING", "44", "H")
        page = sun.get(f"{LIST}{lead.pk}/change/").content.decode()
        assert "Guangdong · Hotels and restaurants" in page


class TestTakingUp:
    def test_says_once_that_help_was_offered(self, amina, supervisor):
        lead = lead_of(amina)
        on = lender_today()

        offer_to_lead(lead_id=lead.pk, on=on, actor="system:offers")
        offer_to_lead(lead_id=lead.pk, on=on + timedelta(days=1), actor="system:offers")

        lead.refresh_from_db()
        assert (lead.state, lead.offered_on) == ("OFFERED", on)
        with pytest.raises(LeadClosed):
            hold_out_lead(lead_id=lead.pk, on=on, actor="system:offers")
        with pytest.raises(LeadClosed):
            put_off_lead(lead_id=lead.pk, reason="x", today=on, user=supervisor)

    def test_refuses_no_reason_and_others(self, amina, supervisor, chidi):
        lead = lead_of(amina)

        with pytest.raises(LeadReasonMissing):
            put_off_lead(lead_id=lead.pk, reason=" ", today=lender_today(), user=supervisor)
        with pytest.raises(NotAuthorized):
            put_off_lead(lead_id=lead.pk, reason="x", today=lender_today(), user=chidi)
        with pytest.raises(NotAuthorized):
            note_lead_cause(lead_id=lead.pk, cause="INCOME", user=chidi)

        lead.refresh_from_db()
        assert (lead.state, lead.cause) == ("OPEN", "")


class TestCauses:
    def test_are_counted_against_what_became_of_them(self, sun, amina, brook, loan):
        today = lender_today()
        first = today - timedelta(days=40)
        over = {"state": "CLOSED", "ending": "OVER", "closed_on": today, "opened_on": first}
        lead_of(amina, cause="INCOME", offered_on=first, **over)
        late = factories.running_loan(brook)
        lead_of(brook, cause="INCOME", **over)
        OverdueChange.objects.create(
            loan=late,
            changed_on=today,
            days_past_due=31,
            bucket_before="M1",
            bucket="M2",
            classification_before="NORMAL",
            classification="SPECIAL_MENTION",
        )
        HardshipRequest.objects.create(
            borrower=amina,
            asked_at=midnight(today),
            due_on=today,
            cause="ECONOMY",
            answered_at=midnight(today),
            outcome="PLAN",
        )

        found = outcomes_by_cause(first=first, today=today)

        assert found == [
            CauseOutcomes("INCOME", warnings=2, offered=1, cured=1, behind=1),
            CauseOutcomes("ECONOMY", requests=1, plans=1),
        ]
        assert "Business is bad, or prices rose" in sun.get(f"{LIST}causes/").content.decode()


class TestEconomyPages:
    def file(self, *lines: str) -> SimpleUploadedFile:
        return SimpleUploadedFile("a.csv", "\n".join([",".join(COLUMNS), *lines]).encode())

    def test_take_over_what_was_looked_at(self, sun):
        today = lender_today().replace(day=1)
        lines = [
            LINE.format(day=today, value="5.5"),
            LINE.format(day=today.replace(year=today.year - 1), value="4.5"),
        ]
        page = sun.post(f"{SERIES}import/", {"file": self.file(*lines)})
        assert "Jobs in Guangdong" in page.content.decode()
        assert IndicatorValue.objects.exists() is False

        sun.post(f"{SERIES}import/", {"seen": page.context["seen"]})

        assert IndicatorValue.objects.count() == 2
        shown = sun.get(SERIES).content.decode()
        assert "Jobs in Guangdong" in shown
        assert "a rise of 1.0 within 12 months" in shown
        series = sun.get(f"{SERIES}{EconomicIndicator.objects.get().pk}/change/").content.decode()
        assert "data-chart" in series

    def test_name_what_has_to_be_mended_and_take_nothing(self, sun):
        page = sun.post(f"{SERIES}import/", {"file": self.file(LINE.format(day="2026-04-01", value="x"))})

        assert "line 2, column value: a number with at most 4 decimals" in page.content.decode()
        assert EconomicIndicator.objects.exists() is False

    def test_take_over_nothing_that_was_not_shown_by_us(self, sun):
        sun.post(f"{SERIES}import/", {"seen": "made up"})

        assert EconomicIndicator.objects.exists() is False

    def test_stand_on_the_overview_of_who_sees_them(self, sun, late_loan):
        EconomicIndicator.objects.create(code="jobs", name="Jobs here", kind="UNEMPLOYMENT", unit="%", source="x")
        overview = reverse("admin:collections_mgmt_deskday_changelist")

        assert "Jobs here" in sun.get(f"{overview}?on=2026-03-20").content.decode()
        assert "Jobs here" not in as_role(User.Role.ACCOUNTANT).get(f"{overview}?on=2026-03-20").content.decode()

    def test_ask_another_person_for_a_shock(self, sun):
        today = lender_today()
        key = sun.get(f"{SHOCKS}enter/").context["form"].initial["key"]
        given = {"region": "44", "sector": "", "from_on": today, "to_on": today, "what": "Flood", "reason": "News"}

        sun.post(f"{SHOCKS}enter/", {**given, "key": key})

        asked = ApprovalRequest.objects.get()
        assert (asked.kind, asked.status) == ("warning.shock", "PENDING")
        assert ShockEntry.objects.exists() is False
        assert (
            "Guangdong"
            in as_role(User.Role.ADMIN).get(f"/admin/approvals/approvalrequest/{asked.pk}/change/").content.decode()
        )

    def test_end_a_shock(self, sun):
        today = lender_today()
        shock = ShockEntry.objects.create(
            region="44",
            from_on=today,
            to_on=today + timedelta(days=9),
            reason="Flood",
            noted_on=today,
            actor="user:1",
        )
        assert f"{SHOCKS}{shock.pk}/end/" in sun.get(f"{SHOCKS}{shock.pk}/change/").content.decode()

        sun.post(f"{SHOCKS}{shock.pk}/end/")

        shock.refresh_from_db()
        assert shock.to_on == today


class TestConsentsOfEarlyHelp:
    @pytest.fixture
    def own(self, amina) -> Client:
        client = Client()
        client.force_login(amina.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def test_are_given_and_taken_back_by_the_borrower_of_a_running_loan(self, own, amina, loan):
        page = own.get(reverse("portal:consents"))
        texts = {text.purpose: text for text in page.context["offered"]}
        assert set(texts) == {"CASH_FLOW_WATCH", "CREDIT_WATCH"}

        own.post(reverse("portal:consents"), {"give": texts["CREDIT_WATCH"].pk})
        assert list(consents_held(borrower_id=amina.pk, about="")) == ["CREDIT_WATCH"]
        own.post(reverse("portal:consents"), {"purpose": "CREDIT_WATCH", "about": ""})

        assert consents_held(borrower_id=amina.pk, about="") == {}

    def test_are_not_offered_without_a_running_loan(self, own, amina):
        assert own.get(reverse("portal:consents")).context["offered"] == []

    def test_no_other_text_can_be_given_there(self, own, amina, loan):
        own.post(reverse("portal:consents"), {"give": "1"})

        assert consents_held(borrower_id=amina.pk, about="") == {}
