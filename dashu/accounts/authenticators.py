"""Passkeys, authenticator apps and recovery codes: our words and seals for django-allauth."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.accounts.devices import device_of
from dashu.users.sealing import CannotOpen, current_prefix, open_sealed, seal

PLACE = "mfa_authenticator.data"
SECRETS = ("secret", "seed")


class AuthenticatorAdapter(DefaultMFAAdapter):
    """Secrets are sealed; a key is called after the device it was added on, until its owner calls it otherwise."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _("This cannot be removed."),
        "cannot_generate_recovery_codes": _("Add a passkey or an authenticator app first; then codes can be made."),
        "incorrect_code": _("This is not the code, or it was used before. Wait for the next one and try again."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, place=PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(encrypted_text, place=PLACE)

    def get_totp_issuer(self) -> str:
        return "大樹金融"

    def _get_site_name(self) -> str:
        return "大樹金融"

    def _get_user_identifier(self, user: Any) -> str:
        """Return what the owner knows the login by, as it stands on their own device."""
        phone = getattr(user, "sign_in_phone", None)
        return user.email or (phone.shown if phone else str(user))

    def generate_authenticator_name(self, user: Any, type: str) -> str:
        device = device_of(context.request.headers.get("User-Agent", ""))
        return device.name or gettext("Passkey")


def reseal_authenticators() -> tuple[int, list[str]]:
    """Seal what `AuthenticatorAdapter` sealed anew with the key in front, see `rotate_field_keys`."""
    resealed, unreadable = 0, []
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            old = [name for name in SECRETS if row and _is_old(row.data.get(name))]
            try:
                for name in old:
                    row.data[name] = seal(open_sealed(row.data[name], place=PLACE), place=PLACE)
            except CannotOpen:
                unreadable.append(f"{PLACE} {pk}")
                continue
            if old:
                row.save(update_fields=["data"])
                resealed += len(old)
    return resealed, unreadable


def _is_old(value: str | None) -> bool:
    return value is not None and not value.startswith(current_prefix())
