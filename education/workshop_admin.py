"""Workshops for staff: plan one, open it, see who comes, let people in, and what they said."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from dashu.audit import services as audit
from dashu.documents.codes import grouped
from dashu.documents.sheets import sheet
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.ledger.exporting import csv_text, plain_text
from dashu.messaging.links import public_address
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.uploads import is_too_large
from dashu.users.actors import actor_of
from dashu.web.forms import add_refusal
from education.languages import language_now
from education.models import PartnerOrganization, Workshop
from education.models.workshops import CHECK_IN, WRITE
from education.qr_codes import qr
from education.selectors.workshop_figures import counts_of, feedback_of
from education.selectors.workshops import place_words, poster_token, title_of, when_words
from education.services.workshops.check_in import check_in, find_by_code
from education.services.workshops.keep import call_off, change_workshop, copy_workshop, make_workshop, open_workshop
from education.services.workshops.materials import add_file, add_lesson_sheet, remove_material
from education.workshop_pages import (
    attendance,
    materials_table,
    name_of,
    people,
    people_table,
    words_table,
    workshop_figures,
)
from education.workshop_staff_forms import CallOffForm, CodeAtDoorForm, CopyForm, MaterialForm, WorkshopForm

TONES = {"DRAFT": "info", "OPEN": "success", "FULL": "warning", "CANCELLED": "danger", "DONE": ""}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(PartnerOrganization)
class PartnerOrganizationAdmin(ModelAdmin):
    list_display = ["name", "website", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    fields = ["name", "address", "website", "contact", "is_active"]

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(
            action="education.partner_organization_kept",
            subject_type="partner_organization",
            subject_id=obj.pk,
            actor=actor_of(request),
            data={"changed": form.changed_data},
        )


@admin.register(Workshop)
class WorkshopAdmin(ReadOnlyAdmin):
    list_display = ["title_shown", "when", "place_shown", "seats", "status_shown"]
    list_filter = ["status", "region", "partner"]
    list_select_related = ["partner"]
    sortable_by = ()
    ordering = ["-starts_at", "-id"]
    list_before_template = "staff/workshops/head.html"

    @admin.display(description=_("title"))
    def title_shown(self, workshop: Workshop) -> str:
        return str(title_of(workshop, language_now()))

    @admin.display(description=_("when"))
    def when(self, workshop: Workshop) -> str:
        return when_words(workshop)

    @admin.display(description=_("place"))
    def place_shown(self, workshop: Workshop) -> str:
        return place_words(workshop)

    @admin.display(description=_("seats"))
    def seats(self, workshop: Workshop) -> str:
        return f"{workshop.seats_taken} / {workshop.capacity}"

    @display(description=_("status"), label=TONES)
    def status_shown(self, workshop: Workshop) -> tuple[str, Any]:
        if workshop.status == Workshop.Status.OPEN and workshop.is_full:
            return "FULL", _("Full")
        return workshop.status, workshop.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"education_workshop_{name}")

        return [
            ours("write/", self.write, "write"),
            ours("check-in/", self.check_in, "check_in"),
            ours("<int:pk>/edit/", self.edit, "edit"),
            ours("<int:pk>/open/", self.open, "open"),
            ours("<int:pk>/call-off/", self.call_off, "call_off"),
            ours("<int:pk>/copy/", self.copy, "copy"),
            ours("<int:pk>/poster/", self.poster, "poster"),
            ours("<int:pk>/materials/", self.add_material, "add_material"),
            ours("<int:pk>/materials/<int:material_id>/", self.remove_material, "remove_material"),
            ours("<int:pk>/list.<str:form>", self.take_list, "take_list"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_write": request.user.has_perm(WRITE), "may_check_in": request.user.has_perm(CHECK_IN)}
        return super().changelist_view(request, {**(extra_context or {}), "title": gettext("Workshops"), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a workshop with what came of it; who signed up is shown to those who run it or let people in."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        workshop = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        may_write, may_check_in = request.user.has_perm(WRITE), request.user.has_perm(CHECK_IN)
        summary = feedback_of(workshop)
        tables = [materials_table(workshop, language=language_now(), may_write=may_write), words_table(summary)]
        if may_write or may_check_in:
            tables.insert(0, people_table(workshop, people(workshop), may_check_in=may_check_in))
        is_over = workshop.status in (Workshop.Status.CANCELLED, Workshop.Status.DONE)
        context = {
            "title": str(title_of(workshop, language_now())),
            "workshop": workshop,
            "when": when_words(workshop),
            "place": place_words(workshop),
            "missing": [name for code, name in settings.LANGUAGES if not workshop.title.get(code)],
            "figures": workshop_figures(workshop, counts_of(workshop), summary),
            "tables": tables,
            "may_write": may_write,
            "may_edit": may_write and not is_over,
            "may_open": may_write and workshop.status == Workshop.Status.DRAFT,
            "may_check_in": may_check_in,
            "may_take": may_write or may_check_in,
        }
        return self._page(request, "staff/workshops/workshop.html", context)

    def write(self, request: HttpRequest) -> HttpResponse:
        def keep(form: WorkshopForm) -> Workshop:
            return make_workshop(plan=form.plan(), now=lender_now(), actor=actor_of(request))

        return self._write(request, None, keep, back=reverse("admin:education_workshop_changelist"))

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        workshop = self._found(request, pk)

        def keep(form: WorkshopForm) -> Workshop:
            return change_workshop(workshop_id=pk, plan=form.plan(), now=lender_now(), actor=actor_of(request))

        return self._write(request, workshop, keep, back=_address(pk))

    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: open_workshop(workshop_id=pk, now=lender_now(), actor=actor_of(request)),
            title=gettext("Announce it"),
            text=gettext("Everybody sees it from now on, and can sign up in the time that you set."),
            done=gettext("It is open."),
        )

    def call_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            CallOffForm(request.POST if request.method == "POST" else None),
            lambda given: call_off(workshop_id=pk, reason=given["reason"], now=lender_now(), actor=actor_of(request)),
            title=gettext("Call it off"),
            text=gettext("Everybody who signed up is told at once. This cannot be undone; you can copy it."),
            done=gettext("It is called off, and everybody is being told."),
        )

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            CopyForm(request.POST or None),
            lambda given: copy_workshop(
                workshop_id=pk, weeks=given["weeks"], now=lender_now(), actor=actor_of(request)
            ),
            title=gettext("Copy it"),
            text=gettext("A draft with the same texts and materials, at the same hour. Nobody is taken along."),
            done=gettext("The copy is a draft. Look at its times, then open it."),
            goes_to_result=True,
        )

    def add_material(self, request: HttpRequest, pk: int) -> HttpResponse:
        def add(given: dict[str, Any]) -> Any:
            about: dict[str, Any] = {"workshop_id": pk, "now": lender_now(), "actor": actor_of(request)}
            if given["lesson"]:
                return add_lesson_sheet(lesson=given["lesson"], **about)
            return add_file(name=given["file"].name, content=given["file"].read(), **about)

        form = MaterialForm(request.POST or None, request.FILES or None, language=language_now())
        if is_too_large(request):
            form.add_error("file", gettext("A file may have at most 10 MB."))
        return self._ask(
            request,
            pk,
            form,
            add,
            title=gettext("Add something to take home"),
            text=gettext("Those who were there find it on the page of their seat."),
            done=gettext("It is added."),
        )

    def remove_material(self, request: HttpRequest, pk: int, material_id: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            forms.Form(request.POST if request.method == "POST" else None),
            lambda _given: remove_material(workshop_id=pk, material_id=material_id, actor=actor_of(request)),
            title=gettext("Take away"),
            text=gettext("Nobody finds it any more."),
            done=gettext("It is gone."),
        )

    def check_in(self, request: HttpRequest) -> HttpResponse:
        """Take a code, scanned or typed; show whose it is, and let them in with one press."""
        if not request.user.has_perm(CHECK_IN):
            raise PermissionDenied
        typed = (request.POST.get("code") or request.GET.get("code") or "").strip()[:60]
        form = CodeAtDoorForm({"code": typed} if typed else None)
        context: dict[str, Any] = {"title": gettext("Let people in"), "form": form}
        if typed and form.is_valid():
            try:
                registration = find_by_code(typed)
                context |= {
                    "registration": registration,
                    "name": name_of(registration),
                    "workshop": registration.workshop,
                    "workshop_title": str(title_of(registration.workshop, language_now())),
                    "when": when_words(registration.workshop),
                    "code": grouped(registration.code),
                }
                if request.method == "POST":
                    context["arrival"] = check_in(
                        registration_id=registration.pk, actor=actor_of(request), now=lender_now()
                    )
            except DomainError as refusal:
                add_refusal(form, refusal)
        return self._page(request, "staff/workshops/check_in.html", context)

    def poster(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the poster to print: who is on site scans it and is on the list."""
        workshop = self._found(request, pk)
        if not (request.user.has_perm(WRITE) or request.user.has_perm(CHECK_IN)):
            raise PermissionDenied
        address = public_address(reverse("education:here", args=[workshop.code, poster_token(workshop)]))
        context = {
            "title": str(title_of(workshop, language_now())),
            "when": when_words(workshop),
            "place": place_words(workshop),
            "qr": qr(address),
            "address": address,
            "back": _address(pk),
        }
        return self._page(request, "staff/workshops/poster.html", context)

    def take_list(self, request: HttpRequest, pk: int, form: str) -> HttpResponse:
        """Send who signed up and who came, and note who took it."""
        if not (request.user.has_perm(WRITE) or request.user.has_perm(CHECK_IN)):
            raise PermissionDenied
        workshop = self._found(request, pk)
        if form not in ("csv", "xlsx"):
            raise Http404
        if request.method != "POST":
            return redirect(_address(pk))
        heads, lines = attendance(people(workshop))
        audit.record(
            action="education.workshop_list_taken",
            subject_type="workshop",
            subject_id=workshop.code,
            actor=actor_of(request),
            data={"format": form},
        )
        if form == "csv":
            content = b"".join(csv_text({head: head for head in heads}, _safe(lines), titles=True, has_mark=True))
        else:
            title = str(title_of(workshop, language_now()))
            content = sheet(title=title, blocks=[(heads, list(lines))], widths=[28, 18, 16, 14], issued_at=lender_now())
        return HttpResponse(
            content,
            content_type=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="workshop-{workshop.code}.{form}"',
                "Cache-Control": "private, no-store",
            },
        )

    def _write(
        self,
        request: HttpRequest,
        workshop: Workshop | None,
        keep: Callable[[WorkshopForm], Workshop],
        *,
        back: str,
    ) -> HttpResponse:
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        form = WorkshopForm(
            request.POST if request.method == "POST" else None, workshop=workshop, language=language_now()
        )
        if request.method == "POST" and form.is_valid():
            try:
                kept = keep(form)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("The workshop is kept."))
                return redirect(_address(kept.pk))
        title = gettext("Change the workshop") if workshop else gettext("Plan a workshop")
        is_open = workshop is not None and workshop.status == Workshop.Status.OPEN
        context = {
            "title": title,
            "text": gettext("Whoever signed up is told of another time or place at once.")
            if is_open
            else gettext("Nobody sees it before you open it."),
            "note": gettext("A language that you leave out is replaced by another one, and marked."),
            "form": form,
            "button": gettext("Keep the workshop"),
            "back": back,
        }
        return self._page(request, "staff/act.html", context)

    def _ask(
        self,
        request: HttpRequest,
        pk: int,
        form: forms.Form,
        act: Callable[[dict[str, Any]], Any],
        *,
        title: str,
        text: str,
        done: str,
        goes_to_result: bool = False,
    ) -> HttpResponse:
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        workshop = self._found(request, pk)
        if request.method == "POST" and form.is_valid():
            try:
                result = act(form.cleaned_data)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, done)
                return redirect(_address(result.pk if goes_to_result else pk))
        context = {
            "title": title,
            "text": f"{title_of(workshop, language_now())} · {when_words(workshop)}",
            "note": text,
            "form": form,
            "button": title,
            "back": _address(pk),
        }
        return self._page(request, "staff/act.html", context)

    def _found(self, request: HttpRequest, pk: int) -> Workshop:
        return get_object_or_404(self.get_queryset(request).select_related("partner"), pk=pk)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _safe(lines: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Yield the lines such that no spreadsheet takes what somebody calls themselves for a formula."""
    return ([plain_text(cell) for cell in line] for line in lines)


def _address(pk: int) -> str:
    return reverse("admin:education_workshop_change", args=[pk])
