"""What an act would change: as the maker saw it, and as it is now."""

import json
from datetime import date
from hashlib import sha256

from django.utils import translation

from dashu.approvals.acts import Preview, act_kind
from dashu.approvals.models import ApprovalRequest
from dashu.kernel.errors import DomainError


def present_preview(request: ApprovalRequest, *, today: date, language: str | None = None) -> Preview | None:
    """
    Return what the act would change as things are now; None when its kind cannot say or it can no longer be done.

    :param language: of the texts, the reader's own unless another is named.
    """
    preview = act_kind(request.kind).preview
    if preview is None:
        return None
    with translation.override(language or translation.get_language()):
        try:
            return preview(request.payload, today)
        except DomainError:
            return None


def has_moved(request: ApprovalRequest, *, today: date) -> bool:
    """Whether the act would now change something else than the maker saw."""
    if act_kind(request.kind).preview is None:
        return False
    return present_preview(request, today=today, language=request.language) != request.preview


def fingerprint(request: ApprovalRequest, *, today: date) -> str:
    """Return a digest of what the act would do now, the same for readers of every language."""
    now = present_preview(request, today=today, language=request.language)
    seen = [request.pk, request.payload, request.preview if now is None else now]
    return sha256(json.dumps(seen, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
