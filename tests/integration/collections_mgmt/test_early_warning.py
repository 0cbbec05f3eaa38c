"""The night of early warning: each trigger at its edge, what is written, and the leads that follow."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from collections_mgmt.domain.early_warning import income_dropped, only_the_least, pays_later
from collections_mgmt.models import (
    BorrowerPlace,
    BureauWatch,
    HardshipRequest,
    OverdueStatus,
    RevenueObservation,
    ShockEntry,
    WarningLead,
    WarningTrigger,
)
from collections_mgmt.selectors.leads import open_leads, triggers_of
from collections_mgmt.services.ask_for_help import ask_for_help, withdraw_help
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.observe import note_scores
from dashu.policy import rules as policy
from dashu.policy.early_warning import SeriesRule, Trigger
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.models import AutopayAttempt, AutopayMandate, Installment, Payment
from tests import factories
from tests.integration.collections_mgmt.warning_cases import (
    agree,
    came,
    facts,
    income,
    kinds,
    night,
    noon,
    paid_late,
    series,
    take_back,
    value,
)

ON = date(2026, 5, 20)
DAY = timedelta(days=1)
RULES = policy.early_warning


def with_rule(trigger: Trigger, **changed: Any):
    rules = RULES(ON)
    return replace(rules, triggers={**rules.triggers, trigger: replace(rules.triggers[trigger], **changed)})


def mandate(loan: Loan, **fields: Any) -> AutopayMandate:
    given = {
        "provider": "simulated",
        "account_token": "t",
        "account_label": "Bank 1234",
        "day_chosen_on": date(2026, 1, 15),
        "consent_version": "1",
        "consent_text": "words",
        "consented_at": noon(date(2026, 1, 15)),
        "consented_by": "user:1",
    }
    return AutopayMandate.objects.create(loan=loan, **{**given, **fields})


def attempt(of: AutopayMandate, on: date, *, number: int = 1, status: str = "FAILED", answered_on: date | None = None):
    AutopayAttempt.objects.create(
        mandate=of,
        loan=of.loan,
        due_on=on,
        try_number=number,
        scheduled_on=on,
        status=status,
        token=uuid4(),
        answered_on=answered_on or on,
    )


def card_loan(owner: Borrower) -> Loan:
    return factories.running_loan(owner, product="card-repayment")


class TestPaysLater:
    def test_tells_the_days_before_and_after(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])

        night(on)

        assert facts(amina, "PAYS_LATER") == {"before": [3, 3, 4], "days": [9, 11, 12]}
        trigger = WarningTrigger.objects.get()
        assert (trigger.loan_id, trigger.fired_on, trigger.ends_on) == (loan.pk, on, on + 60 * DAY)
        assert trigger.is_strong is False

    def test_agrees_with_plain_python_loan_by_loan(self, rules):
        chance, expected = random.Random(9), {}
        nights = set()
        for number in range(14):
            owner = factories.borrower(f"Borrower{number}")
            days = [chance.randint(-2, 6) for _place in range(3)] + [chance.randint(2, 14) for _place in range(3)]
            nights.add(paid_late(factories.running_loan(owner), days))
            expected[owner.pk] = pays_later(days, later_days=5, least_days=3)

        for on in sorted(nights):
            night(on)

        found = set(WarningTrigger.objects.filter(kind="PAYS_LATER").values_list("borrower_id", flat=True))
        assert found == {pk for pk, fires in expected.items() if fires}
        assert 0 < len(found) < 14

    def test_follows_the_threshold_of_the_policy(self, amina, loan):
        on = paid_late(loan, [3, 3, 3, 7, 7, 7])

        night(on)
        assert kinds(amina) == []
        night(on, rules=with_rule(Trigger.PAYS_LATER, counts={"later_days": 4, "least_days": 3}))

        assert kinds(amina) == ["PAYS_LATER"]

    def test_is_about_the_products_of_the_policy(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])

        night(on, rules=with_rule(Trigger.PAYS_LATER, products=("SME",)))

        assert kinds(amina) == []


class TestWhatIsWritten:
    def test_is_nothing_for_a_loan_without_news(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])

        counts = night(on + DAY)

        assert counts == {"of_loans": 0, "ended": 0, "of_people": 0, "leads_closed": 0, "leads_opened": 0}
        assert WarningTrigger.objects.exists() is False

    def test_is_nothing_when_the_night_is_run_again(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])
        assert night(on)["of_loans"] == 1
        before = list(WarningTrigger.objects.values())

        counts = night(on)

        assert counts == {"of_loans": 0, "ended": 0, "of_people": 0, "leads_closed": 0, "leads_opened": 0}
        assert list(WarningTrigger.objects.values()) == before

    def test_ends_after_its_days(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])
        night(on)

        night(on + 60 * DAY)
        assert kinds(amina) == ["PAYS_LATER"]
        night(on + 61 * DAY)

        assert kinds(amina) == []
        assert WarningTrigger.objects.get().ended_on == on + 61 * DAY

    def test_counts_on_from_its_first_day_when_it_is_seen_again(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])
        night(on)
        due = Installment.objects.get(loan=loan, number=7, is_current=True).due_on
        came(loan, 7, due + 20 * DAY)

        night(due + 20 * DAY)

        trigger = WarningTrigger.objects.get()
        assert trigger.fired_on == on
        assert trigger.ends_on == due + 80 * DAY
        assert trigger.facts == {"before": [3, 4, 9], "days": [11, 12, 20]}

    def test_ends_with_the_loan(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])
        night(on)
        Loan.objects.update(status="SETTLED")

        night(on + DAY)

        assert kinds(amina) == []


class TestPartialPayments:
    def pay_in_parts(self, loan: Loan, installments: int) -> date:
        for number in range(1, installments + 1):
            due = Installment.objects.get(loan=loan, number=number, is_current=True).due_on
            came(loan, number, due, minor=50_000)
            came(loan, number, due + 5 * DAY, minor=60_016)
        return due + 5 * DAY

    def test_counts_installments_not_payments(self, amina, loan):
        night(self.pay_in_parts(loan, 1))

        assert kinds(amina) == []

    def test_tells_each_part(self, amina, loan):
        night(self.pay_in_parts(loan, 2))

        told = facts(amina, "PARTIAL_PAYMENTS")
        assert (told["installments"], told["currency"]) == (2, "CNY")
        assert told["paid"][0] == {"on": "2026-02-15", "paid_minor": 50_000, "asked_minor": 110_016}
        assert len(told["paid"]) == 4


class TestOnlyTheLeast:
    @pytest.mark.parametrize("extra", [[1000, 0, 0, 0, 0, 0], [0] * 6, [1000, 1000, 1000, 0, 0, 1]])
    def test_agrees_with_plain_python(self, amina, extra):
        loan = card_loan(amina)
        paid = []
        for number, more in enumerate(extra, start=1):
            row = Installment.objects.get(loan=loan, number=number, is_current=True)
            asked = row.principal_minor + row.interest_minor
            came(loan, number, row.due_on, amount=asked + more)
            paid.append((asked + more, asked))

        night(row.due_on)

        assert (kinds(amina) == ["ONLY_THE_LEAST"]) is only_the_least(paid, payments=3)

    def test_is_about_cards_only(self, amina, loan):
        for number, more in enumerate([1000, 0, 0, 0], start=1):
            row = Installment.objects.get(loan=loan, number=number, is_current=True)
            came(loan, number, row.due_on, amount=row.principal_minor + row.interest_minor + more)

        night(row.due_on)

        assert kinds(amina) == []


class TestAutopay:
    def test_that_failed_is_noticed_on_the_day_of_the_answer(self, amina, loan):
        attempt(mandate(loan), ON - DAY, answered_on=ON)

        night(ON - DAY)
        assert kinds(amina) == []
        night(ON)

        assert facts(amina, "AUTOPAY_FAILED") == {
            "failures": 1,
            "within_days": 30,
            "failed_on": [(ON - DAY).isoformat()],
        }

    def test_that_collected_is_no_warning(self, amina, loan):
        attempt(mandate(loan), ON, status="PAID")

        night(ON)

        assert kinds(amina) == []

    def test_that_was_ended_is_noticed_unless_another_replaces_it(self, amina, brook, loan):
        theirs = factories.running_loan(brook)
        for of in (loan, theirs):
            mandate(of, status="CANCELLED", ended_at=noon(ON))
        mandate(theirs)

        night(ON)

        assert (kinds(amina), kinds(brook)) == (["AUTOPAY_ENDED"], [])


class TestIncome:
    @pytest.fixture
    def earning(self, amina, loan) -> Borrower:
        agree(amina, "CASH_FLOW_WATCH")
        for on in (date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 20)):
            income(amina, on, 10_000_00)
        return amina

    @pytest.mark.parametrize(("minor", "fires"), [(7_500_00, True), (7_500_01, False)])
    def test_that_fell_by_a_quarter_is_noticed(self, earning, minor, fires):
        income(earning, ON, minor)

        night(ON)

        assert (kinds(earning) == ["INCOME_DROP"]) is fires
        if fires:
            assert facts(earning, "INCOME_DROP") == {
                "amount_minor": 7_500_00,
                "mean_minor": 10_000_00,
                "credits": 3,
                "months": 3,
                "credited_on": "2026-05-20",
                "currency": "CNY",
            }

    def test_is_that_of_a_month_where_it_comes_in_parts(self, amina, loan):
        agree(amina, "CASH_FLOW_WATCH")
        for month in range(1, 6):
            income(amina, date(2026, month, 5), 6_000_00)
            income(amina, date(2026, month, 20), 2_000_00)

        night(date(2026, 5, 5))
        night(ON)

        assert kinds(amina) == []

    def test_that_lost_one_of_its_parts_is_noticed_with_what_is_left_of_the_month(self, amina, loan):
        agree(amina, "CASH_FLOW_WATCH")
        for month in range(1, 6):
            income(amina, date(2026, month, 5), 6_000_00 if month < 5 else 1_000_00)
            income(amina, date(2026, month, 20), 2_000_00)

        night(ON)

        assert facts(amina, "INCOME_DROP") == {
            "amount_minor": 3_000_00,
            "mean_minor": 8_000_00,
            "credits": 6,
            "months": 3,
            "credited_on": "2026-05-20",
            "currency": "CNY",
        }

    @pytest.mark.parametrize("seed", range(12))
    def test_agrees_with_plain_python(self, amina, loan, seed):
        chance = random.Random(seed)
        agree(amina, "CASH_FLOW_WATCH")
        on = date(2026, chance.randint(3, 7), 1) - DAY * chance.choice([0, 1, 1, 12])
        told = sorted((on - DAY * chance.randint(0, 130), chance.randint(1, 60) * 100_00) for _credit in range(9))
        told.append((on, chance.randint(1, 60) * 100_00))
        for number, (day, minor) in enumerate(told):
            income(amina, day, minor + number)
        told = [(day, minor + number) for number, (day, minor) in enumerate(told)]

        night(on)

        fires = income_dropped(told, on=on, months=3, drop=Decimal("0.25"), least_credits=3)
        assert ("INCOME_DROP" in kinds(amina)) is fires

    def test_of_a_day_is_added_up(self, earning):
        income(earning, ON, 5_000_00)
        income(earning, ON, 4_000_00)

        night(ON)

        assert kinds(earning) == []

    def test_that_does_not_come_is_noticed_once_after_a_week(self, earning):
        for ago in (1, 0):
            night(ON + 8 * DAY - ago * DAY)
            assert kinds(earning) == ([] if ago else ["INCOME_LATE"])

        assert facts(earning, "INCOME_LATE") == {"last_on": "2026-04-20", "days": 7, "expected_on": "2026-05-20"}

    def test_that_came_in_time_is_not_late(self, earning):
        income(earning, ON + 3 * DAY, 10_000_00)

        night(ON + 8 * DAY)

        assert kinds(earning) == []

    def test_is_not_used_without_consent(self, earning):
        take_back(earning, "CASH_FLOW_WATCH")
        income(earning, ON, 1_00)

        night(ON)
        night(ON + 8 * DAY)

        assert kinds(earning) == []

    def test_counts_no_more_once_the_consent_is_taken_back(self, earning):
        income(earning, ON, 1_00)
        night(ON)
        take_back(earning, "CASH_FLOW_WATCH")

        night(ON + DAY)

        assert kinds(earning) == []
        assert WarningTrigger.objects.get().ended_on == ON + DAY


class TestRevenue:
    @pytest.mark.parametrize(("last", "fires"), [(70_000_00, True), (70_000_01, False)])
    def test_that_fell_against_last_year_is_noticed(self, amina, last, fires):
        factories.running_loan(amina, product="sme")
        agree(amina, "CASH_FLOW_WATCH")
        for year, minor in ((2025, 100_000_00), (2026, 70_000_00)):
            for month in (2, 3, 4):
                RevenueObservation.objects.create(
                    borrower=amina,
                    month=date(year, month, 1),
                    amount_minor=last if (year, month) == (2026, 4) else minor,
                    currency="CNY",
                    source="test",
                    noted_on=ON,
                )

        night(ON)

        assert (kinds(amina) == ["REVENUE_DROP"]) is fires


class TestBureau:
    def look(self, borrower: Borrower, on: date, *, ago: list[int] | None = None, worst: int = 0) -> None:
        BureauWatch.objects.create(
            borrower=borrower,
            request_id=uuid4(),
            asked_at=noon(on),
            answered_at=noon(on),
            answered_on=on,
            inquiry_days=[on - each * DAY for each in ago or []],
            worst_days=worst,
            overdue_lenders=1 if worst else 0,
        )

    @pytest.mark.parametrize(("ago", "fires"), [([0, 5, 29], True), ([0, 5, 30], False)])
    def test_notices_many_inquiries(self, amina, loan, ago, fires):
        agree(amina, "CREDIT_WATCH")
        self.look(amina, ON, ago=ago)

        night(ON)

        assert (kinds(amina) == ["INQUIRIES"]) is fires

    def test_notices_what_is_newly_overdue_and_not_what_was_before(self, amina, brook, loan):
        factories.running_loan(brook)
        for borrower, before in ((amina, 0), (brook, 40)):
            agree(borrower, "CREDIT_WATCH")
            self.look(borrower, ON - 30 * DAY, worst=before)
            self.look(borrower, ON, worst=45)

        night(ON)

        assert (kinds(amina), kinds(brook)) == (["OVERDUE_ELSEWHERE"], [])
        assert WarningLead.objects.get().borrower == amina  # it is strong

    def test_is_not_used_without_consent(self, amina, loan):
        self.look(amina, ON, ago=[0, 1, 2], worst=45)

        night(ON)

        assert kinds(amina) == []


class TestScore:
    @pytest.mark.parametrize(("points", "fires"), [(539, True), (540, False)])
    def test_two_bands_down_is_noticed(self, amina, loan, points, fires):
        note_scores([(amina.pk, 575)], scorecard="behavior", on=ON - 90 * DAY)
        note_scores([(amina.pk, points)], scorecard="behavior", on=ON)

        night(ON)

        assert (kinds(amina) == ["SCORE_DOWN"]) is fires

    def test_of_longer_ago_is_no_measure(self, amina, loan):
        note_scores([(amina.pk, 600)], scorecard="behavior", on=ON - 91 * DAY)
        note_scores([(amina.pk, 400)], scorecard="behavior", on=ON)

        night(ON)

        assert kinds(amina) == []


class TestAskingForHelp:
    def asked(self, borrower: Borrower, loan: Loan) -> HardshipRequest:
        return ask_for_help(
            borrower_id=borrower.pk,
            loan_ids=[loan.pk],
            cause="INCOME",
            lasts="MONTH",
            can_pay_minor=None,
            words="",
            now=noon(ON),
            actor="user:1",
        )

    def test_makes_a_lead_alone_with_its_cause(self, amina, loan):
        self.asked(amina, loan)

        counts = night(ON)

        assert kinds(amina) == ["ASKED_FOR_HELP"]
        assert counts["leads_opened"] == 1
        assert WarningLead.objects.get().cause == "INCOME"

    def test_counts_no_more_when_it_is_taken_back(self, amina, loan):
        request = self.asked(amina, loan)
        night(ON)
        withdraw_help(request_id=request.pk, now=noon(ON + DAY), actor="user:1")

        night(ON + DAY)

        assert kinds(amina) == []
        assert WarningLead.objects.get().ending == "OVER"


class TestEconomy:
    @pytest.fixture
    def noticed(self, amina, brook, loan) -> Borrower:
        """Amina, of whom something else counts too; Brook at the same place, of whom nothing does."""
        factories.running_loan(brook)
        for borrower in (amina, brook):
            BorrowerPlace.objects.create(borrower=borrower, region="44", sector="H", noted_on=ON, actor="user:1")
        attempt(mandate(loan), ON)
        return amina

    def shock(self, **fields: Any) -> ShockEntry:
        given = {"region": "44", "from_on": ON - DAY, "to_on": ON + 30 * DAY, "reason": "Flood", "noted_on": ON}
        return ShockEntry.objects.create(actor="user:1", **{**given, **fields})

    def test_a_shock_counts_for_those_who_show_something_too(self, noticed, brook):
        shock = self.shock()

        night(ON)

        assert (kinds(noticed), kinds(brook)) == (["AUTOPAY_FAILED", "SHOCK"], [])
        assert facts(noticed, "SHOCK")["shock"] == shock.pk
        assert WarningTrigger.objects.get(kind="SHOCK").ends_on == ON + 30 * DAY
        assert WarningLead.objects.get().borrower == noticed

    @pytest.mark.parametrize(
        "elsewhere", [{"region": "31"}, {"sector": "C"}, {"to_on": ON - DAY}, {"from_on": ON + DAY}]
    )
    def test_a_shock_elsewhere_or_at_another_time_does_not(self, noticed, elsewhere):
        self.shock(**elsewhere)

        night(ON)

        assert kinds(noticed) == ["AUTOPAY_FAILED"]

    def test_a_strong_shock_counts_for_everybody_there(self, noticed, brook):
        self.shock()

        night(ON, rules=with_rule(Trigger.SHOCK, is_strong=True))

        assert (kinds(noticed), kinds(brook)) == (["AUTOPAY_FAILED", "SHOCK"], ["SHOCK"])
        assert WarningLead.objects.count() == 2

    @pytest.mark.parametrize(("now", "fires"), [("6.0", True), ("5.9", False)])
    def test_a_series_at_its_bar_counts(self, noticed, brook, now, fires):
        jobs = series(region="44")
        value(jobs, date(2025, 4, 1), "5.0", noted_on=date(2025, 5, 1))
        value(jobs, date(2026, 4, 1), now, noted_on=ON)

        night(ON)

        assert ("ECONOMY" in kinds(noticed)) is fires
        assert kinds(brook) == []

    def test_a_series_counts_by_the_bar_of_the_policy(self, noticed):
        jobs = series()
        value(jobs, date(2025, 4, 1), "5.0", noted_on=ON)
        value(jobs, date(2026, 4, 1), "5.5", noted_on=ON)
        own = SeriesRule(change=policy.early_warning(ON).series["UNEMPLOYMENT"].change / 2, is_share=False, months=12)

        night(ON, rules=replace(RULES(ON), series={"UNEMPLOYMENT": own}))

        assert facts(noticed, "ECONOMY") == {
            "series": "jobs",
            "name": "jobs",
            "kind": "UNEMPLOYMENT",
            "unit": "%",
            "date": "2026-04-01",
            "value": "5.5",
            "before": "5",
            "months": 12,
        }


class TestLeads:
    @pytest.fixture
    def failed(self, amina, loan) -> Loan:
        attempt(mandate(loan), ON)
        return loan

    def test_one_weak_trigger_makes_none(self, amina, failed):
        night(ON)

        assert kinds(amina) == ["AUTOPAY_FAILED"]
        assert WarningLead.objects.exists() is False

    def test_the_same_trigger_on_two_loans_is_one(self, amina, failed):
        attempt(mandate(factories.running_loan(amina)), ON)

        night(ON)

        assert kinds(amina) == ["AUTOPAY_FAILED", "AUTOPAY_FAILED"]
        assert WarningLead.objects.exists() is False

    def test_two_triggers_make_one_that_others_can_take_up(self, amina, failed):
        note_scores([(amina.pk, 600)], scorecard="behavior", on=ON - DAY)
        note_scores([(amina.pk, 400)], scorecard="behavior", on=ON)

        counts = night(ON)

        assert counts["leads_opened"] == 1
        (lead,) = open_leads(ON)
        assert (lead.borrower, lead.opened_on, lead.state) == (amina, ON, "OPEN")
        assert [each.kind for each in triggers_of([lead])[lead.pk]] == ["AUTOPAY_FAILED", "SCORE_DOWN"]
        assert list(open_leads(ON - DAY)) == []

    def test_is_closed_when_too_little_counts(self, amina, failed):
        rules = replace(RULES(ON), needed=1)
        night(ON, rules=rules)

        counts = night(ON + 46 * DAY, rules=rules)

        lead = WarningLead.objects.get()
        assert (lead.state, lead.ending, lead.closed_on) == ("CLOSED", "OVER", ON + 46 * DAY)
        assert counts["leads_closed"] == 1

    def test_an_earlier_date_that_is_run_again_leaves_later_days_sound(self, amina, failed):
        rules = replace(RULES(ON), needed=1)
        night(ON, rules=rules)
        Loan.objects.update(status="SETTLED")

        night(ON - 10 * DAY, rules=rules)

        lead = WarningLead.objects.get()
        assert (lead.ending, lead.closed_on) == ("PAID", ON)

    def test_gets_the_cause_that_whoever_asked_for_help_told(self, amina, failed):
        night(ON, rules=replace(RULES(ON), needed=1))
        WarningTrigger.objects.create(
            borrower=amina,
            kind="ASKED_FOR_HELP",
            fired_on=ON,
            ends_on=ON + DAY,
            is_strong=True,
            facts={"reference": "H1", "cause": "SPENDING"},
        )

        night(ON + DAY, rules=replace(RULES(ON), needed=1))

        assert WarningLead.objects.get().cause == "SPENDING"

    def test_is_not_opened_for_whoever_is_far_behind(self, amina, failed):
        OverdueStatus.objects.create(
            loan=failed,
            as_of=ON,
            days_past_due=31,
            effective_days_past_due=31,
            principal_minor=1,
            interest_minor=0,
            fee_minor=0,
            penalty_minor=0,
            bucket="31-60",
            classification="SPECIAL_MENTION",
        )

        night(ON, rules=replace(RULES(ON), needed=1))
        assert WarningLead.objects.exists() is False
        OverdueStatus.objects.update(effective_days_past_due=30)
        night(ON, rules=replace(RULES(ON), needed=1))

        assert WarningLead.objects.count() == 1

    def test_stays_quiet_after_not_now_unless_something_strong_is_new(self, amina, failed):
        rules = replace(RULES(ON), needed=1)
        night(ON, rules=rules)
        WarningLead.objects.update(
            state="CLOSED", ending="NOT_NOW", closed_on=ON + DAY, quiet_until=ON + 30 * DAY, reason="Already spoke"
        )

        night(ON + 30 * DAY, rules=rules)
        assert WarningLead.objects.count() == 1
        night(ON + 31 * DAY, rules=rules)

        assert WarningLead.objects.count() == 2

    def test_something_strong_ends_the_quiet(self, amina, failed):
        rules = replace(RULES(ON), needed=1)
        night(ON, rules=rules)
        WarningLead.objects.update(state="CLOSED", ending="NOT_NOW", closed_on=ON, quiet_until=ON + 30 * DAY)
        ShockEntry.objects.create(
            sector="H", from_on=ON + DAY, to_on=ON + DAY, reason="Fire", noted_on=ON + DAY, actor="user:1"
        )
        BorrowerPlace.objects.create(borrower=amina, sector="H", noted_on=ON, actor="user:1")

        night(ON + DAY, rules=replace(with_rule(Trigger.SHOCK, is_strong=True), needed=1))

        assert [lead.state for lead in WarningLead.objects.order_by("pk")] == ["CLOSED", "OPEN"]


class TestTheClose:
    def test_does_it_within_its_ranges_and_at_its_end(self, amina, loan):
        on = paid_late(loan, [3, 3, 4, 9, 11, 12])
        note_scores([(amina.pk, 600)], scorecard="behavior", on=on - DAY)
        note_scores([(amina.pk, 400)], scorecard="behavior", on=on)

        run = close_date(business_date=on, today=on + DAY)

        assert run.counts["leads_opened"] == 1
        assert run.counts["triggers_of_people"] == 1
        assert sum(item.counts["warnings"] for item in run.ranges.all()) == 1
        assert Payment.objects.count() == 6
