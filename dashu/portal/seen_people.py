"""
Every page of the back office on which staff see people is noted: by whom, which page, and whom it showed.

Whom a row is about is found by its own references, so a new page needs nothing for it: the row that the address names,
and the rows of a list. Noted is what was answered, not what was asked for; of people only the numbers of their rows.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.db.models import ForeignKey, Model
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch

from dashu.audit import services as audit
from dashu.users.actors import actor_of
from dashu.users.models import Borrower
from dashu.web.shown_rows import shown_rows, shows

ACTION = "staff.people_seen"
FURTHEST = 3  # references from a row to the person whom it is about
# What an address calls the row that the page is about; `loan_id` names a loan, whatever page it is.
_KEYS = ("object_id", "pk", "document_id")


class NoteSeenPeople:
    """Runs after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        match = request.resolver_match
        if match and "admin" in match.namespaces and answer.status_code == 200 and request.user.is_authenticated:
            _note(request, match, shown_rows(request))
        return answer

    def process_template_response(self, request: HttpRequest, answer: Any) -> Any:
        """Remember the rows of a list before it is written."""
        if listed := (answer.context_data or {}).get("cl"):
            shows(request, list(listed.result_list))
        return answer


def _note(request: HttpRequest, match: ResolverMatch, rows: Sequence[Model]) -> None:
    model, keys = _named(match)
    if rows:
        model, keys = type(rows[0]), [row.pk for row in rows]
    if model is None or not keys:
        return
    path = path_to_borrower(model)
    if path is None:
        return
    found = model._base_manager.filter(pk__in=keys).values_list(path, flat=True).distinct()
    people = sorted(pk for pk in found if pk is not None)
    if people:
        audit.record(
            action=ACTION,
            subject_type="borrower" if len(people) == 1 else "borrowers",
            subject_id=people[0] if len(people) == 1 else len(people),
            actor=actor_of(request),
            data={"page": match.url_name or "", **({"people": people} if len(people) > 1 else {})},
        )


def _named(match: ResolverMatch) -> tuple[type[Model] | None, list[Any]]:
    """Return the model and the key of the row that the address names."""
    if "loan_id" in match.kwargs:
        return apps.get_model("loans.Loan"), [match.kwargs["loan_id"]]
    for key in _KEYS:
        if key in match.kwargs:
            return _model(match.url_name or ""), [unquote(str(match.kwargs[key]))]
    return None, []


@cache
def _model(page: str) -> type[Model] | None:
    """Return whose page it is, by names such as "collections_mgmt_casefile_put_off"; None of none."""
    for model in apps.get_models():
        if page.startswith(f"{model._meta.app_label}_{model._meta.model_name}_"):
            return model
    return None


@cache
def path_to_borrower(model: type[Model]) -> str | None:
    """Return by which references a row leads to the person whom it is about, the shortest way; None by none."""
    if model is Borrower:
        return "pk"
    ways: list[tuple[str, type[Model]]] = [("", model)]
    for _step in range(FURTHEST):
        onward = [(way, field) for way, each in ways for field in _references(each)]
        for way, field in onward:
            if field.related_model is Borrower:
                return f"{way}{field.attname}"
        ways = [(f"{way}{field.name}__", field.related_model) for way, field in onward]
    return None


def _references(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
