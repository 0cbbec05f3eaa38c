"""Giving files to people and teams, for whoever leads the desk: first who gets what, then the act."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.acts import LIST, ActsOnFiles
from collections_mgmt.desk.forms import GiveForm, MoveForm, PutOffManyForm, RebalanceForm, SaveFilterForm
from collections_mgmt.desk.queue import callers_table, file_link, people_table
from collections_mgmt.desk.words import state_words
from collections_mgmt.models import CaseFile, SavedFilter
from collections_mgmt.services.steer_files import (
    MOST,
    Plan,
    call_back_files,
    give_files,
    move_files,
    plan_rebalance,
    put_off_files,
    rebalance,
    share_out_files,
    token_of,
)
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.users.actors import actor_of, person_of
from dashu.users.models import User
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money

SHOWN = 100
_MANY: Mapping[str, tuple[type[forms.Form], Any, Any]] = {
    "give": (GiveForm, _("Give files to somebody"), _("Only whose team, language and skills fit can get them.")),
    "move": (MoveForm, _("Move files to a team"), _("There they are nobody's until they are shared out.")),
    "put-off": (PutOffManyForm, _("Put files off"), _("Until then nobody takes them up.")),
    "call-back": (forms.Form, _("Call files back"), _("They are ready at once, whatever they waited for.")),
}


class SteersFiles(ActsOnFiles):
    """Acts on many files at once. Each shows which files it is about, and what somebody holds at the moment stays."""

    @admin.action(description=_("Give to somebody"), permissions=["steer"])
    def give_many(self, request: HttpRequest, files: QuerySet[CaseFile]) -> HttpResponse:
        return self._preview(request, "give", _ids_of(files))

    @admin.action(description=_("Move to a team"), permissions=["steer"])
    def move_many(self, request: HttpRequest, files: QuerySet[CaseFile]) -> HttpResponse:
        return self._preview(request, "move", _ids_of(files))

    @admin.action(description=_("Put off"), permissions=["steer"])
    def put_off_many(self, request: HttpRequest, files: QuerySet[CaseFile]) -> HttpResponse:
        return self._preview(request, "put-off", _ids_of(files))

    @admin.action(description=_("Call back"), permissions=["steer"])
    def call_back_many(self, request: HttpRequest, files: QuerySet[CaseFile]) -> HttpResponse:
        return self._preview(request, "call-back", _ids_of(files))

    def many(self, request: HttpRequest, act: str) -> HttpResponse:
        """Carry out what the preview asked for."""
        # All in one field, because a browser's form has no more than a thousand.
        given = ",".join(request.POST.getlist("file")).split(",")
        chosen = sorted({int(pk) for pk in given if pk.isascii() and pk.isdigit() and len(pk) < 19})
        form_class, _title, _note = _MANY[act]
        form, seen = form_class(request.POST), request.POST.get("token", "")
        if not self.has_steer_permission(request):
            raise PermissionDenied
        if form.is_valid():
            try:
                count = self._carry_out(act, chosen, form.cleaned_data, person_of(request), seen=seen)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                told = ngettext("%(count)s file changed.", "%(count)s files changed.", count) % {"count": count}
                messages.success(request, told)
                if left := len(chosen) - count:
                    messages.info(request, _left_words(left))
                return redirect(LIST)
        return self._preview(request, act, chosen, form=form)

    def _carry_out(self, act: str, file_ids: list[int], given: dict[str, Any], user: User, *, seen: str) -> int:
        about: dict[str, Any] = {"file_ids": file_ids, "user": user, "now": lender_now(), "seen": seen}
        doing: dict[str, Callable[[], int]] = {
            "give": lambda: give_files(to_user_id=given["to_user"].pk if given["to_user"] else None, **about),
            "move": lambda: move_files(team_id=given["team"].pk, **about),
            "put-off": lambda: put_off_files(until=given["until"], words=given["words"], **about),
            "call-back": lambda: call_back_files(**about),
        }
        return doing[act]()

    def _preview(
        self, request: HttpRequest, act: str, file_ids: list[int], *, form: forms.Form | None = None
    ) -> HttpResponse:
        if len(file_ids) > MOST:
            told = gettext("These are more than %(most)s files. Narrow the list down first; nothing has changed.")
            messages.error(request, told % {"most": f"{MOST:,}"})
            return redirect(LIST)
        form_class, title, note = _MANY[act]
        files = self.get_queryset(request).open().filter(pk__in=file_ids).order_by("-priority", "pk")
        return self._render(
            request,
            "collections_mgmt/many_files.html",
            {
                "title": title,
                "note": note,
                "form": form or form_class(),
                "act": act,
                "ids": ",".join(map(str, file_ids)),
                "token": token_of(file_ids),
                "table": _files_table(files, len(file_ids)),
                "back": reverse(LIST),
            },
        )

    def rebalance(self, request: HttpRequest) -> HttpResponse:
        """Ask whose files go to whom, show who gets what, and do just that."""
        if not self.has_steer_permission(request):
            raise PermissionDenied
        form, plan, wanted = RebalanceForm(request.POST or None), None, None
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            wanted = {
                "from_user_id": given["from_user"].pk,
                "most": given["most"],
                "to_user_ids": [profile.pk for profile in given["to_users"]],
                "to_pool": bool(given["to_pool"]),
            }
            if request.POST.get("step") == "confirm":
                try:
                    done = rebalance(
                        **wanted, token=request.POST.get("token", ""), user=person_of(request), now=lender_now()
                    )
                except DomainError as refusal:
                    messages.warning(request, refusal.user_message)
                else:
                    told = ngettext("%(count)s file changed.", "%(count)s files changed.", len(done.given))
                    messages.success(request, told % {"count": len(done.given)})
                    return redirect("admin:collections_mgmt_casefile_rebalance")
            if request.POST.get("step") != "edit":
                plan = plan_rebalance(**wanted)
        return self._render(
            request,
            "collections_mgmt/rebalance.html",
            {
                "title": gettext("Share work out anew"),
                "form": form,
                "plan": plan,
                "plan_table": plan and _plan_table(plan),
                "people": people_table(now=lender_now()),
                "callers": callers_table(),
                "back": reverse(LIST),
            },
        )

    def share_out(self, request: HttpRequest) -> HttpResponse:
        """Give what is nobody's to those who work now and have room."""
        if not self.has_steer_permission(request):
            raise PermissionDenied
        count = share_out_files(now=lender_now(), actor=actor_of(request))
        told = ngettext("%(count)s file was given to somebody.", "%(count)s files were given to somebody.", count)
        messages.success(request, told % {"count": count})
        return redirect("admin:collections_mgmt_casefile_rebalance")

    def save_filter(self, request: HttpRequest) -> HttpResponse:
        """Keep the filter of the list under a name; the same name again changes it, an empty filter removes it."""
        if not self.has_steer_permission(request):
            raise PermissionDenied
        form = SaveFilterForm(request.POST)
        if form.is_valid():
            mine = {"user": person_of(request), "name": form.cleaned_data["name"]}
            if query := form.cleaned_data["query"]:
                SavedFilter.objects.update_or_create(**mine, defaults={"query": query})
            else:
                SavedFilter.objects.filter(**mine).delete()
        else:
            messages.error(
                request, gettext("This view was not kept: its name or its filter is too long or unreadable.")
            )
        return redirect(f"{reverse(LIST)}?{form.cleaned_data.get('query', '')}")


def _ids_of(files: QuerySet[CaseFile]) -> list[int]:
    """Return the ids of the files, one more than an act takes where there are too many."""
    return list(files.values_list("pk", flat=True)[: MOST + 1])


def _left_words(count: int) -> str:
    return ngettext(
        "%(count)s file stayed as it was: somebody works on it, an agency has it, or it was so already.",
        "%(count)s files stayed as they were: somebody works on them, an agency has them, or they were so already.",
        count,
    ) % {"count": count}


def _files_table(files: QuerySet[CaseFile], count: int) -> Table:
    rows = [
        [
            file_link(file),
            str(file.borrower),
            money(file.value_minor, file.currency),
            file.team or "–",
            file.collector or gettext("whoever is free"),
            state_words(file),
        ]
        for file in files[:SHOWN]
    ]
    note = gettext("The first %(shown)s of %(count)s.") % {"shown": SHOWN, "count": count} if count > SHOWN else ""
    return Table(
        title=ngettext("%(count)s file", "%(count)s files", count) % {"count": count},
        columns=[
            Column(_("case file")),
            Column(_("borrower")),
            Column(_("overdue"), is_number=True),
            Column(_("team")),
            Column(_("belongs to")),
            Column(_("state")),
        ],
        rows=rows,
        note=note or _("What somebody works on at this moment stays as it is."),
        empty=_("No open file is among them."),
    )


def _plan_table(plan: Plan) -> Table:
    people = User.objects.in_bulk([pk for pk in plan.counts if pk is not None])
    rows: list[list[Any]] = [
        [str(people[pk]) if pk is not None else gettext("whoever is free"), count]
        for pk, count in sorted(plan.counts.items(), key=lambda item: -item[1])
    ]
    if plan.left:
        rows.append([gettext("stay where they are: nobody with room suits"), len(plan.left)])
    return Table(
        title=_("Who gets what"),
        columns=[Column(_("person")), Column(_("case files"), is_number=True)],
        rows=rows,
        note=gettext("Nothing has changed yet. As of %(day)s.") % {"day": date_format(lender_now(), "DATETIME_FORMAT")},
        empty=_("This person has no file that could go to somebody else."),
    )
