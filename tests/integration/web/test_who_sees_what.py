"""Every address as everybody: what is somebody's own is not found by anybody else."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from dashu.users.models import User
from tests import factories
from tests.addresses import ADDRESSES, Open, Own, SignedIn, address_of, names, visitor_of
from tests.everyone import everyone, staff_of_every_role

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
PEOPLE = ("amina", "chen", "dai", "fei", "gao", "partner")


@pytest.fixture
def world(rules):
    return everyone()


def browser(user: User | None) -> Client:
    client = Client(raise_request_exception=True)
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def is_sent_to_sign_in(answer) -> bool:
    return answer.status_code == 302 and (LOGIN in answer.url or "/admin/login/" in answer.url)


def finds_nothing(client: Client, address: str) -> bool:
    """Whether there is no such page; the address of a form leads to the page of the form, which is not there."""
    return client.get(address, follow=True).status_code == 404


def is_let_in(answer) -> bool:
    """A page, a file, or another place that belongs to it."""
    return answer.status_code == 200 or (answer.status_code == 302 and not is_sent_to_sign_in(answer))


def test_every_address_is_entered():
    assert names() - set(ADDRESSES) == set(), "enter them in tests/addresses.py"
    assert set(ADDRESSES) - names() == set()


def test_what_is_ones_own_is_found_by_its_owner_only(world):
    own = {name: entry for name, entry in ADDRESSES.items() if isinstance(entry, Own)}
    visitor, brook, other_partner = browser(None), browser(world.brook.user), browser(factories.partner("Eli").user)
    clients = {name: browser(getattr(world, name).user) for name in PEOPLE}
    found = {}
    for name, entry in own.items():
        address = address_of(name, world)
        answer = clients[entry.owner].get(address)
        found[name] = (
            answer.status_code == 200 if entry.is_page else is_let_in(answer),
            is_sent_to_sign_in(visitor.get(address)) or name == "portal:document_remove",
            finds_nothing(brook, address),
            finds_nothing(other_partner, address),
            all(finds_nothing(other, address) for whose, other in clients.items() if whose != entry.owner),
        )

    assert {name: seen for name, seen in found.items() if not all(seen)} == {}


def test_who_works_here_finds_of_it_what_their_role_may_read(world):
    own = {name: entry for name, entry in ADDRESSES.items() if isinstance(entry, Own)}
    wrong = {}
    for person in staff_of_every_role():
        client = browser(person)
        for name, entry in own.items():
            code = client.get(address_of(name, world), follow=True).status_code
            if code != (200 if person.role in entry.readers else 404):
                wrong[f"{person.role} {name}"] = code

    assert wrong == {}


def test_every_address_opens_to_something_when_it_is_typed(world):
    clients = {name: browser(getattr(world, name).user) for name in PEOPLE}
    found = {}
    for name, entry in ADDRESSES.items():
        if visitor_of(entry):
            found[name] = clients[visitor_of(entry)].get(address_of(name, world), follow=True).status_code

    of_nobody = {"portal:undo_closing": 404, "stop_messages": 404, "education:image": 404}
    assert {name: code for name, code in found.items() if code != 200} == of_nobody


def test_the_address_of_a_form_leads_to_the_page_of_the_form(world):
    amina = browser(world.amina.user)
    pages = {
        "portal:messages_read": "/messages/",
        "portal:pause_reminders": "/me/contact/#pause",
        "portal:representative": "/me/contact/#speaking",
        "portal:stop_offers": "/me/closing/",
        "portal:help_withdraw": f"/help/requests/{world.help.reference}/",
        "portal:document_remove": f"/applications/{world.draft.reference}/documents/",
        "education:answer": "/learn/overdue/",
        "education:answer_today": "/learn/today/",
        "education:certify": "/learn/progress/",
        "education:put_away": "/learn/",
        "education:helpful": "/learn/overdue/#helpful",
        "choose_language": "/",
    }

    assert {name: amina.get(address_of(name, world)).url for name in pages} == pages
    assert amina.get("/accounts/security/elsewhere/").url == "/accounts/security/"
    assert amina.put("/messages/read/").status_code == 405


def test_a_stranger_changes_nothing_of_anybodys(world):
    own = [name for name, entry in ADDRESSES.items() if isinstance(entry, Own)]
    brook = browser(world.brook.user)
    answers = {name: brook.post(address_of(name, world), {"confirm": "1"}).status_code for name in own}

    assert {name: code for name, code in answers.items() if code not in {404, 405}} == {}


def test_what_is_for_everybody_is_there_for_a_visitor(world):
    visitor = browser(None)
    pages = [name for name, entry in ADDRESSES.items() if isinstance(entry, Open) and entry.is_page]

    assert {name: visitor.get(address_of(name, world)).status_code for name in pages} == dict.fromkeys(pages, 200)


def test_who_has_not_signed_in_is_asked_to(world):
    visitor = browser(None)
    closed = [name for name, entry in ADDRESSES.items() if isinstance(entry, SignedIn)]

    assert [name for name in closed if not is_sent_to_sign_in(visitor.get(address_of(name, world)))] == []


def test_what_is_for_some_lets_the_others_nowhere(world):
    staff = staff_of_every_role()
    of_staff, administrator = browser(staff[0]), browser(User.objects.get(role=User.Role.ADMIN))
    amina, partner = browser(world.amina.user), browser(world.partner.user)
    for name, entry in ADDRESSES.items():
        if not isinstance(entry, SignedIn):
            continue
        address = address_of(name, world)
        assert is_let_in(amina.get(address)) is (entry.role in {"", "borrower"}), name
        if entry.role == "administrator":
            assert (administrator.get(address).status_code, partner.get(address).status_code) == (200, 404), name
        if entry.role == "partner":
            assert is_let_in(partner.get(address)), name
            assert of_staff.get(address).status_code == 404, name
        if entry.role == "staff":
            assert of_staff.get(address).status_code == 200, name


class TestBackOffice:
    def addresses(self) -> list[str]:
        """Every address of the back office; where one wants to know of which row, of a row that is not there."""
        found = []
        for pattern in admin.site.get_urls():
            found += _addresses_below(pattern)
        assert len(found) > 150
        return found

    def test_nobody_else_gets_in(self, world):
        people = {"a visitor": None, "a borrower": world.amina.user, "a partner": world.partner.user}
        clients = {who: browser(user) for who, user in people.items()}
        addresses = self.addresses()
        let_in = [
            (who, address)
            for who, client in clients.items()
            for address in addresses
            if not is_refused(client.get(address))
        ]

        assert let_in == []

    def test_staff_see_the_lists_that_their_role_says(self, world):
        for person in staff_of_every_role():
            client = browser(person)
            wrong = {}
            for model, page in admin.site._registry.items():
                request = RequestFactory().get("/admin/")
                request.user = person
                answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
                expected = 200 if page.has_view_permission(request) else 403
                if answer.status_code != expected:
                    wrong[model.__name__] = (answer.status_code, expected)
            assert wrong == {}, person.role

    def test_a_row_that_is_not_there_breaks_no_page(self, rules):
        administrator = next(person for person in staff_of_every_role() if person.role == User.Role.ADMIN)
        client = browser(User.objects.get(pk=administrator.pk))
        codes = {address: client.get(address).status_code for address in self.addresses()}

        assert {address: code for address, code in codes.items() if code >= 500} == {}


# A number, a key and a word in one, so that each kind of address takes it.
NOWHERE = "9999"
PUBLIC_IN_ADMIN = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/", "/admin/autocomplete/"}


def is_refused(answer) -> bool:
    if answer.wsgi_request.path in PUBLIC_IN_ADMIN:
        return True
    return is_sent_to_sign_in(answer) or answer.status_code in {403, 404, 405}


def _addresses_below(pattern) -> list[str]:
    if hasattr(pattern, "url_patterns"):
        return [address for each in pattern.url_patterns for address in _addresses_below(each)]
    if not pattern.name:
        return []
    words = list(pattern.pattern.regex.groupindex)
    values = {"app_label": "loans"}
    return [reverse(f"admin:{pattern.name}", kwargs={word: values.get(word, NOWHERE) for word in words})]
