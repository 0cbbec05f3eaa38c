from datetime import UTC, datetime, timedelta

import pytest

from loans.domain.signatures import SignatureState, signature_state

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, SignatureState.NOT_ASKED),
        ({"expires_at": LATER}, SignatureState.LINK_MADE),
        ({"expires_at": LATER, "opened_at": NOW}, SignatureState.OPENED),
        ({"expires_at": NOW, "opened_at": NOW}, SignatureState.EXPIRED),
        ({"expires_at": LATER, "can_be_signed": False}, SignatureState.EXPIRED),
        ({"expires_at": LATER, "can_be_signed": False, "is_declined": True}, SignatureState.DECLINED),
        ({"expires_at": NOW, "can_be_signed": False, "is_signed": True}, SignatureState.SIGNED),
        ({"can_be_signed": False, "is_signed": True}, SignatureState.SIGNED),
    ],
)
def test_a_signature_by_link_is_in_one_state(facts, state):
    usual = {"is_signed": False, "is_declined": False, "can_be_signed": True, "expires_at": None, "opened_at": None}

    assert signature_state(**{**usual, **facts}, now=NOW) is state
