"""Taking in a picture for a draft: looked at, written anew, kept under what it is, and named in the draft."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from dashu.users.models import User
from education.domain.parts import PICTURES, part_of
from education.domain.pictures import LONGEST_ALT, read_picture
from education.domain.source import LessonSource
from education.domain.words import LANGUAGES
from education.models import LessonImage, LessonVersion
from education.services.write_lessons import locked, refuse_others, save_part

MOST_IMAGES = 4  # a page has to stay light


class ImageRefused(DomainError):
    """A picture needs a name of its own and a description in each language, and a lesson has four at most."""

    code = "image_refused"


def add_image(
    *, version_id: int, code: str, alt: Mapping[str, str], content: bytes, user: User, now: datetime
) -> LessonVersion:
    """
    Add a picture to a draft; the same once more changes nothing.

    :param alt: what somebody who does not see it has to know, by language.
    :raises ImageRefused: see there. :raises PictureRefused: the file is no picture that a lesson can show.
    :raises NotAuthorized, LessonFixed: see `save_part`.
    """
    refuse_others(user)
    for language in LANGUAGES:
        if not 0 < len(alt.get(language, "").strip()) <= LONGEST_ALT:
            raise ImageRefused(
                _("Say in at most %(most)s characters what is to be seen."),
                field=f"alt_{language}",
                params={"most": LONGEST_ALT},
            )
    picture = read_picture(content)  # before anything is locked
    with transaction.atomic():
        version = locked(version_id)
        pictures = dict(part_of(LessonSource(version.slug, version.files, where=str(version)), PICTURES))
        about = {
            "digest": picture.digest,
            "width": picture.width,
            "height": picture.height,
            "alt": {language: " ".join(alt[language].split()) for language in LANGUAGES},
        }
        if code in pictures and pictures[code]["digest"] != picture.digest:
            raise ImageRefused(_("Another picture has this name. Give this one another name."), field="code")
        if code not in pictures and len(pictures) >= MOST_IMAGES:
            raise ImageRefused(_("A lesson shows at most %(most)s images."), params={"most": MOST_IMAGES})
        LessonImage.objects.get_or_create(
            digest=picture.digest,
            defaults={
                "content": picture.content,
                "width": picture.width,
                "height": picture.height,
                "added_by": user,
                "added_at": now,
            },
        )
        return save_part(
            version_id=version_id,
            part=PICTURES,
            given={**pictures, code: about},
            revision=version.revision,
            user=user,
            now=now,
        )


def remove_image(*, version_id: int, code: str, user: User, now: datetime) -> LessonVersion:
    """
    Take a picture out of a draft; versions that show it keep it.

    :raises NotAuthorized, LessonFixed: see `save_part`.
    """
    with transaction.atomic():
        version = locked(version_id)
        pictures = dict(part_of(LessonSource(version.slug, version.files, where=str(version)), PICTURES))
        pictures.pop(code, None)
        return save_part(
            version_id=version_id, part=PICTURES, given=pictures, revision=version.revision, user=user, now=now
        )
