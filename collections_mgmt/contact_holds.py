"""
Holds that concern the person and not one loan: while one runs, nothing that can be stopped is sent to them, and nothing
more is lent to them on a contract that pays out in parts.
"""

from datetime import date

from collections_mgmt.models import Hold
from dashu.messaging.guard import register_hold
from repayments.services.tranche_conditions import register_bar

OF_THE_PERSON = (Hold.Kind.DECEASED, Hold.Kind.HARDSHIP_REVIEW, Hold.Kind.BREATHING_SPACE)
LENDS_NOTHING = (*OF_THE_PERSON, Hold.Kind.FRAUD)
_HELD = """
SELECT loan.borrower_id FROM collections_mgmt_hold AS hold JOIN loans_loan AS loan ON loan.id = hold.loan_id
WHERE hold.ended_on IS NULL AND hold.kind IN ({kinds})
"""


def register() -> None:
    register_hold("hold", _HELD.format(kinds=", ".join(f"'{kind.value}'" for kind in OF_THE_PERSON)))
    register_bar("hold", _is_barred)


def _is_barred(borrower_id: int, on: date) -> bool:
    return Hold.objects.filter(
        loan__borrower=borrower_id, kind__in=LENDS_NOTHING, ended_on=None, starts_on__lte=on
    ).exists()
