"""Every form of the site, sent empty and sent with nonsense: what is wrong stands beside the field and in a list."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.test.html import Element, parse_html
from django.urls import reverse

from dashu.users.models import Borrower, Partner
from loans.domain.application_facts import steps_of
from loans.models import Application, Loan
from repayments.gateways.choosing import provider
from tests import factories
from tests.addresses import ADDRESSES, Own, SignedIn, address_of
from tests.everyone import everyone

pytestmark = pytest.mark.django_db

NONSENSE = "☃ nonsense"
NOT_TYPED = {"hidden", "submit", "button", "file"}
# Buttons of every page; nothing is typed there.
BUTTONS = {reverse("choose_language"), reverse("account_logout")}
ENTRANCES = ("account_login", "account_signup", "account_reset_password")
ACCOUNT = ("email/", "phone/change/", "password/change/", "reauthenticate/", "2fa/totp/activate/", "2fa/webauthn/add/")
# The pages that refuse what is sent empty or as nonsense, so that the walk cannot pass by finding nothing.
REFUSE = {
    *("account_login", "account_reset_password", "account_signup"),
    *("2fa/totp/activate/", "email/", "guarantee", "help", "password/change/", "phone/change/", "reauthenticate/"),
    *("education:feedback", "education:here", "education:workshop"),
    "education:lesson",
    *("portal:application_step", "portal:autopay", "portal:confirm_closing", "portal:dispute", "portal:documents"),
    *("portal:new_complaint", "portal:overdue", "portal:pay", "portal:payoff", "portal:relief_month"),
    *("autopay", "change of autopay"),
    *(f"console:{page}" for page in ("new_endpoint", "change_endpoint", "replay_endpoint")),
    *(f"console:{page}" for page in ("new_key", "new_secret", "end_secret", "access")),
    *(f"{code}:{step}" for code in ("consumer", "sme", "card-repayment") for step in ("consents", "documents")),
    *(
        f"{code}:{step}"
        for code in ("consumer", "sme", "card-repayment")
        for step in ("loan", "month", "person", "work")
    ),
    *("card-repayment:card", "sme:business"),
}
MAY_BE_EMPTY = {
    *("portal:application_guarantor", "portal:pay_together", "portal:wishes"),
    *(f"{code}:debts" for code in ("consumer", "sme", "card-repayment")),
}


@pytest.fixture
def pages(rules) -> list[tuple[str, Client, str]]:
    """Name, browser and address of every page there is."""
    world = everyone()
    hao = factories.borrower("Hao")
    loan, other = factories.running_loan(hao), factories.running_loan(hao)
    browsers = {"": Client(), "hao": browser_of(hao), "brook": browser_of(world.brook)}
    browsers |= {who: browser_of(getattr(world, who)) for who in ("amina", "chen", "dai", "fei", "gao", "partner")}
    found = []
    for name, entry in ADDRESSES.items():
        if isinstance(entry, SignedIn) and entry.role in {"staff", "administrator"}:
            continue
        signed_in = "partner" if isinstance(entry, SignedIn) and entry.role == "partner" else "amina"
        who = entry.owner if isinstance(entry, Own) else signed_in if isinstance(entry, SignedIn) else ""
        who = "brook" if "closing" in name else who
        found.append((name, browsers[who], address_of(name, world)))
    found += [(name, browsers[""], reverse(name)) for name in ENTRANCES]
    found += [(name, browsers["amina"], f"/accounts/{name}") for name in ACCOUNT]
    found += [("help", browsers["hao"], "/help/ask/"), ("autopay", browsers["hao"], f"/loans/{loan.number}/autopay/")]
    set_up_autopay(browsers["hao"], other)
    found.append(("change of autopay", browsers["hao"], f"/loans/{other.number}/autopay/"))
    return [*found, *steps_of_every_product()]


def browser_of(person: Borrower | Partner) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": person.user.email, "password": "correct horse"})
    browser.post("/accounts/reauthenticate/", {"password": "correct horse"})
    return browser


def set_up_autopay(browser: Client, loan: Loan) -> None:
    account = provider().accounts()[0].token
    browser.post(f"/loans/{loan.number}/autopay/", {"timing": "DUE_DATE", "account": account, "agree": "on"})


def steps_of_every_product() -> Iterator[tuple[str, Client, str]]:
    jia = factories.borrower("Jia")
    browser = browser_of(jia)
    for code in ("consumer", "sme", "card-repayment"):
        browser.post(f"/apply/{code}/")
        application = Application.objects.get(product__code=code, borrower=jia)
        for step in steps_of(application.product.kind):
            yield f"{code}:{step.value}", browser, f"/applications/{application.reference}/steps/{step.value}/"


def elements(root: Any) -> Iterator[Element]:
    for child in getattr(root, "children", ()):
        if isinstance(child, Element):
            yield child
            yield from elements(child)


def of(element: Element) -> dict[str, str]:
    return {name: value or "" for name, value in element.attributes}


def page_of(answer: Any) -> list[Element]:
    return list(elements(parse_html(answer.content.decode())))


def sent_with(form: Element, word: str) -> dict[str, str] | None:
    """Return what a browser sends when every box holds that word; None for a button that asks nothing."""
    sent, asks = {}, False
    for each in elements(form):
        given = of(each)
        if each.name not in ("input", "select", "textarea", "button") or not given.get("name"):
            continue
        if given.get("type") == "hidden" or each.name == "button":
            sent[given["name"]] = given.get("value", "")
        elif given.get("type") not in NOT_TYPED:
            asks = True
            if word and given.get("type") != "checkbox":
                sent[given["name"]] = word
    for other_button in ("more", "later_on"):
        sent.pop(other_button, None)
    return sent if asks else None


def unsaid(found: list[Element]) -> list[str]:
    """Return what is wrong about how a page says what is wrong."""
    by_id = {of(each)["id"]: each for each in found if "id" in of(each)}
    lists = [each for each in found if "wrong" in classes(each)]
    listed = {of(link)["href"][1:] for each in lists for link in elements(each) if link.name == "a"}
    named = [(name, each) for each in found for name in of(each).get("aria-describedby", "").split()]
    boxes_of = {name: [box for other, box in named if other == name] for name, _box in named}
    wrong = [f"nothing is {name}" for name in {*listed, *boxes_of} - set(by_id)]
    said = {name: each for name, each in by_id.items() if "field__errors" in classes(each)}
    for name in said:
        boxes = boxes_of.get(name, [])
        if not any(of(box).get("aria-invalid") == "true" or is_group_of_ticks(box) for box in boxes):
            wrong.append(f"no field is marked and described by {name}")
        if not listed & {of(box).get("id") for box in boxes}:
            wrong.append(f"{name} is not in the list")
    if count_of_errors(found) != sum(count_of_errors(elements(each)) for each in said.values()):
        wrong.append("there are errors that no field can name")
    marked = [
        of(each).get("id") for each in found if of(each).get("aria-invalid") == "true" and not is_of_a_group(each)
    ]
    return wrong + [f"{name} is marked and not in the list" for name in marked if name not in listed]


def classes(element: Element) -> list[str]:
    return of(element).get("class", "").split()


def count_of_errors(found: Iterable[Element]) -> int:
    return sum("field__error" in classes(each) for each in found)


def is_group_of_ticks(box: Element) -> bool:
    """Such a group may not be marked itself; each of its boxes is."""
    return box.name == "fieldset" and any(of(each).get("aria-invalid") == "true" for each in elements(box))


def is_of_a_group(element: Element) -> bool:
    return of(element).get("type") == "radio" or of(element).get("id", "").rpartition("_")[2].isdecimal()


@pytest.mark.parametrize("word", ["", NONSENSE], ids=["empty", "nonsense"])
def test_what_is_wrong_stands_beside_its_field_and_in_a_list_that_leads_there(pages, word):
    refused, wrong = set(), {}
    for name, browser, address in pages:
        opened = browser.get(address)
        if opened.status_code != 200 or "text/html" not in opened.headers["Content-Type"]:
            continue
        for form in [each for each in page_of(opened) if each.name == "form" and of(each).get("method") == "post"]:
            to = (of(form).get("action") or address).partition("#")[0] or address
            sent = sent_with(form, word)
            if to in BUTTONS or sent is None:
                continue
            answer = browser.post(to, sent)
            if answer.status_code == 200 and b"field__error" in answer.content:
                refused.add(name)
                if found := unsaid(page_of(answer)):
                    wrong[name] = found

    assert wrong == {}
    assert refused == (REFUSE | MAY_BE_EMPTY if word else REFUSE | {"portal:complaint"})
