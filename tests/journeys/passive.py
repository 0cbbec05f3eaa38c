"""
What every answer that a browser gets during the journeys must and must not have, looked at from outside, as the passive
rules of web scanners do: policies, cookies, what programs tell of themselves, what must not stand in addresses.

Source: OWASP ASVS 5.0, chapters 3 and 14; the passive scan rules of ZAP.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

PAGES = ("text/html",)
INVENTED = "x-invented"  # on an answer that a journey gives in the place of the site
# A failure that shows its insides, and what a secret looks like.
LEAKS = {
    "a stack trace": re.compile(r"Traceback \(most recent call last\)|DJANGO_SETTINGS_MODULE|psycopg2\.errors\."),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "SQL": re.compile(r"\bSELECT .{1,200}? FROM \"?(users|loans|repayments|collections_mgmt)_", re.DOTALL),
}
# Numbers of people that must stand in no address: mainland telephones and ID numbers, whole.
PLAIN = re.compile(
    r"<(?:script|img|link|iframe|form)\b[^>]*?(?:src|href|action)=[\"']http://(?!127\.0\.0\.1|localhost)"
)
FORMS = re.compile(r"<form\b[^>]*method=[\"']post.*?</form>", re.IGNORECASE | re.DOTALL)
ELSEWHERE = re.compile(r"<form\b[^>]*action=[\"']https?://", re.IGNORECASE)
NUMBERS = re.compile(r"(?<![0-9A-Za-z])(1[3-9]\d{9}|\d{17}[\dXx])(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Seen:
    """
    One answer as a browser got it.

    :param headers: names in lower case; several cookies are divided by line breaks.
    :param is_ours: from the site that is tested, and not from a provider that a page leads to.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: str = ""

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def policy(self) -> dict[str, str]:
        parts = (part.strip().partition(" ") for part in self.headers.get("content-security-policy", "").split(";"))
        return {name: value for name, _space, value in parts if name}


def findings(seen: Seen) -> Iterator[str]:
    """Say what is wrong with an answer; nothing where all is well."""
    yield from _of_every_answer(seen)
    if seen.kind in PAGES:
        yield from _of_a_page(seen)


def _of_every_answer(seen: Seen) -> Iterator[str]:
    if seen.headers.get("x-content-type-options") != "nosniff":
        yield "browsers may guess what kind of file it is"
    if not seen.headers.get("referrer-policy"):
        yield "no Referrer-Policy"
    for name in ("x-powered-by", "x-aspnet-version"):
        if name in seen.headers:
            yield f"{name} tells what runs here"
    for cookie in filter(None, seen.headers.get("set-cookie", "").split("\n")):
        yield from _of_a_cookie(cookie)
    if NUMBERS.search(unquote(urlsplit(seen.url).path + "?" + urlsplit(seen.url).query)):
        yield "a number of a person stands in the address"
    for leak, pattern in LEAKS.items():
        if pattern.search(seen.body):
            yield f"shows {leak}"
    if urlsplit(seen.headers.get("location", "")).hostname not in (None, urlsplit(seen.url).hostname):
        yield "leads to another site"


def _of_a_cookie(cookie: str) -> Iterator[str]:
    name = cookie.partition("=")[0]
    said = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
    if "samesite" not in said:
        yield f"the cookie {name} goes along from other sites"
    if name == "sessionid" and "httponly" not in said:
        yield f"scripts may read the cookie {name}"
    if "domain" in said:
        yield f"the cookie {name} is sent to other hosts"


def _of_a_page(seen: Seen) -> Iterator[str]:
    policy = seen.policy
    scripts = policy.get("script-src", policy.get("default-src", ""))
    if not policy:
        yield "no content policy"
    if "'unsafe-inline'" in scripts or "*" in scripts.split():
        yield f"scripts of any origin may run: {scripts}"
    for name in ("object-src", "base-uri", "form-action", "frame-ancestors"):
        if name not in policy and (name != "object-src" or "default-src" not in policy):
            yield f"the content policy does not say {name}"
    if not seen.headers.get("permissions-policy"):
        yield "no Permissions-Policy"
    if PLAIN.search(seen.body):
        yield "loads or sends something without TLS"
    for form in FORMS.findall(seen.body):
        if "csrfmiddlewaretoken" not in form and not ELSEWHERE.match(form):
            yield "a form without a token against forgery"


class Watch:
    """Keeps the answers that a browser gets until the journey is over, and looks at them then."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.answers: list[Any] = []

    def __call__(self, answer: Any) -> None:
        # Files come from the tests' own server here, not as in production, and copies from the worker in the browser.
        is_copy = answer.from_service_worker or INVENTED in answer.headers
        if answer.url.startswith(self.site) and not answer.url.startswith(f"{self.site}/static/") and not is_copy:
            self.answers.append(answer)

    def findings(self, contexts: Iterable[Any]) -> dict[str, str]:
        """Return each finding with the first address of it. Of bodies, the pages that are open are read."""
        found: dict[str, str] = {}
        for seen in (*self._answered(), *self._open(contexts)):
            for finding in findings(seen):
                found.setdefault(finding, seen.url)
        return found

    def _answered(self) -> Iterator[Seen]:
        # Asking the browser for what it holds back, cookies and bodies, could wait for ever: it lets go of them.
        yield from (Seen(answer.url, answer.status, answer.headers) for answer in self.answers)

    def _open(self, contexts: Iterable[Any]) -> Iterator[Seen]:
        headers = {answer.url: answer.headers for answer in self.answers}
        for page in (page for context in contexts for page in context.pages if page.url in headers):
            cookies = "\n".join(map(_as_sent, page.context.cookies(self.site)))
            yield Seen(page.url, 200, {**headers[page.url], "set-cookie": cookies}, page.content())


def _as_sent(cookie: Mapping[str, Any]) -> str:
    """Return a cookie that a browser holds as a site would set it."""
    parts = [f"{cookie['name']}=", f"SameSite={cookie['sameSite']}" if cookie["sameSite"] != "None" else ""]
    parts += ["HttpOnly" if cookie["httpOnly"] else "", "Domain" if cookie["domain"].startswith(".") else ""]
    return "; ".join(filter(None, parts))
