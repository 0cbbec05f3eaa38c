"""What the API keeps: answers to writes, what a client may do and from where, and which calls there were."""

from dashu.api.models.answers import StoredAnswer
from dashu.api.models.calls import ApiCall, ApiCallQuerySet, ApiUsage
from dashu.api.models.clients import ClientAccess, ClientAccessQuerySet, TokenBinding

__all__ = [
    "ApiCall",
    "ApiCallQuerySet",
    "ApiUsage",
    "ClientAccess",
    "ClientAccessQuerySet",
    "StoredAnswer",
    "TokenBinding",
]
