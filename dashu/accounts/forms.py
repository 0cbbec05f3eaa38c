"""The forms around signing in: allauth's, with one field for phone or address, our words, and each password once."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.forms import BaseConfirmCodeForm
from allauth.core import context, ratelimit
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import EditWebAuthnForm, SignupWebAuthnForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dashu.accounts import idle
from dashu.accounts.fields import PhoneOrEmailField, is_address
from dashu.accounts.texting import can_text
from dashu.users.id_numbers import compact

PASSWORD_HELP = _("At least 8 characters, not only digits, and nothing that is easy to guess.")
CODE_HOLDS = (2 * mfa_settings.TOTP_TOLERANCE + 1) * mfa_settings.TOTP_PERIOD
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none", "spellcheck": "false"}


class _OurWords:
    """Takes the examples out of the boxes, where they would pass for something typed, and asks passwords once."""

    LABELS: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = self.fields  # type: ignore[attr-defined]
        fields.pop("password2", None)
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.LABELS:
                field.label = self.LABELS[name]
            if isinstance(field.widget, forms.PasswordInput):
                field.help_text = PASSWORD_HELP if name == "password1" else ""


class LoginForm(_OurWords, allauth.LoginForm):
    LABELS = {"password": _("Password"), "remember": _("Stay signed in on this device")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = PhoneOrEmailField()
        self.order_fields(["login", "password", "remember"])

    def _login_with_password(self, request: HttpRequest, redirect_url: Any, credentials: dict[str, Any]) -> Any:
        response = super()._login_with_password(request, redirect_url, credentials)
        if self.cleaned_data.get("remember"):
            idle.remember(request)
        return response


class SignupForm(_OurWords, allauth.SignupForm):
    """
    Opens an account for whoever proves that the phone or the address is theirs.

    :ivar account_already_exists: then no account is made, and a message to the owner says so; the page does not.
    """

    LABELS = {"password1": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"], self.fields["phone"]
        self.fields["login"] = PhoneOrEmailField()
        self.order_fields(["login", "password1"])

    def clean_login(self) -> str:
        login = self.cleaned_data["login"]
        if is_address(login):
            self.cleaned_data["email"] = self.validate_unique_email(login)
        else:
            refuse_phone_for_now(login)
            self.cleaned_data["phone"] = login
        return login

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            # As long as it takes to make an account.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class RecoveryForm(_OurWords, allauth.ResetPasswordForm):
    """Asks whose password is forgotten. :ivar phone: empty where an address was typed, then `email` is that."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]
        self.fields["login"] = PhoneOrEmailField()

    def clean_login(self) -> str:
        login = self.cleaned_data["login"]
        if is_address(login):
            self.cleaned_data["email"], self.phone = login, ""
            self.cleaned_data["email"] = self.clean_email()
        else:
            refuse_phone_for_now(login)
            self.phone = login
        return login


class NewPasswordForm(_OurWords, allauth.ResetPasswordKeyForm):
    LABELS = {"password1": _("New password")}


class RecoveredPasswordForm(NewPasswordForm):
    """
    Asks who recovers by phone for the end of their ID number too, where we know it.

    Numbers are given out anew: whoever has somebody's former phone must not get into their loans.
    """

    id_end = forms.CharField(
        label=_("Last 4 characters of your ID number"),
        help_text=_(
            "For a company, those of its credit code. It keeps you safe if the phone had another owner before."
        ),
        max_length=8,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, *args: Any, id_number: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._id_number = id_number
        self.is_stranger = False
        if id_number is None:
            del self.fields["id_end"]
        else:
            self.order_fields(["id_end", "password1"])

    def clean_id_end(self) -> str:
        typed = compact(self.cleaned_data["id_end"])
        if self._id_number is None or typed != self._id_number[-4:]:
            self.is_stranger = True
            raise forms.ValidationError(_("This does not match what you told us. Look at your card and try again."))
        return typed


class ChangePasswordForm(_OurWords, allauth.ChangePasswordForm):
    LABELS = {"oldpassword": _("Present password"), "password1": _("New password")}


class FirstPasswordForm(_OurWords, allauth.SetPasswordForm):
    LABELS = {"password1": _("Password")}


class ReauthenticateForm(_OurWords, allauth.ReauthenticateForm):
    LABELS = {"password": _("Password")}


class AddEmailForm(_OurWords, allauth.AddEmailForm):
    LABELS = {"email": _("New e-mail address")}


class ChangePhoneForm(_OurWords, allauth.ChangePhoneForm):
    LABELS = {"phone": _("New mobile phone")}

    def clean_phone(self) -> str:
        phone = super().clean_phone()
        refuse_phone_for_now(phone)
        return phone


class _CodeForm(_OurWords):
    LABELS = {"code": _("Code")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= CODE  # type: ignore[attr-defined]


class VerifyPhoneForm(_CodeForm, allauth.VerifyPhoneForm):
    pass


class ConfirmAddressForm(_CodeForm, allauth.ConfirmEmailVerificationCodeForm):
    pass


class RecoveryCodeForm(_CodeForm, BaseConfirmCodeForm):
    """The code that went to a phone whose password is forgotten."""


class _OnceForm(_CodeForm):
    """Takes each code once, also where a clock that is off lets it hold for longer than allauth remembers it."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        used = f"dashu.accounts.code_used:{self.user.pk}:{normalize_user_code(code)}"  # type: ignore[attr-defined]
        if not cache.add(used, 1, timeout=CODE_HOLDS):
            raise mfa_adapter().validation_error("incorrect_code")
        return code


class SecondStepForm(_OnceForm, mfa.AuthenticateForm):
    LABELS = {"code": _("Code of the app, or a recovery code")}


class SecondStepAgainForm(_OnceForm, mfa.ReauthenticateForm):
    LABELS = {"code": _("Code of the app, or a recovery code")}


class AddAuthenticatorForm(_OnceForm, ActivateTOTPForm):
    LABELS = {"code": _("Code that the app shows")}


class AddPasskeyForm(_OurWords, SignupWebAuthnForm):
    """Every key that is added can sign in by itself, and its device asks for finger, face or PIN."""

    LABELS = {"name": _("What you call it")}

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        return super().clean()


class RenamePasskeyForm(_OurWords, EditWebAuthnForm):
    LABELS = {"name": _("What you call it")}


def refuse_phone_for_now(phone: str) -> None:
    """Refuse a phone that no code can go to at present, whoever's it is. :raises ValidationError: see there."""
    if not can_text():
        raise forms.ValidationError(_("Codes cannot be sent to phones at present. Use an e-mail address."))
    if not ratelimit.consume(context.request, action="verify_phone", key=phone, dry_run=True):
        raise get_adapter().validation_error("code_too_soon")
