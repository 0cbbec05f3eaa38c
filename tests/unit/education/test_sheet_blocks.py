from education.domain.lessons import LANGUAGES, load_lesson, slugs
from education.domain.sheet_blocks import blocks_of


def plain(text: str) -> dict:
    return {"text": text, "is_strong": False}


class TestBlocks:
    def test_are_headings_texts_and_items_with_their_marks(self):
        html = (
            "<h2>Why</h2><p>It <strong>costs</strong> more.</p>"
            "<ol><li>one</li><li>two</li></ol><ul><li><p>x</p></li></ul>"
        )

        assert blocks_of(html) == [
            {"kind": "heading", "mark": "", "runs": [plain("Why")]},
            {
                "kind": "text",
                "mark": "",
                "runs": [plain("It "), {"text": "costs", "is_strong": True}, plain(" more.")],
            },
            {"kind": "item", "mark": "1.", "runs": [plain("one")]},
            {"kind": "item", "mark": "2.", "runs": [plain("two")]},
            {"kind": "item", "mark": "•", "runs": [plain("x")]},
        ]

    def test_are_tables_with_all_their_cells(self):
        html = "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td></td></tr></tbody></table>"

        assert blocks_of(html) == [{"kind": "table", "rows": [[[plain("a")], [plain("b")]], [[plain("1")], []]]}]

    def test_leave_charts_out(self):
        html = "<p>a</p><figure><figcaption>t</figcaption><svg><text>1</text></svg></figure><p>b</p>"

        assert [block["runs"] for block in blocks_of(html)] == [[plain("a")], [plain("b")]]

    def test_hold_every_word_of_every_lesson(self):
        for slug in slugs():
            for language in LANGUAGES:
                lesson = load_lesson(slug, language)
                kinds = {block["kind"] for block in blocks_of(lesson.html)}

                assert {"heading", "text"} <= kinds, (slug, language)
                assert len(blocks_of(lesson.html)) >= 8, (slug, language)
