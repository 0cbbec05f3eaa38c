"""
Sessions that nobody can read who has the database: in them lie codes that were sent, phones, and secrets being set up.

One that no key opens any more is an empty one, so its owner signs in again.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as StoredInDatabase

from dashu.users.sealing import CannotOpen, open_sealed, seal

PLACE = "django_session.session_data"


class SessionStore(StoredInDatabase):
    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(super().encode(session_dict), place=PLACE)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            return super().decode(open_sealed(str(session_data), place=PLACE))
        except CannotOpen:
            return {}
