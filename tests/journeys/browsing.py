"""What a person does in the browser, in steps that wait until the next page is there."""

from typing import Any

from django.conf import settings
from django.test import Client

from dashu.users.models import User
from tests import factories


def sign_in(page: Any) -> None:
    """Sign Amina in, who prefers the language of this browser."""
    language = next(each["value"] for each in page.context.cookies() if each["name"] == "django_language")
    factories.speak(User.objects.get(email="amina@example.com"), language)
    page.goto("/accounts/login/")
    page.fill("input[name=login]", "amina@example.com")
    page.fill("input[name=password]", "correct horse")
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")


def enter(page: Any, user: User, site: str) -> None:
    """Have somebody be signed in, as if they had been all morning."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": site}
    page.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])


def follow(page: Any, selector: str) -> None:
    """Click what leads to another page, or to the same page anew, and wait for it."""
    with page.expect_navigation():
        page.click(selector)


def shown(page: Any) -> str:
    return page.inner_text("main")


def fits(page: Any) -> bool:
    """Whether nobody has to scroll sideways."""
    return width_of(page) <= page.viewport_size["width"]


def width_of(page: Any) -> int:
    """Return how many pixels the page needs; more than the screen has would mean scrolling sideways."""
    return page.evaluate("document.documentElement.scrollWidth")
