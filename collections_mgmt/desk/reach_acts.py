"""The pages by which whoever holds a file calls, visits or writes, and notes how it went and what was agreed."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from collections_mgmt.desk.acts import ActsOnFiles
from collections_mgmt.desk.calling import outcome_buttons, previews_table, what_to_say
from collections_mgmt.desk.contact_words import conditions_named, no_calls_words, refused_words
from collections_mgmt.desk.queue import file_address
from collections_mgmt.desk.reach_forms import (
    AgreedForm,
    CalledUsForm,
    CallsAgainForm,
    EndForm,
    KeyForm,
    ReachForm,
    RepresentativeForm,
    new_key,
    representative_named,
)
from collections_mgmt.models import CaseFile
from collections_mgmt.selectors.reaching import guarantors_of
from collections_mgmt.services.reach_from_file import (
    MAKE,
    agree_at_file,
    ask_from_file,
    end_contact,
    end_representative_at_file,
    let_call_again,
    note_call_to_us,
    note_representative_at_file,
)
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.models import ContactAttempt, ContactPreference
from dashu.messaging.selectors import calls_refused_at, representatives_of
from dashu.messaging.services.dialing import Answer, shown_number
from dashu.users.actors import actor_of, person_of
from dashu.web.forms import add_refusal

Addresses = Callable[..., URLPattern]


class ReachesPeople(ActsOnFiles):
    """No page of these shows a number but that of a contact, and that one only to whoever asked for it."""

    def reaching_urls(self, ours: Addresses) -> list[URLPattern]:
        return [
            ours("<int:pk>/call/", require_POST(self.call), "call"),
            ours("<int:pk>/reach/", self.reach, "reach"),
            ours("<int:pk>/called-us/", self.called_us, "called_us"),
            ours("<int:pk>/hours/", self.hours, "hours"),
            ours("<int:pk>/calls-again/", self.calls_again, "calls_again"),
            ours("<int:pk>/representative/", self.representative, "representative"),
            ours("<int:pk>/representative/<int:representative>/", self.end_of_representative, "end_representative"),
            ours("<int:pk>/contact/<int:attempt>/", self.contact, "contact"),
            ours("<int:pk>/contact/<int:attempt>/number/", self.number, "contact_number"),
        ]

    def call(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One press: ask whether the borrower may be called now, and go to the number or back with the reasons."""
        file, form = self._found(request, pk), KeyForm(request.POST)
        self._refuse_without_make(request)
        if not form.is_valid():
            return redirect(file_address(file))
        try:
            answer = ask_from_file(
                file_id=pk, key=form.cleaned_data["key"], channel="CALL", user=person_of(request), now=lender_now()
            )
        except DomainError as refusal:
            messages.warning(request, refusal.user_message)
            return redirect(file_address(file))
        if answer.attempt is None:
            messages.warning(request, _refusal(answer))
            return redirect(file_address(file))
        return redirect(_contact_address(pk, answer.attempt.pk))

    def reach(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask about any way and any person; what the rules say now stands before the form."""
        file, now = self._found(request, pk), lender_now()
        self._refuse_without_make(request)
        form = ReachForm(
            request.POST or None,
            guarantors=guarantors_of(file.borrower_id),
            representatives=representatives_of(file.borrower_id),
            initial={"key": new_key()},
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            names = ("key", "channel", "party", "party_ref", "number", "is_consented", "words", "visitors")
            asked = {name: given[name] for name in names}
            try:
                answer = ask_from_file(file_id=pk, user=person_of(request), now=now, **asked)
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                if answer.attempt:
                    return redirect(_contact_address(pk, answer.attempt.pk))
                form.add_error(None, _refusal(answer))
        return self._render(
            request,
            "collections_mgmt/reach.html",
            {
                "title": gettext("Another way to reach somebody"),
                "text": f"{file.number} · {file.borrower}",
                "note": gettext(
                    "The rules decide each time, and each answer is kept. A number is shown only after a yes."
                ),
                "form": form,
                "button": gettext("Ask"),
                "back": file_address(file),
                "table": previews_table(file, operator=actor_of(request), now=now),
            },
        )

    def contact(self, request: HttpRequest, pk: int, attempt: int) -> HttpResponse:
        """The page of one contact: its number for minutes, what to say, and how it ended."""
        file, made = self._contact_of(request, pk, attempt)
        form = EndForm(request.POST or None, asks_cost=made.channel != "CALL", currency=file.currency)
        if request.method == "POST" and form.is_valid():
            given, now = form.cleaned_data, lender_now()
            try:
                end_contact(
                    file_id=pk,
                    attempt_id=attempt,
                    outcome=given["outcome"],
                    words=given["words"],
                    cost_minor=given.get("amount", 0),
                    user=person_of(request),
                    now=now,
                )
            except DomainError as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, gettext("It is noted how this contact ended."))
                return redirect(self._after_contact(request, pk))
        assert made.decision is not None
        return self._render(
            request,
            "collections_mgmt/contact.html",
            {
                "title": f"{made.get_channel_display()} · {made.get_party_display()}",
                "file": file,
                "attempt": made,
                "form": form,
                "conditions": conditions_named(made.decision.conditions),
                "said": what_to_say(made, file, now=lender_now()),
                "script_language": file.borrower.language,
                "outcomes": outcome_buttons(made) if made.outcome == ContactAttempt.Outcome.OPEN else [],
                "back": self._after_contact(request, pk),
                **self._number(request, file, made),
            },
        )

    def number(self, request: HttpRequest, pk: int, attempt: int) -> HttpResponse:
        """The part of the page of a contact that is fetched again: a number goes when it may not stand there."""
        file, made = self._contact_of(request, pk, attempt)
        context = {"file": file, "attempt": made, **self._number(request, file, made)}
        return render(request, "collections_mgmt/_number.html", context)

    def called_us(self, request: HttpRequest, pk: int) -> HttpResponse:
        now = lender_now()
        return self._act(
            request,
            CalledUsForm(request.POST or None, now=localtime(now), initial={"key": new_key()}),
            lambda given: note_call_to_us(
                file_id=pk,
                key=given["key"],
                party=given["party"],
                outcome=given["outcome"],
                called_at=given["called_at"],
                words=given["words"],
                user=person_of(request),
                now=now,
            ),
            file=(file := self._found(request, pk)),
            title=gettext("They called us"),
            note=gettext("It is no contact of ours. After a talk, the days of rest of the rules begin."),
            done=gettext("Their call is noted."),
            after=file_address(file),
        )

    def hours(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the borrower agreed to beyond the rules: hours, a visit at home, contact at work."""
        file = self._found(request, pk)
        refused_at = calls_refused_at(file.borrower_id)
        note = gettext(
            "Only what the borrower said themselves. In these hours they may be called or visited beside those of"
            " the rules; messages keep to the rules. What is empty here is taken back at once."
        )
        if refused_at:
            note = f"{note} {no_calls_words(refused_at)} {gettext('Hours that they agree to do not change that.')}"
        return self._act(
            request,
            AgreedForm(request.POST or None, initial=_agreed(file, lender_today(), with_hours=refused_at is None)),
            lambda given: agree_at_file(
                file_id=pk,
                agreed=given["agreed"],
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            file=file,
            title=gettext("Agreed with the borrower"),
            button=gettext("Save"),
            note=note,
            done=gettext("What was agreed is noted."),
            after=file_address(file),
        )

    def representative(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note who speaks for the borrower."""
        file = self._found(request, pk)
        if not self.has_work_permission(request):
            raise PermissionDenied
        return self._act(
            request,
            RepresentativeForm(request.POST or None, initial={"since": lender_today()}),
            lambda given: note_representative_at_file(file_id=pk, user=person_of(request), now=lender_now(), **given),
            file=file,
            title=gettext("Somebody speaks for the borrower"),
            note=gettext(
                "From then on nobody contacts the borrower about what is late, and they read of it in their account."
                " Whoever notes it does not call this person, unless the borrower confirms it there."
            ),
            done=gettext("It is noted, and the borrower is told."),
            after=file_address(file),
        )

    def end_of_representative(self, request: HttpRequest, pk: int, representative: int) -> HttpResponse:
        """For whoever leads the desk: somebody does not speak for the borrower any more."""
        file = self._found(request, pk)
        if not self.has_steer_permission(request):
            raise PermissionDenied
        found = [each for each in representatives_of(file.borrower_id) if each.pk == representative]
        if not found:
            raise Http404
        return self._act(
            request,
            CallsAgainForm(request.POST or None),
            lambda given: end_representative_at_file(
                file_id=pk,
                representative_id=representative,
                words=given["words"],
                user=person_of(request),
                now=lender_now(),
            ),
            file=file,
            title=gettext("Speaks for the borrower no more"),
            note=representative_named(found[0]),
            done=gettext("It is noted. All other rules on calls hold as before."),
            after=file_address(file),
        )

    def calls_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For whoever leads the desk: the borrower, who wanted no more contact, may be called again."""
        file = self._found(request, pk)
        if not self.has_steer_permission(request):
            raise PermissionDenied
        refused_at = calls_refused_at(file.borrower_id)
        return self._act(
            request,
            CallsAgainForm(request.POST or None),
            lambda given: let_call_again(file_id=pk, words=given["words"], user=person_of(request), now=lender_now()),
            file=file,
            title=gettext("May be called again"),
            note=no_calls_words(refused_at) if refused_at else "",
            done=gettext("It is noted. All other rules on calls hold as before."),
            after=file_address(file),
        )

    def _contact_of(self, request: HttpRequest, pk: int, attempt: int) -> tuple[CaseFile, ContactAttempt]:
        """A contact of a file that one sees, or that one made oneself while one held it."""
        seen = ContactAttempt.objects.visible_to(request.user).filter(direction="OUT")
        made = seen.select_related("decision", "borrower").defer("number").filter(pk=attempt).first()
        if made is None:
            raise Http404
        files = CaseFile.objects.all() if made.operator == actor_of(request) else self.get_queryset(request)
        file = files.select_related("borrower").filter(pk=pk, borrower=made.borrower_id).first()
        if file is None:
            raise Http404
        return file, made

    def _number(self, request: HttpRequest, file: CaseFile, made: ContactAttempt) -> dict[str, Any]:
        """The number while the guard still allows it and whoever asked for it still holds the file."""
        is_held = file.state == CaseFile.State.HELD and file.holder_id == request.user.pk
        shown = shown_number(attempt_id=made.pk, operator=actor_of(request), at=lender_now()) if is_held else ""
        return {"number": shown, "is_open": made.outcome == ContactAttempt.Outcome.OPEN}

    def _after_contact(self, request: HttpRequest, pk: int) -> str:
        file = self.get_queryset(request).filter(pk=pk).first()
        return file_address(file) if file else reverse("admin:collections_mgmt_casefile_changelist")

    def _refuse_without_make(self, request: HttpRequest) -> None:
        if not request.user.has_perm(MAKE):
            raise PermissionDenied


def _contact_address(pk: int, attempt: int) -> str:
    return reverse("admin:collections_mgmt_casefile_contact", args=[pk, attempt])


def _refusal(answer: Answer) -> str:
    return refused_words(answer.decision.reasons, answer.decision.next_allowed_at)


def _agreed(file: CaseFile, today: date, *, with_hours: bool) -> dict[str, Any]:
    """
    What stands in the form: what holds today. Hours from before they wanted no more contact are not offered as still
    agreed.
    """
    known = ContactPreference.objects.filter(pk=file.borrower_id).first()
    if known is None:
        return {}
    found: dict[str, Any] = {}
    if with_hours and (hours := known.agreed_hours_on(today)):
        found |= {"agreed_from": hours[0], "agreed_to": hours[1], "until": known.agreed_until}
    if known.may_visit_home_on(today):
        found |= {"home": True, "home_until": known.home_agreed_until}
    if known.may_contact_work_on(today):
        found |= {"work": True, "work_until": known.work_agreed_until}
    return found
