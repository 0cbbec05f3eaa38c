"""
Every page of a borrower and of a partner in a real browser, in each language and width: no barrier, no cut text.

A page is built the same in every language and scheme. So all rules of accessibility are asked once, those of colors
once more in the dark, and what depends on the length of words in every language.

The pictures are kept in `screens` of the data folder, so that a change of the look can be looked at.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests import factories
from tests.addresses import ADDRESSES, Open, SignedIn, address_of, visitor_of
from tests.everyone import Everyone, everyone
from tests.journeys.browsing import enter
from tests.journeys.looking import ALL, OF_COLORS, barriers, runs_out

SCREENS = Path(os.environ.get("DASHU_HOME", settings.BASE_DIR / ".dashu")) / "screens"
WIDTHS = {360: 780, 768: 1024, 1280: 900}
# Pictures take longer than looking for barriers; DASHU_PICTURES=en has those of another language made.
PICTURED = os.environ.get("DASHU_PICTURES", "zh-hans").split(",")
# Of a library, in our clothes; for who has not signed in.
ENTRANCES = {
    "account_login": "/accounts/login/",
    "account_signup": "/accounts/signup/",
    "account_reset_password": "/accounts/password/reset/",
    "not_found": "/nothing-here/",
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(policy_packs: None) -> Everyone:
    return everyone()


def pages_of(world: Everyone) -> dict[str, list[tuple[str, str]]]:
    """Return name and address of each page by who looks at it; "" is a visitor."""
    found: dict[str, list[tuple[str, str]]] = {"": list(ENTRANCES.items())}
    for name, entry in ADDRESSES.items():
        if not entry.is_page or (isinstance(entry, SignedIn) and entry.role in {"staff", "administrator"}):
            continue
        who = "" if isinstance(entry, Open) else visitor_of(entry)
        found.setdefault(who, []).append((name, address_of(name, world)))
    found["amina"].append(("portal:home:signed_in", "/"))
    return found


def look_at_every_page(
    open_browser: Any, world: Everyone, site: str, language: str, rules: dict[str, Any] | None, **options: Any
) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    for who, pages in pages_of(world).items():
        page = open_browser(language, **options)
        if who:
            factories.speak(getattr(world, who).user, language)
            enter(page, getattr(world, who).user, site)
        for name, address in pages:
            page.goto(address)
            found = []
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                found += [f"{width}: {each}" for each in runs_out(page)]
                if language in PICTURED:
                    picture = SCREENS / language / str(width) / f"{name.replace(':', '-')}.jpeg"
                    page.screenshot(path=picture, full_page=True, type="jpeg", quality=60)
            found += barriers(page, rules) if rules else []
            if found:
                wrong[name] = found
        page.context.close()
    return wrong


@pytest.mark.parametrize(
    ("language", "scheme", "rules"),
    [("zh-hans", "light", ALL), ("zh-hant", "dark", OF_COLORS), ("en", "light", None)],
    ids=["zh-hans", "zh-hant", "en"],
)
def test_no_page_has_a_barrier_or_text_that_runs_out(open_browser, world, live_server, language, scheme, rules):
    assert look_at_every_page(open_browser, world, live_server.url, language, rules, color_scheme=scheme) == {}
