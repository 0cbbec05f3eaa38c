"""A first view on a slow line: everything that a page loads, compressed as it is served."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from education.domain.lessons import slugs
from education.views.calculators.catalog import CALCULATORS

LEARNING = [
    "/learn/",
    "/learn/glossary/",
    "/learn/calculators/",
    "/learn/search/?q=利率",
    *(f"/learn/{slug}/" for slug in slugs()),
    *(f"/learn/calculators/{code}/" for code in CALCULATORS),
]


@pytest.mark.django_db
@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("address", ["/", "/accounts/login/", *LEARNING])
def test_a_first_view_is_under_100_kilobytes(client, address):
    page = client.get(address)

    text = page.content.decode()
    loaded = set(re.findall(r'(?:href|src)="/static/([^"#]+)', text))
    weight = len(gzip.compress(page.content)) + sum(len(gzip.compress(_file(name))) for name in loaded)

    assert {name for name in loaded if name.endswith(".css")} != set()
    assert weight < 100_000


def test_nothing_is_loaded_from_another_host(client, db):
    text = client.get("/learn/overdue/").content.decode()

    # Links to other pages load nothing, nor do those that name the same page in another language.
    loaded = re.findall(r'<link rel="(?!canonical|alternate)[^>]*>', text) + re.findall(r"<[^>]*\ssrc=[^>]*>", text)
    assert [each for each in loaded if re.search(r'(?:src|href)="(?:https?:)?//', each)] == []


def _file(name: str) -> bytes:
    found = finders.find(re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", name))
    assert found, name
    return Path(found).read_bytes()
