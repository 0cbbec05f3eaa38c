"""How a borrower wants to be reached: the link in a message that stops such messages, and the page for all of them."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging import links
from dashu.messaging.models import ContactPreference, OptOut, Representative
from dashu.messaging.selectors import calls_refused_at, representatives_of
from dashu.messaging.services.consents_to_contact import Consent, agree_to_contact, want_calls
from dashu.messaging.services.contact_times import agree_hours, end_pause, pause_reminders
from dashu.messaging.services.opt_out import resume_messages, set_wishes, stopped_by
from dashu.messaging.services.opt_out import stop_messages as stop
from dashu.messaging.services.representatives import confirm_representative, end_representative
from dashu.policy.rules import contact_hours, contact_pause
from dashu.portal.forms import WishesForm
from dashu.portal.own_borrower import own_borrower
from dashu.users.actors import actor_of
from dashu.users.models import Borrower
from dashu.web.forms import add_refusal
from dashu.web.posting import sent_from
from dashu.web.templatetags.dashu import lender_date
from education.selectors.moments import wants_lessons
from education.services.wishes import want_lessons


@never_cache
@csrf_exempt
@require_http_methods(["GET", "POST"])
def stop_messages(request: HttpRequest, token: str) -> HttpResponse:
    """
    Ask, then stop the messages that the link is about; the link is the right to do so, so nobody signs in.

    Opening the page stops nothing, because programs open links, too. A mail program's own button posts straight away
    (RFC 8058), without a cookie of ours.
    """
    asked = links.read_stop_token(token)
    if asked is None:
        raise Http404
    about: dict[str, Any] = {
        "borrower_id": asked.borrower_id,
        "channel": asked.channel,
        "purpose": asked.purpose,
        "at": lender_now(),
        "actor": "link",
    }
    if request.method == "POST":
        if request.POST.get("action") == "resume":
            resume_messages(**about)
        else:
            stop(**about, source=OptOut.Source.LINK)
    borrower = Borrower.objects.get(pk=asked.borrower_id)
    with translation.override(borrower.language):
        answer = render(
            request,
            "portal/stop_messages.html",
            {
                "asked": asked,
                "is_stopped": (asked.channel, asked.purpose) in stopped_by(borrower.pk),
                "has_answered": request.method == "POST",
            },
        )
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    """Show and change how and when the borrower likes to be reached, and what they want to be told there."""
    borrower = own_borrower(request)
    preference = ContactPreference.objects.filter(pk=borrower.pk).first()
    form = WishesForm(
        request.POST or None,
        borrower=borrower,
        stopped=stopped_by(borrower.pk),
        preference=preference,
        allowed=contact_hours(lender_today()),
        wants_lessons=wants_lessons(borrower.pk),
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_wishes(
                borrower_id=borrower.pk,
                channel=form.cleaned_data["channel"],
                wanted=form.wanted,
                hours=form.hours,
                notices=form.cleaned_data["notices"],
                at=lender_now(),
                actor=actor_of(request),
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            wanted = form.cleaned_data["lessons"]
            want_lessons(borrower_id=borrower.pk, wanted=wanted, at=lender_now(), actor=actor_of(request))
            messages.success(request, _("This holds from now on."))
            return redirect("portal:wishes")
    paused_until = preference.paused_until if preference else None
    return render(
        request,
        "portal/wishes.html",
        {
            "form": form,
            "paused_until": paused_until if paused_until and paused_until > lender_now() else None,
            "pauses": contact_pause(lender_today()).choices,
            "agreed": _agreed(preference) if preference else [],
            "no_calls": calls_refused_at(borrower.pk),
            "speaking": representatives_of(borrower.pk),
        },
    )


def _agreed(preference: ContactPreference) -> list[tuple[str, str, date | None]]:
    """What they allow us beyond the rules today: a code, the words, and the last day."""
    today, found = lender_today(), []
    if hours := preference.agreed_hours_on(today):
        said = {"opens": f"{hours[0]:%H:%M}", "closes": f"{hours[1]:%H:%M}"}
        words = _("Calls and visits from %(opens)s to %(closes)s, beside the usual hours") % said
        found.append(("hours", words, preference.agreed_until))
    if preference.may_visit_home_on(today):
        found.append((Consent.HOME.value, _("Visits at your home"), preference.home_agreed_until))
    if preference.may_contact_work_on(today):
        found.append((Consent.WORK.value, _("Contact at your workplace"), preference.work_agreed_until))
    return found


@login_required
@sent_from("portal:wishes")
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back what was agreed with us on calls and visits; it holds at once."""
    about: dict[str, Any] = {"borrower_id": own_borrower(request).pk, "at": lender_now(), "actor": actor_of(request)}
    what = request.POST.get("what", "")
    if what == "hours":
        agree_hours(**about, hours=None)
    elif what == "no_calls":
        return _want_calls(request, about)
    elif what in set(Consent):
        agree_to_contact(**about, consent=Consent(what), is_agreed=False)
    else:
        raise Http404
    messages.success(request, _("Taken back. It holds from now on."))
    return redirect("portal:wishes")


def _want_calls(request: HttpRequest, about: dict[str, Any]) -> HttpResponse:
    """They say themselves that we may call again."""
    try:
        want_calls(**about)
    except DomainError as error:
        messages.error(request, error.user_message)
    else:
        messages.success(request, _("We may call you again, within the hours and limits that the rules set."))
    return redirect("portal:wishes")


@login_required
@sent_from("portal:wishes", place="#speaking")
def representative(request: HttpRequest) -> HttpResponse:
    """Confirm who speaks for them, or say that it is not so."""
    number, answer = request.POST.get("representative", ""), request.POST.get("answer", "")
    found = Representative.objects.about(request.user).running()
    noted = found.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 19 else None
    if noted is None or answer not in ("confirm", "end"):
        raise Http404
    decide = confirm_representative if answer == "confirm" else end_representative
    decide(
        borrower_id=own_borrower(request).pk,
        representative_id=noted.pk,
        at=lender_now(),
        actor=actor_of(request),
    )
    messages.success(request, _("This holds from now on."))
    return redirect("portal:wishes")


@login_required
@sent_from("portal:wishes", place="#pause")
def pause(request: HttpRequest) -> HttpResponse:
    """Pause the reminders for the days that were chosen; without any, end the pause."""
    about: dict[str, Any] = {"borrower_id": own_borrower(request).pk, "at": lender_now(), "actor": actor_of(request)}
    days = request.POST.get("days", "")
    try:
        if days:
            until = pause_reminders(**about, days=int(days) if days.isascii() and days.isdigit() else 0)
            messages.success(request, _("No reminders until %(day)s.") % {"day": lender_date(until)})
        elif end_pause(**about):
            messages.success(request, _("Reminders come again."))
    except DomainError as error:
        messages.error(request, error.user_message)
    return redirect("portal:wishes")
