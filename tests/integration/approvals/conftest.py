"""An act that only writes an audit record, asked for under any kind, and people of each role."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from dashu.approvals import acts
from dashu.approvals.acts import ActKind
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.audit.models import AuditRecord
from dashu.kernel.errors import DomainError
from dashu.users.models import User
from dashu.users.roles import STAFF_ROLES
from tests import factories

TODAY = date(2026, 6, 1)
STAFF = [str(role) for role in STAFF_ROLES]


class LoanMoved(DomainError):
    """The loan is no longer what it was."""

    code = "loan_moved"


class Book:
    """What the acts of a test did, and what stops them."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.credit = 5_000_00

    def perform(self, payload: dict[str, Any], *, actor: str, today: date) -> dict[str, Any]:
        audit.record(
            action="test.done", subject_type="thing", subject_id=payload["thing"], actor=actor, data={"on": today}
        )
        if self.refusal:
            raise self.refusal
        return {"done": payload["thing"]}

    def preview(self, payload: Any, _today: date) -> list[dict[str, Any]]:
        return [{"title": "Credit", "columns": ["before", "after"], "rows": [[str(self.credit), "0"]], "note": ""}]

    @property
    def done(self) -> list[tuple[str, str]]:
        """Which things were done, and in whose name."""
        return list(AuditRecord.objects.filter(action="test.done").values_list("subject_id", "actor").order_by("pk"))


@contextmanager
def acts_of(book: Book) -> Iterator[None]:
    """Register the test's act under every kind of the policy rule."""
    before = dict(acts._KINDS)
    for code in KINDS:
        acts.register(
            ActKind(
                code=code,
                label=f"The act {code}",
                perform=book.perform,
                permission="approvals.view_approvalrequest",
                describe=lambda payload: f"Do {payload['thing']}.",
            )
        )
    yield
    acts._KINDS.clear()
    acts._KINDS.update(before)


KINDS = [
    "credit_reporting.file",
    "waiver.penalty",
    "waiver.interest",
    "waiver.fee",
    "waiver.principal",
    "refund",
    "loan.payout",
    "charge_off",
    "write_off",
    "sale",
    "recovery",
    "message.wording",
    "collections.script",
    "collections.script_withdrawal",
    "education.lesson",
    "settlement.offer",
    "settlement.deep",
    "product.version",
    "application.approve",
    "relief.outside",
    "relief.deep",
    "relief.campaign",
    "relief.list",
    "warning.shock",
    "agency.place",
    "legal.file",
    "strategy.publish",
    "provision.post",
    "credit_reporting.file",
    "warning.shock",
]


@pytest.fixture
def book(policy_packs: None) -> Iterator[Book]:
    kept = Book()
    with acts_of(kept):
        yield kept


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """One of each staff role."""
    return {role: factories.staff(role.capitalize(), role) for role in STAFF}


@pytest.fixture
def helen(db: None) -> User:
    """An accountant, who asks."""
    return factories.staff("Helen", User.Role.ACCOUNTANT)


@pytest.fixture
def wei(db: None) -> User:
    """Another accountant, who decides."""
    return factories.staff("Wei", User.Role.ACCOUNTANT)


def ask(user: User, kind: str = "refund", amount: int = 100_00, *, thing: str = "1", **given: Any) -> ApprovalRequest:
    values: dict[str, Any] = {
        "kind": kind,
        "payload": {"thing": thing},
        "amount_minor": amount,
        "currency": "CNY",
        "subject_type": "thing",
        "subject_id": thing,
        "reason": "paid twice",
        "user": user,
        "today": TODAY,
        "idempotency_key": f"{kind}-{user.pk}-{amount}-{thing}",
    }
    return submit(**{**values, **given})
