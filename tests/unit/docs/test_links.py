"""Every page of the documentation leads only to pages that are there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|mailto:|#|/)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_leads_to_what_is_there(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_of_the_api_can_be_found_from_its_first():
    overview = (ROOT / "docs" / "api" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs" / "api").glob("*.md")} - {"README.md"}

    assert pages - set(LINK.findall(overview)) == set()


def test_security_names_every_scope():
    page = (ROOT / "docs" / "api" / "security.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `([a-z:]+)` \|", page, re.MULTILINE)) == set(settings.OAUTH2_PROVIDER["SCOPES"])
