"""The page on which an editor asks for the review of a draft, and says from when readers get it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from education.editing.forms import ReviewForm
from education.models import LessonVersion
from education.services.publish_lessons import ask_review


class ReviewPages:
    """Pages of an admin of versions, see `education.editing.admin`."""

    found: Callable[[HttpRequest, int], LessonVersion]
    page: Callable[..., HttpResponse]
    refuse_readers: Callable[[HttpRequest], None]

    def review_urls(self, ours: Callable[[str, Callable[..., HttpResponse], str], URLPattern]) -> list[URLPattern]:
        return [ours("<int:pk>/ask/", self.ask, "ask")]

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.refuse_readers(request)
        version = self.found(request, pk)
        form = ReviewForm(request.POST or None, initial={"key": uuid4(), "reason": version.note})
        page = reverse("admin:education_lessonversion_change", args=[pk])
        if request.method == "POST" and form.is_valid():
            try:
                asked = _asked(request, version, form)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, asked.get_status_display())
                return redirect(page)
        context: dict[str, Any] = {
            "title": gettext("Ask for the review of %(version)s") % {"version": version},
            "note": gettext("Somebody who wrote none of it decides. Until then readers have the text before."),
            "form": form,
            "button": gettext("Ask for review"),
            "back": page,
        }
        return self.page(request, "staff/act.html", context)


def _asked(request: HttpRequest, version: LessonVersion, form: ReviewForm) -> Any:
    said = form.cleaned_data
    return ask_review(
        version_id=version.pk,
        publish_at=form.publish_at(),
        publish_zone=said["zone"],
        reason=said["reason"],
        user=person_of(request),
        now=lender_now(),
        today=lender_today(),
        idempotency_key=f"lesson:{said['key']}",
    )
