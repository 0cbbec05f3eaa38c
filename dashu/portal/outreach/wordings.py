"""Texts of reminders for staff: what is in use, a new version with its preview, and the way to approval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from collections_mgmt.presenting import bucket_label
from dashu.approvals.asking import asked_for_approval
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.forms import AskForm
from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.models import OutboxMessage, WordingVersion
from dashu.messaging.services.wordings import retire_wording, save_draft, submit_wording
from dashu.messaging.wording import KINDS, VALUES, check_wording, fill, sample_values, sms_parts
from dashu.portal.outreach.forms import WordingForm
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.models import User
from dashu.web.forms import add_refusal

TONES = {"DRAFT": "info", "SUBMITTED": "warning", "APPROVED": "success"}


@dataclass(frozen=True, slots=True)
class Sample:
    """
    A text filled with sample values.

    :param code: the language's, for the `lang` of what is shown.
    :param state: where the text comes from, such as "In use".
    :param parts: how many text messages it takes; None on other channels.
    :param problem: why it could not be filled.
    """

    code: str
    language: Any
    state: Any
    subject: str = ""
    body: str = ""
    parts: int | None = None
    problem: str = ""


@admin.register(WordingVersion)
class WordingAdmin(ReadOnlyAdmin):
    list_display = ["kind_shown", "channel", "language", "product_shown", "bucket_shown", "version", "status_shown"]
    list_filter = ["status", "kind", "channel", "language", "product", "bucket"]
    sortable_by: Sequence[str] = ()
    ordering = ["kind", "channel", "product", "bucket", "language", "-version"]
    actions_list = ["write"]
    actions_detail = ["edit", "ask", "retire"]

    @admin.display(description=_("kind"))
    def kind_shown(self, version: WordingVersion) -> Any:
        return KINDS.get(version.kind, version.kind)

    @admin.display(description=_("product"))
    def product_shown(self, version: WordingVersion) -> Any:
        return version.product or _("Any")

    @admin.display(description=_("bucket"))
    def bucket_shown(self, version: WordingVersion) -> Any:
        return bucket_label(version.bucket) if version.bucket else _("Any")

    @display(description=_("status"), label=TONES)
    def status_shown(self, version: WordingVersion) -> tuple[str, str]:
        return version.status, version.get_status_display()

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("messaging.write_wordingversion")

    def has_retire_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("messaging.rescue_outboxmessage")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The text in each language, filled with sample values, and what can be done with it."""
        version = self.get_object(request, object_id)
        if version is None:
            raise Http404
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        person: Any = request.user
        is_draft, may_write = may_be_edited(version), self.has_write_permission(request)
        is_special = bool(version.product or version.bucket)
        context = {
            "title": _heading(version),
            "version": version,
            "product": self.product_shown(version),
            "bucket": self.bucket_shown(version),
            "samples": _samples(version),
            "may_edit": may_write and is_draft,
            "may_renew": may_write and not is_draft,
            "may_ask": may_write and is_draft and version.made_by_id == person.pk,
            "may_retire": self.has_retire_permission(request) and is_special and version.status == "APPROVED",
        }
        return self._page(request, "messaging/wording.html", context)

    @action(description=_("Write a text"), url_path="write", permissions=["write"], icon="edit")
    def write(self, request: HttpRequest) -> HttpResponse:
        return self._edit(request, None)

    @action(description=_("Edit"), url_path="edit", permissions=["write"], icon="edit")
    def edit(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._edit(request, self._found(request, object_id))

    @action(description=_("Ask for approval"), url_path="ask", permissions=["write"], icon="approval")
    def ask(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        version = self._found(request, object_id)
        form, asked = asked_for_approval(
            request,
            lambda reason, key, today: submit_wording(
                version_id=version.pk,
                reason=reason,
                user=_person(request),
                today=today,
                idempotency_key=f"wording:{key}",
            ),
        )
        if asked:
            messages.success(request, asked.get_status_display())
            return redirect("admin:messaging_wordingversion_change", version.pk)
        note = gettext("Another person decides. Until then the text in use stays in use.")
        return self._confirm(request, version, form, gettext("Ask for approval"), note)

    @action(
        description=_("Take out of use"),
        url_path="retire",
        permissions=["retire"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def retire(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        version = self._found(request, object_id)
        if request.method == "POST":
            try:
                retire_wording(version_id=version.pk, user=_person(request))
            except DomainError as error:
                messages.error(request, error.user_message)
            return redirect("admin:messaging_wordingversion_change", version.pk)
        note = gettext("From now on the more general text is said instead.")
        return self._confirm(request, version, None, gettext("Take out of use"), note)

    def _edit(self, request: HttpRequest, version: WordingVersion | None) -> HttpResponse:
        """Show the form; a press on “Preview” fills what was typed, and on “Save” keeps it as a draft."""
        is_draft = version is not None and may_be_edited(version)
        form = WordingForm(request.POST or None, version=version, is_draft=is_draft)
        samples: list[Sample] = []
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                if request.POST.get("step") == "save":
                    saved = save_draft(
                        key=form.key,
                        subject=given["subject"],
                        body=given["body"],
                        user=_person(request),
                        today=lender_today(),
                        version_id=version.pk if version and is_draft else None,
                    )
                    return redirect("admin:messaging_wordingversion_change", saved.pk)
                check_wording(
                    kind=given["kind"],
                    channel=given["channel"],
                    language=given["language"],
                    subject=given["subject"],
                    body=given["body"],
                    on=lender_today(),
                )
            except DomainError as error:
                add_refusal(form, error)
            else:
                typed = WordingVersion(**form.key, subject=given["subject"], body=given["body"])
                samples = _samples(typed)
        context = {
            "title": _heading(version) if version and is_draft else gettext("Write a text"),
            "form": form,
            "values": VALUES.items(),
            "samples": samples,
            "back": _address(version) if version else reverse("admin:messaging_wordingversion_changelist"),
        }
        return self._page(request, "messaging/write_wording.html", context)

    def _found(self, request: HttpRequest, object_id: Any) -> WordingVersion:
        version = self.get_object(request, object_id)
        if version is None:
            raise Http404
        return version

    def _confirm(
        self, request: HttpRequest, version: WordingVersion, form: AskForm | None, title: str, note: str
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "title": title,
            "text": _heading(version),
            "note": note,
            "form": form or [],
            "button": title,
            "back": _address(version),
        }
        return self._page(request, "staff/act.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _samples(version: WordingVersion) -> list[Sample]:
    """Return this text and, beside it, what readers of the other languages get in the same situation."""
    others = WordingVersion.objects.filter(
        kind=version.kind, channel=version.channel, product=version.product, bucket=version.bucket, status="APPROVED"
    ).exclude(language=version.language)
    in_use = {other.language: other for other in others}
    samples = [_sample(version, state=version.get_status_display() if version.pk else _("As typed"))]
    for code, name in settings.LANGUAGES:
        if code == version.language:
            continue
        if code in in_use:
            samples.append(_sample(in_use[code], state=_("In use")))
        else:
            missing = gettext("There is no text in this language. The general one is said.")
            samples.append(Sample(code, name, _("Missing"), problem=missing))
    return samples


def _sample(version: WordingVersion, *, state: Any) -> Sample:
    values = sample_values(version.language, channel=version.channel, on=lender_today())
    name = dict(settings.LANGUAGES)[version.language]
    try:
        subject, body = fill(version.subject, values), fill(version.body, values)
    except (KeyError, ValueError, IndexError) as error:
        return Sample(version.language, name, state, problem=str(error))
    parts = sms_parts(body) if version.channel == OutboxMessage.Channel.SMS else None
    return Sample(version.language, name, state, subject, body, parts)


def _heading(version: WordingVersion) -> str:
    label = KINDS.get(version.kind, version.kind)
    parts = (str(label), version.get_channel_display(), version.get_language_display(), f"v{version.version}")
    return " · ".join(parts)


def _address(version: WordingVersion) -> str:
    return reverse("admin:messaging_wordingversion_change", args=[version.pk])


def _person(request: HttpRequest) -> User:
    person: Any = request.user
    return person
