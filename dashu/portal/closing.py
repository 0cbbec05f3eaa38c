"""Closing one's account: what is in the way, what is deleted and what is kept, and the way back."""

from datetime import date, timedelta
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from dashu.accounts.adapter import CLOSED_ACCOUNT
from dashu.kernel.dates import lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.messaging.models import OptOut
from dashu.messaging.services.opt_out import stop_offers
from dashu.policy.privacy import Kept
from dashu.policy.rules import privacy_closure
from dashu.portal.own_borrower import own_borrower
from dashu.privacy.closing import WORDS, Obstacle, kept_of, obstacles
from dashu.privacy.links import read_undo_token, undo_token
from dashu.privacy.models import AccountClosure
from dashu.privacy.services.close_account import close_account, undo_closure
from dashu.users.actors import ANONYMOUS, actor_of
from dashu.web.posting import sent_from

# Their rows are never edited, so the last day is the earliest on which they may go.
_AT_LEAST = (Kept.CONTRACTS, Kept.PAYMENTS)


class ClosingForm(forms.Form):
    """The word that says that it is meant, in whichever of the languages."""

    word = forms.CharField(
        label=gettext_lazy("To confirm, write the word"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Write the word, so that nobody closes an account by mistake.")},
    )

    def clean_word(self) -> str:
        word = self.cleaned_data["word"].strip().casefold()
        if word not in {"close", "注销", "註銷", closing_word().casefold()}:
            raise forms.ValidationError(
                _("Write the word “%(word)s” as it stands here.") % {"word": closing_word()}, code="other_word"
            )
        return word


def closing_word() -> str:
    return pgettext("what is typed to close an account", "close")


@never_cache
@login_required
@require_GET
def closing(request: HttpRequest) -> HttpResponse:
    """Say what would be deleted, what would be kept, and until when; or what has to end first."""
    borrower = own_borrower(request)
    if in_the_way := obstacles(borrower):
        return render(request, "portal/closing_later.html", {"obstacles": [_in_words(each) for each in in_the_way]})
    today = lender_today()
    kept = [(WORDS[what], day, what in _AT_LEAST) for what, day in kept_of(borrower, today=today).items()]
    final_on = today + timedelta(days=privacy_closure(today).undo_days)
    return render(request, "portal/closing.html", {"kept": kept, "final_on": final_on})


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Close the account of somebody who just proved who they are, and wrote the word."""
    borrower = own_borrower(request)
    form = ClosingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            closure = close_account(borrower_id=borrower.pk, now=lender_now(), actor=actor_of(request))
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect("portal:closing")
        logout(request)
        return redirect("portal:undo_closing", undo_token(closure.pk))
    return render(request, "portal/closing_confirm.html", {"form": form, "word": closing_word()})


@login_required
@sent_from("portal:closing")
def stop_all_offers(request: HttpRequest) -> HttpResponse:
    stop_offers(
        borrower_id=own_borrower(request).pk,
        source=OptOut.Source.SETTINGS,
        at=lender_now(),
        actor=actor_of(request),
    )
    messages.success(request, _("You get no more offers from us. This holds from now on."))
    return redirect("portal:closing")


@never_cache
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, signed: str) -> HttpResponse:
    """
    Show what becomes of a closed account; a POST opens it again. The link is the right to do so: nobody can sign in.

    Opening the page changes nothing, because programs open links, too.
    """
    closure_id = read_undo_token(signed)
    if closure_id is None:
        raise Http404
    closure = get_object_or_404(AccountClosure, pk=closure_id)
    if request.method == "POST":
        try:
            closure = undo_closure(closure_id=closure.pk, now=lender_now(), actor=ANONYMOUS)
        except DomainError as refusal:
            messages.error(request, refusal.user_message)
            return redirect("portal:undo_closing", signed)
    kept = [
        (WORDS[Kept(line["what"])], date.fromisoformat(line["until"]), Kept(line["what"]) in _AT_LEAST)
        for line in closure.kept
    ]
    is_open = closure.status == AccountClosure.Status.ASKED and lender_now() < closure.undo_until
    answer = render(request, "portal/closed.html", {"closure": closure, "kept": kept, "is_open": is_open})
    answer["X-Robots-Tag"] = "noindex"
    # The address is the right; without a word of where it comes from, the form of the page itself would be refused.
    answer["Referrer-Policy"] = "same-origin"
    return answer


@never_cache
@require_GET
def inactive(request: HttpRequest) -> HttpResponse:
    """Where somebody gets to who signs in to a closed account: to the way back, as long as there is one."""
    closures = AccountClosure.objects.filter(status=AccountClosure.Status.ASKED, undo_until__gt=lender_now())
    user_id = request.session.pop(CLOSED_ACCOUNT, None)
    if user_id and (closure := closures.filter(borrower__user_id=user_id).first()):
        return redirect("portal:undo_closing", undo_token(closure.pk))
    return render(request, "account/account_inactive.html")


def _in_words(obstacle: Obstacle) -> dict[str, Any]:
    """Say what is in the way and where to go about it."""
    match obstacle.kind:
        case "application":
            text = _("Application %(number)s is open. Withdraw it, or wait until it is decided.")
            href = reverse("portal:application", args=[obstacle.number])
        case "payout":
            text = _("The payout of loan %(number)s is under way.")
            href = reverse("portal:home")
        case "credit":
            text = _("We still owe you money on loan %(number)s. It goes back to you first.")
            href = reverse("portal:loan", args=[obstacle.number])
        case "help":
            text = _("Your request for help %(number)s is open. Take it back, or wait for our answer.")
            href = reverse("portal:help_request", args=[obstacle.number])
        case "complaint":
            text = _("Your complaint %(number)s is not answered yet. You get our answer first.")
            href = reverse("portal:complaint", args=[obstacle.number])
        case "dispute":
            text = _("We still look into your objection %(number)s to your credit record.")
            href = reverse("portal:dispute_status", args=[obstacle.number])
        case _kind:
            text = _("Loan %(number)s is not paid back yet. The contract has to be kept, by you and by us.")
            href = reverse("portal:loan", args=[obstacle.number])
    return {"text": text % {"number": obstacle.number}, "href": href}
