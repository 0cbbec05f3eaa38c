"""No page may run what stands in it, whoever put it there; the back office's kit may evaluate its own templates."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.factories import staff

WRITTEN_INTO_A_PAGE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"application/(?:ld\+)?json\")|<style\b|\sstyle=\"|\son[a-z]+=\"|javascript:",
    re.I,
)
NO_ATTRIBUTES = re.compile(r"{[%{].*?[%}]}|<style>/\* of a sheet on paper \*/.*?</style>", re.S)


def policy_of(page):
    return dict(part.strip().partition(" ")[::2] for part in page["Content-Security-Policy"].split(";"))


@pytest.mark.django_db
class TestThePolicy:
    @pytest.mark.parametrize("address", ["/", "/account/login/", "/learn/", "/no-such-page/"])
    def test_lets_pages_run_their_own_files_only(self, client, address):
        policy = policy_of(client.get(address))
        assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
        assert (policy["base-uri"], policy["object-src"], policy["frame-ancestors"]) == ("'none'", "'none'", "'none'")
        assert policy["form-action"] == "'self'"

    def test_lets_the_back_office_evaluate_its_templates_and_load_nothing_from_elsewhere(self, client):
        client.force_login(staff(role="ADMIN"))
        policy = policy_of(client.get("/admin/", follow=True))
        assert policy["script-src"] == "'self' 'unsafe-eval'"
        assert policy["style-src"] == "'self' 'unsafe-inline'"
        assert policy["default-src"] == "'none'"

    def test_is_as_strict_for_answers_of_the_api(self, client):
        assert policy_of(client.get("/api/v1/loans/"))["default-src"] == "'none'"


def test_no_template_writes_a_script_a_style_or_a_handler_into_a_page():
    found = []
    for path in sorted(Path(settings.BASE_DIR).glob("**/templates/**/*.html")):
        if any(part.startswith(".") for part in path.relative_to(settings.BASE_DIR).parts):
            continue
        text = NO_ATTRIBUTES.sub("", path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(settings.BASE_DIR)}: {one[0]}" for one in WRITTEN_INTO_A_PAGE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text", ["<script>x</script>", '<p onclick="x()">', '<p style="x">', "<style>", '<a href="javascript:x">']
)
def test_such_a_template_would_be_found(text):
    assert WRITTEN_INTO_A_PAGE.search(text)
