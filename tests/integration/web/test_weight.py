"""A first view on a slow line: everything that a page loads, compressed as it is served."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/learn/overdue/"])
def test_a_first_view_is_under_100_kilobytes(client, address):
    page = client.get(address)

    text = page.content.decode()
    loaded = set(re.findall(r'(?:href|src)="/static/([^"#]+)', text))
    weight = len(gzip.compress(page.content)) + sum(len(gzip.compress(_file(name))) for name in loaded)

    assert {name for name in loaded if name.endswith(".css")} != set()
    assert weight < 100_000


def test_nothing_is_loaded_from_another_host(client, db):
    text = client.get("/learn/overdue/").content.decode()

    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+', text) == []


def _file(name: str) -> bytes:
    found = finders.find(re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", name))
    assert found, name
    return Path(found).read_bytes()
