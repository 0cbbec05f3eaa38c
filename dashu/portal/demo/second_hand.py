"""
A second process that works beside the first one.

A seeding waits for the database half of its time and computes the other half, so two hands fill a book in little more
than half the time. Each day the two take payments from the two ends of one list until nothing is left. What the second
hand books is in a transaction of its own, which is committed before the day is closed. Should the seeding be killed in
between, the day is done again: a payment that is booked already is answered by its reference and changes nothing.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
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


@contextmanager
def without_waiting_for_the_disk() -> Iterator[None]:
    """
    Let commits return before they are on disk.

    They get there in their order, so a power cut takes the latest days away, whole, and the next start does them again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET synchronous_commit")


class SecondHandFailed(RuntimeError):
    """The second process could not do its work; it says why."""


class OneHand:
    """The same for a book that is done before a second process has started: no process at all."""

    @contextmanager
    def sharing(self, payments: Sequence[Payment]) -> Iterator[Iterator[Payment]]:
        yield iter(payments)

    @contextmanager
    def doing(self, work: Callable[..., Any], *arguments: Any) -> Iterator[list[Any]]:
        yield [work(*arguments)]


class SecondHand:
    """The other process, from its start to its end."""

    def __init__(self) -> None:
        starting = multiprocessing.get_context("spawn")
        self._pipe, theirs = starting.Pipe()
        self._bounds = starting.Array("i", 2)
        arguments = (theirs, self._bounds, connection.settings_dict["NAME"])
        self._process = starting.Process(target=_work, args=arguments, daemon=True)
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
    def sharing(self, payments: Sequence[Payment]) -> Iterator[Iterator[Payment]]:
        """
        Have the second hand book payments while the caller does something else and then takes its part of them.

        :param payments: the arguments of `receive_payment`, in an order that does not matter.
        :returns: those that the caller is to book. What the other one booked is committed when the block ends.
        """
        self._bounds[:] = [0, len(payments)]
        with self._asked(None, (payments,)):
            try:
                yield _from_the_front(payments, self._bounds)
            except BaseException:
                self._bounds[:] = [0, 0]
                raise

    @contextmanager
    def doing(self, work: Callable[..., Any], *arguments: Any) -> Iterator[list[Any]]:
        """
        Have a module's function called there while the caller does something else.

        :returns: a list that holds the result when the block has ended.
        """
        with self._asked(work, arguments) as result:
            yield result

    @contextmanager
    def _asked(self, work: Callable[..., Any] | None, arguments: tuple[Any, ...]) -> Iterator[list[Any]]:
        result: list[Any] = []
        self._pipe.send((work, arguments))
        yield result
        try:
            failure, answer = self._pipe.recv()
        except EOFError:
            failure, answer = "the process ended", None
        if failure is not None:
            raise SecondHandFailed(failure)
        result.append(answer)


def _from_the_front(payments: Sequence[Payment], bounds: Any) -> Iterator[Payment]:
    while (place := _taken(bounds, is_front=True)) is not None:
        yield payments[place]


def _from_the_end(payments: Sequence[Payment], bounds: Any) -> Iterator[Payment]:
    while (place := _taken(bounds, is_front=False)) is not None:
        yield payments[place]


def _taken(bounds: Any, *, is_front: bool) -> int | None:
    """Return the place of a payment that is now the caller's alone, or None when nothing is left."""
    with bounds.get_lock():
        first, end = bounds
        if first >= end:
            return None
        if is_front:
            bounds[0] = first + 1
            return int(first)
        bounds[1] = end - 1
        return int(end) - 1


def _work(pipe: Connection, bounds: Any, database: str) -> None:
    """Do what comes through the pipe, one after the other, until it is closed: a function, or to book payments."""
    import django

    # A Ctrl-C reaches both processes; the first one says so by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    connection.settings_dict["NAME"] = database
    with events.silenced(), without_waiting_for_the_disk(), suppress(BrokenPipeError):
        while (asked := _next(pipe)) is not None:
            work, arguments = asked
            pipe.send(_tried(work or partial(_book, bounds), arguments))


def _tried(work: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str | None, Any]:
    """Return why the work failed, or None, and its result."""
    try:
        return None, work(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}", None


def _next(pipe: Connection) -> tuple[Callable[..., Any] | None, tuple[Any, ...]] | None:
    try:
        asked: tuple[Callable[..., Any] | None, tuple[Any, ...]] = pipe.recv()
    except EOFError:
        return None
    return asked


def _book(bounds: Any, payments: Sequence[Payment]) -> None:
    """Book payments until none is left, or none at all."""
    from repayments.services.receive_payment import receive_payment

    with transaction.atomic(), without_savepoints():
        for payment in _from_the_end(payments, bounds):
            receive_payment(**payment)
