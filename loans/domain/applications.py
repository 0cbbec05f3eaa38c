"""
The life of an application: which states there are, and what may follow what.

The steps of the questions are one list for every product kind; what a step asks is in `application_facts`.
"""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"  # waiting for the credit report and the first decision
    REFERRED = "REFERRED"  # a person looks at it
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"  # an offer was chosen; the cost sheet is read and the contract signed next
    SIGNED = "SIGNED"
    PAID_OUT = "PAID_OUT"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


NEXT: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.SUBMITTED, Status.WITHDRAWN, Status.EXPIRED}),
    Status.SUBMITTED: frozenset({Status.REFERRED, Status.OFFERED, Status.REFUSED, Status.WITHDRAWN}),
    Status.REFERRED: frozenset({Status.OFFERED, Status.REFUSED, Status.WITHDRAWN}),
    Status.OFFERED: frozenset({Status.ACCEPTED, Status.REFERRED, Status.WITHDRAWN, Status.EXPIRED}),
    Status.ACCEPTED: frozenset({Status.OFFERED, Status.SIGNED, Status.WITHDRAWN, Status.EXPIRED}),
    Status.SIGNED: frozenset({Status.PAID_OUT, Status.WITHDRAWN}),
    Status.PAID_OUT: frozenset({Status.WITHDRAWN}),  # within the cooling-off days
    Status.REFUSED: frozenset({Status.REFERRED}),  # a person is asked to look again
    Status.WITHDRAWN: frozenset(),
    Status.EXPIRED: frozenset(),
}
# An applicant has one of these at a time for a product: the second would be a duplicate.
OPEN = (Status.DRAFT, Status.SUBMITTED, Status.REFERRED, Status.OFFERED, Status.ACCEPTED, Status.SIGNED)
# What the applicant may take back without asking anyone; a contract that was signed has its own way.
WITHDRAWABLE = (Status.DRAFT, Status.SUBMITTED, Status.REFERRED, Status.OFFERED, Status.ACCEPTED)


def may_become(now: str, then: str) -> bool:
    return Status(then) in NEXT[Status(now)]
