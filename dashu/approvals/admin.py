"""
The approvals of the person who is signed in: what waits for them, what they asked for, what was decided.

The pages are the inbox, one page for each request with its decision, and the delegations.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from dashu.approvals.acts import act_kind
from dashu.approvals.authority import amount_at_stake, power_over
from dashu.approvals.forms import DecisionForm, DelegationForm
from dashu.approvals.models import ApprovalRequest, Delegation
from dashu.approvals.presenting import Box, line_of, lines_of, roles_that_decide
from dashu.approvals.previews import fingerprint, has_moved, present_preview
from dashu.approvals.selectors import asked_by, decided_seen_by, visible_to, waiting_for
from dashu.approvals.services.decide import approve, decline, withdraw
from dashu.approvals.services.delegate import delegate, end_delegation
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.step_up import proved_of

SHOWN = 20
PER_PAGE = 50

BOXES: dict[str, tuple[Promise, Promise, Promise]] = {
    "waiting": (
        _("Waiting for you"),
        _("What others asked for and you may decide, the longest waiting first."),
        _("Nothing waits for you."),
    ),
    "asked": (_("You asked for"), _("The newest first."), _("You have not asked for anything.")),
    "decided": (_("Decided"), _("The newest first."), _("Nothing has been decided yet.")),
}


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ReadOnlyAdmin):
    def get_queryset(self, request: HttpRequest) -> QuerySet[ApprovalRequest]:
        found = visible_to(request.user, on=lender_today())  # type: ignore[arg-type]
        return found.select_related("maker", "checker", "on_behalf_of")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The inbox; `?box=` shows one part of it complete, `&p=` pages it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        code, number = request.GET.get("box", ""), _page_number(request)
        context: dict[str, Any] = {**self.admin_site.each_context(request), "title": _("Approvals"), "opts": self.opts}
        if code in BOXES:
            start = (number - 1) * PER_PAGE
            found = list(_found(code, request.user)[start : start + PER_PAGE + 1])
            context["boxes"] = [_box(code, found[:PER_PAGE])]
            context["newer"] = f"?box={code}&p={number - 1}" if number > 1 else ""
            context["older"] = f"?box={code}&p={number + 1}" if len(found) > PER_PAGE else ""
            context["is_part"] = True
        else:
            context["boxes"] = [_short_box(code, request.user) for code in BOXES]
        return render(request, "approvals/inbox.html", context)

    @proved_of(when=lambda request: request.POST.get("decision") == "approve")
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One request, and its decision: to approve is to move money, so it needs a fresh proof."""
        asked = self.get_object(request, object_id)
        if asked is None:
            raise Http404
        if not self.has_view_permission(request, asked):
            raise PermissionDenied
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._decide(request, asked, form):
            return redirect("admin:approvals_approvalrequest_change", asked.pk)
        return render(request, "approvals/request.html", self._page(request, asked, form))

    def _decide(self, request: HttpRequest, asked: ApprovalRequest, form: DecisionForm) -> bool:
        """Carry out the button that was pressed; a refusal goes beside the note."""
        person: Any = request.user
        note = form.cleaned_data["note"]
        try:
            match request.POST.get("decision"):
                case "approve":
                    seen = form.cleaned_data["seen"]
                    after = approve(request_id=asked.pk, user=person, today=lender_today(), note=note, seen=seen)
                case "decline":
                    after = decline(request_id=asked.pk, user=person, today=lender_today(), note=note)
                case "withdraw":
                    after = withdraw(request_id=asked.pk, user=person)
                case _:
                    raise Http404
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.user_message)
            return False
        tell = messages.warning if after.status == after.Status.FAILED else messages.success
        tell(request, after.get_status_display())
        return True

    def _page(self, request: HttpRequest, asked: ApprovalRequest, form: DecisionForm) -> dict[str, Any]:
        today = lender_today()
        person: Any = request.user
        is_open = asked.status == asked.Status.PENDING and not asked.is_expired_on(today)
        power = power_over(asked, person, on=today) if is_open else None
        present = present_preview(asked, today=today) if is_open else None
        moved = is_open and has_moved(asked, today=today)
        line = line_of(asked)
        at_stake = amount_at_stake(asked, on=today) if is_open else asked.amount
        since = act_kind(asked.kind).since if is_open else None
        return {
            **self.admin_site.each_context(request),
            "title": f"{line.label} · {asked.subject_id}",
            "opts": self.opts,
            "line": line,
            "asked": asked,
            "preview": asked.preview if present is None else present,
            "earlier_preview": asked.preview if present is not None and moved else [],
            "impossible": moved and present is None,
            "since": since(asked.payload) if since else [],
            "amount_now": at_stake if at_stake != asked.amount else None,
            "may_decide": power is not None,
            "lent_by": power.lent_by if power else None,
            "may_withdraw": asked.status == asked.Status.PENDING and asked.maker_id == person.pk,
            "deciding_roles": roles_that_decide(asked, today=today) if is_open else [],
            "form": form,
            "seen": fingerprint(asked, today=today) if power else "",
        }


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = ["from_user", "to_user", "from_on", "to_on", "state", "reason", "made_by"]
    list_select_related = ["from_user", "to_user", "made_by"]
    fields = [("from_user", "to_user"), ("from_on", "to_on"), "reason", ("made_by", "made_at", "ended_at")]
    readonly_fields = ["from_user", "to_user", "from_on", "to_on", "reason", "made_by", "made_at", "ended_at"]
    ordering = ["-pk"]
    actions_list = ["give"]
    actions_detail = ["end"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delegation]:
        return super().get_queryset(request).visible_to(request.user)

    @display(description=_("state"), label={"on": "success", "later": "info"})
    def state(self, delegation: Delegation) -> tuple[str, Any]:
        return delegation.state_on(lender_today())

    def has_give_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("approvals.give_delegation")

    @action(description=_("Lend authority"), url_path="give", permissions=["give"], icon="supervisor_account")
    def give(self, request: HttpRequest) -> HttpResponse:
        person: Any = request.user
        today = lender_today()
        form = DelegationForm(request.POST or None, user=person, today=today)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                delegate(
                    from_user_id=given["from_user"].pk,
                    to_user_id=given["to_user"].pk,
                    from_on=given["from_on"],
                    to_on=given["to_on"],
                    reason=given["reason"],
                    user=person,
                    today=today,
                )
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.user_message)
            else:
                messages.success(request, gettext("The authority is lent."))
                return redirect("admin:approvals_delegation_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Lend authority"),
            "form": form,
            "opts": self.opts,
        }
        return render(request, "approvals/delegate.html", context)

    @action(
        description=_("End it now"),
        url_path="end",
        permissions=["view"],
        icon="stop_circle",
        variant=ActionVariant.DANGER,
    )
    def end(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        delegation = self.get_object(request, object_id)
        if delegation is None:
            raise Http404
        if request.method == "POST":
            end_delegation(delegation_id=delegation.pk, user=request.user)  # type: ignore[arg-type]
            messages.success(request, gettext("The authority is no longer lent."))
            return redirect("admin:approvals_delegation_change", delegation.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("End this delegation"),
            "delegation": delegation,
            "opts": self.opts,
        }
        return render(request, "approvals/end_delegation.html", context)


def _found(code: str, user: Any) -> QuerySet[ApprovalRequest]:
    if code == "waiting":
        found = waiting_for(user, on=lender_today())
    else:
        found = asked_by(user) if code == "asked" else decided_seen_by(user)
    return found.select_related("maker", "checker")


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("p", "")
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else 1


def _short_box(code: str, user: Any) -> Box:
    found = list(_found(code, user)[: SHOWN + 1])
    return _box(code, found[:SHOWN], more=f"?box={code}" if len(found) > SHOWN else "")


def _box(code: str, found: list[ApprovalRequest], *, more: str = "") -> Box:
    title, note, empty = BOXES[code]
    return Box(code=code, title=title, lines=lines_of(found), empty=empty, note=note, more=more)
