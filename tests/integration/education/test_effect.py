"""The effect of pointing to lessons, from the books to the page of staff."""

from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client
from openpyxl import load_workbook

from dashu.audit.models import AuditRecord
from dashu.kernel.dates import LENDER_ZONE
from education.domain.effect import Part, Verdict
from education.models import LearningMoment
from education.selectors.effect import effects
from tests import factories
from tests.integration.collections_mgmt.test_reminders import set_rule

pytestmark = pytest.mark.django_db

MOMENT_ON = date(2026, 2, 16)  # the second installment falls due on 15 March, the third on 15 April
WINDOW = 60
AFTER = MOMENT_ON + timedelta(days=WINDOW + 1)
PAGE = "/admin/education/learningmoment/"


@pytest.fixture(autouse=True)
def experiment(rules):
    value = {"experiment": "2026-a", "share_bps": 5000, "window_days": WINDOW, "least": 2}
    set_rule("education.encouragement", value)


def person(name, *, held_out=False, pays=(), loan=True, opened=None, moment="OVERDUE", on=MOMENT_ON):
    """Somebody to whom the moment came; `pays` are the days on which installments 1, 2, 3 … are paid."""
    borrower = factories.borrower(name)
    debt = factories.running_loan(borrower) if loan else None
    for day in pays:
        factories.pay(debt, 1100_16, day, today=AFTER)
    LearningMoment.objects.create(
        borrower=borrower,
        loan_id=debt.pk if debt else None,
        moment=moment,
        lesson="overdue",
        happened_on=on,
        noticed_at=datetime.combine(on, time(9), LENDER_ZONE),
        experiment="2026-a",
        is_held_out=held_out,
        opened_at=opened,
    )
    return debt


def found(today=AFTER):
    (effect,) = effects(today=today, zone="Asia/Shanghai")
    return effect


IN_TIME = (MOMENT_ON, date(2026, 3, 15), date(2026, 4, 15))
LATE = (MOMENT_ON, date(2026, 3, 16), date(2026, 4, 15))


class TestOutcome:
    def test_is_whether_all_that_fell_due_in_the_window_was_paid_by_its_day(self):
        person("A", pays=IN_TIME)
        person("B", pays=LATE)
        person("C", pays=(MOMENT_ON,))
        person("D", held_out=True, pays=IN_TIME)

        effect = found()

        assert effect.found.encouraged == Part(3, 1, 0, 0)
        assert effect.found.held_out == Part(1, 1, 0, 0)
        assert effect.found.verdict is Verdict.TOO_FEW

    def test_the_installment_that_was_late_at_the_moment_is_not_looked_at(self):
        debt = person("A")
        factories.pay(debt, 2250_00, date(2026, 3, 15), today=AFTER)
        factories.pay(debt, 1100_16, date(2026, 4, 15), today=AFTER)

        assert found().found.encouraged == Part(1, 1, 0, 0)

    def test_counts_once_the_window_is_over(self):
        person("A", pays=IN_TIME)

        early = found(today=AFTER - timedelta(days=1))

        assert (early.found.encouraged.total, early.waiting) == (0, 1)
        assert (found().found.encouraged.total, found().waiting) == (1, 0)

    def test_whoever_has_nothing_due_has_no_outcome_and_is_counted_as_such(self):
        person("A", loan=False)
        person("B", held_out=True, pays=IN_TIME)

        effect = found()

        assert (effect.found.encouraged.total, effect.found.encouraged.without) == (0, 1)
        assert effect.found.effect is None

    def test_a_person_counts_once_by_the_first_time(self):
        debt = person("A", pays=IN_TIME)
        first = LearningMoment.objects.get()
        other = factories.running_loan(first.borrower)
        LearningMoment.objects.create(
            borrower=first.borrower,
            loan_id=other.pk,
            moment="OVERDUE",
            lesson="overdue",
            happened_on=MOMENT_ON + timedelta(days=1),
            noticed_at=first.noticed_at,
            experiment="2026-a",
        )

        assert debt.pk != other.pk
        assert found(today=AFTER + timedelta(days=5)).found.encouraged == Part(1, 1, 0, 0)

    def test_opened_counts_within_the_window_in_both_parts(self):
        inside = datetime.combine(MOMENT_ON + timedelta(days=WINDOW), time(23), LENDER_ZONE)
        person("A", pays=IN_TIME, opened=inside)
        person("B", pays=IN_TIME, opened=inside + timedelta(hours=2))
        person("C", held_out=True, pays=LATE, opened=inside)

        effect = found()

        assert effect.found.encouraged == Part(2, 2, 1, 1)
        assert effect.found.held_out == Part(1, 0, 1, 0)

    def test_a_loan_of_another_person_is_never_looked_at(self):
        person("A", pays=IN_TIME)
        factories.running_loan(factories.borrower("B"))

        assert found().found.encouraged == Part(1, 1, 0, 0)

    def test_moments_outside_an_experiment_are_left_out(self):
        person("A", pays=IN_TIME)
        LearningMoment.objects.update(experiment="")

        assert effects(today=AFTER, zone="Asia/Shanghai") == []

    def test_costs_the_same_however_many(self, django_assert_num_queries):
        for number in range(4):
            person(f"P{number}", pays=IN_TIME, held_out=number > 2)

        with django_assert_num_queries(3):
            found()


class TestBalance:
    def test_says_how_alike_the_parts_were(self):
        for number, held_out in enumerate([False, False, True, True]):
            person(f"P{number}", loan=False, held_out=held_out)
        LearningMoment.objects.update(days_late=1, due_before=4)
        LearningMoment.objects.filter(is_held_out=True).update(late_before=2)
        first = LearningMoment.objects.filter(is_held_out=False).order_by("pk")[:1]
        LearningMoment.objects.filter(pk__in=first.values("pk")).update(late_before=1)

        balance = found().balance

        assert balance.drawn == (2, 2)
        assert balance.apart["days_late"] == 0
        assert balance.apart["late_share"] < -1
        assert balance.is_as_said is True


class TestPage:
    def browser(self, role):
        client = Client()
        user = factories.staff(role.lower(), role)
        factories.speak(user, "en")
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return client

    def test_says_honestly_what_is_seen_and_by_which_rule(self):
        for number in range(6):
            person(f"P{number}", pays=IN_TIME if number % 2 else LATE, held_out=number > 2)

        page = self.browser("SUPERVISOR").get(PAGE).content.decode()

        assert "No effect is seen; between −" in page
        assert "points would also fit." in page
        assert "2026-a" in page
        assert "Cannot be said: too few more people read the lesson" in page
        assert "An installment is one day late" in page
        assert "What happens when a payment is late" in page

    def test_without_an_experiment_it_says_how_one_begins(self):
        page = self.browser("SUPERVISOR").get(PAGE).content.decode()

        assert "The rule education.encouragement begins one." in page

    @pytest.mark.parametrize("role", ["COLLECTOR", "UNDERWRITER", "ACCOUNTANT"])
    def test_is_not_for_those_who_decide_on_people(self, role):
        person("A", pays=IN_TIME)

        client = self.browser(role)

        assert client.get(PAGE).status_code == 403
        assert client.get(f"{PAGE}export/csv/").status_code == 403

    def test_shows_no_one_person(self):
        person("Amina", pays=IN_TIME)
        moment = LearningMoment.objects.get()
        client = self.browser("ADMIN")

        assert moment.borrower.number not in client.get(PAGE).content.decode()
        assert client.get(f"{PAGE}{moment.pk}/change/").status_code == 404

    def test_is_taken_along_as_a_file_of_sums(self, tmp_path):
        person("A", pays=IN_TIME)
        person("B", held_out=True, pays=LATE)
        client = self.browser("SUPERVISOR")

        text = client.get(f"{PAGE}export/csv/").content.decode()
        book = b"".join(client.post(f"{PAGE}export/xlsx/").streaming_content)

        head, row = text.strip().split("\r\n")
        told = dict(zip(head.split(","), row.split(","), strict=True))
        assert (told["moment"], told["pointed_people"], told["pointed_in_time"], told["held_out_in_time"]) == (
            "OVERDUE", "1", "1", "0",
        )  # fmt: skip
        assert (told["verdict"], told["effect"]) == ("TOO_FEW", "1.0")
        (tmp_path / "effect.xlsx").write_bytes(book)
        sheet = load_workbook(tmp_path / "effect.xlsx").worksheets[0]
        assert (sheet["A2"].value, sheet["F2"].value) == ("2026-a", 1)
        assert AuditRecord.objects.filter(action="education.effect_exported").count() == 2
        assert client.get(f"{PAGE}export/exe/").status_code == 404
