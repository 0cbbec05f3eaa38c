"""The lesson that fits what has just happened, in place on the pages of the portal."""

from typing import Any

from django.http import HttpRequest

from dashu.kernel.dates import lender_today
from dashu.users.roles import Role
from education.languages import language_now
from education.selectors.moments import LessonCard, card_for
from loans.models import Loan


def lesson_card(request: HttpRequest, loan: Loan | None = None, *, moments: tuple[str, ...] = ()) -> LessonCard | None:
    """
    Return the card of a page for its borrower; nothing for anybody else who may look at it.

    :param moments: codes that belong on the page; all without it.
    """
    person: Any = request.user
    if getattr(person, "role", None) != Role.BORROWER:
        return None
    return card_for(
        user_id=person.pk,
        today=lender_today(),
        language=language_now(),
        loan_id=loan.pk if loan else None,
        moments=moments,
    )
