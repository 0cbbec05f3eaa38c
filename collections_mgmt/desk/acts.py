"""The acts of whoever holds a file: a promise, a hold, a wait, a note, giving it back. Each is one service call."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from collections_mgmt.desk.forms import (
    CallerForm,
    FileHoldForm,
    FileNoteForm,
    FilePromiseForm,
    GiveBackForm,
    PutOffForm,
)
from collections_mgmt.desk.queue import file_address
from collections_mgmt.models import CaseFile, CaseFileQuerySet
from collections_mgmt.selectors.borrower_now import late_loans
from collections_mgmt.services.act_on_file import (
    hold_at_file,
    note_on_file,
    note_templates,
    promise_at_file,
    put_off_file,
)
from collections_mgmt.services.take_caller import take_caller
from collections_mgmt.services.take_file import give_back_file, renew_claim, take_next_file
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.forms import add_refusal
from loans.models import Loan

LIST = "admin:collections_mgmt_casefile_changelist"


class ActsOnFiles(ReadOnlyAdmin):
    """The pages that ask for what an act needs, and how all of them answer."""

    def get_queryset(self, request: HttpRequest) -> CaseFileQuerySet:
        seen = CaseFile.objects.visible_to(person_of(request))
        return seen.select_related("borrower", "team", "collector", "holder")

    def take(self, request: HttpRequest) -> HttpResponse:
        """Take up the next file, or say that none waits."""
        try:
            file = take_next_file(user=person_of(request), now=lender_now())
        except DomainError as error:
            messages.warning(request, error.user_message)
            return redirect(LIST)
        return redirect(file_address(file))

    def caller(self, request: HttpRequest) -> HttpResponse:
        """Take up the file of somebody who is calling; the box on the desk posts here."""
        if not self.has_work_permission(request):
            raise PermissionDenied
        form = CallerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                file = take_caller(user=person_of(request), now=lender_now(), **form.cleaned_data)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("Their file is in your hands. Note their call when it has ended."))
                return redirect(file_address(file))
        context = {
            "title": gettext("Somebody is calling"),
            "note": gettext("One file or none is found. Each time is kept, and whoever leads the desk sees it."),
            "form": form,
            "button": gettext("Take up their file"),
            "back": reverse(LIST),
        }
        return self._render(request, "staff/act.html", context)

    def renew(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page of a held file asks for this while it is open; the answer says whether it still is held."""
        seen = self.get_queryset(request).filter(pk=pk)
        is_held = seen.exists() and renew_claim(file_id=pk, user=person_of(request), now=lender_now())
        return render(request, "collections_mgmt/_file_claim.html", {"file": seen.first(), "is_held": is_held})

    def promise(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self._found(request, pk)
        form = FilePromiseForm(request.POST or None, currency=file.currency, loans=_loans_of(file))
        return self._act(
            request,
            form,
            lambda given: promise_at_file(
                file_id=pk,
                loan_id=given["loan"],
                amount_minor=given["amount"],
                due_on=given["due_on"],
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            file=file,
            title=gettext("Note a promise"),
            note=gettext("What they said they would pay, and by when. Until it is decided they are left in peace."),
            done=gettext("The promise is noted. The file comes back when it is decided."),
        )

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self._found(request, pk)
        return self._act(
            request,
            FileHoldForm(request.POST or None, loans=_loans_of(file)),
            lambda given: hold_at_file(
                file_id=pk,
                loan_id=given["loan"],
                kind=given["kind"],
                ends_on=given["ends_on"],
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            file=file,
            title=gettext("Place a hold"),
            note=gettext(
                "From today on nobody is reminded of this loan, no penalty is charged and the days stand still."
            ),
            done=gettext("The hold is placed. The file comes back when it ends."),
        )

    def put_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a file wait. The button "nothing to do now" posts here with everything said."""
        return self._act(
            request,
            PutOffForm(request.POST or None),
            lambda given: put_off_file(
                file_id=pk,
                why=given["why"],
                until=given["until"],
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
                suggested=request.POST.get("suggested", ""),
            ),
            file=self._found(request, pk),
            title=gettext("Put the file off"),
            note=gettext("Until then nobody takes it up. Reminders and what was agreed go on as they are."),
            done=gettext("The file waits. It comes back by itself."),
        )

    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        file = self._found(request, pk)
        form = FileNoteForm(request.POST or None, template=request.GET.get("begin", ""))
        return self._act(
            request,
            form,
            lambda given: note_on_file(file_id=pk, words=given["words"], user=person_of(request), now=lender_now()),
            file=file,
            title=gettext("Write a note"),
            note=gettext("Colleagues read it. What shames or threatens is refused."),
            done=gettext("The note is kept."),
            after=f"{file_address(file)}#past",
            template="collections_mgmt/note_on_file.html",
            beginnings=[(code, str(begun)) for code, begun in note_templates().items()],
        )

    def give_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._act(
            request,
            GiveBackForm(request.POST or None),
            lambda given: give_back_file(file_id=pk, words=given["words"], user=person_of(request), now=lender_now()),
            file=self._found(request, pk),
            title=gettext("Give the file back"),
            note=gettext("It becomes the next one for somebody else, and does not come to you again before that."),
            done=gettext("The file is given back."),
        )

    def _found(self, request: HttpRequest, pk: int) -> CaseFile:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _act(
        self,
        request: HttpRequest,
        form: forms.Form,
        act: Callable[[dict[str, Any]], Any],
        *,
        file: CaseFile,
        after: str = "",
        **words: Any,
    ) -> HttpResponse:
        """Do what whoever works on files may, then go to the desk. :param words: see `ask_and_do`."""
        if not self.has_work_permission(request):
            raise PermissionDenied
        return ask_and_do(
            self,
            request,
            form,
            act,
            back=file_address(file),
            after=after or reverse(LIST),
            text=f"{file.number} · {file.borrower}",
            **words,
        )

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("collections_mgmt.work_casefile")

    def has_steer_permission(self, request: HttpRequest, _object_id: Any = None) -> bool:
        return request.user.has_perm("collections_mgmt.steer_casefile")

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _loans_of(file: CaseFile) -> list[Loan]:
    """The loans that something can be agreed on, those furthest behind first."""
    return [late.loan for late in late_loans(file.borrower_id)]
