"""
Fields that nobody can read who has the database but not the keys.

A sealed text is `<key id>.<base64>` of a random nonce and the AES-GCM ciphertext, bound to its table and column, so
that it cannot be moved to another field. The first key of `FIELD_KEYS` seals, every key of it opens: a new key is put
in front, `manage.py rotate_field_keys` seals all rows anew, and then the old key can go.

Sealing the same text twice gives two different values, so a sealed column cannot be searched. What must be found has
a blind index beside it: an HMAC under a key of its own, equal for equal values and for one purpose only.

An empty text stays an empty text: there is nothing in it to protect, and columns keep their defaults.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django import forms
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
    sealed = nonce + _cipher(key).encrypt(nonce, text.encode(), place.encode())
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
        return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise CannotOpen(_("A protected value cannot be read: it is not what was stored.")) from error


def seal_bytes(content: bytes, *, place: str) -> bytes:
    """Return a file's content sealed: `<key id>.`, nonce and ciphertext. :param place: can be opened there only."""
    key_id, key = settings.FIELD_KEYS[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    return f"{key_id}.".encode() + nonce + _cipher(key).encrypt(nonce, content, place.encode())


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
        return _cipher(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode())
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


@cache
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


if TYPE_CHECKING:  # what comes back is whatever was put in
    _Values = models.JSONField
else:
    _Values = models.TextField


class _Sealed(models.Field):
    """
    What the fields below share: they are left out of forms unless one asks for them, and found only by being NULL.
    """

    model: type[models.Model]

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

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedText(_Sealed, models.TextField):
    """Text that is sealed on its way to the database and opened on its way back."""

    description = "Sealed text"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        text = super().get_db_prep_value(value, connection, prepared)
        return seal(text, place=self.place) if text else text

    def from_db_value(self, value: str | None, *_query: Any) -> str | None:
        return open_sealed(value, place=self.place) if value else value

    def formfield(self, **kwargs: Any) -> Any:
        """A line and not a page of text."""
        return super().formfield(**{"widget": forms.TextInput, **kwargs})


class SealedJSON(_Sealed, _Values):
    """Plain values, as `json` writes them, sealed as one text."""

    description = "Sealed values"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else seal(json.dumps(value, ensure_ascii=False), place=self.place)

    def from_db_value(self, value: str | None, *_query: Any) -> Any:
        return None if value is None else json.loads(open_sealed(value, place=self.place))

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        return value


class SealedBytes(_Sealed, models.BinaryField):
    """The content of a file, sealed."""

    description = "Sealed content"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        sealed = None if value is None else seal_bytes(bytes(value), place=self.place)
        return super().get_db_prep_value(sealed, connection, prepared)

    def from_db_value(self, value: Any, *_query: Any) -> bytes | None:
        return None if value is None else open_sealed_bytes(bytes(value), place=self.place)


class BlindIndex(models.CharField):
    """
    The blind index of a sealed field beside it, made anew whenever the row is saved; empty for an empty value.

    Saving by `update` or SQL, and `save` with `update_fields`, must name both. A migration sees a plain column.

    :param of: the name of the sealed field. :param index: makes the index of its value, "" for nothing to find it by.
    """

    def __init__(self, *args: Any, of: str = "", index: Callable[[str], str] | None = None, **kwargs: Any) -> None:
        self.of, self.index = of, index
        super().__init__(
            *args, **{"max_length": 64, "blank": True, "default": "", "db_default": "", "editable": False, **kwargs}
        )

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        assert self.index is not None, "a blind index knows how it is made"
        value = getattr(model_instance, self.of)
        setattr(model_instance, self.attname, self.index(value) if value else "")
        return super().pre_save(model_instance, add)
