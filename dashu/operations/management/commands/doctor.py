"""Look at everything that has to be in order, and say what to do about what is not."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from dashu.events import QUEUES
from dashu.kernel.dates import lender_now
from dashu.operations import business, machine, point_in_time
from dashu.operations.findings import Finding, State, failed

MARKS = {State.OK: "ok     ", State.WARNING: "look   ", State.FAILED: "WRONG  "}


class Command(BaseCommand):
    help = "Check settings, database, broker, workers, disk, keys, nights, books and messages. Exit 1 if one is wrong."
    requires_system_checks = []  # they are among what it tells

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document a line")
        parser.add_argument("--without-workers", action="store_true", help="where none is meant to run")

    def handle(self, *_args: Any, **options: Any) -> None:
        states = []
        for finding in findings(with_workers=not options["without_workers"]):
            states.append(finding.state)
            self.stdout.write(json.dumps(asdict(finding), ensure_ascii=False) if options["json"] else _line(finding))
        if State.FAILED in states:
            raise SystemExit(1)


def findings(*, with_workers: bool = True) -> Iterator[Finding]:
    """Yield what each check finds. Where the database does not answer, those that read it are left out."""
    yield from machine.check_settings()
    yield from machine.check_disk()
    of_database = list(machine.check_database())
    yield from of_database
    yield from machine.check_broker()
    if with_workers:
        yield from machine.check_workers(QUEUES)
    if any(finding.check == "database" and finding.state is State.FAILED for finding in of_database):
        return
    now = lender_now()
    yield from _each(
        machine.check_migrations,
        machine.check_keys,
        business.check_policy,
        partial(business.check_close, now),
        business.check_books,
        partial(business.check_outbox, now),
        business.check_webhooks,
        business.check_alerts,
        business.check_audit,
        point_in_time.check_archive,
    )


def _each(*checks: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Let a check that breaks, such as for a missing table, be a finding of its own."""
    for check in checks:
        try:
            yield from list(check())
        except DatabaseError as error:
            name = getattr(check, "func", check).__name__.removeprefix("check_")
            yield failed(name, str(error).strip().splitlines()[0], "Run “manage.py migrate”, then look again.")


def _line(finding: Finding) -> str:
    line = f"{MARKS[finding.state]}{finding.check}: {finding.says}"
    return f"{line}\n         → {finding.fix}" if finding.fix else line
