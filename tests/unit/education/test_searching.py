"""Search by pairs of characters: it finds, in either script, by other names, and says when nothing fits."""

from pathlib import Path

import pytest
import yaml

from education.domain.excerpts import excerpt, pieces
from education.domain.lessons import LANGUAGES, Lesson, load_lesson, slugs
from education.domain.searching import Entry, Index, fold, parts_of
from education.domain.traditional import FOLDED
from education.selectors.search import MOST, hits, search
from education.views.searching import calculator_entries

QUERIES = yaml.safe_load((Path(__file__).parents[2] / "golden" / "education_queries.yaml").read_text(encoding="utf-8"))


def lessons(language: str) -> list[Lesson]:
    return [load_lesson(slug, language) for slug in slugs()]


def found(asked: str, language: str = "zh-hans") -> list[str]:
    return [
        f"{hit.entry.kind}:{hit.entry.key}" for hit in hits(asked, language, lessons(language), calculator_entries())
    ]


class TestThirtyQueries:
    def test_there_are_thirty_of_them_that_differ(self):
        assert len({(query["asks"], query["language"]) for query in QUERIES}) == 30

    @pytest.mark.parametrize("query", QUERIES, ids=lambda query: query["asks"])
    def test_what_is_meant_is_among_the_first_three(self, query):
        assert set(found(query["asks"], query["language"])[:3]) & set(query["finds"])


class TestFolding:
    def test_keeps_the_length_so_that_places_stay(self):
        text = "遲繳１２３％ ABC「嗎」ﷺ"

        assert len(fold(text)) == len(text)
        assert fold("遲繳ＡＢ") == "迟缴ab"

    def test_no_simplified_text_holds_a_character_that_is_folded(self):
        texts = "".join(load_lesson(slug, "zh-hans").html for slug in slugs())

        assert {sign for sign in texts if ord(sign) in FOLDED} == set()

    def test_every_folded_character_stands_by_itself(self):
        assert all(len(one) == 1 and ord(one) not in FOLDED for one in FOLDED.values())

    @pytest.mark.parametrize("slug", slugs())
    def test_a_lesson_is_found_by_the_title_of_the_other_script(self, slug):
        assert f"lesson:{slug}" in found(load_lesson(slug, "zh-hant").title, "zh-hans")[:3]


class TestParts:
    def test_are_pairs_of_characters_and_stems_of_words(self):
        assert set(parts_of("循环利息 Credit cards 0.6%")) == {"循环", "环利", "利息", "credit", "card", "0.6"}

    def test_leave_out_what_stands_in_every_question(self):
        assert set(parts_of("怎么办 the of 吗")) == set()

    def test_a_character_that_stands_alone_is_one(self):
        assert set(parts_of("贷 款")) == {"贷", "款"}


class TestNothing:
    @pytest.mark.parametrize("asked", ["", "   ", "天气预报", "xyzzy", "☃", "的", "《》", "football results"])
    def test_is_found_where_nothing_fits(self, asked):
        assert found(asked) == []

    def test_is_found_in_an_index_of_nothing(self):
        assert list(Index([]).search("利率")) == []


class TestOrder:
    def test_a_title_weighs_more_than_a_text_and_names_nearly_as_much(self):
        index = Index(
            [
                Entry("lesson", "text", "别的", "", "说到利率的课"),
                Entry("lesson", "name", "别的", "利率", "课"),
                Entry("lesson", "title", "利率", "", "课"),
            ]
        )

        assert [hit.entry.key for hit in index.search("利率")] == ["title", "name", "text"]

    def test_never_more_than_a_page(self):
        assert len(found("贷款")) <= MOST


class TestExcerpts:
    def test_mark_just_what_was_asked_for(self):
        assert list(pieces("信用卡最低还款", "最低還款")) == [("信用卡", False), ("最低还款", True)]

    def test_joined_pieces_are_the_text(self):
        text = load_lesson("overdue", "en").title

        assert "".join(piece.text for piece in pieces(text, "overdue day")) == text

    def test_show_the_place_where_it_stands(self):
        text = "开头" * 100 + "这里说到罚息的算法" + "结尾" * 100

        shown = excerpt(text, "罚息", "zh-hans")

        assert ("罚息", True) in shown
        assert shown[0].text == shown[-1].text == "…"
        assert len("".join(piece.text for piece in shown)) <= 86

    def test_without_a_mark_begin_at_the_beginning(self):
        assert excerpt("短短的一句话", "罚息", "zh-hans")[0] == ("短短的一句话", False)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_of_every_find_are_short(self, language):
        for each in search(load_lesson("budget", language).title, language, lessons(language)):
            assert len("".join(piece.text for piece in each.excerpt)) <= 175
