"""A database server, and a broker where one is needed, that a benchmark has for itself; gone when it ends."""

import io
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from dashu.runtime.services import Services

PLANS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "100ms",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_triggers": "on",
}
NO_BROKER = "redis://127.0.0.1:9/0"


FRESH = "fresh"


@contextmanager
def own_database(
    *, plans: Path | None = None, with_broker: bool = False, home: Path | None = None
) -> Iterator["MakesDatabases"]:
    """
    Start embedded servers in a temporary folder and give what makes databases on them.

    :param plans: where the plans of slow statements go; noting them takes time of its own.
    :param with_broker: start Valkey too; without it nothing can be queued.
    :param home: a folder for the servers that is kept, and with it the migrated database that others are copied from.
    """
    folder = home or Path(tempfile.mkdtemp(prefix="dashu-benchmark-"))
    os.environ.pop("DATABASE_URL", None)
    os.environ["DASHU_HOME"] = str(folder)
    if with_broker:
        os.environ.pop("REDIS_URL", None)
    else:
        os.environ["REDIS_URL"] = NO_BROKER
    from dashu.runtime.home import Home
    from dashu.runtime.services import Services

    services = Services(Home.from_environment())
    services.start()
    addresses = services.environment()
    os.environ["REDIS_URL"] = addresses["REDIS_URL"]
    server = addresses["DATABASE_URL"].rpartition("/")[0]
    make = MakesDatabases(services, server, PLANS if plans else {})
    try:
        yield make
    finally:
        if home:
            make.drop_all()
        services.stop()
        if plans:
            shutil.copy(folder / "log" / "postgres.log", plans)
        if not home:
            shutil.rmtree(folder, ignore_errors=True)


class MakesDatabases:
    """Called with a name, makes a database of it and has Django use it; a copy of one with tables and products."""

    def __init__(self, services: "Services", server: str, options: Mapping[str, str]) -> None:
        self.services = services
        self._server = server
        self._options = options
        self._made: set[str] = set()

    def __call__(self, name: str, seconds: int, *, template: str = FRESH) -> None:
        """
        :param seconds: after which a statement is cut off.
        :param template: the database to copy; nobody else may be connected to it.
        """
        if template == FRESH and not self._execute(f"SELECT 1 FROM pg_database WHERE datname = '{FRESH}'"):
            self._execute("CREATE DATABASE unfinished")
            _connect(f"{self._server}/unfinished")
            _fill()
            _disconnect()
            self._execute(f"ALTER DATABASE unfinished RENAME TO {FRESH}")
        _disconnect()
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        self._made.add(name)
        self.connect(name, seconds)

    def connect(self, name: str, seconds: int) -> None:
        options = {"statement_timeout": f"{seconds}s", **self._options}
        text = " ".join(f"-c {key}={value}" for key, value in options.items())
        _connect(f"{self._server}/{name}?{urlencode({'options': text}, quote_via=quote)}")

    def drop(self, name: str) -> None:
        _disconnect()
        self._execute(f"DROP DATABASE {name} (FORCE)")
        self._made.discard(name)

    def drop_all(self) -> None:
        for name in list(self._made):
            self.drop(name)

    def _execute(self, statement: str) -> list[Any]:
        import psycopg2

        maintenance = psycopg2.connect(f"{self._server}/postgres")
        maintenance.autocommit = True
        with maintenance.cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchall() if cursor.description else []
        maintenance.close()
        return found


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashu.settings.dev"
    import django

    django.setup()


def _connect(url: str) -> None:
    """Point Django at this database; it may have been set up for another one."""
    os.environ["DATABASE_URL"] = url
    set_up()
    import dj_database_url
    from django.db import connection

    connection.close()
    connection.settings_dict.update(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))


def _disconnect() -> None:
    from django.apps import apps

    if apps.ready:
        from django.db import connection

        connection.close()


def _fill() -> None:
    """Give a new database its tables, policy packs and products."""
    from django.core.management import call_command

    from loans.services.load_products import load_products

    call_command("migrate", verbosity=0)
    call_command("load_policy", verbosity=0, stdout=io.StringIO())
    load_products()


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class Workers:
    """
    Processes that are set up and wait, as Celery's workers do.

    :param work: what each does: it is given its end of a pipe and the environment, says when it is ready, and ends when
        it is sent None.
    """

    def __init__(self, count: int, work: Callable[[Connection, dict[str, str]], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._processes = []
        for _number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, dict(os.environ)), daemon=True)
            process.start()
            self._ends.append(ours)
            self._processes.append(process)
        for end in self._ends:
            end.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for end in self._ends:
            end.send(None)
        for process in self._processes:
            process.join(30)
