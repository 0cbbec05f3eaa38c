from datetime import timedelta

import pytest

from loans.domain.cost_sheet import sheet_of
from loans.domain.understanding import AnswerNotKnown
from loans.models import Disclosure, Offer
from loans.services.application_rows import ApplicationStateChanged
from loans.services.choose_offer import OfferLapsed, reconsider_offers
from loans.services.disclose_costs import (
    ReadTooBriefly,
    SheetNotConfirmed,
    SheetNotOpened,
    answer_questions,
    confirm_sheet,
    open_sheet,
)
from tests.applicants import NOW
from tests.signers import READ, chosen, right_answers, understood


def do(service, application, now=NOW, **more):
    return service(application_id=application.pk, now=now, actor="user:1", **more)


class TestOpenSheet:
    def test_shows_the_chosen_offers_sheet_and_begins_the_time(self, amina):
        application = chosen(amina)

        reading = do(open_sheet, application)

        assert reading.sheet.principal == 12_000_00
        assert reading.seconds_left == 20
        assert Disclosure.objects.get().sheet_digest == Offer.objects.get(position=1).sheet_digest

    def test_opened_again_the_time_runs_on(self, amina):
        application = chosen(amina)
        do(open_sheet, application)

        assert do(open_sheet, application, NOW + timedelta(seconds=15)).seconds_left == 5
        assert Disclosure.objects.count() == 1

    def test_on_another_day_only_the_dates_move_and_what_was_read_holds(self, amina):
        application = understood(amina)

        later = do(open_sheet, application, NOW + timedelta(days=3))

        assert later.sheet.starts_on == NOW.date() + timedelta(days=3)
        assert later.disclosure.passed_at == NOW
        assert later.disclosure.sheet_digest == later.sheet.digest == Offer.objects.get(position=1).sheet_digest
        assert Disclosure.objects.count() == 1

    def test_figures_that_changed_are_read_anew(self, amina, monkeypatch):
        application = understood(amina)
        offer = Offer.objects.get(position=1)
        offer.sheet = {**offer.sheet, "simple_rate": "0.999"}
        offer.save()
        Disclosure.objects.update(figures_digest=sheet_of(offer.sheet).figures_digest)

        later = do(open_sheet, application, NOW + timedelta(days=1))

        assert (later.disclosure.passed_at, later.seconds_left) == (None, 20)
        assert Disclosure.objects.count() == 2

    def test_another_offer_has_a_reading_of_its_own(self, amina):
        application = understood(amina)
        do(reconsider_offers, application)

        with pytest.raises(ApplicationStateChanged):
            do(open_sheet, application)

    def test_refuses_an_offer_that_has_lapsed(self, amina):
        application = chosen(amina)

        with pytest.raises(OfferLapsed):
            do(open_sheet, application, NOW + timedelta(days=15))

        assert not Disclosure.objects.exists()


class TestConfirmSheet:
    def test_waits_for_the_reading_time(self, amina):
        application = chosen(amina)
        do(open_sheet, application)

        with pytest.raises(ReadTooBriefly) as refused:
            do(confirm_sheet, application, NOW + READ - timedelta(milliseconds=1))

        assert refused.value.details == {"seconds_left": 1}
        assert Disclosure.objects.get().confirmed_at is None
        assert do(confirm_sheet, application, NOW + READ).confirmed_at == NOW + READ
        assert do(confirm_sheet, application, NOW + 2 * READ).confirmed_at == NOW + READ

    def test_refuses_a_sheet_that_nobody_opened(self, amina):
        with pytest.raises(SheetNotOpened):
            do(confirm_sheet, chosen(amina))


class TestAnswerQuestions:
    def test_may_be_answered_again_and_every_try_is_kept(self, amina):
        application = chosen(amina)
        do(open_sheet, application)
        do(confirm_sheet, application, NOW + READ)
        right = right_answers(application)
        wrong = {**right, "cost": next(key for key in "abc" if key != right["cost"])}

        first = do(answer_questions, application, NOW + READ, answers=wrong)
        second = do(answer_questions, application, NOW + READ, answers=right)

        disclosure = Disclosure.objects.get()
        assert [question.about for question in first.wrong] == ["cost"]
        assert (second.is_passed, disclosure.passed_at) == (True, NOW + READ)
        assert [each["wrong"] for each in disclosure.tries] == [["cost"], []]

    def test_comes_after_the_reading(self, amina):
        application = chosen(amina)
        do(open_sheet, application)

        with pytest.raises(SheetNotConfirmed):
            do(answer_questions, application, answers=right_answers(application))

        assert Disclosure.objects.get().tries == []

    def test_refuses_an_answer_that_is_not_there(self, amina):
        application = chosen(amina)
        do(open_sheet, application)
        do(confirm_sheet, application, NOW + READ)

        with pytest.raises(AnswerNotKnown):
            do(answer_questions, application, NOW + READ, answers={"cost": "z"})

        assert Disclosure.objects.get().tries == []
