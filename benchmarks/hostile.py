"""
What becomes of 10,000 hostile inputs: `python benchmarks/hostile.py`.

The site runs as in production on a book in which somebody stands in every state that a page can show. A visitor, a
borrower and one person of every role open every page that there is (`tests/addresses.py`, and the back office), and
send each form that they find with something hostile in each of its fields; every page is asked for with hostile
parameters; each operation of the API with hostile parts of its path, bodies and headers, and with texts in each field
of its body; and requests that no library would send go straight into the socket. The texts are those of
`hostile_corpus.py`, and others that Hypothesis draws.

No answer may be a 500 (an unknown transfer coding is rightly 501). In the end rights, roles, rules and products are as
they were, so is everything of a borrower whom none of it is about, and the books agree with the postings. Told are the
inputs and the answers by kind, and how to repeat what failed; ends with 1 where anything did.
"""

import argparse
import itertools
import json
import os
import platform
import re
import socket
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile_corpus import BODIES, HEADERS, PATHS, RAW, TEXTS
from reliability_parts import Site, site
from servers import own_database

PARAMETERS = (
    "q",
    "p",
    "page",
    "o",
    "next",
    "month",
    "on",
    "status__exact",
    "e",
    "box",
    "cursor",
    "limit",
    "amount",
    "rate",
)
BY_THEMSELVES = ("csrfmiddlewaretoken",)
LOANS = "SELECT id FROM loans_loan WHERE borrower_id = %(bystander)s"
KEPT = {
    "rights": "SELECT group_id, permission_id FROM auth_group_permissions",
    "roles": "SELECT id, role, is_staff, is_superuser, is_active FROM users_user WHERE id <= %(last_user)s",
    "rules": "SELECT * FROM policy_policyrule",
    "products": "SELECT * FROM loans_product",
    "terms": "SELECT * FROM loans_productterms",
    "the bystander": "SELECT * FROM users_borrower WHERE id = %(bystander)s",
    "the bystander's loan": "SELECT * FROM loans_loan WHERE borrower_id = %(bystander)s",
    "the bystander's payments": f"SELECT * FROM repayments_payment WHERE loan_id IN ({LOANS})",
    "the bystander's events": f"SELECT * FROM repayments_loanevent WHERE loan_id IN ({LOANS})",
}


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Collects the forms of a page that are sent by POST, with what stands in their fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(has.get("action", "")) if has.get("method", "").lower() == "post" else None
            if self._form:
                self.found.append(self._form)
        elif self._form is not None and has.get("name"):
            is_chosen = has.get("type") not in ("radio", "checkbox") or "checked" in has
            if tag == "select":
                self._select = has["name"]
            if is_chosen or has["name"] not in self._form.fields:
                self._form.fields[has["name"]] = has.get("value", "")
        elif tag == "option" and self._form is not None and self._select and "selected" in has:
            self._form.fields[self._select] = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


@dataclass
class Walk:
    """:ivar failed: how to repeat what was answered with 500 or not at all."""

    served: Site
    most: int
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    forms: int = 0
    _turn: Iterator[str] = field(default_factory=lambda: itertools.cycle(texts()))

    def ask(self, kind: str, method: str, address: str, headers: dict[str, str], body: Any = None) -> tuple[int, str]:
        status, text = self.served.ask(method, address, headers, body)
        self._note(kind, status, f"{method} {address[:200]} {str(body)[:300]} {headers.get('Cookie', '')[:40]}")
        return status, text

    def _note(self, kind: str, status: int, how: str) -> None:
        self.answers.setdefault(kind, Counter())[status] += 1
        if (status >= 500 and status != 501) or (status == 0 and kind != "raw"):
            self.failed.append(f"{status} {kind}: {how}")

    def next_text(self) -> str:
        return next(self._turn)

    def pages(self, sign_in: Callable[[], str], addresses: list[str], *, each_field: int) -> None:
        """
        Open pages as somebody, and send each form once for each of its fields and some hostile texts.

        :param sign_in: gives a cookie; what is sent may end a session, and then they sign in again.
        """
        seen: set[tuple[str, tuple[str, ...]]] = set()
        headers = {"Cookie": sign_in()}
        for address in addresses:
            if self.served.ask("GET", "/me/", headers)[0] == 302:
                headers = {"Cookie": sign_in()}
            _status, text = self.ask("pages", "GET", address, headers)
            name = self.next_text()
            query = urlencode({parameter: self.next_text() for parameter in PARAMETERS[: 1 + len(name) % 6]})
            self.ask("parameters", "GET", f"{address}?{query[:6000]}", headers)
            self.ask("parameters", "GET", f"{address}?{quote(self.next_text())[:3000]}", headers)
            for form in _forms_in(text):
                if "logout" in form.action:
                    continue
                where = form.action if form.action.startswith("/") else address
                kind = re.sub(r"[0-9a-f-]{8,}|\d+", "N", urlsplit(where).path), tuple(sorted(form.fields))
                if kind in seen:
                    continue
                seen.add(kind)
                self.forms += 1
                self._send(form, where, headers, each_field)

    def _send(self, form: Form, where: str, headers: dict[str, str], each_field: int) -> None:
        token = form.fields.get("csrfmiddlewaretoken", "")
        sent = {**headers, "Content-Type": "application/x-www-form-urlencoded", "Referer": "http://localhost/"}
        sent["Cookie"] = f"{headers['Cookie']}; csrftoken={token}"
        for name in [each for each in form.fields if each not in BY_THEMSELVES] or [""]:
            for _time in range(each_field):
                given = {**form.fields, name: self.next_text()} if name else dict(form.fields)
                self.ask("forms", "POST", where, sent, urlencode(given, errors="replace"))

    def api(self, token: str) -> None:
        """Ask each operation of the schema with hostile paths, bodies, fields and headers."""
        _status, text = self.served.ask("GET", "/api/v1/schema/", {"Accept": "application/json"})
        known = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for path, item in json.loads(text)["paths"].items():
            for method, operation in item.items():
                for part in PATHS if "{" in path else ("",):
                    self.ask(
                        "API: paths",
                        method.upper(),
                        _in_path(path, part),
                        {**known, "Idempotency-Key": self._key()},
                        "{}",
                    )
                parameters = [each["name"] for each in operation.get("parameters", []) if each.get("in") == "query"]
                for name in parameters:
                    self.ask(
                        "API: parameters",
                        "GET",
                        f"{_in_path(path, '1')}?{urlencode({name: self.next_text()[:3000]})}",
                        known,
                    )
                if method in ("post", "put", "patch"):
                    self._bodies(method.upper(), _in_path(path, "DS20260000011"), operation, known)
        for headers in HEADERS:
            for address in ("/api/v1/loans", "/oauth/token/", "/", "/accounts/login/", "/api/v1/quotes"):
                for method in ("GET", "POST"):
                    self.ask(
                        "headers",
                        method,
                        address,
                        {**known, **headers} if "api" in address else headers,
                        "{}" if method == "POST" else None,
                    )

    def _bodies(self, method: str, address: str, operation: dict[str, Any], known: dict[str, str]) -> None:
        for kind, body in BODIES:
            self.ask(
                "API: bodies", method, address, {**known, "Content-Type": kind, "Idempotency-Key": self._key()}, body
            )
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in list(content.get("examples", {}).values())[:1]:
            for place in _places_in(example["value"]):
                for text in (self.next_text(), self.next_text()):
                    body = json.dumps(_replaced(example["value"], place, text))
                    self.ask("API: fields", method, address, {**known, "Idempotency-Key": self._key()}, body)

    def _key(self) -> str:
        self._made = getattr(self, "_made", 0) + 1
        return f"hostile-{self._made}"

    def raw(self) -> None:
        for request in RAW:
            for _time in range(3):
                self._note("raw", _raw(self.served.path, request), request[:120].decode("latin-1"))


def texts() -> list[str]:
    """Return the corpus and, between, what Hypothesis draws: the same texts each time."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    drawn: list[str] = []

    @seed(20261201)
    @settings(max_examples=300, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=60))
    def draw(text: str) -> None:
        drawn.append(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        draw()
    return [
        each
        for pair in itertools.zip_longest(itertools.islice(itertools.cycle(TEXTS), len(drawn)), drawn)
        for each in pair
    ]


def _forms_in(text: str) -> list[Form]:
    parser = Forms()
    parser.feed(text)
    return parser.found


def _in_path(path: str, part: str) -> str:
    return re.sub(r"\{\w+\}", lambda _found: part, path)


def _places_in(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where single values stand, as keys and numbers from the outside in."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places_in(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from _places_in(inner, (*place, number))
    else:
        yield place


def _replaced(value: Any, place: tuple[Any, ...], by: Any) -> Any:
    if not place:
        return by
    if isinstance(value, dict):
        return {**value, place[0]: _replaced(value[place[0]], place[1:], by)}
    return [_replaced(inner, place[1:], by) if number == place[0] else inner for number, inner in enumerate(value)]


def _raw(path: Path, request: bytes) -> int:
    """Send bytes as they are; return the status, 0 where the line was closed without one."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        link.connect(str(path))
        try:
            link.sendall(request)
            link.shutdown(socket.SHUT_WR)
            answer = link.recv(200)
        except OSError:
            return 0
    found = re.match(rb"HTTP/1\.\d (\d{3})", answer)
    return int(found[1]) if found else 0


def main() -> int:
    chosen = _arguments()
    os.environ["DASHU_LOG_LEVEL"] = "CRITICAL"
    # Nobody is to be stopped by limits before what they send is looked at.
    os.environ |= {f"DASHU_API_{what}_A_MINUTE": "1000000" for what in ("READS", "WRITES")}
    began = time.monotonic()
    with own_database(with_broker=True, home=chosen.home) as make:
        make("hostile", 600)
        people, addresses, facts = build()
        before = _kept(facts)
        with site() as served:
            token = served.token()
            walk = Walk(served, chosen.inputs)
            walk.raw()
            walk.api(token)
            for name, sign_in in people.items():
                walk.pages(sign_in, addresses, each_field=chosen.each_field)
                print(
                    f"{name}: {sum(sum(each.values()) for each in walk.answers.values()):,} inputs so far", flush=True
                )
        changed = [name for name, rows in _kept(facts).items() if rows != before[name]]
        differing = _differences()
    inputs = sum(sum(each.values()) for each in walk.answers.values())
    _tell(walk, inputs, changed, differing, time.monotonic() - began)
    if chosen.json:
        chosen.json.write_text(
            json.dumps({"inputs": inputs, "forms": walk.forms, "failed": walk.failed, "changed": changed})
        )
    return int(bool(walk.failed or changed or differing) or inputs < chosen.inputs)


def build() -> tuple[dict[str, Callable[[], str]], list[str], dict[str, int]]:
    """Make the book; return how each person signs in, every address, and who nothing of it is about."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from dashu.consents.services.load_texts import load_texts
    from dashu.users.models import User
    from tests import factories
    from tests.addresses import ADDRESSES, address_of
    from tests.everyone import everyone, staff_of_every_role
    from tests.integration.web.test_who_sees_what import TestBackOffice

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_wordings", verbosity=0)
    load_texts()
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    world = everyone()
    bystander = factories.borrower("Bystander")
    factories.running_loan(bystander)
    staff = staff_of_every_role()
    _client_of(world.partner.user)

    def cookie_of(user: User) -> str:
        User.objects.filter(pk=user.pk).update(is_active=True)
        user.refresh_from_db()
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return f"sessionid={browser.cookies[settings.SESSION_COOKIE_NAME].value}"

    people: dict[str, Callable[[], str]] = {"visitor": lambda: "a=b"}
    people |= {name: partial(cookie_of, getattr(world, name).user) for name in ("amina", "chen", "fei", "partner")}
    people |= {str(person.role): partial(cookie_of, person) for person in staff}
    addresses = [address_of(name, world) for name in ADDRESSES if "logout" not in name]
    office = [each for each in TestBackOffice().addresses() if "logout" not in each]
    last = User.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return people, [*addresses, *office], {"bystander": bystander.pk, "last_user": last}


def _client_of(user: Any) -> None:
    from oauth2_provider.models import Application
    from partners import CLIENT, SECRET

    Application.objects.create(
        name="Hostile",
        user=user,
        client_id=CLIENT,
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def _kept(facts: dict[str, int]) -> dict[str, list[Any]]:
    from django.db import connection

    connection.close()
    with connection.cursor() as cursor:
        found = {}
        for name, query in KEPT.items():
            cursor.execute(query, facts)
            found[name] = sorted(map(repr, cursor.fetchall()))
    return found


def _differences() -> int:
    from repayments.selectors.reconciliation import differences

    return len(differences())


def _tell(walk: Walk, inputs: int, changed: list[str], differing: int, seconds: float) -> None:
    print(
        f"\n{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}:"
        f" {inputs:,} inputs in {seconds:.0f} s"
    )
    for kind, counts in walk.answers.items():
        told = ", ".join(f"{status or 'closed'}: {times:,}" for status, times in sorted(counts.items()))
        print(f"{kind:18}{sum(counts.values()):>8,}  {told}")
    print(f"forms: {walk.forms}")
    print(f"answered with 500 or not at all: {len(walk.failed)}")
    for how in walk.failed[:40]:
        print(f"  {how}")
    print(f"changed of what nothing of it was about: {', '.join(changed) or 'nothing'}; loans that differ: {differing}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000, help="the least number of them")
    parser.add_argument("--each-field", type=int, default=3, help="hostile texts in each field of each form")
    parser.add_argument("--home", type=Path, help="keep the servers' data here")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
