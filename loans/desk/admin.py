"""
Applications for staff: the queue, one application, and taking it up, giving it back or handing it on.

Every page starts from the applications that the person may see; every act is one service call.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from loans.desk.acts import ActsOnApplications, person_of
from loans.desk.forms import HandOverForm, WordsForm
from loans.desk.pages import application_page, may_compare
from loans.desk.queue import application_address, box_table, queue_figures, queue_table
from loans.domain.applications import Status
from loans.models import Application
from loans.selectors.desk import BOXES, Place, found_by, page_of
from loans.services.hold_application import (
    ASSIGN,
    REFER,
    REVIEW,
    claim_next_application,
    hand_over_application,
    release_application,
)
from loans.services.person_rows import waiting_approval
from loans.services.reveal_identity import reveal_identity


@admin.register(Application)
class ApplicationAdmin(ActsOnApplications):
    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"loans_application_{name}")

        return [
            ours("next/", require_POST(self.claim_next), "next"),
            ours("<int:pk>/release/", self.release, "release"),
            ours("<int:pk>/hand-over/", self.hand_over, "hand_over"),
            ours("<int:pk>/reveal/", self.reveal, "reveal"),
            ours("<int:pk>/compare/", self.compare, "compare"),
            ours("<int:pk>/verify/", self.verify, "verify"),
            ours("<int:pk>/note/", self.note, "note"),
            ours("<int:pk>/approve/", self.approve, "approve"),
            ours("<int:pk>/refuse/", self.refuse, "refuse"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue; `?box=` names its part. A search is posted, so that no number stands in an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user, now = person_of(request), lender_now()
        seen = Application.objects.visible_to(user)
        box = request.GET.get("box", "all")
        box = box if box in BOXES else "all"
        context = {
            "title": gettext("Applications"),
            "figures": queue_figures(seen, user=user, now=now),
            "boxes": [(code, label, code == box) for code, label in BOXES.items()],
            "may_review": user.has_perm(REVIEW),
        }
        if request.method == "POST":
            found = found_by(seen, request.POST.get("q", "")[:60])
            context["table"] = queue_table(_("Found"), found, empty=_("No application is found by this."), now=now)
            context["is_search"] = True
        else:
            shown, following = page_of(seen, box, user=user, now=now, after=Place.read(request.GET.get("after", "")))
            context["table"] = box_table(box, shown, now=now)
            context["box"], context["following"] = box, following and str(following)
            context["is_further"] = "after" in request.GET
        return self._render(request, "loans/applications.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        application = self._found(request, object_id)
        if request.method != "GET" or not self.has_view_permission(request, application):
            raise PermissionDenied
        return self._page(request, application)

    def claim_next(self, request: HttpRequest) -> HttpResponse:
        try:
            application = claim_next_application(user=person_of(request), now=lender_now())
        except DomainError as error:
            messages.warning(request, error.user_message)
            return redirect("admin:loans_application_changelist")
        return redirect(application_address(application))

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self._found(request, str(pk))
        return self._act(
            request,
            application,
            WordsForm(request.POST or None),
            lambda given: release_application(
                application_id=application.pk, words=given["words"], user=person_of(request), now=lender_now()
            ),
            title=gettext("Give application %(number)s back"),
            note=gettext("It becomes the next one for somebody else. Your reason stays in the file."),
            button=gettext("Give it back"),
            after=reverse("admin:loans_application_changelist"),
        )

    def hand_over(self, request: HttpRequest, pk: int) -> HttpResponse:
        application, user = self._found(request, str(pk)), person_of(request)
        return self._act(
            request,
            application,
            HandOverForm(request.POST or None, user=user),
            lambda given: hand_over_application(
                application_id=application.pk,
                to_user_id=given["to_user"].pk,
                words=given["words"],
                user=user,
                now=lender_now(),
            ),
            title=gettext("Hand application %(number)s to a colleague"),
            note=gettext("The promise to the applicant stays as it is. Your reason stays in the file."),
            button=gettext("Hand it over"),
        )

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the identity in full, in the answer to this one request only."""
        application = self._found(request, str(pk))
        form = WordsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                identity = reveal_identity(
                    application_id=application.pk, words=form.cleaned_data["words"], user=person_of(request)
                )
            except DomainError as error:
                form.add_error(None, error.user_message)
            else:
                return self._page(request, application, revealed=identity)
        return self._form(
            request,
            application,
            form,
            title=gettext("Show who the applicant of %(number)s is"),
            note=gettext("It is kept who saw it, when and why."),
            button=gettext("Show it"),
        )

    def _page(self, request: HttpRequest, application: Application, **more: Any) -> HttpResponse:
        user = person_of(request)
        waits = application.status == Status.REFERRED
        holds = waits and application.handler_id == user.pk
        approval = waiting_approval(application, on=lender_today()) if waits else None
        context = {
            **application_page(application, request.GET, user=user, now=lender_now()),
            "title": gettext("Application %(number)s") % {"number": application.reference},
            "holds": holds,
            "approval": approval,
            "may_note": user.has_perm(REVIEW),
            "may_compare": may_compare(application, user),
            "may_hand_over": waits and user.has_perm(REFER) and (holds or user.has_perm(ASSIGN)),
            **more,
        }
        return self._render(request, "loans/application.html", context)
