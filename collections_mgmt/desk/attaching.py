"""What is attached to a file: the list on its page, and the pages to add, read and remove one."""

from typing import Any
from urllib.parse import quote

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from collections_mgmt.desk.acts import ActsOnFiles
from collections_mgmt.desk.queue import file_address
from collections_mgmt.desk.reach_acts import Addresses
from collections_mgmt.desk.words import names_of
from collections_mgmt.models import CaseFile, FileAttachment, FileAttachmentQuerySet
from collections_mgmt.services.attachments import (
    MOST_ATTACHMENTS,
    AttachmentNotFound,
    attach,
    hand_out_attachment,
    remove_attachment,
)
from collections_mgmt.services.file_rows import LONGEST_WORDS
from dashu.kernel.dates import lender_now
from dashu.uploads import is_too_large
from dashu.users.actors import actor_of, person_of
from dashu.web.staff_tables import Column, Table
from loans.domain.document_files import MOST_BYTES, MOST_MEGABYTES, DocumentRefused, Reason


class AttachForm(forms.Form):
    """A file and what it is. Its content is looked at by the service."""

    content = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
        allow_empty_file=True,
        max_length=500,
    )
    about = forms.CharField(
        label=_("What it is"),
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Such as: letter of their bank. No illness, no names of others."),
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None, request.FILES or None)
        self._is_too_large = is_too_large(request)
        self.fields["content"].help_text = gettext("A PDF or a photo of at most %(most)s MB. It is kept sealed.") % {
            "most": MOST_MEGABYTES
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        sent = cleaned.get("content")
        if self._is_too_large or (sent is not None and sent.size > MOST_BYTES):  # before it is read
            self.errors.pop("content", None)
            self.add_error("content", DocumentRefused(Reason.TOO_LARGE).user_message)
        return cleaned


class RemoveForm(forms.Form):
    words = forms.CharField(
        label=_("Reason"), max_length=LONGEST_WORDS, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


def attachments_table(request: HttpRequest, file: CaseFile) -> Table:
    attached = list(FileAttachment.objects.kept().filter(file=file).defer("content"))
    names = names_of(each.actor for each in attached)
    own, may_remove_all = actor_of(request), request.user.has_perm("collections_mgmt.steer_casefile")
    rows = [
        [
            format_html('<a href="{}">{}</a>', _address("attachment", file, each), each.name),
            each.about,
            filesizeformat(each.size),
            date_format(localtime(each.added_at), "SHORT_DATETIME_FORMAT"),
            names[each.actor],
            format_html('<a href="{}">{}</a>', _address("detach", file, each), gettext("Remove"))
            if each.actor == own or may_remove_all
            else "",
        ]
        for each in attached
    ]
    return Table(
        title=_("Attachments"),
        columns=[
            Column(_("file name")),
            Column(_("what it is")),
            Column(_("size"), is_number=True),
            Column(_("added")),
            Column(_("by")),
            Column(""),
        ],
        rows=rows,
        note=_("At most %(most)s. Whoever opens one is written down.") % {"most": MOST_ATTACHMENTS},
        empty=_("Nothing is attached."),
    )


class Attaches(ActsOnFiles):
    def attaching_urls(self, ours: Addresses) -> list[URLPattern]:
        return [
            ours("<int:pk>/attach/", self.attach, "attach"),
            ours("<int:pk>/attachment/<int:attachment>/", require_GET(self.attachment), "attachment"),
            ours("<int:pk>/attachment/<int:attachment>/remove/", self.detach, "detach"),
        ]

    def attach(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self._found(request, pk)
        return self._act(
            request,
            AttachForm(request),
            lambda given: attach(
                file_id=pk,
                name=given["content"].name,
                content=given["content"].read(),
                about=given["about"],
                user=person_of(request),
                now=lender_now(),
            ),
            file=file,
            title=gettext("Attach a file"),
            note=gettext("Only what helps with this file. The borrower gets a copy when they ask for their data."),
            done=gettext("The file is attached."),
            after=f"{file_address(file)}#attached",
        )

    def attachment(self, request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
        """Hand out the content, never to be shown within a page of ours."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = self._found(request, pk)
        get_object_or_404(self._attached(request, file), pk=attachment)
        try:
            found = hand_out_attachment(attachment_id=attachment, user=person_of(request))
        except AttachmentNotFound as refusal:
            raise Http404 from refusal
        assert found.content is not None
        return HttpResponse(
            bytes(found.content),
            content_type=found.content_type,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def detach(self, request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
        file = self._found(request, pk)
        found = get_object_or_404(self._attached(request, file), pk=attachment)
        return self._act(
            request,
            RemoveForm(request.POST or None),
            lambda given: remove_attachment(
                attachment_id=attachment, words=given["words"], user=person_of(request), now=lender_now()
            ),
            file=file,
            title=gettext("Remove an attachment"),
            note=gettext("%(name)s is deleted and cannot be brought back. That it was here stays in the file.")
            % {"name": found.name},
            done=gettext("The attachment is removed."),
            after=f"{file_address(file)}#attached",
        )

    def _attached(self, request: HttpRequest, file: CaseFile) -> FileAttachmentQuerySet:
        return FileAttachment.objects.visible_to(person_of(request)).kept().filter(file=file).defer("content")


def _address(name: str, file: CaseFile, attachment: FileAttachment) -> str:
    return reverse(f"admin:collections_mgmt_casefile_{name}", args=[file.pk, attachment.pk])
