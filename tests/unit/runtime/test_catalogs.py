"""The catalogs of a small project of its own, made in a temporary folder."""

import gettext

import pytest

from dashu.runtime import catalogs

CODE = """
_("Pay %(amount)s")
ngettext("%(n)s day", "%(n)s days", count)
pgettext("of a case", "Open")
"""
TEMPLATE = """
{% load i18n %}<p title="(">{% translate "Your loans" %}</p>
   {% blocktranslate count n=count trimmed %}
     {{ n }} loan isn't paid
   {% plural %}
     {{ n }} loans aren't paid
   {% endblocktranslate %}
{% comment %} Takes: amount ( [ " {% endcomment %}
"""
WORDS = {
    "Pay %(amount)s": "支付 %(amount)s",
    "%(n)s day": "%(n)s 天",
    "Open": "处理中",
    "Your loans": "您的贷款",
    "%(n)s loan isn't paid": "%(n)s 笔贷款未还",
}


def path_of(source, locale):
    return source / "locale" / locale / "LC_MESSAGES" / "django.po"


def translate(source, words):
    """Fill the blanks of both Chinese catalogs, as a translator would."""
    for locale in ("zh_Hans", "zh_Hant"):
        path = path_of(source, locale)
        blocks = path.read_text().split("\n\n")
        for msgid, string in words.items():
            for number, block in enumerate(blocks):
                if f'msgid "{msgid}"' in block:
                    blocks[number] = block.replace('""', f'"{string}"')
        path.write_text("\n\n".join(blocks))


@pytest.fixture
def source(tmp_path):
    (tmp_path / "dashu").mkdir()
    (tmp_path / "dashu" / "code.py").write_text(CODE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    catalogs.update(tmp_path)
    return tmp_path


@pytest.fixture
def translated(source):
    translate(source, WORDS)
    return source


class TestUpdate:
    def test_finds_code_and_templates(self, source):
        found = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogs.collect(source)}

        assert found - {""} == set(WORDS)

    def test_english_is_its_own_translation(self, source):
        english = path_of(source, "en").read_text()

        assert 'msgid "Your loans"\nmsgstr "Your loans"\n' in english
        assert 'msgstr[0] "%(n)s day"\nmsgstr[1] "%(n)s days"\n' in english

    def test_keeps_what_is_translated_and_adds_only_what_is_new(self, translated):
        before = path_of(translated, "zh_Hans").read_text()
        (translated / "dashu" / "more.py").write_text('_("Zebra")')

        catalogs.update(translated)

        assert path_of(translated, "zh_Hans").read_text() == before + '\nmsgid "Zebra"\nmsgstr ""\n'

    def test_drops_what_is_gone(self, translated):
        (translated / "templates" / "page.html").unlink()

        catalogs.update(translated)

        assert "Your loans" not in path_of(translated, "zh_Hans").read_text()

    def test_holds_no_dates_and_no_places(self, source):
        text = path_of(source, "zh_Hans").read_text()

        assert "Date" not in text
        assert "#:" not in text

    def test_a_second_run_changes_nothing(self, translated):
        before = path_of(translated, "zh_Hant").read_bytes()

        catalogs.update(translated)

        assert path_of(translated, "zh_Hant").read_bytes() == before


class TestCheck:
    def test_a_complete_project_has_no_problems(self, translated):
        assert catalogs.problems(translated) == []

    def test_tells_what_is_not_translated(self, source):
        translate(source, {msgid: string for msgid, string in WORDS.items() if msgid != "Open"})

        assert catalogs.problems(source) == ["zh_Hans, zh_Hant: not translated: 'Open'"]

    def test_tells_what_is_new_and_what_is_gone(self, translated):
        (translated / "dashu" / "code.py").write_text(CODE.replace("Open", "Reopened"))

        assert catalogs.problems(translated) == [
            "en, zh_Hans, zh_Hant: not in the catalog: 'Reopened'",
            "en, zh_Hans, zh_Hant: no longer in the code: 'Open'",
        ]

    def test_tells_a_guess_that_nobody_confirmed(self, translated):
        path = path_of(translated, "zh_Hans")
        path.write_text(path.read_text().replace('msgid "Your loans"', '#, fuzzy\nmsgid "Your loans"'))

        assert catalogs.problems(translated) == ["zh_Hans: fuzzy: 'Your loans'"]

    def test_tells_a_placeholder_that_was_lost(self, translated):
        path = path_of(translated, "zh_Hans")
        path.write_text(path.read_text().replace("支付 %(amount)s", "支付 %(sum)s"))

        assert catalogs.problems(translated) == [
            "zh_Hans: other placeholders than 'Pay %(amount)s': ['支付 %(sum)s']",
        ]

    def test_tells_a_catalog_that_is_written_otherwise(self, translated):
        path = path_of(translated, "zh_Hans")
        path.write_text(path.read_text() + '\n#~ msgid "old"\n#~ msgstr "旧"\n')

        assert catalogs.problems(translated) == [
            "zh_Hans: not as `update` writes it; run `python -m dashu.runtime.catalogs update`",
        ]

    def test_tells_a_catalog_that_is_not_there(self, translated):
        path_of(translated, "zh_Hant").unlink()

        assert catalogs.problems(translated) == [
            "zh_Hant: there is no catalog; run `python -m dashu.runtime.catalogs update`",
        ]


class TestCompile:
    def test_makes_what_gettext_reads(self, translated, tmp_path):
        catalogs.compile_catalogs(tmp_path / "compiled", translated)

        chinese = gettext.translation("django", tmp_path / "compiled", ["zh_Hans"])
        assert chinese.gettext("Your loans") == "您的贷款"
        assert chinese.ngettext("%(n)s day", "%(n)s days", 3) == "%(n)s 天"
        assert chinese.pgettext("of a case", "Open") == "处理中"

    def test_writes_only_what_has_changed(self, translated, tmp_path):
        first = catalogs.compile_catalogs(tmp_path / "compiled", translated)
        path = path_of(translated, "zh_Hans")
        path.write_text(path.read_text().replace("您的贷款", "我的贷款"))

        assert (first, catalogs.compile_catalogs(tmp_path / "compiled", translated)) == (3, 1)
        assert catalogs.compile_catalogs(tmp_path / "compiled", translated) == 0
