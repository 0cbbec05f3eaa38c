from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from collections_mgmt.models import AgencyFile, Placement
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.agency_cases import agency

TODAY = date(2026, 6, 20)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr("dashu.portal.views.lender_today", lambda: TODAY)


@pytest.fixture
def late_loan(amina):
    """Due on 10 June and 10 days late; the installment of 10 May was paid on its day."""
    loan = factories.running_loan(amina, starts_on=date(2026, 4, 10))
    factories.pay(loan, 1_100_16, date(2026, 5, 10))
    return loan


@pytest.fixture
def visit(client, amina):
    client.force_login(amina.user)
    factories.speak(amina.user, "en")
    return client.get


def placed(loan: Loan) -> Placement:
    north = agency()
    file = AgencyFile.objects.create(agency=north, kind="PLACEMENT", made_on=TODAY, made_by="x", loans=1)
    return Placement.objects.create(
        agency=north, loan=loan, file=file, placed_on=date(2026, 6, 15), ends_on=date(2026, 12, 12), owed_minor=1,
        days=1, bps=1, after_event=0, actor="x",
    )  # fmt: skip


class TestLoanPage:
    def test_shows_schedule_arrears_and_payments(self, visit, late_loan):
        page = visit(f"/loans/{late_loan.number}/").content.decode()

        assert "Overdue by 10 days" in page
        assert "Penalty interest so far" in page
        for state in ("Paid", "Overdue", "Next", "Later"):
            assert f"{state}</span>" in page
        assert page.count('<tr role="row"') == 1 + 12
        assert f"/receipts/{late_loan.payments.get().reference}/" in page

    def test_says_which_agency_has_the_loan_what_it_may_not_do_and_how_to_complain(self, visit, late_loan, amina):
        other = factories.running_loan(amina, starts_on=date(2026, 4, 10))
        placed(late_loan)

        page = visit(f"/loans/{late_loan.number}/").content.decode()

        assert (
            "North Collections has contacted you for us since June 15, 2026, up to Dec. 12, 2026 at the longest."
            in page
        )
        assert "It may call and write to you between 08:00 and 22:00, about this loan only." in page
        assert "It takes no money: you pay on these pages as before, never to a person." in page
        assert f'href="/complaints/new/?loan={late_loan.number}"' in page
        assert "Who contacts you about this loan" not in visit(f"/loans/{other.number}/").content.decode()

    def test_says_nothing_of_an_agency_that_no_longer_has_the_loan(self, visit, late_loan):
        back = placed(late_loan)
        back.recalled_on, back.recalled_at, back.until_event = TODAY, datetime(2026, 6, 20, tzinfo=UTC), 0
        back.save()

        assert "North Collections" not in visit(f"/loans/{late_loan.number}/").content.decode()

    @pytest.mark.parametrize("reference", ["dana:2026-02-15/0001", "dana:100%", "dana:a//b"])
    def test_links_to_the_receipt_whatever_the_partners_reference_holds(self, visit, late_loan, reference):
        factories.pay(late_loan, 100_00, TODAY, reference=reference)
        address = reverse("portal:receipt", args=[reference])

        assert f'href="{address}"' in visit(f"/loans/{late_loan.number}/").content.decode()
        assert visit(address).context["payment"].reference == reference

    @pytest.mark.parametrize("address", ["/loans/%00/", "/loans/%00/pay/", "/receipts/%00/", "/receipts/a/%00/"])
    def test_an_address_that_the_database_cannot_hold_is_not_found(self, visit, late_loan, address):
        assert visit(address).status_code == 404

    def test_takes_a_constant_number_of_queries(self, visit, late_loan, django_assert_num_queries):
        for _more in range(2):
            # session, person, loan, balance, installments, mandate, events, first schedule, agency, payments, plans,
            # what is offered, lessons that fit, unread
            with django_assert_num_queries(14):
                visit(f"/loans/{late_loan.number}/")
            factories.pay(late_loan, 50_00, TODAY, reference=f"MORE-{_more}")

    def test_says_why_each_amount_is_what_it_is(self, visit, late_loan):
        page = visit(f"/loans/{late_loan.number}/")

        standing = page.context["card"].standing
        due, penalty = page.context["why_due"], page.context["why_penalty"]
        assert (due.total, [line.minor for line in due.lines]) == (1_105_76, [1_100_16, 5_60])
        assert (penalty.total, penalty.lines[0].how) == (
            standing.penalty,
            "¥933.96 overdue × 24% ÷ 360 × 9 days = ¥5.6038",
        )
        assert [line.minor for line in page.context["why_principal"].lines] == [12_000_00, -920_16]
        second = page.context["rows"][1].why
        assert [(line.name, line.minor) for line in second.lines] == [("Interest", 166_20), ("Principal", 933_96)]
        assert second.lines[0].how == "¥11,079.84 × 18% a year × 30/360 = ¥166.1976, rounded to ¥166.20"
        assert "the installment is ¥1,100.1599, rounded to ¥1,100.16" in second.lines[1].how
        assert page.content.decode().count('<details class="why">') == 2 + 12 + 1

    def test_draws_the_schedule_and_marks_the_next_installment_by_words(self, visit, late_loan):
        chart = visit(f"/loans/{late_loan.number}/").context["chart"]

        principal, interest, left = (series.values for series in chart.series)
        assert (sum(principal), sum(interest)) == (12_000_00, 1_201_95)
        assert (left[0], left[-1]) == (1_107_984, 0)
        assert [label for label in chart.labels if "next" in label] == ["2026/7/10, next"]
        assert "Today, June 20, 2026: 1 of 12 installments are paid" in chart.summary

    def test_says_where_the_loan_stood_on_a_day(self, visit, late_loan):
        page = visit(f"/loans/{late_loan.number}/?on=2026-05-09")

        day = page.context["day"]
        assert (day["outstanding"]["principal"], day["days_past_due"]) == (12_000_00, 0)
        assert 'value="2026-05-09"' in page.content.decode()
        late = visit(f"/loans/{late_loan.number}/?on=2026-06-15").context["day"]
        assert (late["outstanding"]["principal"], late["days_past_due"]) == (1_107_984, 5)

    @pytest.mark.parametrize("on", ["2026-04-09", "2026-06-21"])
    def test_says_which_days_there_are(self, visit, late_loan, on):
        page = visit(f"/loans/{late_loan.number}/?on={on}")

        assert not page.context.get("day")
        assert "The date must lie between" in page.content.decode()

    def test_another_borrowers_loan_is_not_found(self, visit, brook):
        theirs = factories.running_loan(brook)

        assert visit(f"/loans/{theirs.number}/").status_code == 404
        assert visit(f"/loans/{theirs.number}/pay/").status_code == 404

    def test_a_loan_that_waits_for_its_payout_has_a_page(self, visit, amina):
        loan = factories.approved_loan(amina, starts_on=TODAY)

        assert "will be paid out to you" in visit(f"/loans/{loan.number}/").content.decode()
        assert "Nothing to pay" in visit(f"/loans/{loan.number}/pay/").content.decode()

    @pytest.mark.parametrize("address", ["", "pay/"])
    def test_a_visitor_is_asked_to_sign_in(self, client, late_loan, address):
        page = client.get(f"/loans/{late_loan.number}/{address}")

        assert page.url.startswith("/accounts/login/?next=/loans/")

    def test_a_number_that_does_not_exist_is_not_found(self, visit):
        assert visit("/loans/DS1/").status_code == 404
