"""Write the lessons that readers get as files, so that they can come with the next release of the program."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from education.domain.source import NAMES, LessonSource
from education.selectors.images import image_content
from education.selectors.published import published_slugs, shown_now, source_of


class Command(BaseCommand):
    help = "Write each lesson that readers get into a folder, as in education/content; other files there stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--lesson", action="append", default=[], help="only this slug; may be given again")

    def handle(self, *args: Any, **options: Any) -> None:
        shown = shown_now()
        slugs = published_slugs(shown)
        if unknown := set(options["lesson"]) - set(slugs):
            raise CommandError(f"no reader gets these lessons: {', '.join(sorted(unknown))}")
        wanted = [slug for slug in slugs if not options["lesson"] or slug in options["lesson"]]
        try:
            counts = [write_lesson(source_of(slug, shown), options["folder"] / slug) for slug in wanted]
        except OSError as error:
            raise CommandError(f"{options['folder']} cannot be written: {error}") from error
        self.stdout.write(json.dumps({"lessons": len(counts), "files": sum(counts)}))


def write_lesson(source: LessonSource, folder: Path) -> int:
    """Write a lesson's files and images, take away what it no longer has, and return how many there are."""
    images = folder / "images"
    contents: dict[Path, bytes] = {folder / name: text.encode() for name, text in source.files.items()}
    for about in source.pictures.values():
        content = image_content(about["digest"])
        assert content is not None, "a published lesson has its images"
        contents[images / f"{about['digest']}.webp"] = content
    before = {folder / name for name in NAMES} | set(images.glob("*.webp"))
    for path in before - contents.keys():
        path.unlink(missing_ok=True)
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return len(contents)
