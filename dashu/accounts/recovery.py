"""
A new password by a code to the phone, as allauth has it by a code to a mailbox.

Everything about it lies in the browser's session, sealed: the code, how often it was tried, whether it came back. A
phone that no account has gets a text that says so, and nothing that is typed is its code.
"""

import time
from typing import Any, Self

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.password_reset import finalize_password_reset
from allauth.core import ratelimit
from django.http import HttpRequest

from dashu.accounts import texting
from dashu.users.models import Identity
from dashu.users.selectors import user_with_phone

KEY = "phone_recovery"
MOST_RESENT = 3


class PhoneRecovery(AbstractCodeVerificationProcess):
    def __init__(self, request: HttpRequest, state: dict[str, Any], user: Any = None) -> None:
        self.request = request
        super().__init__(
            max_attempts=app_settings.PHONE_VERIFICATION_MAX_ATTEMPTS,
            timeout=int(texting.CODE_LASTS.total_seconds()),
            state=state,
            user=user,
        )

    @classmethod
    def begin(cls, request: HttpRequest, phone: str) -> Self:
        """
        Send a code, or to a phone without account a word about that.

        :raises RateLimited: a code went there a moment ago, or too many did.
        """
        user = user_with_phone(phone)
        if user is not None and not user.is_active:
            user = None
        process = cls(request, cls.initial_state(user=user, phone=phone), user)
        process.send()
        return process

    @classmethod
    def resume(cls, request: HttpRequest) -> Self | None:
        """Return what this browser began and what still holds, None where there is nothing to go on with."""
        state = request.session.get(KEY)
        return cls(request, state).abort_if_invalid() if state else None

    @property
    def phone(self) -> str:
        return self.state["phone"]

    @property
    def is_confirmed(self) -> bool:
        return bool(self.state.get("is_confirmed"))

    @property
    def id_number(self) -> str | None:
        """The number that the owner's identity has, None where they have not told it."""
        return (
            Identity.objects.filter(borrower__user_id=self.state.get("user_id"))
            .values_list("number", flat=True)
            .first()
        )

    @property
    def can_resend(self) -> bool:
        return not self.is_confirmed and not self.is_resend_quota_reached(MOST_RESENT)

    def send(self) -> None:
        ratelimit.consume(self.request, action="verify_phone", key=self.phone, raise_exception=True)
        if self.user is None:
            texting.text_no_account(self.phone)
        else:
            self.state["code"] = get_adapter().generate_phone_verification_code(user=self.user, phone=self.phone)
            texting.text_code(self.phone, self.code)
        self.persist()

    def resend(self) -> None:
        """:raises RateLimited: see `begin`."""
        self.record_resend()
        self.send()

    def confirm(self) -> None:
        """The code came back: it is used up, and from now on there is time to choose a password."""
        self.state.update(is_confirmed=True, code="", at=time.time())
        self.persist()

    def finish(self) -> None:
        """After the new password is stored: end this, and tell the owner. Sessions with the old one are over."""
        self.abort()
        self.request.session.pop(texting.SHOWN, None)
        assert self.user is not None
        finalize_password_reset(self.request, self.user)

    def persist(self) -> None:
        self.request.session[KEY] = self.state

    def abort(self) -> None:
        self.request.session.pop(KEY, None)
