"""Holds that concern the person and not one loan: nothing that can be stopped is sent to them while one runs."""

from collections_mgmt.models import Hold
from dashu.messaging.guard import register_hold

OF_THE_PERSON = (Hold.Kind.DECEASED, Hold.Kind.HARDSHIP_REVIEW, Hold.Kind.BREATHING_SPACE)
_HELD = """
SELECT loan.borrower_id FROM collections_mgmt_hold AS hold JOIN loans_loan AS loan ON loan.id = hold.loan_id
WHERE hold.ended_on IS NULL AND hold.kind IN ({kinds})
"""


def register() -> None:
    register_hold("hold", _HELD.format(kinds=", ".join(f"'{kind.value}'" for kind in OF_THE_PERSON)))
