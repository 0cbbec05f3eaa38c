"""Pages of what lies at a file: `visible_to` says which rows somebody sees, and any other is not found."""

from typing import Any, NoReturn

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of


class SeenAdmin(ReadOnlyAdmin):
    """Whoever works on files finds the rows of their files only, by lists and by addresses alike."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.objects.visible_to(person_of(request))
        return rows

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404
