"""Pages around signing in that allauth has not, or has otherwise."""

from typing import Any

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import verify_email_indirectly
from allauth.core import ratelimit
from allauth.core.exceptions import RateLimited
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth as webauthn_auth
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from dashu.accounts import forms
from dashu.accounts.devices import device_of
from dashu.accounts.middleware import page_before
from dashu.accounts.recovery import PhoneRecovery
from dashu.accounts.texting import shown_text
from dashu.users.models import SignInPhone
from dashu.users.phones import shown_phone


@never_cache
@login_required
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """All that a person signs in with, and where they are signed in."""
    keys = {kind: list(found) for kind, found in _authenticators(request).items()}
    codes = keys[Authenticator.Type.RECOVERY_CODES]
    return render(
        request,
        "account/security.html",
        {
            "phone": SignInPhone.objects.visible_to(request.user).filter(verified_at__isnull=False).first(),
            "passkeys": keys[Authenticator.Type.WEBAUTHN],
            "app": next(iter(keys[Authenticator.Type.TOTP]), None),
            "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
            "sessions": _sessions(request),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """Take the button of the page of security; whoever opens its address gets to that page."""
    if request.method != "POST":
        return redirect("account_security")
    end_other_sessions(request, request.user)
    messages.info(request, _("You are signed in here only. All other devices have to sign in again."))
    return redirect("account_security")


class RecoverView(allauth.PasswordResetView):
    """Asks for a phone or an address, and sends a code or a link there."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not form.phone:
            return super().form_valid(form)
        if response := ratelimit.consume_or_429(self.request, action="reset_password", key=form.phone):
            return response
        try:
            PhoneRecovery.begin(self.request, form.phone)
        except RateLimited:
            form.add_error("login", get_adapter().error_messages["code_too_soon"])
            return self.form_invalid(form)
        return redirect("account_recovery_code")


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def recovery_code(request: HttpRequest) -> HttpResponse:
    """Take the code that went to the phone, or send another."""
    process = PhoneRecovery.resume(request)
    if process is None:
        return redirect("account_reset_password")
    if process.is_confirmed:
        return redirect("account_recovery_password")
    if request.POST.get("action") == "resend" and process.can_resend:
        return _sent_again(request, process)
    form = forms.RecoveryCodeForm(request.POST or None, code=process.code)
    if request.method == "POST" and form.is_valid():
        process.confirm()
        return redirect("account_recovery_password")
    if request.method == "POST" and not process.record_invalid_attempt():
        return _given_up(request)
    shown = {"phone": shown_phone(process.phone), "can_resend": process.can_resend, "shown_text": shown_text()}
    return render(request, "account/recovery_code.html", {"form": form, **shown})


@never_cache
@sensitive_post_parameters("password1", "id_end")
@require_http_methods(["GET", "POST"])
def recovery_password(request: HttpRequest) -> HttpResponse:
    """Take the new password from whoever sent the code back."""
    process = PhoneRecovery.resume(request)
    if process is None or not process.is_confirmed or process.user is None or not process.user.is_active:
        return redirect("account_reset_password")
    form = forms.RecoveredPasswordForm(request.POST or None, user=process.user, id_number=process.id_number)
    if request.method == "POST" and form.is_valid():
        form.save()
        process.finish()
        return redirect("account_reset_password_from_key_done")
    if request.method == "POST" and form.is_stranger and not process.record_invalid_attempt():
        return _given_up(request)
    return render(request, "account/password_reset_from_key.html", {"form": form, "action_url": request.path})


class NewPasswordByLinkView(allauth.PasswordResetFromKeyView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Whoever opened the link reads the mailbox that it went to: the address is confirmed."""
        if self.reset_user.email:
            verify_email_indirectly(self.request, self.reset_user, self.reset_user.email)
        return super().form_valid(form)


class AddPasskeyView(webauthn.AddWebAuthnView):
    """Adds a key that signs in by itself; allauth's asks whether it should."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = webauthn_auth.begin_registration(self.request.user, True)
        return context | {"js_data": {"creation_options": options}}


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that is not of this session, such as one that was open while its reader signed in elsewhere."""
    again = page_before(request)
    if getattr(request, "htmx", False):
        return HttpResponse(status=403, headers={"HX-Redirect": again})
    return render(request, "403_csrf.html", {"again": again}, status=403)


def _authenticators(request: HttpRequest) -> dict[str, Any]:
    found = Authenticator.objects.filter(user_id=request.user.pk).order_by("pk")
    return {kind: [key for key in found if key.type == kind] for kind in Authenticator.Type}


def _sessions(request: HttpRequest) -> list[dict[str, Any]]:
    """Return where somebody is signed in, this device first, then the one used last."""
    known: list[Any] = UserSession.objects.purge_and_list(request.user)
    known.sort(key=lambda session: (not session.is_current(), -session.last_seen_at.timestamp()))
    return [
        {"device": device_of(session.user_agent), "is_here": session.is_current(), "seen_at": session.last_seen_at}
        for session in known
    ]


def _sent_again(request: HttpRequest, process: PhoneRecovery) -> HttpResponse:
    try:
        process.resend()
    except RateLimited:
        messages.warning(request, get_adapter().error_messages["code_too_soon"])
    return redirect("account_recovery_code")


def _given_up(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("That was not it several times. Have another code sent."))
    return redirect("account_reset_password")
