"""A real Chromium for the journeys, the one that the system has."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.journeys.passive import Watch

CHROMIUM = os.environ.get("DASHU_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker("journey")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install Debian's package `chromium`, or name one in DASHU_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
    # Playwright's synchronous interface keeps an event loop in this thread, and Django then suspects every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_browser(chromium: Any, live_server: Any) -> Iterator[Callable[..., Any]]:
    """
    Open a page of a fresh browser profile in a language; addresses are relative to the live server.

    In the end, whatever a page wanted to load or run against its content policy fails the test, and so does any answer
    that a passive scan would find fault with (`passive.py`).
    """
    contexts: list[Any] = []
    refused: list[str] = []
    watch = Watch(live_server.url)

    def open_page(language: str = "zh-hans", **options: Any) -> Any:
        context = chromium.new_context(**{"base_url": live_server.url, "viewport": PHONE, **options})
        context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        context.set_default_timeout(20_000)
        context.on("console", lambda told: "Content Security Policy" in told.text and refused.append(told.text))
        context.on("response", watch)
        contexts.append(context)
        return context.new_page()

    yield open_page
    found = watch.findings(contexts)
    for context in contexts:
        context.close()
    assert not refused, refused[0]
    assert not found, found


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def open_each_size(request: pytest.FixtureRequest, open_browser: Callable[..., Any]) -> Callable[..., Any]:
    """Open browsers as `open_browser` does, in the size of a phone and once more in that of a desk."""
    return partial(open_browser, viewport=request.param)
