"""The emergencies: taking rights, giving them back, and looking into what they were used for."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from dashu.audit.models import AuditRecord
from dashu.break_glass.forms import ReviewForm, TakeForm
from dashu.break_glass.middleware import IN_SESSION
from dashu.break_glass.models import EmergencyGrant
from dashu.break_glass.services.review_emergency import REVIEW, review_emergency
from dashu.break_glass.services.take_rights import TAKE, give_rights_back, take_rights
from dashu.kernel.dates import LENDER_ZONE, lender_now
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.step_up import proved_of
from dashu.users.actors import person_of
from dashu.web.act_pages import ask_and_do

LIST = "admin:break_glass_emergencygrant_changelist"
PAGE = "admin:break_glass_emergencygrant_change"
SHOWN_USES = 200


@admin.register(EmergencyGrant)
class EmergencyGrantAdmin(ReadOnlyAdmin):
    list_display = ["taken_at", "taker", "role", "state", "ends_at", "incident"]
    list_select_related = ["taker"]
    sortable_by: Sequence[str] = ()
    fields = [("taker", "role"), "reason", "incident", ("taken_at", "ends_at", "given_back_at"), "uses",
              ("reviewer", "reviewed_at", "is_justified"), "review"]  # fmt: skip
    readonly_fields = [name for each in fields for name in ([each] if isinstance(each, str) else each)]
    actions_list = ["take"]
    actions_detail = ["give_back", "look_into"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmergencyGrant]:
        """Who looks into them sees all; others see their own."""
        found: QuerySet[EmergencyGrant] = super().get_queryset(request)
        return found if request.user.has_perm(REVIEW) else found.filter(taker_id=person_of(request).pk)

    @display(description=_("state"), label={"on": "danger", "open": "warning", "justified": "success", "not": "danger"})
    def state(self, grant: EmergencyGrant) -> tuple[str, Any]:
        if grant.reviewed_at is not None:
            return ("justified", _("justified")) if grant.is_justified else ("not", _("not justified"))
        is_over = grant.given_back_at is not None or grant.ends_at <= lender_now()
        return ("open", _("to be looked into")) if is_over else ("on", _("running"))

    @admin.display(description=_("what the rights were used for"))
    def uses(self, grant: EmergencyGrant) -> str:
        """Each page and act that needed them, from the audit log."""
        noted = AuditRecord.objects.filter(
            subject_type="emergency", subject_id=str(grant.pk), action="break_glass.rights_used"
        ).order_by("pk")[:SHOWN_USES]
        lines = [
            (
                f"{each.at.astimezone(LENDER_ZONE):%H:%M:%S}",
                each.data["method"],
                " ".join([each.data["page"], *each.data["of"].values()]),
                ", ".join(each.data["rights"]),
            )
            for each in noted
        ]
        return format_html_join(mark_safe("<br>"), "{} {} {}: {}", lines) or gettext("Nothing.")

    def has_take_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm(TAKE)

    def has_give_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        mine = EmergencyGrant.objects.running().filter(taker_id=person_of(request).pk)
        return object_id is None or mine.filter(pk=object_id).exists()

    def has_look_into_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if not request.user.has_perm(REVIEW):
            return False
        open_ones = EmergencyGrant.objects.to_review().exclude(taker_id=person_of(request).pk)
        return object_id is None or open_ones.filter(pk=object_id).exists()

    @action(description=_("Take rights in an emergency"), url_path="take", permissions=["take"], icon="emergency")
    @proved_of()
    def take(self, request: HttpRequest) -> HttpResponse:
        person = person_of(request)
        form = TakeForm(request.POST or None, user=person)

        def act(given: dict[str, Any]) -> None:
            request.session[IN_SESSION] = take_rights(user=person, **given).pk

        return ask_and_do(
            self,
            request,
            form,
            act,
            back=reverse(LIST),
            title=_("Take rights in an emergency"),
            text=_(
                "For when something must be done now and nobody who may do it can be reached. Everyone who leads is"
                " told at once, each use is noted, and somebody else looks into it afterwards. What another person has"
                " to approve still waits for them."
            ),
            done=_("You have the rights until they end or you give them back, in this browser only."),
            after=reverse("admin:index"),
        )

    @action(description=_("Give the rights back"), url_path="give-back", permissions=["give_back"], icon="undo")
    def give_back(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        if request.method != "POST":
            return redirect(PAGE, object_id)
        give_rights_back(grant_id=int(object_id), user=person_of(request))
        request.session.pop(IN_SESSION, None)
        messages.success(request, gettext("The rights are given back."))
        return redirect("admin:index")

    @action(description=_("Look into it"), url_path="look-into", permissions=["look_into"], icon="rule")
    def look_into(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        grant = self.get_object(request, object_id)
        if grant is None:
            raise Http404
        if not self.has_look_into_permission(request, object_id):
            raise PermissionDenied
        return ask_and_do(
            self,
            request,
            ReviewForm(request.POST or None),
            lambda given: review_emergency(grant_id=grant.pk, user=person_of(request), **given),
            title=_("Look into it"),
            text=grant.reason,
            note=self.uses(grant),
            done=_("It is kept what you found."),
            back=reverse(PAGE, args=[grant.pk]),
        )
