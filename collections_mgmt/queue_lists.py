"""
Lists of the back office that collectors read, without being a way round the queue.

Whoever works on files finds in a list what lies at the files they see, and what lies at no file: nobody waits in the
queue there. Anything else they find one by one, by the whole number or name of somebody who is on the phone.
"""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from collections_mgmt.models import CaseFile
from collections_mgmt.models.desk import works_files
from dashu.users.actors import person_of
from dashu.users.models import User


class QueueList:
    """Keeps the list of an admin to the queue, for collectors alone. Pages of single rows are as they were."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        user, term = person_of(request), search_term.strip()
        if not term and works_files(user):
            return self._at_hand(queryset, user), False
        if works_files(user) and len(term) == 4 and term.isdigit():  # the end of a phone: anybody could try them all
            return queryset.none(), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)  # type: ignore[misc]
        return found

    def kept(self, user: User) -> Q:
        """Return what a collector finds besides, wherever it lies."""
        return Q(pk__in=())

    def _at_hand(self, rows: QuerySet[Any], user: User) -> QuerySet[Any]:
        seen = CaseFile.objects.visible_to(user).values("borrower")
        elsewhere = CaseFile.objects.open().exclude(borrower__in=seen).values("borrower")
        return rows.filter(~Q(borrower__in=elsewhere) | self.kept(user))
