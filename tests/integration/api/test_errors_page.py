"""Every code that a program can get is explained to the people who write it."""

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from dashu.api import refusal_texts
from dashu.api.documented import ADVICE, documented_refusals
from dashu.api.management.commands.note_refusals import FILE, as_module
from tests.integration.api.conftest import documented_refusals as documented_of

pytestmark = pytest.mark.django_db

PAGE = "/api/v1/errors/"


class TestPage:
    def test_is_open_to_everyone_and_explains_every_code(self):
        answer = Client().get(PAGE, headers={"Accept-Language": "en"})

        shown = answer.content.decode()
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert [each.code for each in documented_refusals() if f'<section id="{each.code}">' not in shown] == []
        assert "Wait for as many seconds as Retry-After says, then send the same request again." in shown

    def test_says_where_a_code_occurs(self):
        found = {each.code: each for each in documented_refusals()}

        assert found["rate_limited"].is_everywhere
        assert found["precondition_failed"].operations.keys() >= {"answer_step"}
        assert "list_loans" not in found["precondition_failed"].operations
        assert found["invalid_input"].statuses == [422]

    @pytest.mark.parametrize(
        ("language", "words"), [("zh-hans", "短时间内调用过多。"), ("zh-hant", "短時間內呼叫過多。")]
    )
    def test_is_in_the_language_asked_for(self, language, words):
        answer = Client().get(PAGE, headers={"Accept-Language": language})

        assert words in answer.content.decode()

    def test_knows_what_to_do_about_every_status(self):
        assert {status for each in documented_refusals() for status in each.statuses} <= ADVICE.keys()

    @pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
    def test_says_nothing_that_is_not_translated(self, language):
        with translation.override(language):
            assert [text for text in refusal_texts.TEXTS if gettext(text) == text] == []

    def test_has_the_sentences_of_the_schema(self):
        """Otherwise: `manage.py note_refusals`, then translate what is new."""
        assert FILE.read_text(encoding="utf-8") == as_module()

    def test_is_read_only(self):
        assert Client().post(PAGE).status_code == 405


class TestType:
    def test_of_a_problem_is_the_address_of_its_code(self, program):
        answer = program.get("loans?colour=red")

        assert answer.json()["type"] == "http://testserver/api/v1/errors/#unknown_field"
        assert next(iter(answer.json())) == "type"

    def test_is_below_the_public_address_where_there_is_one(self, program, settings):
        settings.PUBLIC_URL = "https://lender.example/"

        answer = program.get("nothing")

        assert answer.json()["type"] == "https://lender.example/api/v1/errors/#not_found"

    def test_is_of_every_refusal_that_is_documented(self):
        assert (429, "rate_limited") in documented_of("get", "/api/v1/loans")
