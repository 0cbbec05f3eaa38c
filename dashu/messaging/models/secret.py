"""Secret texts on their way out: sealed, and gone as soon as the gateway has them or they no longer help."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashu.users.sealing import SealedText


class SecretText(models.Model):
    """
    A text message that nobody keeps.

    :ivar id: the key under which the gateway knows it, however often it is tried.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = SealedText(_("phone"))
    text = SealedText(_("text"))
    made_at = models.DateTimeField(_("asked for at"))
    expires_at = models.DateTimeField(_("holds until"), db_index=True)

    class Meta:
        verbose_name = _("secret text message")
        verbose_name_plural = _("secret text messages")

    def __str__(self) -> str:
        return str(self.pk)
