"""Scripts for staff: what is said today, a new version with its preview, and the way to approval."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from collections_mgmt.desk.words import STEPS
from collections_mgmt.domain.scripts import Script
from collections_mgmt.models import ScriptVersion
from collections_mgmt.selectors.scripts import script_of, scripts_in_use
from collections_mgmt.services.scripts import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    WRITE,
    ask_withdrawal,
    preview_tables,
    save_script_draft,
    submit_script,
    withdrawal_waits,
)
from dashu.approvals.asking import asked_for_approval
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named

TONES = {"DRAFT": "info", "SUBMITTED": "warning", "APPROVED": "success", "RETIRED": "", "WITHDRAWN": ""}
VALUES: Mapping[str, Any] = {
    "lender": _("the lender's name"),
    "days": _("days past due"),
    "amount": _("overdue on all loans"),
    "complaint_phone": _("the phone for complaints"),
}
# Made up, so that a preview reads as it will be said.
SAMPLE_DAYS, SAMPLE_MINOR = 12, 110_016


class ScriptForm(forms.Form):
    """A script in the three languages. What a text may say is for the service to say."""

    code = forms.SlugField(
        label=pgettext_lazy("short name", "Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Small letters, such as first_call. It cannot be changed later."),
    )
    steps = forms.MultipleChoiceField(
        label=_("Said at these steps"),
        choices=[(step.value, words.name) for step, words in STEPS.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, script: Script | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language, name in settings.LANGUAGES:
            self.fields[f"title_{language}"] = forms.CharField(
                label=f"{gettext('Title')} · {name}",
                max_length=LONGEST_TITLE,
                widget=UnfoldAdminTextInputWidget,
            )
            self.fields[f"text_{language}"] = forms.CharField(
                label=f"{gettext('Text')} · {name}",
                max_length=LONGEST_TEXT,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "lang": language}),
            )
        if script is not None:
            del self.fields["code"]
            self.initial = {"steps": [step.value for step in script.steps]}
            self.initial |= {f"title_{language}": text for language, text in script.title.items()}
            self.initial |= {f"text_{language}": text for language, text in script.texts.items()}

    def by_language(self, what: str) -> dict[str, str]:
        return {language: self.cleaned_data[f"{what}_{language}"] for language, _name in settings.LANGUAGES}


@admin.register(ScriptVersion)
class ScriptVersionAdmin(ReadOnlyAdmin):
    list_display = ["title_shown", "code", "version", "status_shown", "made_by", "made_at", "approved_at"]
    list_filter = ["status", "code"]
    list_select_related = ["made_by"]
    sortable_by = ()
    ordering = ["code", "-version"]
    list_before_template = "collections_mgmt/scripts_head.html"

    @admin.display(description=_("title"))
    def title_shown(self, version: ScriptVersion) -> str:
        return named(version.title)

    @display(description=_("status"), label=TONES)
    def status_shown(self, version: ScriptVersion) -> tuple[str, str]:
        return version.status, version.get_status_display()

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_scriptversion_{name}")

        return [
            ours("write/", self.write, "write"),
            ours("<int:pk>/edit/", self.edit, "edit"),
            ours("<int:pk>/ask/", self.ask, "ask"),
            ours("<int:pk>/withdraw/", self.withdraw, "withdraw"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        today = lender_today()
        more = {
            "title": gettext("Scripts"),
            "may_write": request.user.has_perm(WRITE),
            "in_use": [(script, named(script.title), _said(script, today)) for script in scripts_in_use()],
        }
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The text in each language with made-up figures, beside the one in use, and what can be done with it."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        version = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        may_write, is_draft = request.user.has_perm(WRITE), may_be_edited(version)
        context = {
            "title": _heading(version),
            "version": version,
            "status": version.get_status_display(),
            "steps": [STEPS[step].name for step in script_of(version).steps],
            "samples": _said(script_of(version), lender_today()),
            "tables": [_comparison(version)] if version.status in ("DRAFT", "SUBMITTED") else [],
            "may_edit": may_write and is_draft,
            "may_ask": may_write and is_draft and version.made_by_id == person_of(request).pk,
            "waits_to_go": (waits_to_go := withdrawal_waits(version)),
            "may_withdraw": may_write and version.status == "APPROVED" and not waits_to_go,
            "may_renew": may_write and not is_draft and version.status != "SUBMITTED",
        }
        return self._page(request, "collections_mgmt/script.html", context)

    def write(self, request: HttpRequest) -> HttpResponse:
        """Write a new version of the script that the address names, or a new script."""
        code = request.GET.get("of", "")
        known = next((script for script in scripts_in_use() if script.code == code), None)
        if known is None and (gone := ScriptVersion.objects.filter(code=code, status="WITHDRAWN").first()):
            known = script_of(gone)
        return self._write(request, known, back=reverse("admin:collections_mgmt_scriptversion_changelist"))

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self._found(request, pk)
        return self._write(request, script_of(version), back=_address(version), version=version)

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            submit_script,
            title=gettext("Ask for approval"),
            note=gettext("Another person decides. Until then the text in use stays in use."),
        )

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            pk,
            ask_withdrawal,
            title=gettext("Ask to withdraw it"),
            note=gettext(
                "Another person decides; until then it is said. From then on no case shows it, and no text takes its"
                " place. It stays on record."
            ),
        )

    def _ask(
        self, request: HttpRequest, pk: int, ask: Callable[..., ApprovalRequest], *, title: str, note: str
    ) -> HttpResponse:
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        version = self._found(request, pk)
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: ask(
                version_id=pk, reason=reason, user=person_of(request), today=today, idempotency_key=f"script:{key}"
            ),
        )
        if asked:
            messages.success(request, asked.get_status_display())
            return redirect(_address(version))
        context = {
            "title": title,
            "text": _heading(version),
            "note": note,
            "form": form,
            "button": title,
            "back": _address(version),
        }
        return self._page(request, "staff/act.html", context)

    def _write(
        self, request: HttpRequest, script: Script | None, *, back: str, version: ScriptVersion | None = None
    ) -> HttpResponse:
        if not request.user.has_perm(WRITE):
            raise PermissionDenied
        form = ScriptForm(request.POST or None, script=script)
        if request.method == "POST" and form.is_valid():
            try:
                saved = save_script_draft(
                    code=script.code if script else form.cleaned_data["code"],
                    steps=form.cleaned_data["steps"],
                    title=form.by_language("title"),
                    texts=form.by_language("text"),
                    user=person_of(request),
                    now=lender_now(),
                    version_id=version.pk if version else None,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(
                    request, gettext("The draft is kept. Read it as it would be said, then ask for approval.")
                )
                return redirect(_address(saved))
        required = policy.script_contents(lender_today())
        context = {
            "title": gettext("Write a new version: %(title)s") % {"title": named(script.title)}
            if script
            else gettext("Write a new script"),
            "text": gettext("Borrowers hear this word by word. Nothing changes until another person approves it."),
            "form": form,
            "button": gettext("Keep the draft"),
            "back": back,
            "values": VALUES.items(),
            "required": [named(each.name) for each in required if script and script.code in each.of],
        }
        return self._page(request, "collections_mgmt/write_script.html", context)

    def _found(self, request: HttpRequest, pk: int) -> ScriptVersion:
        return get_object_or_404(self.get_queryset(request).select_related("made_by"), pk=pk)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _said(script: Script, today: date) -> list[tuple[str, Any, str]]:
    """Return (language, its name, the text with made-up figures) for each language."""
    lender, complaints = policy.lender_names(today), policy.complaints(today)
    return [
        (
            language,
            name,
            script.said(
                language,
                {
                    "lender": lender[language],
                    "days": str(SAMPLE_DAYS),
                    "amount": money(SAMPLE_MINOR, "CNY"),
                    "complaint_phone": complaints.told(language).phone,
                },
            ),
        )
        for language, name in settings.LANGUAGES
    ]


def _comparison(version: ScriptVersion) -> Table:
    (table,) = preview_tables(version)
    columns = [Column(title) for title in table["columns"]]
    return Table(title=_("Beside what is in use"), columns=columns, rows=table["rows"], empty="")


def _heading(version: ScriptVersion) -> str:
    return f"{named(version.title)} · {gettext('version %(version)s') % {'version': version.version}}"


def _address(version: ScriptVersion) -> str:
    return reverse("admin:collections_mgmt_scriptversion_change", args=[version.pk])
