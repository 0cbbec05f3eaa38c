"""Sign-in rules of this lender, for django-allauth."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dashu.accounts import telling, texting
from dashu.accounts.fields import PhoneField
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of_user
from dashu.users.id_numbers import InvalidPhone
from dashu.users.models import SignInPhone, User
from dashu.users.phones import phone_to_sign_in
from dashu.users.selectors import user_with_phone
from dashu.users.services.sign_in_phones import PhoneTaken, note_phone, verify_phone

logger = logging.getLogger(__name__)

MISMATCH = _("This address or phone and this password do not belong together. Look at both, or choose a new password.")
# Of what a demonstration shows instead of sending it; never a link that lets into an account.
SHOWN_MAILS = {
    "account/email/email_confirmation",
    "account/email/email_confirmation_signup",
    "account/email/account_already_exists",
}
# Under which the session holds whose account is closed, for the page that is shown next.
CLOSED_ACCOUNT = "closed_account"
TAKEN = _("Somebody signs in with this already.")


class AccountAdapter(DefaultAccountAdapter):
    """
    Anyone may open an account to apply for a loan; it is a borrower's, whatever else the form says.

    Staff and partners are made by an administrator. No answer, to whoever is not signed in, tells whether a phone or an
    address has an account.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is closed"),
        "email_password_mismatch": MISMATCH,
        "phone_password_mismatch": MISMATCH,
        "username_password_mismatch": MISMATCH,
        "invalid_login": MISMATCH,
        "email_taken": TAKEN,
        "phone_taken": TAKEN,
        "duplicate_email": _("This is your e-mail address already."),
        "same_as_current": _("This is what you have already."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_password": _("This is not your password."),
        "incorrect_code": _("This is not the code. Compare it with the message."),
        "too_many_login_attempts": _("There were too many tries. Wait five minutes, then try again."),
        "rate_limited": _("That was often in a short time. Wait a minute, then try again."),
        "code_too_soon": _("A code is on its way. If it does not come, wait a minute and have another one sent."),
        "invalid_password_reset": _("This link no longer works"),
    }

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.account.stages.EmailVerificationStage": "dashu.accounts.stages.ConfirmNewAddress"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.language = get_language() or user.language
        return super().save_user(request, user, form, commit)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Let the page that says so know whose account it is: who closed theirs finds the way back there."""
        request.session[CLOSED_ACCOUNT] = user.pk
        return redirect("account_inactive")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index") if getattr(request.user, "is_staff", False) else "/"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_security")

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        request.session.pop(texting.SHOWN, None)
        return super().confirm_email(request, email_address)

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        return reverse("account_security") if self.request.user.is_authenticated else reverse("account_login")

    # --- mail -------------------------------------------------------------------------------------------------------
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send it; a mail server that is down is our trouble, and the page says how to have it sent once more."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError) as error:
            logger.error("No mail %s could be sent: %s", template_prefix, error)

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Any:
        mail = super().render_mail(template_prefix, email, context, headers)
        if template_prefix in SHOWN_MAILS:
            texting.show_mail(str(mail.body))
        return mail

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the owner of an account that how to sign in is another than before."""
        telling.tell_of_change(self, template_prefix.rpartition("/")[2], user=user, email=email)

    # --- attempts ---------------------------------------------------------------------------------------------------
    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count tries by phone too; allauth counts those of all phones together."""
        name = credentials.get("email") or credentials.get("phone") or credentials.get("username") or ""
        return f"{request.get_host()}:{str(name).lower()}"

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Compare the password of whoever is signed in, counted like a try to sign in."""
        phone = self.get_phone(user)
        name = {"email": user.email} if user.email else {"phone": phone[0] if phone else ""}
        found: Any = self.authenticate(self.request, password=password, **name)
        return found is not None and found.pk == user.pk

    # --- phones -----------------------------------------------------------------------------------------------------
    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone: str) -> User | None:
        try:
            return user_with_phone(phone_to_sign_in(phone))
        except InvalidPhone:
            return None

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        kept = SignInPhone.objects.filter(user_id=user.pk).first()
        return (kept.phone, kept.verified_at is not None) if kept else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        assert not verified, "a phone is verified by its code only"
        note_phone(user_id=user.pk, phone=phone, now=lender_now())

    def set_phone_verified(self, user: Any, phone: str) -> None:
        try:
            former = verify_phone(user_id=user.pk, phone=phone, now=lender_now(), actor=actor_of_user(user))
        except PhoneTaken as error:
            messages.warning(self.request, error.user_message)
            raise ImmediateHttpResponse(redirect("account_login")) from error
        self.request.session.pop(texting.SHOWN, None)
        if former:
            telling.tell_of_change(self, "phone_changed", user=user, phone=former)

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **_more: Any) -> None:
        texting.text_code(phone, code)

    def send_account_already_exists_sms(self, phone: str) -> None:
        texting.text_account_exists(phone)

    def send_unknown_account_sms(self, phone: str, **_more: Any) -> None:
        texting.text_no_account(phone)
