"""The files of past weeks as they were."""

from datetime import timedelta

import pytest

from collections_mgmt.models import CaseFile, Hold, OverdueChange, PromiseToPay
from collections_mgmt.selectors.past_files import past_book
from dashu.policy import rules as policy
from tests.integration.collections_mgmt.desk_cases import TODAY, late_person

pytestmark = pytest.mark.usefixtures("policy_packs")

DAY = timedelta(days=1)
SINCE = TODAY - 9 * DAY


def book(product: str = "", others: tuple[str, ...] = ()):
    return past_book(
        since=SINCE,
        until=TODAY,
        product=product,
        others=others,
        rules=policy.strategy_rules(TODAY),
        levels=policy.case_levels(TODAY),
    )


def changed(loan, on, days: int) -> None:
    OverdueChange.objects.create(
        loan=loan,
        changed_on=on,
        days_past_due=days,
        bucket_before="A",
        bucket="B",
        classification_before="X",
        classification="X",
    )


class TestNights:
    def test_have_the_days_that_the_changes_imply_while_the_file_was_open(self):
        file = late_person("Amina")
        loan = file.borrower.loans.get()
        loan.cases.update(opened_on=SINCE)
        CaseFile.objects.update(opened_on=SINCE + 2 * DAY, closed_on=SINCE + 8 * DAY, state="CLOSED")
        changed(loan, SINCE + 2 * DAY, 30)
        changed(loan, SINCE + 5 * DAY, 3)

        (past,) = book().pasts

        assert [night and (night.days, night.level) for night in past.nights] == [
            *[None] * 2,
            *[(30, 1), (31, 2), (32, 2), (3, 1), (4, 1), (5, 1)],
            *[None] * 2,
        ]

    def test_have_the_days_of_the_present_status_where_no_change_is_on_record(self):
        file = late_person("Amina", days=12)
        CaseFile.objects.update(opened_on=SINCE)
        file.borrower.loans.get().cases.update(opened_on=SINCE)

        (past,) = book().pasts

        assert [night.days for night in past.nights] == list(range(3, 13))

    def test_stand_still_from_the_day_something_was_agreed_until_it_was_decided(self):
        file = late_person("Amina")
        loan = file.borrower.loans.get()
        CaseFile.objects.update(opened_on=SINCE)
        PromiseToPay.objects.create(
            loan=loan,
            amount_minor=1,
            made_on=SINCE + DAY,
            due_on=SINCE + 3 * DAY,
            decided_on=SINCE + 4 * DAY,
            status="BROKEN",
            actor="x",
        )
        Hold.objects.create(loan=loan, kind="DISPUTE", starts_on=TODAY, reason="x", actor="x")

        (past,) = book().pasts

        assert [number for number, night in enumerate(past.nights) if night.is_paused] == [1, 2, 3, 9]


class TestBook:
    def test_has_those_of_the_product_and_knows_what_was_known(self):
        file = late_person("Amina")

        found = book("CONSUMER")

        assert (found.files, [past.number for past in found.pasts]) == (1, [file.number])
        person = found.pasts[0].person
        assert (person.product, person.capacity, person.readiness, person.care) == (
            "CONSUMER",
            "UNKNOWN",
            "LOW",
            "PLAIN",
        )
        assert book("SME").files == 0
        assert book("", ("CONSUMER",)).files == 0

    def test_writes_nothing_and_asks_as_often_for_many_as_for_one(self, django_assert_num_queries):
        for name in ("Amina", "Brook", "Chen"):
            late_person(name)

        with django_assert_num_queries(3):
            found = book()

        assert found.files == 3
