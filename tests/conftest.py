"""What all tests share: staff and partner, the policy packs, and emptying tables that refuse to be emptied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.utils import CursorWrapper
from django.utils import translation

from dashu.consents.services.load_texts import load_texts
from dashu.kernel.dates import lender_today
from dashu.messaging.services.load_wordings import load_wordings
from dashu.policy.selectors import forget_rules
from dashu.policy.services import load_packs
from dashu.users.models import Partner, User
from loans.services.load_products import load_products
from tests import factories
from tests.molds import Mold

LARGE = 8_000_000  # bytes
# Files that take a minute and more, beside the published books.
LONG = {"test_benchmarks.py", "test_every_page.py", "test_seed_demo.py", "test_killed_processes.py", "test_any_life.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that no core waits for it at the end."""
    items.sort(key=lambda item: (item.get_closest_marker("realbook") is None, item.path.name not in LONG))


@pytest.fixture(scope="session")
def mold(django_db_modify_db_settings: None) -> Iterator[Mold]:
    """Have the database of the tests copied from one with all tables, where there is one."""
    with Mold() as mold:
        if template := mold.template:
            connection.settings_dict["TEST"]["TEMPLATE"] = template
        yield mold


@pytest.fixture(scope="session")
def django_db_setup(mold: Mold, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load policy packs, products and texts once, so that every test finds a new installation as it should be."""
    with django_db_blocker.unblock():
        mold.finish()
        load_packs()
        load_products()
        load_wordings(on=lender_today())
        load_texts()
        flush = _Flush.of_new_database()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", lambda _self, _style, tables, **_how: flush.statements(tables))
        # What it would make anew is restored with the rest.
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *_args, **_how: None)
        yield


@dataclass(frozen=True)
class _Flush:
    """
    The clean-up after tests with real commits: the database as it was when it was new, append-only tables included.

    :param seeds: the tables that are not empty in a new database; copies of them lie in the schema `seed`.
    """

    seeds: list[str]

    @classmethod
    def of_new_database(cls) -> "_Flush":
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with connection.cursor() as cursor:
            seeds = _filled(cursor, tables)
            cursor.execute("CREATE SCHEMA seed")
            for table in seeds:
                cursor.execute(f"CREATE TABLE seed.{table} AS TABLE {table}")
        return cls(seeds)

    def statements(self, tables: Iterable[str]) -> list[str]:
        with connection.cursor() as cursor:
            filled = _filled(cursor, tables)
            sizes = ", ".join(f"pg_relation_size('{table}')" for table in filled)
            cursor.execute(f"SELECT greatest({sizes})")
            is_large = cursor.fetchone()[0] > LARGE
        # Rows that were deleted are read past until the next VACUUM.
        empty = [f"TRUNCATE {', '.join(tables)}"] if is_large else [f"DELETE FROM {table}" for table in filled]
        restore = [f"INSERT INTO {table} SELECT * FROM seed.{table}" for table in self.seeds]
        # As a replica the server asks neither triggers nor foreign keys.
        return ["SET session_replication_role = replica", *empty, *restore, "SET session_replication_role = origin"]


def _filled(cursor: CursorWrapper, tables: Iterable[str]) -> list[str]:
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    cursor.execute(" UNION ALL ".join(asked))
    return [table for (table,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def _language_of_the_code() -> Iterator[None]:
    """End the language of a test's requests with the test; Django leaves it active in the thread."""
    yield
    translation.deactivate()


@pytest.fixture
def policy_packs(db: None) -> Iterator[None]:
    """The policy packs as they come with the program, also after tests that changed them."""
    forget_rules()
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
