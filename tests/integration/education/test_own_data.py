"""What somebody learned goes into the copy of their data, and with the account."""

from datetime import timedelta

import pytest

from dashu.kernel.dates import lender_date, lender_now
from dashu.privacy.tables import TABLES
from education.models import LearningCertificate, LearningMoment, LearningWish
from education.services.erase_learning import forget_borrower
from education.services.record_answer import record_answer
from tests import factories

pytestmark = pytest.mark.django_db

NOW = lender_now()


@pytest.fixture
def amina(rules):
    found = factories.borrower("Amina")
    for person in (found, factories.borrower("Brook")):
        record_answer(
            user_id=person.user_id, lesson="overdue", question="late-call", option="not-allowed", answered_at=NOW
        )
        LearningCertificate.objects.create(
            user=person.user, level=1, name=person.name, language="en", facts={"lessons": []}, issued_at=NOW
        )
        LearningMoment.objects.create(
            borrower=person, moment="OVERDUE", lesson="overdue", happened_on=lender_date(NOW), noticed_at=NOW
        )
        LearningWish.objects.create(borrower=person, stopped_at=NOW)
    return found


def written(borrower):
    names = {
        "lessons",
        "answers_in_lessons",
        "questions_that_come_again",
        "certificates_of_learning",
        "lessons_pointed_out",
        "no_lessons_wanted",
    }
    return {table.name: list(table.written(borrower)) for table in TABLES if table.name in names}


def test_all_of_it_is_in_the_copy_and_nothing_of_anybody_else(amina):
    found = written(amina)

    assert {name: len(rows) for name, rows in found.items()} == dict.fromkeys(found, 1)
    assert len(found) == 6
    assert found["answers_in_lessons"][0]["option"] == "not-allowed"
    assert found["questions_that_come_again"][0]["due_on"] in {
        (lender_date(NOW) + timedelta(days=days)).isoformat() for days in (1, 3)
    }
    assert found["certificates_of_learning"][0]["name"] == "Amina"
    assert found["lessons_pointed_out"][0]["moment"] == "OVERDUE"


def test_what_hangs_on_the_borrower_goes_with_the_account(amina):
    forget_borrower(amina)

    assert LearningMoment.objects.filter(borrower=amina).exists() is False
    assert LearningWish.objects.filter(borrower=amina).exists() is False
    assert LearningMoment.objects.count() == 1
