"""Who has gone into a page of the portal finds a way back on it, without the browser's button."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dashu.portal.rooms import ROOMS
from tests.addresses import ADDRESSES, Own, SignedIn, address_of
from tests.everyone import Everyone, everyone

MAIN = re.compile(r"<main\b.*?</main>", re.DOTALL)
LINK = re.compile(r'<a\b[^>]*href="([^"]+)"')

# Reached by a link of one's own only, by somebody who need not have a login: there is nowhere to go back to. The
# description of the API is for programmers, who are not in the portal.
FROM_OUTSIDE = {"guarantee", "signature", "relief_link", "api_docs"}


@pytest.fixture
def world(policy_packs: None) -> Everyone:
    return everyone()


def ways_up() -> set[str]:
    """The tabs, and the links of the heads of pages."""
    return {reverse(room.page) for room in ROOMS} | {reverse("portal:applications"), reverse("portal:apply")}


def has_way_back(page: str) -> bool:
    main = MAIN.search(page)
    assert main
    return 'class="back no-print"' in main[0] or bool(ways_up() & set(LINK.findall(main[0])))


def pages_of(world: Everyone) -> list[tuple[str, str, str]]:
    """Return owner, name and address of each page of the portal that is not itself a tab; partners have a menu."""
    tabs = {room.page for room in ROOMS}
    return [
        (entry.owner if isinstance(entry, Own) else "amina", name, address_of(name, world))
        for name, entry in ADDRESSES.items()
        if entry.is_page and name not in tabs and not name.startswith("console:")
        if not (isinstance(entry, SignedIn) and entry.role == "staff")
    ]


def signed_in(world: Everyone, who: str) -> Client:
    client = Client()
    client.force_login(getattr(world, who).user, "django.contrib.auth.backends.ModelBackend")
    return client


class TestEveryPage:
    def test_has_a_way_back(self, world):
        clients = {who: signed_in(world, who) for who in ("amina", "brook", "chen", "dai", "fei", "gao")}
        without = []
        for who, name, address in pages_of(world):
            answer = clients[who].get(address, follow=True)
            if answer.status_code == 200 and not has_way_back(answer.content.decode()):
                without.append(name)

        assert set(without) - FROM_OUTSIDE == set()


class TestMine:
    @pytest.mark.parametrize(
        "name",
        [
            "portal:messages",
            "portal:applications",
            "education:my_workshops",
            "portal:all_papers",
            "portal:credit_record",
            "portal:complaints",
            "portal:wishes",
            "portal:language",
            "account_security",
            "portal:details",
            "portal:consents",
            "portal:export",
            "portal:closing",
        ],
    )
    def test_leads_to_everything_that_is_ones_own(self, amina, name):
        client = Client()
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        assert f'href="{reverse(name)}"' in client.get(reverse("portal:mine")).content.decode()
