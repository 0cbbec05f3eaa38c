"""What each page says to somebody who has nothing there yet: never an empty list, and always a next step."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dashu.users.models import User
from tests import factories
from tests.addresses import ADDRESSES, SignedIn

pytestmark = pytest.mark.django_db

# What each page that is somebody's own says then, and where it leads.
SAYS = {
    "portal:home": ("There is no loan on this account yet.", "/apply/"),
    "portal:mine": ("Everything we sent you", "/applications/"),
    "portal:all_papers": (
        "There is nothing here yet. What you sign, send or pay appears here by itself.",
        "/applications/",
    ),
    "portal:applications": ("You have not applied for anything.", "/apply/"),
    "portal:ask_for_help": ("You have no loan with us on which something is to be paid.", "/help/"),
    "portal:new_complaint": ("A person answers by", "/complaints/"),
    "portal:credit_record": ("There is no loan of yours with us that anything is noted of.", "/learn/overdue/"),
    "portal:calls_made": ("Nobody has called, visited or written by hand.", "/me/contact/"),
    "portal:messages": ("We have not sent you anything yet.", "/me/contact/"),
    "portal:consents": ("You have agreed to nothing at present.", "/me/details/"),
    "portal:details": ("You have not told us yet. We ask when you apply for a loan, not before.", "/me/export/"),
    "portal:language": ("For the pages, and for what we send you.", "/me/"),
    "portal:relief": ("so there is nothing to change.", "/help/"),
    "portal:relief_month": ("You have no loan with us on which something is to be paid.", "/help/"),
    "portal:export": ("It lies ready for 7 days and is then deleted.", "/me/"),
    "portal:closing": ("Nothing is owed and nothing is open, so you can.", "/me/closing/confirm/"),
    "portal:wishes": ("Where may we write to you first?", "/me/"),
    "education:today": ("Nothing comes again at present.", "/learn/"),
    "education:progress": ("Only you see this page.", "/learn/"),
    "education:erase": ("Nothing else changes: neither your loans nor any help.", "/learn/progress/"),
    "education:my_workshops": ("You have not signed up for a workshop.", "/learn/workshops/"),
    "portal:pay_together": ("Nothing is open on your loans. There is nothing you need to do.", "/"),
}


@pytest.fixture(params=["has nothing", "has just signed up"])
def newcomer(request, rules):
    client = Client(headers={"accept-language": "en"})
    if request.param == "has nothing":
        user = factories.borrower("Brook").user
    else:
        user = User.objects.create_user("new@example.com", "correct horse")
    factories.speak(user, "en")
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_every_page_of_ones_own_is_entered():
    others = {"staff", "partner", "administrator"}
    own = {name for name, entry in ADDRESSES.items() if isinstance(entry, SignedIn) and entry.role not in others}

    assert {name for name in own if ADDRESSES[name].is_page} - set(SAYS) == set()


@pytest.mark.parametrize("name", SAYS)
def test_a_page_says_that_there_is_nothing_yet_and_leads_on(newcomer, name):
    page = newcomer.get(reverse(name))

    shown = page.content.decode().partition("<main")[2].partition("</main>")[0]
    says, leads_to = SAYS[name]
    assert page.status_code == 200
    assert says in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", shown))
    assert f'href="{leads_to}"' in shown
