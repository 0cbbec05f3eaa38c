"""
Holds that concern the person and not one loan: while one runs, nothing that can be stopped is sent to them, and nothing
more is lent to them on a contract that pays out in parts. What a hold does is written in it, see `Hold`.
"""

from datetime import date

from collections_mgmt.models import Hold
from dashu.messaging.guard import register_hold
from repayments.services.tranche_conditions import register_bar

HOLD_OF_AGENCIES = "agency"
# Of any kind that leaves the person in peace; the facts of the guard name each kind besides.
HOLD_OF_PERSON = "hold"
_HELD = """
SELECT loan.borrower_id FROM collections_mgmt_hold AS hold JOIN loans_loan AS loan ON loan.id = hold.loan_id
WHERE hold.ended_on IS NULL AND hold.contact = 'PERSON'
"""
# Whom an agency contacts for us, nobody else does.
_PLACED = """
SELECT loan.borrower_id FROM collections_mgmt_placement AS placement
JOIN loans_loan AS loan ON loan.id = placement.loan_id
WHERE placement.recalled_on IS NULL
"""


def register() -> None:
    register_hold(HOLD_OF_PERSON, _HELD)
    register_hold(HOLD_OF_AGENCIES, _PLACED)
    register_bar("hold", _is_barred)


def _is_barred(borrower_id: int, on: date) -> bool:
    return Hold.objects.filter(loan__borrower=borrower_id, bars_lending=True, ended_on=None, starts_on__lte=on).exists()
