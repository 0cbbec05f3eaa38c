"""
Links to papers that open for one person and for some minutes only.

Such an address ends up in histories and in logs; who finds it there later, or is somebody else, gets nothing by it.
"""

from datetime import timedelta

from django.core import signing

VALID_FOR = timedelta(minutes=5)
_SALT = "dashu.portal.document"


class LinkExpired(Exception):
    """The link was right and is too old. :ivar document_id: the document that it led to."""

    def __init__(self, document_id: int) -> None:
        super().__init__()
        self.document_id = document_id


class LinkWrong(Exception):
    """The link is not one of ours, or somebody else's."""


def signed_token(document_id: int, *, user_id: int) -> str:
    return signing.TimestampSigner(salt=_SALT).sign(f"{document_id}-{user_id}")


def opened_token(token: str, *, user_id: int) -> int:
    """
    Return the id of the document that a link leads this person to.

    :raises LinkExpired, LinkWrong: see there.
    """
    signer = signing.TimestampSigner(salt=_SALT)
    try:
        document_id, _dash, whose = signer.unsign(token).partition("-")
    except signing.BadSignature as error:
        raise LinkWrong from error
    if whose != str(user_id):
        raise LinkWrong
    try:
        signer.unsign(token, max_age=VALID_FOR)
    except signing.SignatureExpired as error:
        raise LinkExpired(int(document_id)) from error
    return int(document_id)
