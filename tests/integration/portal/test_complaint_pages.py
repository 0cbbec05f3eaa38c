"""A borrower's own complaints."""

import uuid

import pytest

from collections_mgmt.models import Complaint, Hold
from collections_mgmt.services.complaints import write_back
from dashu.kernel.dates import lender_now
from dashu.users.models import User
from tests import factories


@pytest.fixture
def amina(rules):
    owner = factories.borrower("Amina", language="en")
    type(owner.user).objects.filter(pk=owner.user_id).update(language="en")
    return owner


@pytest.fixture
def signed_in(client, amina):
    client.force_login(amina.user)
    return client


def complain(client, **given):
    return client.post(
        "/complaints/new/",
        {"about": "CONTACT", "words": "Three calls.", "loan": "", "wish": "", "key": str(uuid.uuid4()), **given},
    )


class TestComplaining:
    def test_gives_a_number_at_once_and_shows_who_else_there_is(self, signed_in, loan):
        answer = complain(signed_in, loan=loan.number)

        complaint = Complaint.objects.get()
        assert answer.url == f"/complaints/{complaint.reference}/"
        assert Hold.objects.get().kind == "COMPLAINT"
        page = signed_in.get(answer.url).content.decode()
        assert complaint.reference in page
        assert "You have our answer by" in page
        assert "12378" in page

    def test_sent_twice_is_one(self, signed_in):
        key = str(uuid.uuid4())

        assert complain(signed_in, key=key).url == complain(signed_in, key=key).url

        assert Complaint.objects.count() == 1

    @pytest.mark.parametrize(("given", "field"), [({"about": ""}, "about"), ({"words": " "}, "words")])
    def test_what_is_missing_is_said_at_its_field(self, signed_in, given, field):
        answer = complain(signed_in, **given)

        assert list(answer.context["form"].errors) == [field]
        assert not Complaint.objects.exists()

    def test_another_borrowers_loan_cannot_be_named(self, signed_in, brook):
        answer = complain(signed_in, loan=factories.running_loan(brook).number)

        assert list(answer.context["form"].errors) == ["loan"]
        assert not Complaint.objects.exists()

    def test_the_page_for_everyone_lists_ones_own(self, client, signed_in, brook):
        complain(signed_in)
        mine = Complaint.objects.get()

        assert mine.reference in signed_in.get("/complaints/").content.decode()
        client.force_login(brook.user)
        assert mine.reference not in client.get("/complaints/").content.decode()


class TestThread:
    @pytest.fixture
    def complaint(self, signed_in):
        complain(signed_in)
        return Complaint.objects.get()

    def answer(self, complaint, words):
        sun = factories.staff(f"Sun{words[0]}", User.Role.SUPERVISOR)
        complaint.handler = None
        complaint.save()
        write_back(complaint_id=complaint.pk, words=words, is_answer=True, user=sun, now=lender_now())

    def test_an_answer_that_does_not_help_opens_it_again_once(self, signed_in, complaint):
        address = f"/complaints/{complaint.reference}/"
        self.answer(complaint, "A first answer.")
        assert "This does not help me: open it again" in signed_in.get(address).content.decode()

        key = str(uuid.uuid4())
        for _time in range(2):
            assert signed_in.post(address, {"words": "It happened again.", "key": key}).url == address
        complaint.refresh_from_db()
        assert complaint.is_open
        assert complaint.messages.count() == 2

        self.answer(complaint, "Second answer.")
        page = signed_in.get(address).content.decode()
        assert "We have answered twice." in page
        assert 'id="write"' not in page

    def test_another_persons_is_not_found(self, client, complaint, brook):
        client.force_login(brook.user)
        address = f"/complaints/{complaint.reference}/"

        assert client.get(address).status_code == 404
        assert client.post(address, {"words": "Mine?", "key": str(uuid.uuid4())}).status_code == 404
        assert not complaint.messages.exists()
