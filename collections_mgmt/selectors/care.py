"""Who needs special care, without the reason, and what follows from it."""

from collections.abc import Iterable
from datetime import date

from collections_mgmt.models import Vulnerability
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing

# Borrowers who are not called or written to by programs that talk by themselves; `register_flag` of the contact guard
# takes it as it is.
VULNERABLE = "SELECT borrower_id FROM collections_mgmt_vulnerability WHERE ended_on IS NULL"


def needing_care(borrower_ids: Iterable[int]) -> dict[int, bool]:
    """Return the borrowers who need special care, each with whether the case goes to a specialist."""
    running = Vulnerability.objects.running().filter(borrower__in=list(borrower_ids))
    found: dict[int, bool] = {}
    for borrower_id, is_specialist in running.values_list("borrower_id", "is_specialist"):
        found[borrower_id] = found.get(borrower_id, False) or is_specialist
    return found


def more_days(borrower_id: int, on: date) -> int:
    """Return how many days more than others the borrower has to answer."""
    if not Vulnerability.objects.running().filter(borrower=borrower_id).exists():
        return 0
    try:
        return policy.special_care(on).more_days
    except PolicyRuleMissing:
        return 0
