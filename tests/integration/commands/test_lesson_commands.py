"""Lessons as files: what is published is written out as the program reads it again, and all are looked through."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from dashu.approvals.services.decide import approve
from education.domain.lessons import LANGUAGES, read_lesson, slugs
from education.domain.source import NAMES, LessonSource, source_of_files
from education.models import LessonVersion
from education.selectors.published import lesson_of
from education.services.add_image import add_image
from tests.integration.education.editing import NOW, TODAY, asked, begun, editor, published, saved, source

pytestmark = pytest.mark.usefixtures("policy_packs")


def run(name: str, *args) -> list[dict]:
    out = io.StringIO()
    call_command(name, *map(str, args), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def read_folder(folder) -> LessonSource:
    files = {name: (folder / name).read_text(encoding="utf-8") for name in NAMES if (folder / name).exists()}
    return LessonSource(folder.name, files, where=str(folder))


class TestExport:
    def test_writes_what_comes_with_the_program_as_it_is(self, db, tmp_path):
        (counts,) = run("export_lessons", tmp_path)

        assert counts["lessons"] == len(slugs())
        for slug in slugs():
            assert read_folder(tmp_path / slug).files == source_of_files(slug).files

    def test_a_published_version_is_read_again_as_readers_have_it(self, tmp_path):
        sun, tala = editor("Sun"), editor("Tala")
        picture = io.BytesIO()
        Image.new("RGB", (400, 200), (40, 120, 90)).save(picture, format="PNG")
        alt = dict.fromkeys(LANGUAGES, "A door")
        version = begun(sun)
        add_image(version_id=version.pk, code="door", alt=alt, content=picture.getvalue(), user=sun, now=NOW)
        version.refresh_from_db()
        for language in LANGUAGES:
            body = source(version).body(language) + "\n{{ image:door }}\n"
            saved(version, language, sun, body=body)
            version.refresh_from_db()
        approve(request_id=asked(version, sun).pk, user=tala, today=TODAY)

        run("export_lessons", tmp_path, "--lesson", "overdue")

        assert [folder.name for folder in tmp_path.iterdir()] == ["overdue"]
        again = read_folder(tmp_path / "overdue")
        for language in LANGUAGES:
            assert read_lesson(again, language) == lesson_of("overdue", language)
        (image,) = (tmp_path / "overdue" / "images").iterdir()
        assert image.name == f"{again.pictures['door']['digest']}.webp"

    def test_takes_away_what_a_lesson_no_longer_has(self, tmp_path):
        images = tmp_path / "overdue" / "images"
        images.mkdir(parents=True)
        (images / f"{'0' * 64}.webp").write_bytes(b"old")
        (tmp_path / "overdue" / "notes.txt").write_text("mine")

        published(editor("Sun"), editor("Tala"))
        run("export_lessons", tmp_path)

        assert list(images.iterdir()) == []
        assert (tmp_path / "overdue" / "notes.txt").read_text() == "mine"

    def test_names_a_lesson_that_nobody_reads(self, db, tmp_path):
        with pytest.raises(CommandError, match="nothing"):
            run("export_lessons", tmp_path, "--lesson", "nothing")


class TestCheck:
    def test_finds_nothing_wrong_with_what_comes_with_the_program(self, db):
        assert run("check_lessons") == [{"lessons": len(slugs()), "errors": 0}]

    def test_names_what_is_wrong_with_a_draft_only_where_it_is_asked(self):
        sun = editor("Sun")
        saved(begun(sun), "en", sun, body="It costs ¥20.00.\n")
        assert run("check_lessons")[-1]["errors"] == 0

        out = io.StringIO()
        with pytest.raises(CommandError, match="errors in 13 lessons"):
            call_command("check_lessons", "--drafts", stdout=out)

        found = [json.loads(line) for line in out.getvalue().splitlines()]
        assert {"lesson": "overdue", "kept_as": "DRAFT", "part": "en", "line": 1}.items() <= found[0].items()
        assert {line.get("code") for line in found} >= {"typed_amount", "placeholders_differ"}

    def test_looks_at_what_is_published(self):
        version = published(editor("Sun"), editor("Tala"))
        broken = version.files["en.md"].replace("own:note", "own:gone")
        LessonVersion.objects.filter(pk=version.pk).update(files={**version.files, "en.md": broken})

        with pytest.raises(CommandError, match="errors"):
            run("check_lessons")
