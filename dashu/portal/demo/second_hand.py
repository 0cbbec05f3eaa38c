"""
A second process that books payments beside the first one.

A seeding waits for the database half of its time and computes the other half, so two hands fill a book in little more
than half the time. Each day the second hand books a share of the day's payments, in a transaction of its own, which is
committed before the day is closed. Should the seeding be killed in between, the day is done again: a payment that is
booked already is answered by its reference and changes nothing.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from django.db import connection, transaction

from dashu import events

Payment = dict[str, Any]


@contextmanager
def without_savepoints() -> Iterator[None]:
    """Let one refused act undo its whole day: nothing goes on after it, so no act needs a savepoint to go back to."""
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        connection.features.uses_savepoints = True


class SecondHandFailed(RuntimeError):
    """The second process could not book a payment; it says why."""


class SecondHand:
    """The other process, from its start to its end. Payments are the arguments of `receive_payment`."""

    def __init__(self) -> None:
        starting = multiprocessing.get_context("spawn")
        self._pipe, theirs = starting.Pipe()
        self._process = starting.Process(target=_work, args=(theirs, connection.settings_dict["NAME"]), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()

    @contextmanager
    def booking(self, payments: Sequence[Payment]) -> Iterator[None]:
        """Have the payments booked while the caller does something else; they are committed when the block ends."""
        if payments:
            self._pipe.send(list(payments))
        yield
        if payments and (failure := self._answer()) is not None:
            raise SecondHandFailed(failure)

    def _answer(self) -> str | None:
        try:
            answer: str | None = self._pipe.recv()
        except EOFError:
            answer = "the process ended"
        return answer


def _work(pipe: Connection, database: str) -> None:
    """Book what comes through the pipe, list by list, until it is closed."""
    import django

    django.setup()
    connection.settings_dict["NAME"] = database
    with events.silenced():
        while (payments := _next(pipe)) is not None:
            pipe.send(_book(payments))


def _next(pipe: Connection) -> list[Payment] | None:
    try:
        payments: list[Payment] = pipe.recv()
    except EOFError:
        return None
    return payments


def _book(payments: list[Payment]) -> str | None:
    """Return None, or why none of the payments is booked."""
    from repayments.services.receive_payment import receive_payment

    try:
        with transaction.atomic(), without_savepoints():
            for payment in payments:
                receive_payment(**payment)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
