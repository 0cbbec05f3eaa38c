"""Who the person of a request is as a borrower: where the pages about themselves start."""

from typing import Any

from django.http import Http404, HttpRequest

from dashu.users.models import Borrower, User
from loans.services.start_application import borrower_of


def own_borrower(request: HttpRequest) -> Borrower:
    """
    Return it, made now where they signed up and never applied, so that they can say how to be reached all the same.

    :raises Http404: they are staff or a partner.
    """
    person: Any = request.user
    if person.role != User.Role.BORROWER:
        raise Http404
    found = Borrower.objects.visible_to(person).filter(user=person).first()
    return found or borrower_of(user_id=person.pk)
