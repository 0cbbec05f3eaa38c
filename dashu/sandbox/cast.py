"""
Who is in a partner's sandbox: ten loans and ten applications, one in each state that a program has to deal with.

Plain values. A loan's number and a borrower's reference follow from the partner's code and the key here, so that
documents and programs can name them.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from dashu.kernel.dates import add_months


class Ending(StrEnum):
    """What happened to a loan after the installments that were paid."""

    RUNS = "runs"
    WAITS_FOR_PAYOUT = "waits_for_payout"
    RESTRUCTURED = "restructured"


@dataclass(frozen=True, slots=True)
class SandboxLoan:
    """
    :param paid: installments paid on their due dates.
    :param next_due_in: days from today to the due date after them; negative when it is over.
    """

    key: str
    name: str
    count: int
    paid: int
    next_due_in: int
    ending: Ending = Ending.RUNS
    principal_minor: int = 12_000_00

    def starts_on(self, today: date) -> date:
        """Return the day of the payout. Due dates are those of its day of the month, so no month is too short."""
        due = today + timedelta(days=self.next_due_in)
        return add_months(due, -(self.paid + 1), day=min(due.day, 28))


LOANS = (
    SandboxLoan("RUNNING", "沙盒一", 12, 3, 20),
    SandboxLoan("DUE-SOON", "沙盒二", 12, 1, 3),
    SandboxLoan("LATE-10", "沙盒三", 12, 2, -10),
    SandboxLoan("LATE-40", "沙盒四", 12, 2, -40),
    SandboxLoan("LATE-70", "沙盒五", 12, 1, -70),
    SandboxLoan("LATE-120", "沙盒六", 12, 1, -120),
    SandboxLoan("SETTLED", "沙盒七", 3, 3, 15),
    SandboxLoan("RESTRUCTURED", "沙盒八", 12, 2, -50, Ending.RESTRUCTURED),
    SandboxLoan("APPROVED", "沙盒九", 6, 0, 35, Ending.WAITS_FOR_PAYOUT),
    SandboxLoan("HALF-WAY", "沙盒十", 6, 3, 12, principal_minor=6_000_00),
)


class Course(StrEnum):
    """How far an application comes."""

    HALF_WAY = "half_way"
    LAPSED = "lapsed"
    HANDED_IN = "handed_in"
    DECIDED = "decided"
    CHOSEN = "chosen"
    SIGNED = "signed"
    PAID_OUT = "paid_out"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class SandboxApplication:
    """
    :param file: the digits of the ID number by which the simulated bureau chooses what it knows.
    :param is_by_computer: whether the applicant agrees to a decision by computer; without it a person decides.
    """

    key: str
    name: str
    born: str
    course: Course = Course.DECIDED
    file: str = "44"
    is_by_computer: bool = True
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_half_way(self) -> bool:
        return self.course in (Course.HALF_WAY, Course.LAPSED)


# The simulated bureau gives no answer about this one, so it stays with the computer for a while.
_SILENT = "92"
_POOR = {"income": "6500.00", "housing": "2200.00", "food": "1500.00", "transport": "300.00", "family": "200.00"}

APPLICATIONS = (
    SandboxApplication("DRAFT", "沙盒甲", "19900101", Course.HALF_WAY),
    SandboxApplication("REFERRED", "沙盒乙", "19900102", is_by_computer=False),
    SandboxApplication("OFFERED", "沙盒丙", "19900103"),
    SandboxApplication("ACCEPTED", "沙盒丁", "19900104", Course.CHOSEN),
    SandboxApplication("REFUSED", "沙盒戊", "19900105", file="01", answers={"month": {**_POOR, "assets": "2000.00"}}),
    SandboxApplication("SUBMITTED", "沙盒庚", "19900107", Course.HANDED_IN, file=_SILENT),
    SandboxApplication("SIGNED", "沙盒辛", "19900108", Course.SIGNED),
    SandboxApplication("PAID_OUT", "沙盒壬", "19900109", Course.PAID_OUT),
    SandboxApplication("EXPIRED", "沙盒癸", "19900110", Course.LAPSED),
    SandboxApplication("WITHDRAWN", "沙盒己", "19900106", Course.WITHDRAWN),
)


def loan_number(code: str, key: str) -> str:
    """Return the number of a loan of the sandbox, such as SBX-ACME-LATE-10; also of one that an application became."""
    return f"SBX-{code.upper()}-{key.replace('_', '-')}"


def borrower_reference(key: str) -> str:
    """Return the partner's own reference of a borrower of the sandbox."""
    return f"sandbox-{key.lower().replace('_', '-')}"
