"""Help for everyone, asking for help, and how a request stands."""

from datetime import timedelta

import pytest

from collections_mgmt.models import HardshipRequest, Hold
from collections_mgmt.services.answer_help import answer_help
from dashu.kernel.dates import lender_now, lender_today
from dashu.users.models import User
from tests import factories


@pytest.fixture
def amina(rules):
    owner = factories.borrower("Amina", language="en")
    type(owner.user).objects.filter(pk=owner.user_id).update(language="en")
    return owner


@pytest.fixture
def late(amina):
    return factories.running_loan(amina, starts_on=lender_today() - timedelta(days=50))


@pytest.fixture
def signed_in(client, amina):
    client.force_login(amina.user)
    return client


def ask(client, loan, **given):
    return client.post("/help/ask/", {"cause": "INCOME", "loans": [loan.number], **given})


class TestHelp:
    @pytest.mark.django_db
    def test_is_there_for_everyone_in_three_languages(self, client, rules):
        for language, said in (("en", "Money is short?"), ("zh-hans", "手头紧？"), ("zh-hant", "手頭緊？")):
            page = client.get("/help/", headers={"accept-language": language}).content.decode()
            assert said in page
            assert "12356" in page
            assert "96110" in page
            assert "400-000-0000" in page

    def test_has_a_tab_and_leads_to_asking(self, signed_in, late):
        page = signed_in.get("/help/").content.decode()

        assert '<a href="/help/" aria-current="page">' in page
        assert 'href="/help/ask/"' in page

    def test_shows_ones_own_requests_and_nobody_elses(self, signed_in, late, brook):
        theirs = factories.running_loan(brook)
        signed_in.force_login(brook.user)
        ask(signed_in, theirs)
        signed_in.force_login(late.borrower.user)
        ask(signed_in, late)
        mine, other = (HardshipRequest.objects.get(borrower=each) for each in (late.borrower, brook))

        page = signed_in.get("/help/").content.decode()

        assert mine.reference in page
        assert other.reference not in page


class TestAsking:
    def test_takes_two_answers_and_shows_the_status(self, signed_in, late):
        answer = ask(signed_in, late)

        asked = HardshipRequest.objects.get()
        assert answer.url == f"/help/requests/{asked.reference}/"
        assert (asked.cause, asked.lasts, asked.can_pay_minor, asked.words) == ("INCOME", "UNKNOWN", None, "")
        assert Hold.objects.get().kind == "HARDSHIP_REVIEW"
        page = signed_in.get(answer.url).content.decode()
        assert "A person reads it" in page
        assert "no penalty interest is added" in page
        assert late.number in page

    def test_takes_everything_else_where_it_is_said(self, signed_in, late):
        ask(signed_in, late, lasts="LONGER", can_pay="３００", words="Surgery in May.")

        asked = HardshipRequest.objects.get()
        assert (asked.lasts, asked.can_pay_minor, asked.words) == ("LONGER", 300_00, "Surgery in May.")

    def test_sent_twice_is_one(self, signed_in, late):
        assert ask(signed_in, late).url == ask(signed_in, late).url

        assert HardshipRequest.objects.count() == 1

    def test_the_late_loans_are_ticked_already(self, signed_in, amina, late):
        in_time = factories.running_loan(amina, starts_on=lender_today())

        form = signed_in.get("/help/ask/").context["form"]

        assert form["loans"].initial == [late.number]
        assert in_time.number in dict(form.fields["loans"].choices)

    @pytest.mark.parametrize(
        ("given", "field"),
        [({"cause": ""}, "cause"), ({"loans": []}, "loans"), ({"can_pay": "much"}, "can_pay")],
    )
    def test_what_is_missing_is_said_at_its_field_and_words_are_kept(self, signed_in, late, given, field):
        answer = ask(signed_in, late, words="Surgery in May.", **given)

        assert list(answer.context["form"].errors) == [field]
        assert "Surgery in May." in answer.content.decode()
        assert "1 field needs another look." in answer.content.decode()
        assert not HardshipRequest.objects.exists()
        assert not Hold.objects.exists()

    def test_another_borrowers_loan_cannot_be_named(self, signed_in, late, brook):
        theirs = factories.running_loan(brook)

        answer = ask(signed_in, theirs)

        assert list(answer.context["form"].errors) == ["loans"]
        assert not HardshipRequest.objects.exists()

    def test_without_a_loan_there_is_nothing_to_ask_for(self, signed_in):
        assert "You have no loan with us" in signed_in.get("/help/ask/").content.decode()

    def test_staff_and_visitors_do_not_ask(self, client, rules):
        assert client.get("/help/ask/").status_code == 302
        client.force_login(factories.staff())
        assert client.get("/help/ask/").status_code == 404


class TestStatus:
    def test_shows_the_answer_of_a_person(self, signed_in, late):
        address = ask(signed_in, late).url
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        asked = HardshipRequest.objects.get()

        answer_help(request_id=asked.pk, is_possible=True, words="Three plans come today.", user=sun, now=lender_now())

        page = signed_in.get(address).content.decode()
        assert "A plan will be offered to you" in page
        assert "Three plans come today." in page
        assert "You decide in peace" in page

    def test_can_be_taken_back_and_twice_is_once(self, signed_in, late):
        address = ask(signed_in, late).url

        for _time in range(2):
            signed_in.post(f"{address}withdraw/")

        assert HardshipRequest.objects.get().outcome == "WITHDRAWN"
        assert "You took it back" in signed_in.get(address).content.decode()

    def test_what_is_answered_is_not_said_to_be_taken_back(self, signed_in, late):
        address = ask(signed_in, late).url
        sun = factories.staff("Sun", User.Role.SUPERVISOR)
        asked = HardshipRequest.objects.get()
        answer_help(request_id=asked.pk, is_possible=True, words="Three plans come today.", user=sun, now=lender_now())

        page = signed_in.post(f"{address}withdraw/", follow=True).content.decode()

        assert "Your request is taken back." not in page
        assert "We had answered already" in page
        assert HardshipRequest.objects.get().outcome == "PLAN"

    def test_another_persons_is_not_found(self, signed_in, late, brook):
        address = ask(signed_in, late).url
        signed_in.force_login(brook.user)

        assert signed_in.get(address).status_code == 404
        assert signed_in.post(f"{address}withdraw/").status_code == 404
        assert HardshipRequest.objects.get().is_open
