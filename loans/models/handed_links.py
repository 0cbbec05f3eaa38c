"""What every link is that a partner hands to a person without a login: for the signature, and for easier payments."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashu.users.sealing import blind_index

TOKEN_DIGITS = 48


class HandedLink(models.Model):
    """
    A link by which a person reads and decides in our pages, without signing in.

    It opens a page and nothing else: whoever opens it first enters a code that is sent to the person's own phone.

    :cvar PURPOSE: what its tokens are keyed with, so that a link of one kind opens nothing of another.
    :ivar public_id: what the token follows from, by a key that is not in the database; so it is never stored.
    :ivar token_hash: a keyed hash of the token.
    :ivar return_url: where the partner's own pages go on.
    :ivar opened_at: when the page was opened first.
    :ivar confirmed_at, confirmation_hash: when a code was entered last, and of the secret that the browser got then.
    """

    PURPOSE: ClassVar[str]

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    return_url = models.URLField(_("goes on at"), max_length=500, blank=True, default="", db_default="")
    phone_shown = models.CharField(_("bound to the phone"), max_length=32)
    made_at = models.DateTimeField(_("made at"))
    expires_at = models.DateTimeField(_("holds until"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmation_hash = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        abstract = True

    @classmethod
    def token_of(cls, public_id: uuid.UUID) -> str:
        return blind_index(str(public_id), f"{cls.PURPOSE}_token")[:TOKEN_DIGITS]

    @classmethod
    def hash_of(cls, token: str) -> str:
        return blind_index(token, f"{cls.PURPOSE}_link")
