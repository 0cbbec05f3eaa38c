"""The images of lessons by their digest: those that editors added, and those that came with the program."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from education.domain.source import CONTENT
from education.models import LessonImage


def image_content(digest: str) -> bytes | None:
    content = LessonImage.objects.filter(digest=digest).values_list("content", flat=True).first()
    if content is not None:
        return bytes(content)
    path = _of_the_program().get(digest)
    return path.read_bytes() if path else None


def missing_images(digests: Iterable[str]) -> set[str]:
    wanted = set(digests) - _of_the_program().keys()
    return wanted - set(LessonImage.objects.filter(digest__in=wanted).values_list("digest", flat=True))


@cache
def _of_the_program() -> Mapping[str, Path]:
    return {path.stem: path for path in CONTENT.glob("*/images/*.webp")}
