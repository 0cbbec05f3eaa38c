"""
The phone that somebody signs in with.

It stands apart from what a borrower says about themselves: a login has it as soon as it is typed, and it counts only
once a code that was sent there came back. Sealed, and found by its blind index.
"""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models.people import User, Viewer
from dashu.users.phones import shown_phone
from dashu.users.sealing import SealedText


class SignInPhoneQuerySet(models.QuerySet["SignInPhone"]):
    def visible_to(self, user: Viewer) -> Self:
        """Everyone sees their own, and nobody another's."""
        return self.filter(user_id=user.pk) if user.is_authenticated and user.is_active else self.none()


class SignInPhone(models.Model):
    """
    One for each login. Only one login can have a phone verified; whoever types a stranger's phone keeps nobody out.

    :ivar phone: as `dashu.users.phones.phone_to_sign_in` returns it.
    :ivar verified_at: when a code sent there came back; None until then.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="sign_in_phone", verbose_name=_("user"))
    phone = SealedText(_("phone"))
    phone_index = models.CharField(max_length=64, editable=False)
    given_at = models.DateTimeField(_("given at"))
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)

    objects = SignInPhoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone to sign in with")
        verbose_name_plural = _("phones to sign in with")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index"], condition=Q(verified_at__isnull=False), name="users_sign_in_phone_once"
            )
        ]
        indexes = [
            models.Index(fields=["given_at"], condition=Q(verified_at=None), name="users_phone_unverified"),
        ]

    def __str__(self) -> str:
        return self.shown

    @property
    def shown(self) -> str:
        return shown_phone(self.phone)
