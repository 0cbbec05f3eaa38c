"""The acts of whoever holds an application: a figure, a note, an approval, a refusal. Each is one service call."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from dashu.approvals.models import ApprovalRequest
from dashu.approvals.presenting import state_of
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import person_of
from dashu.web.forms import add_refusal
from loans.desk.forms import ApproveForm, CompareForm, NoteForm, RefuseForm, VerifyForm
from loans.desk.queue import application_address
from loans.desk.seen import findings_of, seen_at
from loans.desk.words import REASONS
from loans.models import Application
from loans.reason_words import reasons_in_words
from loans.services.approve_application import ask_to_approve
from loans.services.compare_identity import compare_identity
from loans.services.note_on_application import note_on_application
from loans.services.refuse_application import refuse_application
from loans.services.verify_figure import verify_figure


class ActsOnApplications(ReadOnlyAdmin):
    """The pages that ask for what an act needs, and how all of them answer."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return Application.objects.visible_to(person_of(request))

    def verify(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self._found(request, str(pk))
        return self._act(
            request,
            application,
            VerifyForm(request.POST or None, application=application),
            lambda given: verify_figure(
                application_id=application.pk,
                name=given["name"],
                minor=given["amount"],
                words=given["words"],
                document_id=given["document"].pk if given["document"] else None,
                user=person_of(request),
                now=lender_now(),
            ),
            title=gettext("Keep a figure of application %(number)s that is proved"),
            note=gettext("The rules are asked anew with it. What was stated stays beside it."),
            button=gettext("Keep this"),
        )

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self._found(request, str(pk))
        form = CompareForm(request.POST or None, application=application)
        return self._act(
            request,
            application,
            form,
            lambda given: compare_identity(
                application_id=application.pk,
                document_id=form.document_id,
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            title=gettext("Compare the identity of application %(number)s with the card"),
            note=gettext(
                "Note it only when name, number and face agree. From then on name and number do not change; who"
                " compared them, when and with what stays in the file."
            ),
            button=gettext("They agree"),
            after=f"{application_address(application)}#who",
        )

    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self._found(request, str(pk))
        return self._act(
            request,
            application,
            NoteForm(request.POST or None),
            lambda given: note_on_application(
                application_id=application.pk, words=given["words"], user=person_of(request), now=lender_now()
            ),
            title=gettext("Write a note on application %(number)s"),
            note=gettext("Only colleagues read it. The applicant can ask for what is kept about them."),
            button=gettext("Keep this"),
            after=f"{application_address(application)}#file",
        )

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self._found(request, str(pk))
        return self._act(
            request,
            application,
            ApproveForm(request.POST or None, application=application),
            lambda given: ask_to_approve(
                application_id=application.pk,
                amount_minor=given["amount"],
                months=given["months"],
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
                idempotency_key=f"application:{given['key']}",
            ),
            title=gettext("Approve application %(number)s"),
            note=gettext("The rules work out the offers anew. Above your own authority another person decides."),
            button=gettext("Approve"),
        )

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        application = self._found(request, str(pk))
        return self._act(
            request,
            application,
            RefuseForm(request.POST or None, findings=_findings(application)),
            lambda given: refuse_application(
                application_id=application.pk,
                reasons=given["reasons"],
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            title=gettext("Refuse application %(number)s"),
            note=gettext("The applicant is told at once, with your words and the reasons you choose."),
            button=gettext("Refuse"),
            template="loans/refuse_application.html",
        )

    def _act(
        self,
        request: HttpRequest,
        application: Application,
        form: Form,
        act: Callable[[dict[str, Any]], Any],
        *,
        title: str,
        note: str,
        button: str,
        after: str = "",
        template: str = "staff/act.html",
    ) -> HttpResponse:
        """Ask for what an act needs and do it; a refusal goes beside the field that is to blame."""
        if request.method == "POST" and form.is_valid():
            try:
                done = act(form.cleaned_data)
            except DomainError as error:
                add_refusal(form, error)
            else:
                if isinstance(done, ApprovalRequest):
                    messages.info(request, str(state_of(done)))
                return redirect(after or application_address(application))
        return self._form(request, application, form, title=title, note=note, button=button, template=template)

    def _form(
        self,
        request: HttpRequest,
        application: Application,
        form: Form,
        *,
        title: str,
        note: str,
        button: str,
        template: str = "staff/act.html",
    ) -> HttpResponse:
        context = {
            "title": title % {"number": application.reference},
            "note": note,
            "form": form,
            "button": button,
            "back": application_address(application),
        }
        return self._render(request, template, context)

    def _found(self, request: HttpRequest, pk: str) -> Application:
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19) or not self.has_view_permission(request):
            raise Http404
        related = ("product", "borrower", "partner", "handler", "business", "card")
        application = self.get_queryset(request).select_related(*related).filter(pk=pk).first()
        if application is None:
            raise Http404
        return application

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})


def _findings(application: Application) -> list[tuple[str, str]]:
    """Return the reasons to choose from: what the rules find now, each once, with the sentence that is read."""
    review = seen_at(application, now=lender_now()).review
    choices: dict[str, str] = {}
    for finding in findings_of(review) if review else ():
        [words] = reasons_in_words([finding])
        choices.setdefault(finding.reason.value, f"{REASONS[finding.reason.value]}: {words.fact}")
    return list(choices.items())
