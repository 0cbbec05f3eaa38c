"""Calls of a partner's programs as the log has them."""

from typing import Any
from uuid import uuid4

from dashu.api.models import ApiCall
from dashu.kernel.dates import lender_now
from dashu.users.models import Partner


def called(partner: Partner, **fields: Any) -> ApiCall:
    """A call that was answered within 12 ms just now, unless told otherwise."""
    usual = {
        "at": lender_now(),
        "client_id": 0,
        "operation": "get_loan",
        "method": "GET",
        "status": 200,
        "milliseconds": 12,
        "request_bytes": 0,
        "response_bytes": 640,
        "request_id": uuid4(),
        "network": "203.0.113.0/24",
    }
    return ApiCall.objects.create(partner=partner, **{**usual, **fields})
