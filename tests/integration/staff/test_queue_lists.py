"""What a collector finds in lists of loans and of what was asked: no list is a way round the queue."""

from datetime import timedelta

import pytest

from collections_mgmt.models import Complaint, HardshipRequest
from collections_mgmt.services.take_file import take_next_file
from dashu.users.models import Borrower, User
from dashu.users.selectors import called
from loans.models import Loan
from tests import factories
from tests.integration.collections_mgmt.desk_cases import NOW, TODAY, collector, late_person, team
from tests.integration.staff.test_file_pages import signed_in

LOANS = "/admin/loans/loan/"
HELP = "/admin/collections_mgmt/hardshiprequest/"
COMPLAINTS = "/admin/collections_mgmt/complaint/"

pytestmark = pytest.mark.usefixtures("policy_packs")


@pytest.fixture
def chidi(db) -> User:
    return collector(of=team())


@pytest.fixture
def amina(chidi):
    """Her file is in the hands of Chidi; Brook's, who owes less, waits in the queue; Cleo is not behind."""
    late_person("Brook", minor=1_00, phone="13900000002")
    held = late_person("Amina", minor=9_000_00)
    factories.running_loan(factories.borrower("Cleo"))
    assert take_next_file(user=chidi, now=NOW).pk == held.pk
    return held.borrower


def listed(user: User, address: str, term: str = "") -> set[str]:
    """Return whose rows a list shows."""
    answer = signed_in(user).get(address, {"q": term} if term else {})
    assert answer.status_code == 200
    return {row.borrower.name for row in answer.context["cl"].result_list}


def asked(model: type, name: str, **fields: object) -> None:
    borrower = Borrower.objects.get(called(name))
    model.objects.create(borrower=borrower, asked_at=NOW, due_on=TODAY + timedelta(days=9), **fields)


class TestLoans:
    def test_are_those_of_the_files_in_hand_and_of_people_who_are_not_behind(self, chidi, amina):
        assert listed(chidi, LOANS) == {"Amina", "Cleo"}
        assert listed(chidi, f"{LOANS}?status__exact=ACTIVE") == {"Amina", "Cleo"}

    def test_of_others_are_found_by_the_whole_number_or_name_only(self, chidi, amina):
        number = Loan.objects.exclude(borrower=amina).earliest("pk").number

        assert listed(chidi, LOANS, number) == {"Brook"}
        assert listed(chidi, LOANS, "Brook") == {"Brook"}
        for part in (number[:-1], "Broo", "0002", "%"):
            assert listed(chidi, LOANS, part) == set()

    @pytest.mark.parametrize("role", ["SUPERVISOR", "UNDERWRITER", "ACCOUNTANT"])
    def test_are_listed_whole_for_other_roles(self, amina, role):
        assert listed(factories.staff("Una", role), LOANS) == {"Amina", "Brook", "Cleo"}


class TestAsked:
    @pytest.fixture(autouse=True)
    def _rows(self, amina):
        for name in ("Amina", "Brook", "Cleo"):
            asked(HardshipRequest, name, cause="OTHER")
            asked(Complaint, name, about="OTHER")

    @pytest.mark.parametrize("address", [HELP, COMPLAINTS])
    def test_is_what_lies_at_the_files_in_hand_or_at_none(self, chidi, address):
        assert listed(chidi, address) == {"Amina", "Cleo"}
        assert listed(factories.staff("Sun", "SUPERVISOR"), address) == {"Amina", "Brook", "Cleo"}

    def test_of_others_is_found_by_its_whole_number_and_stays_in_the_list_of_whoever_took_it_up(self, chidi):
        brooks = HardshipRequest.objects.select_related("borrower").order_by("pk")[1]
        assert brooks.borrower.name == "Brook"

        assert listed(chidi, HELP, brooks.reference) == {"Brook"}
        assert listed(chidi, HELP, brooks.reference[:-1]) == set()

        brooks.handler = chidi
        brooks.save()
        assert listed(chidi, HELP) == {"Amina", "Brook", "Cleo"}
