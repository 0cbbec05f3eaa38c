"""Telling the owner of an account, by mail or by text, that how to sign in is another than before."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from dashu.accounts import texting
from dashu.accounts.devices import device_of
from dashu.audit import services as audit
from dashu.kernel.dates import lender_now
from dashu.users.actors import actor_of_user
from dashu.users.models import SignInPhone

WHAT_CHANGED = {
    "password_changed": _("The password was changed."),
    "password_set": _("A password was chosen."),
    "password_reset": _("A new password was chosen by the way for forgotten ones."),
    "email_changed": _("The e-mail address to sign in with was changed."),
    "email_deleted": _("An e-mail address was removed."),
    "phone_changed": _("The phone to sign in with was changed."),
    "totp_activated": _("An authenticator app was added."),
    "totp_deactivated": _("The authenticator app was removed."),
    "webauthn_added": _("A passkey was added."),
    "webauthn_removed": _("A passkey was removed."),
    "recovery_codes_generated": _("New recovery codes were made; those before no longer work."),
}


def tell_of_change(adapter: Any, what: str, *, user: Any, email: str | None = None, phone: str | None = None) -> None:
    """
    Tell it where the owner can be reached, and note it in the audit log.

    :param what: a key of `WHAT_CHANGED`.
    :param email: where to, unless to the present address: the one before, where the address is what changed.
    :param phone: the phone before, where the phone is what changed.
    """
    now = lender_now()
    audit.record(
        action="users.sign_in_changed",
        subject_type="user",
        subject_id=user.pk,
        actor=actor_of_user(user),
        data={"what": what},
    )
    with override(user.language):
        said = str(WHAT_CHANGED[what])
        if to := email or user.email:
            device = device_of(adapter.request.headers.get("User-Agent", ""))
            adapter.send_mail(
                "account/email/sign_in_changed", to, {"what": said, "at": now, "device": device.name, "user": user}
            )
        kept = SignInPhone.objects.filter(user=user, verified_at__isnull=False).first()
        if number := phone or (kept.phone if kept and not to else None):
            texting.text_changed(number, said)
