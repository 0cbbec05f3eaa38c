"""Mails of the console that are owed to a partner, until they are sent."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.users.models import Partner

CLAIMED_FOR = timedelta(minutes=10)
OWED_FOR = timedelta(days=3)


class ChangeMailQuerySet(models.QuerySet):
    def owed(self, *, now: datetime) -> Self:
        """Return those not sent yet that nobody is sending now; after three days they are no news any more."""
        free = Q(claimed_at=None) | Q(claimed_at__lte=now - CLAIMED_FOR)
        return self.filter(free, done_at=None, happened_at__gt=now - OWED_FOR)


class ChangeMail(models.Model):
    """
    A mail that tells a partner that a key was made, changed or ended.

    :ivar what: a key of `dashu.console.telling.WHAT`.
    :ivar name: of the client, or the address of the endpoint.
    :ivar claimed_at: when somebody last began to send it; one at a time does.
    :ivar done_at: when it was handed over, or there was nobody to write to.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", verbose_name=_("partner"))
    what = models.CharField(_("what"), max_length=40)
    name = models.CharField(_("name"), max_length=500)
    happened_at = models.DateTimeField(_("happened at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    objects = ChangeMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail on a change of keys")
        verbose_name_plural = _("mails on changes of keys")
        indexes = [models.Index(fields=["happened_at"], condition=Q(done_at=None), name="console_mail_owed")]

    def __str__(self) -> str:
        return f"{self.what} {self.happened_at:%Y-%m-%d %H:%M}"
