"""The versions that a loan's schedule has had: why each was made, by what kind of person, and what it comes to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Subquery, Sum

from dashu.users.actors import people_of
from dashu.users.models import User
from loans.models import Loan
from repayments.models import Installment, LoanEvent, ScheduleVersion

STAFF, BORROWER, PARTNER, SYSTEM = "STAFF", "BORROWER", "PARTNER", "SYSTEM"
MAKERS = (STAFF, BORROWER, PARTNER, SYSTEM)


@dataclass(frozen=True, slots=True)
class VersionSums:
    """
    One version with its sums, in minor units.

    :param made_by: the kind of whoever did what made it, never who; None where it came with the loan from elsewhere.
    :param sums: of `principal`, `interest`, `fee`, `total`, `paid`, `waived` and `unpaid`, by name and `_minor`.
    """

    version: int
    is_in_force: bool
    reason: str
    effective_on: date
    created_at: datetime
    made_by: str | None
    installments: int
    first_due_on: date | None
    last_due_on: date | None
    sums: dict[str, int]


def versions_with_sums(loan: Loan, *, before: int | None, size: int) -> list[VersionSums]:
    """
    Return versions of a loan, the newest first, in four queries however many there are.

    :param before: only versions with a lower number; None for all.
    """
    found = ScheduleVersion.objects.filter(loan_id=loan.pk).order_by("-version")
    newest = found.values_list("version", flat=True).first()
    # A version is written right after the event that made it, both under the loan's lock.
    events = LoanEvent.objects.filter(loan=OuterRef("loan"), posted_at__lte=OuterRef("created_at"))
    found = found.annotate(actor=Subquery(events.order_by("-posted_at", "-pk").values("actor")[:1]))
    versions = list((found if before is None else found.filter(version__lt=before))[:size])
    sums = _sums(loan, [one.version for one in versions])
    makers = _kinds({one.actor for one in versions})
    return [
        VersionSums(
            version=one.version,
            is_in_force=one.version == newest,
            reason=one.reason,
            effective_on=one.effective_on,
            created_at=one.created_at,
            made_by=makers.get(one.actor),
            **sums.get(one.version, _NOTHING),
        )
        for one in versions
    ]


_PARTS = ("principal", "interest", "fee")
_NOTHING: dict[str, Any] = {"installments": 0, "first_due_on": None, "last_due_on": None, "sums": {}}


def _sums(loan: Loan, versions: list[int]) -> dict[int, dict[str, Any]]:
    rows = Installment.objects.filter(loan_id=loan.pk, version__in=versions).order_by().values("version")
    summed = rows.annotate(
        installments=Count("number"),
        first_due_on=Min("due_on"),
        last_due_on=Max("due_on"),
        sum_unpaid=Sum("unpaid_minor"),
        **{f"sum_{part}": Sum(f"{part}_minor") for part in _PARTS},
        sum_paid=Sum(F("paid_principal_minor") + F("paid_interest_minor") + F("paid_fee_minor")),
        sum_waived=Sum(F("waived_principal_minor") + F("waived_interest_minor") + F("waived_fee_minor")),
    )
    found: list[dict[str, Any]] = [dict(row) for row in summed]
    return {row.pop("version"): _of(row) for row in found}


def _of(row: dict[str, Any]) -> dict[str, Any]:
    sums = {f"{name}_minor": int(row.pop(f"sum_{name}")) for name in (*_PARTS, "paid", "waived", "unpaid")}
    sums["total_minor"] = sum(sums[f"{part}_minor"] for part in _PARTS)
    return {**row, "sums": sums}


def _kinds(actors: set[str | None]) -> dict[str | None, str]:
    known = {actor for actor in actors if actor is not None}
    people = people_of(known)
    return {actor: _kind(actor, people.get(actor)) for actor in known}


def _kind(actor: str, person: User | None) -> str:
    if person is not None:
        return STAFF if person.is_staff else BORROWER
    return PARTNER if actor.startswith("partner:") else SYSTEM
