"""The guides to the API are read in the browser, and hold nothing that could act."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dashu.api.guides import as_html, guide_files

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a href="(/[^"#]*)')


def page(address: str) -> str:
    answer = Client().get(address, headers={"Accept-Language": "zh-hans"})
    assert answer.status_code == 200, address
    return answer.content.decode()


class TestGuides:
    def test_are_linked_from_the_description_and_lead_to_each_other(self):
        seen, waiting = set(), ["/api/docs/"]
        while waiting:
            here = waiting.pop()
            seen.add(here)
            waiting += {each for each in LINK.findall(page(here)) if each.startswith("/api/guides/")} - seen

        assert seen == {"/api/docs/", "/api/guides/", *(reverse("api_guide", args=[name]) for name in names())}

    def test_are_english_in_a_frame_of_the_readers_language(self):
        shown = page("/api/guides/errors/")

        assert '<html lang="zh-hans"' in shown
        assert '<article class="prose guide" lang="en"><h1>Errors</h1>' in shown
        assert "API 指南" in shown

    def test_of_errors_and_the_page_of_all_codes_lead_to_each_other(self):
        assert 'href="/api/v1/errors/"' in page("/api/guides/errors/")
        assert 'href="/api/guides/errors/"' in page("/api/v1/errors/")

    def test_have_no_link_to_a_file_that_is_no_page(self):
        broken = [link for name in ["", *(f"{each}/" for each in names())] for link in raw_links(f"/api/guides/{name}")]

        assert broken == []

    def test_are_no_others_than_there_are(self):
        assert Client().get("/api/guides/nothing/").status_code == 404
        assert Client().get("/api/guides/readme/").status_code == 404
        assert Client().post("/api/guides/").status_code == 405


class TestHtml:
    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            '<img src=x onerror="alert(1)">',
            "[a](javascript:alert(1))",
            '<p style="color:red" onclick="alert(1)">a</p>',
            "[a](http://plain.example/)",
        ],
    )
    def test_of_what_could_act_is_plain_text(self, text):
        html = as_html(text)

        assert not re.search(r"<script|<img|<[^>]*(onerror|onclick|style|href)=", html)

    def test_leads_where_the_file_leads(self):
        assert 'href="/api/guides/loans/#terms"' in as_html("[a](loans.md#terms)")
        assert 'href="/api/guides/errors/"' in as_html("[a](../errors.md)", file="python/README.md")
        assert 'href="/api/guides/"' in as_html("[a](README.md)")
        assert "href" not in as_html("[a](../tapes.md)")

    def test_of_what_is_wide_can_be_moved_by_the_keyboard(self):
        assert '<pre class="scroll" tabindex="0"><code>' in as_html("```sh\na\n```")
        assert '<div class="scroll" tabindex="0"><table>' in as_html("| a |\n|---|\n| b |\n")


def names() -> list[str]:
    assert len(guide_files()) >= 17
    return ["python" if each == "python/README.md" else each.removesuffix(".md") for each in guide_files()]


def raw_links(address: str) -> list[str]:
    return [link for link in re.findall(r'href="([^"]*)"', page(address)) if link.endswith(".md")]
