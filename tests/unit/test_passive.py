"""The passive look at answers finds what it is to find, and nothing where all is well."""

import pytest

from tests.journeys.passive import Seen, findings

GOOD = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=()",
}
FORM = '<form method="post">{}<button>Pay</button></form>'


def found(body: str = "", url: str = "http://site/", **headers: str) -> list[str]:
    changed = {**GOOD, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return list(findings(Seen(url, 200, {name: value for name, value in changed.items() if value}, body)))


def test_finds_nothing_where_all_is_well():
    cookie = "sessionid=1; HttpOnly; Path=/; SameSite=Lax\ncsrftoken=2; Path=/; SameSite=Lax"
    body = FORM.format('<input name="csrfmiddlewaretoken">') + "<p>Select a loan from the list.</p>"

    key = "807f3b7f83a6a263391f8826850d00b7b14046566096cce5"  # with eleven digits of a telephone in it
    assert found(url=f"http://site/sign/{key}/") == []
    assert found(body, url="http://site/loans/DS20260000001/?page=2", set_cookie=cookie, location="/me/") == []


@pytest.mark.parametrize(("wrong", "finding"), [
    ({"x_content_type_options": ""}, "browsers may guess what kind of file it is"),
    ({"referrer_policy": ""}, "no Referrer-Policy"),
    ({"x_powered_by": "PHP/8"}, "x-powered-by tells what runs here"),
    ({"permissions_policy": ""}, "no Permissions-Policy"),
    ({"set_cookie": "a=1; Path=/"}, "the cookie a goes along from other sites"),
    ({"set_cookie": "sessionid=1; SameSite=Lax"}, "scripts may read the cookie sessionid"),
    ({"set_cookie": "a=1; SameSite=Lax; Domain=example.com"}, "the cookie a is sent to other hosts"),
    ({"location": "https://elsewhere.example/"}, "leads to another site"),
    ({"url": "http://site/?phone=13812345678"}, "a number of a person stands in the address"),
    ({"url": "http://site/people/11010519491231002X/"}, "a number of a person stands in the address"),
    ({"body": "Traceback (most recent call last):"}, "shows a stack trace"),
    ({"body": "-----BEGIN PRIVATE KEY-----"}, "shows a private key"),
    ({"body": 'SELECT "id" FROM "loans_loan"'}, "shows SQL"),
    ({"body": '<img src="http://elsewhere.example/a.png">'}, "loads or sends something without TLS"),
    ({"body": FORM.format("")}, "a form without a token against forgery"),
])  # fmt: skip
def test_finds(wrong, finding):
    assert found(**wrong) == [finding]


@pytest.mark.parametrize(("policy", "finding"), [
    (GOOD["content-security-policy"].replace("'self'", "'self' 'unsafe-inline'", 1), "scripts of any origin may run"),
    (GOOD["content-security-policy"].replace("'self'", "*", 1), "scripts of any origin may run"),
    (GOOD["content-security-policy"].replace("base-uri 'none'; ", ""), "the content policy does not say base-uri"),
    (GOOD["content-security-policy"].replace("; frame-ancestors 'none'", ""),
     "the content policy does not say frame-ancestors"),
])  # fmt: skip
def test_finds_in_a_content_policy(policy, finding):
    assert [each.partition(":")[0] for each in found(content_security_policy=policy)] == [finding]
