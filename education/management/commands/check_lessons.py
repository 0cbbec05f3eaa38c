"""Look through all lessons: those that come with the program, those that are published, and those on their way."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.dates import lender_today
from education.domain.checking import problems_of
from education.domain.lessons import slugs
from education.domain.source import LessonSource, source_of_files
from education.models import LessonVersion
from education.selectors.published import published_slugs

Status = LessonVersion.Status


class Command(BaseCommand):
    help = "Look through all lessons; one line of JSON for each thing that is wrong, exit 1 where one is an error."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drafts", action="store_true", help="those that are still being written as well")

    def handle(self, *args: Any, **options: Any) -> None:
        known, today = published_slugs(), lender_today()
        errors = lessons = 0
        for kind, source in _sources(with_drafts=options["drafts"]):
            lessons += 1
            for found in problems_of(source, known={*known, *slugs()}, today=today):
                errors += found.is_error
                about = {"lesson": source.slug, "kept_as": kind, "part": found.part, "line": found.line}
                weight = "error" if found.is_error else "hint"
                line = {**about, "weight": weight, "code": found.code, "message": found.text}
                self.stdout.write(json.dumps(line, ensure_ascii=False))
        self.stdout.write(json.dumps({"lessons": lessons, "errors": errors}))
        if errors:
            raise CommandError(f"{errors} errors in {lessons} lessons")


def _sources(*, with_drafts: bool) -> Iterator[tuple[str, LessonSource]]:
    for slug in slugs():
        yield "file", source_of_files(slug)
    wanted = [Status.PUBLISHED, Status.APPROVED, *([Status.DRAFT, Status.IN_REVIEW] if with_drafts else [])]
    for version in LessonVersion.objects.filter(status__in=wanted):
        yield version.status, LessonSource(version.slug, version.files, where=str(version))
