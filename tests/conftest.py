"""What all tests share: staff and partner, the policy packs, and emptying tables that refuse to be emptied."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import translation

from dashu.policy.selectors import forget_rules
from dashu.policy.services import load_packs
from dashu.users.models import Partner, User
from tests import factories

APPEND_ONLY = {
    "ledger_journalentry",
    "ledger_posting",
    "ledger_accountingperiod",
    "ledger_closingbalance",
    "audit_auditrecord",
    "repayments_loanevent",
    "repayments_installmentmovement",
    "repayments_restatement",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the books that take minutes, so that no core waits for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("realbook") is None)


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


@pytest.fixture(autouse=True)
def _language_of_the_code() -> Iterator[None]:
    """End the language of a test's requests with the test; Django leaves it active in the thread."""
    yield
    translation.deactivate()


@pytest.fixture
def policy_packs(db: None) -> Iterator[None]:
    load_packs()
    yield
    forget_rules()


@pytest.fixture
def chidi(db: None) -> User:
    """A collector."""
    return factories.staff("Chidi")


@pytest.fixture
def dana(db: None) -> Partner:
    """A partner with a login."""
    return factories.partner("Dana")


@pytest.fixture
def administrator(db: None) -> User:
    """One who reads English."""
    return User.objects.create_superuser("admin@example.com", "correct horse", name="Ada", language="en")
