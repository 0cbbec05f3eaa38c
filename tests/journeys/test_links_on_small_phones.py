"""A link to easier payments, and the guides of the API, on the smallest phones and in the dark: every step of them."""

from datetime import timedelta
from typing import Any

import pytest

from collections_mgmt.models import OfferCode, OfferSet, ReliefAccessCode, RestructuringOffer
from collections_mgmt.services.relief.handing_over import make_relief_link
from collections_mgmt.services.relief.make_offers import make_offers
from collections_mgmt.services.relief.state_budget import state_budget
from dashu.kernel.dates import lender_now, lender_today
from tests import factories
from tests.integration.collections_mgmt.relief_cases import READ
from tests.journeys.browsing import follow
from tests.journeys.looking import barriers, runs_out
from tests.journeys.test_every_page import SCREENS

pytestmark = pytest.mark.django_db(transaction=True)


SIZES = [{"width": width, "height": 700} for width in (390, 320)]


@pytest.fixture
def phone(open_browser: Any) -> Any:
    return open_browser("zh-hans", viewport=SIZES[-1], color_scheme="dark")


@pytest.fixture
def offered(policy_packs: None) -> OfferSet:
    """Several ways of easier payments, of a borrower without a login."""
    amina = factories.borrower("Amina", phone="13800000000")
    amina.user = None
    amina.save()
    loan = factories.running_loan(amina, starts_on=lender_today() - timedelta(days=10))
    about: dict[str, Any] = {"now": lender_now(), "actor": factories.ACTOR}
    month = state_budget(
        borrower_id=amina.pk,
        currency="CNY",
        household=1,
        income={"ALL": 5_000_00},
        expenses={"HOUSING": 2_000_00, "FOOD": 1_200_00},
        debts={"ALL": 400_00},
        cause="INCOME",
        income_later_minor=7_000_00,
        income_later_from=lender_today() + timedelta(days=70),
        **about,
    )
    return make_offers(loan_id=loan.pk, source="ASKED", budget_id=month.pk, **about)


def address_of(offered: OfferSet) -> str:
    link = make_relief_link(
        set_id=offered.pk,
        return_url="https://partner.example/easier-payments/where-people-go-on-afterwards?client=7",
        registered=["https://partner.example/"],
        now=lender_now(),
        actor="partner:dana",
    )
    return f"/relief/{link.token_of(link.public_id)}/"


def look(page: Any, name: str) -> None:
    """Hold the page to fit each phone, and to have no barrier on the smallest one, on which the next step is taken."""
    for size in SIZES:
        page.set_viewport_size(size)
        page.screenshot(path=SCREENS / "small" / f"{name}-{size['width']}.png", full_page=True)
        assert (name, size["width"], runs_out(page)) == (name, size["width"], [])
    assert (name, barriers(page)) == (name, [])


def _button(act: str) -> str:
    return f"form:has(input[value={act}]) button"


def test_somebody_reads_and_accepts_what_is_offered_by_a_link(phone, offered):
    address = address_of(offered)
    phone.goto(address)
    look(phone, "before-the-code")

    follow(phone, _button("ask"))
    look(phone, "code-sent")
    phone.fill("input[name=code]", "000000")
    follow(phone, _button("confirm"))
    look(phone, "wrong-code")
    phone.fill("input[name=code]", ReliefAccessCode.objects.get().sealed_code)
    follow(phone, _button("confirm"))
    look(phone, "ways")

    phone.goto(f"{address}?way=1")
    look(phone, "what-it-costs")
    RestructuringOffer.objects.exclude(sheet_opened_at=None).update(sheet_opened_at=lender_now() - READ)
    phone.goto(f"{address}?way=1")
    follow(phone, _button("code"))
    look(phone, "sign")
    phone.fill("input[name=code]", OfferCode.objects.get().sealed_code)
    follow(phone, _button("accept"))
    look(phone, "accepted")


def test_a_link_that_is_over_says_so(phone, offered):
    earlier = address_of(offered)
    address_of(offered)

    phone.goto(earlier)

    look(phone, "over")


def test_the_guides_of_the_api_can_be_read(phone, db):
    phone.goto("/api/guides/")
    look(phone, "guides")
    found = phone.eval_on_selector_all("main a[href^='/api/guides/']", "links => links.map((each) => each.pathname)")
    assert len(found) >= 4
    for address in dict.fromkeys(found):
        phone.goto(address)
        look(phone, address.strip("/").replace("/", "-"))
