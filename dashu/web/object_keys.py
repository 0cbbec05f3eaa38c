"""What an address of the back office says of the row that it is about."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CompositePrimaryKey, IntegerField, Model


def may_be_key(model: type[Model], text: str) -> bool:
    """Return whether a row of the model can have the key that is written in an address."""
    field: Any = model._meta.pk
    while field is not None and field.remote_field is not None:
        field = field.target_field
    if field is None or isinstance(field, CompositePrimaryKey):
        return True
    given = unquote(text)
    if "\0" in given:
        return False
    try:
        key = field.to_python(given)
    except (ValidationError, ValueError):
        return False
    if not isinstance(field, IntegerField):
        return True
    _least, most = connection.ops.integer_field_range(field.get_internal_type())
    return 0 < key <= most
