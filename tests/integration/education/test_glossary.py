"""The page of words, the help with them on pages of the portal, and the search over all of learning."""

import re

import pytest
from django.template import engines
from django.test import Client, RequestFactory
from django.utils import translation

from education.domain.glossary import glossary
from education.domain.lessons import LANGUAGES
from tests import factories

pytestmark = pytest.mark.django_db


class TestPage:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_has_every_term_with_its_place_and_meaning(self, client, language):
        text = client.get("/learn/glossary/", headers={"accept-language": language}).content.decode()

        for term in glossary(language):
            assert f'id="{term.code}"' in text
            assert term.term in text

    def test_leads_to_the_lessons(self, client):
        text = client.get("/learn/glossary/").content.decode()

        assert {f'href="/learn/{term.lesson}/"' in text for term in glossary("en")} == {True}


class TestHelp:
    def rendered(self, source: str, *, language: str = "zh-hans", request=None) -> str:
        template = engines["django"].from_string("{% load glossary %}" + source)
        with translation.override(language):
            return template.render({}, request or RequestFactory().get("/"))

    def test_marks_a_term_that_leads_to_the_glossary_and_is_described(self):
        text = self.rendered("{% explained %}<p>本金</p>{% endexplained %}")

        assert '<a class="term" href="/learn/glossary/#principal"' in text
        assert 'aria-describedby="term-principal-says">本金</a>' in text
        assert 'id="term-principal" popover' in text
        assert next(term for term in glossary("zh-hans") if term.code == "principal").definition in text

    def test_marks_it_once_on_a_page_of_several_blocks(self):
        block = "{% explained %}<p>本金</p>{% endexplained %}"

        text = self.rendered(block + block)

        assert text.count('data-term="term-principal"') == 1
        assert text.count('id="term-principal"') == 1

    def test_leaves_a_block_without_terms_as_it_is(self):
        assert self.rendered("{% explained %}<p>天气</p>{% endexplained %}") == "<p>天气</p>"

    def test_marks_at_most_ten_on_a_page(self):
        words = " ".join(term.term for term in glossary("zh-hans"))

        assert self.rendered("{% explained %}<p>" + words + "</p>{% endexplained %}").count("data-term=") == 10

    @pytest.mark.parametrize(("language", "word"), [("zh-hans", "本金"), ("zh-hant", "本金"), ("en", "Principal")])
    def test_stands_on_the_page_of_a_loan(self, rules, language, word):
        amina = factories.borrower("Amina")
        factories.speak(amina.user, language)
        loan = factories.running_loan(amina)
        client = Client()
        client.force_login(amina.user, "django.contrib.auth.backends.ModelBackend")

        text = client.get(f"/loans/{loan.number}/").content.decode()

        marks = re.findall(r'data-term="term-([a-z-]+)"', text)
        assert "principal" in marks
        assert len(marks) == len(set(marks))
        assert set(re.findall(r'id="term-([a-z-]+)" popover', text)) == set(marks)


class TestSearch:
    def page(self, client, asked: str, language: str = "zh-hans") -> str:
        answer = client.get("/learn/search/", {"q": asked}, headers={"accept-language": language})
        assert answer.status_code == 200
        return answer.content.decode()

    def test_shows_what_fits_with_what_was_asked_for_marked(self, client):
        text = self.page(client, "最低還款")

        assert 'href="/learn/minimum-payment/"' in text
        assert 'href="/learn/glossary/#minimum-payment"' in text
        assert 'href="/learn/calculators/minimum-payment/"' in text
        assert "<mark>最低还款</mark>" in text

    def test_says_that_nothing_fits_and_leads_on(self, client):
        text = self.page(client, "天气预报")

        assert "没有找到和“天气预报”有关的内容" in text
        assert 'href="/learn/asking-for-help/"' in text

    def test_without_a_question_says_only_where_to_begin(self, client):
        text = self.page(client, "")

        assert "没有找到" not in text
        assert 'href="/learn/asking-for-help/"' in text

    @pytest.mark.parametrize("asked", ["<script>alert(1)</script>", '"><b>', "x" * 500, "\x01", "本金" * 60])
    def test_writes_what_was_typed_as_text_only(self, client, asked):
        text = self.page(client, asked)

        assert "<script>alert" not in text
        assert '"><b>' not in text

    def test_asks_the_database_only_which_lessons_are_published(self, client, django_assert_num_queries):
        with django_assert_num_queries(1):
            client.get("/learn/search/", {"q": "利率"})
