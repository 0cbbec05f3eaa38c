import pytest

from dashu.portal.signing import reading
from loans.models import Disclosure
from tests.applicants import NOW
from tests.integration.portal.test_applying import page  # noqa: F401 – a fixture
from tests.signers import READ, chosen, right_answers


@pytest.fixture
def at(monkeypatch):
    """Set what time it is on the pages."""

    def set_to(moment):
        monkeypatch.setattr(reading, "lender_now", lambda: moment)

    set_to(NOW)
    return set_to


def address(application, place):
    return f"/applications/{application.reference}/{place}/"


class TestCosts:
    def test_every_line_of_the_sheet_is_on_the_page(self, page, amina, at):  # noqa: F811
        application = chosen(amina)

        shown = page.get(address(application, "costs")).content.decode()

        for words in (
            "All costs, a year",
            "Interest in all",
            "Notary fee",
            "The notary office",
            "Penalty interest",
            "No fee for early repayment",
            "No. 12",
        ):
            assert words in shown
        assert 'data-seconds="20"' in shown

    def test_going_on_too_early_says_how_long_it_takes_still(self, page, amina, at):  # noqa: F811
        application = chosen(amina)
        page.get(address(application, "costs"))

        answer = page.post(address(application, "costs"))

        assert "you can go on in 20 s" in answer.content.decode()
        assert Disclosure.objects.get().confirmed_at is None

    def test_leads_to_the_questions(self, page, amina, at):  # noqa: F811
        application = chosen(amina)
        page.get(address(application, "costs"))
        at(NOW + READ)

        assert page.post(address(application, "costs")).headers["Location"] == address(application, "questions")

    def test_of_another_person_is_not_found(self, page, brook, at):  # noqa: F811
        application = chosen(brook)

        for place in ("costs", "questions"):
            assert page.get(address(application, place)).status_code == 404
            assert page.post(address(application, place)).status_code == 404
        assert not Disclosure.objects.exists()


class TestQuestions:
    def read(self, page, amina, at):  # noqa: F811
        application = chosen(amina)
        page.get(address(application, "costs"))
        at(NOW + READ)
        page.post(address(application, "costs"))
        return application

    def test_come_after_the_reading(self, page, amina, at):  # noqa: F811
        application = chosen(amina)

        answer = page.get(address(application, "questions"))

        assert answer.headers["Location"] == address(application, "costs")

    def test_a_wrong_answer_is_explained_by_its_place_on_the_sheet(self, page, amina, at):  # noqa: F811
        application = self.read(page, amina, at)
        right = right_answers(application)
        wrong = {**right, "late": next(key for key in "abc" if key != right["late"])}

        shown = page.post(address(application, "questions"), wrong).content.decode()

        assert shown.count("See it on the sheet") == 1
        assert f"{address(application, 'costs')}#late" in shown
        assert "Penalty interest of" in shown

    def test_right_answers_are_kept(self, page, amina, at):  # noqa: F811
        application = self.read(page, amina, at)

        page.post(address(application, "questions"), right_answers(application))

        assert Disclosure.objects.get().passed_at == NOW + READ

    def test_left_out_answers_are_not_yet_understood(self, page, amina, at):  # noqa: F811
        application = self.read(page, amina, at)

        answer = page.post(address(application, "questions"))

        assert answer.status_code == 200
        assert Disclosure.objects.get().tries[0]["wrong"] == ["payment", "cost", "late"]
