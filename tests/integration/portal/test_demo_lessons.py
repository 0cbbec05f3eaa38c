"""The editors of the demo have something on the table: a draft that is fit for its review but for one translation."""

import pytest

from dashu.kernel.dates import lender_now, lender_today
from dashu.portal.demo.lessons import LESSON, make_draft
from dashu.portal.demo.logins import DOMAIN
from dashu.users.models import User
from education.domain.checking import errors_of, problems_of
from education.domain.lessons import slugs
from education.editing.pages import outdated, source_of_draft
from education.models import LessonVersion

pytestmark = pytest.mark.usefixtures("policy_packs")


def test_a_draft_waits_whose_english_is_behind():
    User.objects.create_user(f"supervisor@{DOMAIN}", "secret-word", role=User.Role.SUPERVISOR)

    make_draft(now=lender_now())

    version = LessonVersion.objects.get()
    problems = problems_of(source_of_draft(version), known=slugs(), today=lender_today())
    assert (version.slug, version.status, version.note != "") == (LESSON, "DRAFT", True)
    assert errors_of(problems) == []
    assert outdated(version) == ["en"]
