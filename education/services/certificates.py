"""Somebody who has mastered a level takes a paper along that says so."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy.rules import learning_repeats
from education.models import LearningCertificate
from education.selectors.repeats import levels_of

LONGEST_NAME = 60


class NotMastered(DomainError):
    """Not every skill of the level is mastered."""

    code = "level_not_mastered"
    http_status = 409


class NameTooLong(DomainError):
    """The name does not fit on the paper."""

    code = "certificate_name_too_long"


@transaction.atomic
def issue_certificate(*, user_id: int, level: int, name: str, language: str, now: datetime) -> LearningCertificate:
    """
    Issue the certificate of a level. Asked for again with the same name and language, the same one is returned.

    :param name: as the person wishes to be called on it; "" for none.
    :raises NotMastered: see there. :raises NameTooLong: see there.
    """
    get_user_model().objects.select_for_update(no_key=True).get(pk=user_id)
    name = "".join(sign for sign in " ".join(name.split()) if sign.isprintable())
    if len(name) > LONGEST_NAME:
        raise NameTooLong(_("At most %(most)s signs fit on the paper."), field="name", params={"most": LONGEST_NAME})
    mine = LearningCertificate.objects.filter(user_id=user_id, level=level, name=name, language=language)
    if earlier := mine.first():
        return earlier
    levels = levels_of(user_id=user_id, rules=learning_repeats(lender_date(now)))
    found = next((each for each in levels if each.number == level), None)
    if found is None or not found.is_mastered:
        raise NotMastered(_("Not every skill of this level is mastered yet. There is no hurry."))
    facts = {"lessons": list(found.lessons), "skills": [skill.code for skill in found.skills]}
    return LearningCertificate.objects.create(
        user_id=user_id, level=level, name=name, language=language, facts=facts, issued_at=now
    )
