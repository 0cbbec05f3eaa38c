"""A database server, and a broker where one is needed, that a benchmark has for itself; gone when it ends."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

PLANS = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "100ms",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_triggers": "on",
}
NO_BROKER = "redis://127.0.0.1:9/0"


@contextmanager
def own_database(*, plans: Path | None = None, with_broker: bool = False) -> Iterator[Callable[[str, int], None]]:
    """
    Start embedded servers in a temporary folder and give a function that makes a database and connects to it.

    :param plans: where the plans of slow statements go; noting them takes time of its own.
    :param with_broker: start Valkey too; without it nothing can be queued.
    """
    folder = Path(tempfile.mkdtemp(prefix="dashu-benchmark-"))
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

    def make(name: str, seconds: int) -> None:
        import psycopg2

        maintenance = psycopg2.connect(f"{server}/postgres")
        maintenance.autocommit = True
        maintenance.cursor().execute(f"CREATE DATABASE {name}")
        maintenance.close()
        options = {"statement_timeout": f"{seconds}s", **(PLANS if plans else {})}
        text = " ".join(f"-c {key}={value}" for key, value in options.items())
        os.environ["DATABASE_URL"] = f"{server}/{name}?{urlencode({'options': text}, quote_via=quote)}"
        set_up()
        _use(os.environ["DATABASE_URL"])

    try:
        yield make
    finally:
        services.stop()
        if plans:
            shutil.copy(folder / "log" / "postgres.log", plans)
        shutil.rmtree(folder, ignore_errors=True)


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashu.settings.dev"
    import django

    django.setup()


def _use(url: str) -> None:
    """Point Django, which was set up for the database of another size, at this one."""
    import dj_database_url
    from django.db import connection

    connection.close()
    connection.settings_dict.update(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
