"""What the editors of the demo are at: a lesson with a new summary, which still waits to be read by somebody else."""

from datetime import datetime

from dashu.portal.demo.logins import DOMAIN
from dashu.users.models import User
from education.domain.parts import part_of
from education.domain.source import LessonSource
from education.services.write_lessons import begin_version, save_note, save_part

LESSON = "asking-for-help"
NOTE = "摘要先说最要紧的一句：到期之前开口。"
SUMMARIES = {
    "zh-hans": "觉得可能还不上，到期之前就说。这一课讲要准备什么，三种办法各要花多少。",
    "zh-hant": "覺得可能還不上，到期之前就說。這一課講要準備什麼，三種辦法各要花多少。",
}


def make_draft(*, now: datetime) -> None:
    """Begin a version whose English summary is still the old one; the logins must be there."""
    editor = User.objects.get(email=f"supervisor@{DOMAIN}")
    version = begin_version(slug=LESSON, user=editor, now=now)
    for language, summary in SUMMARIES.items():
        text = part_of(LessonSource(version.slug, version.files, where=str(version)), language)
        version = save_part(
            version_id=version.pk,
            part=language,
            given={**text, "summary": summary},
            revision=version.revision,
            user=editor,
            now=now,
        )
    save_note(version_id=version.pk, note=NOTE, user=editor, now=now)
