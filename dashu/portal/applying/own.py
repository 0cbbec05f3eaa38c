"""Whose application it is: each page of applying starts here."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from loans.models import Application


def own_application(request: HttpRequest, reference: str) -> Application:
    """:raises Http404: there is none of this person's."""
    person: Any = request.user
    mine = Application.objects.visible_to(person).filter(borrower__user=person)
    return get_object_or_404(
        mine.select_related("product", "borrower__identity", "business", "card"), reference=reference
    )
