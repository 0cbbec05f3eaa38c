"""
Fields that nobody can read who has the database but not the keys.

A sealed text is `<key id>.<base64>` of a random nonce and the AES-GCM ciphertext, bound to its table and column, so
that it cannot be moved to another field. The first key of `FIELD_KEYS` seals, every key of it opens: a new key is put
in front, `manage.py rotate_field_keys` seals all rows anew, and then the old key can go.

Sealing the same text twice gives two different values, so a sealed column cannot be searched. What must be found has
a blind index beside it: an HMAC under a key of its own, equal for equal values and for one purpose only.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from dashu.kernel.errors import DomainError, _

NONCE_BYTES = 12


class CannotOpen(DomainError):
    """A sealed value was sealed with a key that is not in `FIELD_KEYS`, or is not what was sealed."""

    code = "sealed_value_unreadable"
    http_status = 500


def seal(text: str, *, place: str) -> str:
    """:param place: where it will stand, as "table.column"; it can be opened there only."""
    key_id, key = settings.FIELD_KEYS[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def open_sealed(value: str, *, place: str) -> str:
    """
    Return the text that `seal` was given.

    :raises CannotOpen: see there. The refusal names neither the value nor the key.
    """
    key_id, _dot, encoded = value.partition(".")
    key = dict(settings.FIELD_KEYS).get(key_id)
    if key is None:
        raise CannotOpen(_("A protected value cannot be read: its key is not set up here."))
    try:
        sealed = base64.b64decode(encoded, altchars=b"-_", validate=True)
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise CannotOpen(_("A protected value cannot be read: it is not what was stored.")) from error


def seal_bytes(content: bytes, *, place: str) -> bytes:
    """Return a file's content sealed: `<key id>.`, nonce and ciphertext. :param place: can be opened there only."""
    key_id, key = settings.FIELD_KEYS[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    return f"{key_id}.".encode() + nonce + AESGCM(key).encrypt(nonce, content, place.encode())


def open_sealed_bytes(sealed: bytes, *, place: str) -> bytes:
    """
    Return the content that `seal_bytes` was given.

    :raises CannotOpen: see there.
    """
    key_id, _dot, rest = sealed.partition(b".")
    key = dict(settings.FIELD_KEYS).get(key_id.decode("ascii", "replace"))
    if key is None:
        raise CannotOpen(_("A protected value cannot be read: its key is not set up here."))
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(_("A protected value cannot be read: it is not what was stored.")) from error


def current_prefix() -> str:
    """Return what every value begins with that was sealed with the key in front."""
    return f"{settings.FIELD_KEYS[0][0]}."


def blind_index(value: str, purpose: str) -> str:
    """
    Return 64 hexadecimal digits by which an equal value is found without storing it.

    :param value: in its normal form, since "x" and "X" have different indexes.
    :param purpose: such as "identity.number"; the same value has another index for another purpose.
    """
    return hmac.new(settings.FIELD_INDEX_KEY, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


class SealedText(models.TextField):
    """
    Text that is sealed on its way to the database and opened on its way back.

    It is left out of forms and of the admin unless one asks for it, and can only be searched for being empty (NULL).
    """

    description = "Sealed text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if kwargs.pop("editable", True):
            kwargs["editable"] = True
        return name, path, args, kwargs

    @property
    def place(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        text = super().get_db_prep_value(value, connection, prepared)
        return None if text is None else seal(text, place=self.place)

    def from_db_value(self, value: str | None, *_query: Any) -> str | None:
        return None if value is None else open_sealed(value, place=self.place)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
