"""What every one-time code is that something is signed with, whoever it was sent to."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashu.users.id_numbers import compact
from dashu.users.sealing import SealedText, blind_index

DIGITS = 6


class OneTimeCodeQuerySet(models.QuerySet[Any]):
    def unsent(self, *, now: datetime) -> list[int]:
        """Return those that still hold and were not sent, for the sweep."""
        waiting = self.filter(sent_at=None, expires_at__gt=now, sealed_code__isnull=False)
        return list(waiting.values_list("pk", flat=True)[:200])

    def forget(self, *, now: datetime) -> int:
        """Delete what is still kept, sealed, of codes that no longer hold; return of how many."""
        return self.filter(expires_at__lte=now, sealed_code__isnull=False).update(sealed_code=None)

    def end(self, *, now: datetime) -> None:
        """Let none of them hold any more: one at a time can be signed with."""
        self.filter(expires_at__gt=now, used_at=None).update(expires_at=now, sealed_code=None)

    def usable(self, *, now: datetime) -> Any:
        """Return the latest where it can be signed with now; None where another has to be asked for."""
        latest = self.first()
        return latest if latest and not latest.is_over(now=now) else None


class OneTimeCode(models.Model):
    """
    :cvar PURPOSE: what its hash is keyed with, so that a code of one kind is none of another.
    :ivar code_hash: a keyed hash; the code itself is kept, sealed, only until it is sent.
    """

    LASTS: ClassVar[timedelta] = timedelta(minutes=5)
    MOST_TRIES: ClassVar[int] = 5
    PURPOSE: ClassVar[str]

    salt = models.UUIDField(default=uuid.uuid4, editable=False)
    code_hash = models.CharField(max_length=64, editable=False)
    sealed_code = SealedText(null=True)
    phone_shown = models.CharField(_("sent to"), max_length=32)
    made_at = models.DateTimeField(_("asked for at"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("holds until"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    used_at = models.DateTimeField(_("signed with at"), null=True, blank=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def made(cls, *, now: datetime, **about: Any) -> Self:
        """Return a new code, kept."""
        code = cls(made_at=now, expires_at=now + cls.LASTS, **about)
        code.sealed_code = "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
        code.code_hash = code._hash(code.sealed_code)
        code.save()
        return code

    def is_over(self, *, now: datetime) -> bool:
        return self.used_at is not None or self.expires_at <= now or self.tries >= self.MOST_TRIES

    def waits_to_be_sent(self, *, now: datetime) -> bool:
        return self.sealed_code is not None and self.sent_at is None and self.expires_at > now

    def takes(self, typed: str) -> bool:
        """Whether this is the code, as it was typed; a wrong try is counted."""
        if secrets.compare_digest(self.code_hash, self._hash(compact(typed[:40])[:12])):
            return True
        self.tries += 1
        self.save(update_fields=["tries"])
        return False

    @property
    def tries_left(self) -> int:
        return self.MOST_TRIES - self.tries

    def _hash(self, digits: str) -> str:
        return blind_index(f"{self.salt}:{digits}", self.PURPOSE)
