"""Checks of what the installation stands on: settings, database, broker, disk, clock, keys."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from time import time

import redis
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from dashu.celery import app
from dashu.operations.findings import Finding, failed, ok, warning
from dashu.users.models import Identity
from dashu.users.sealing import CannotOpen, open_sealed, seal

MOST_CLOCK_SECONDS = 5
LEAST_FREE_SHARE = 0.10
LEAST_FREE_BYTES = 2 * 1024**3
ANSWER_WITHIN_SECONDS = 3


def check_settings() -> Iterator[Finding]:
    """Say what `manage.py check --deploy` says."""
    found = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    for message in found:
        yield (failed if message.level >= checks.ERROR else warning)(
            "settings", f"{message.id}: {message.msg}", message.hint or "See “manage.py check --deploy”."
        )
    if not found:
        yield ok("settings", "nothing speaks against them")


def check_database() -> Iterator[Finding]:
    """Say whether it answers, is the version and the shape that this program expects, and has room."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, extract(epoch FROM clock_timestamp())")
            version, clock = cursor.fetchone()
            apart = abs(time() - float(clock))
            cursor.execute(
                "SELECT COUNT(*), current_setting('max_connections')::int FROM pg_stat_activity"
                " WHERE backend_type = 'client backend'"
            )
            connections, most = cursor.fetchone()
            cursor.execute(
                "SELECT pid, extract(epoch FROM now() - xact_start)::int FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND xact_start < now() - interval '10 minutes'"
            )
            idle = cursor.fetchall()
    except DatabaseError as error:
        yield failed("database", str(error).strip(), "Start Postgres, or put DATABASE_URL right.")
        return
    if version < 160000:
        yield failed("database", f"it is version {version // 10000}", "Use Postgres 16 or later.")
    else:
        yield ok("database", f"version {version // 10000} answers")
    if apart > MOST_CLOCK_SECONDS:
        yield failed(
            "clock",
            f"the database's clock and this machine's are {apart:.0f} seconds apart",
            "Let both follow the same time servers (chrony, systemd-timesyncd): codes, sessions and nights hang on it.",
        )
    else:
        yield ok("clock", f"{apart:.1f} seconds from the database's")
    if connections > 0.8 * most:
        yield warning("connections", f"{connections} of {most}", "Put PgBouncer between, or start fewer processes.")
    else:
        yield ok("connections", f"{connections} of {most}")
    for pid, seconds in idle:
        yield warning(
            "connections",
            f"process {pid} holds a transaction open for {seconds // 60} minutes and does nothing",
            f"Find out who it is (pg_stat_activity); SELECT pg_terminate_backend({pid}) ends it.",
        )


def check_migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = plan[0][0]
        yield failed("migrations", f"{len(plan)} are missing, the first is {first}", "Run “manage.py migrate”.")
    else:
        yield ok("migrations", "none is missing")


def check_broker() -> Iterator[Finding]:
    """Say whether it answers, keeps what it is told, and how long the queues are."""
    seconds = ANSWER_WITHIN_SECONDS
    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=seconds, socket_timeout=seconds) as client:
            client.ping()
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except redis.RedisError as error:
        yield failed("broker", str(error), "Start Redis or Valkey, or put REDIS_URL right.")
        return
    if policy not in ("noeviction", ""):
        yield failed("broker", f"maxmemory-policy is {policy}: it may drop jobs", "Set maxmemory-policy noeviction.")
    else:
        yield ok("broker", "answers, and drops nothing")


def check_workers(queues: tuple[str, ...]) -> Iterator[Finding]:
    """Say which queues no worker reads."""
    try:
        answers = app.control.inspect(timeout=ANSWER_WITHIN_SECONDS).active_queues() or {}
    except (OSError, OperationalError, redis.RedisError) as error:
        yield failed("workers", f"they cannot be asked: {error}", "See the broker.")
        return
    read = {queue["name"] for found in answers.values() for queue in found}
    for queue in queues:
        if queue not in read:
            yield failed("workers", f"nobody reads the queue {queue}", f"Start a worker with --queues {queue}.")
    if read.issuperset(queues):
        yield ok("workers", f"{len(answers)} read all {len(queues)} queues")


def check_disk() -> Iterator[Finding]:
    for name, folder in (("home", Path(settings.DASHU_HOME)), ("media", Path(settings.MEDIA_ROOT))):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        usage = shutil.disk_usage(there)
        says = f"{usage.free // 1024**2} MB of {usage.total // 1024**2} MB are free for {name}"
        if usage.free < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * usage.total):
            yield failed("disk", says, "Make room before the next night: a full disk stops every write.")
        else:
            yield ok("disk", says)


def check_keys() -> Iterator[Finding]:
    """Say whether what is sealed now opens again, and whether what was sealed before does."""
    place = "operations.doctor"
    try:
        opens = open_sealed(seal("大樹", place=place), place=place) == "大樹"
    except CannotOpen as error:
        yield failed("keys", str(error), "Put DASHU_FIELD_KEYS right.")
        return
    if not opens:
        yield failed("keys", "what is sealed does not open as it was", "Put DASHU_FIELD_KEYS right.")
        return
    yield from _check_rows_open()


def _check_rows_open() -> Iterator[Finding]:
    """Open the newest and the oldest identity: they stand for all that was sealed with any of the keys."""
    try:
        read = [row.pk for order in ("pk", "-pk") for row in Identity.objects.order_by(order)[:1]]
    except CannotOpen as error:
        yield failed(
            "keys",
            f"an identity that was sealed before does not open: {error}",
            "Its key is missing from DASHU_FIELD_KEYS. Take it from the safe; nobody can make it anew.",
        )
        return
    yield ok("keys", f"what is sealed opens again; {'old rows too' if read else 'there are no old rows'}")
