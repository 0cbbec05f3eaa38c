"""What all tests share: the cast, the policy packs, and emptying tables that refuse to be emptied."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations

from dashu.policy.selectors import forget_rules
from dashu.policy.services import load_packs
from dashu.users.models import Borrower, Partner, User

APPEND_ONLY = {"ledger_journalentry", "ledger_posting", "audit_auditrecord", "repayments_loanevent"}


@pytest.fixture(scope="session", autouse=True)
def _empty_append_only_tables() -> Iterator[None]:
    """Let the clean-up after tests with real commits empty the append-only tables, which refuse everyone else."""
    real_sql_flush = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, style: Any, tables: Any, **options: Any) -> list[str]:
        guarded = sorted(APPEND_ONLY & set(tables))
        return [
            *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in guarded),
            *real_sql_flush(self, style, tables, **options),
            *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in guarded),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture
def policy_packs(db: None) -> Iterator[None]:
    load_packs()
    yield
    forget_rules()


@pytest.fixture
def amina(db: None) -> Borrower:
    """A borrower with a login, a phone and an e-mail address."""
    return _borrower("Amina")


@pytest.fixture
def brook(db: None) -> Borrower:
    """Another borrower, who must see nothing of Amina's."""
    return _borrower("Brook")


@pytest.fixture
def chidi(db: None) -> User:
    """A collector."""
    return User.objects.create_user("chidi@dashu.example", "pass", name="Chidi", role=User.Role.COLLECTOR)


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("admin@dashu.example", "pass", name="Ada")


@pytest.fixture
def dana(db: None) -> Partner:
    """A partner with a login."""
    user = User.objects.create_user("dana@acme.example", "pass", name="Dana", role=User.Role.PARTNER)
    return Partner.objects.create(code="acme", name="Acme", user=user)


def _borrower(name: str) -> Borrower:
    email = f"{name.lower()}@people.example"
    user = User.objects.create_user(email, "pass", name=name, language="en")
    return Borrower.objects.create(name=name, user=user, email=email, phone="13800000000", language="en")
