"""What a check of `manage.py doctor` says."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works, and somebody should look
    FAILED = "failed"  # something does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """:param says: what was found, with its figures. :param fix: what to do; empty where it is in order."""

    check: str
    state: State
    says: str
    fix: str = ""


def ok(check: str, says: str) -> Finding:
    return Finding(check, State.OK, says)


def warning(check: str, says: str, fix: str) -> Finding:
    return Finding(check, State.WARNING, says, fix)


def failed(check: str, says: str, fix: str) -> Finding:
    return Finding(check, State.FAILED, says, fix)
