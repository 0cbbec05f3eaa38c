"""What of somebody's week is looked at afterwards, and what the answers to a scorecard come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from dashu.policy.quality import BPS, Question, Sampling, Work


class Why(StrEnum):
    """Why a piece of work was drawn; only the random ones speak for all of the work."""

    RANDOM = "RANDOM"
    COMPLAINT = "COMPLAINT"
    CARE = "CARE"


class Answer(StrEnum):
    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "NA"


class Result(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class Piece:
    """A contact or a note of one person. :param raised: COMPLAINT or CARE where that is true of the borrower."""

    work: Work
    key: int
    person: int
    raised: Why | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    piece: Piece
    why: Why


@dataclass(frozen=True, slots=True)
class Judgement:
    """:param score_bps: share of the points that applied; 0 where something critical failed. :param critical: codes."""

    score_bps: int
    result: Result
    critical: tuple[str, ...]


def drawn_of(pieces: Iterable[Piece], *, rules: Sampling, seed: str) -> list[Drawn]:
    """
    Return what is drawn of a week's work, person by person; the same for the same seed, in whatever order they come.

    What is drawn for a complaint or special care comes on top of the random ones, and is said to be so: mixing them
    would make everybody's figures worse than their work.
    """
    by_person: dict[tuple[int, Work], list[Piece]] = {}
    for piece in pieces:
        by_person.setdefault((piece.person, piece.work), []).append(piece)
    found = []
    for (_person, work), own in sorted(by_person.items()):
        shuffled = sorted(own, key=lambda piece: _lot(piece, seed))
        at_random = shuffled[: rules.work[work].of(len(shuffled))]
        found += [Drawn(piece, Why.RANDOM) for piece in at_random]
        raised = [piece for piece in shuffled if piece.raised]
        wanted = rules.raised.of(len(raised)) - sum(piece.raised is not None for piece in at_random)
        others = [piece for piece in raised if piece not in at_random]
        found += [Drawn(piece, piece.raised) for piece in others[: max(0, wanted)] if piece.raised]
    return found


def judged(questions: Sequence[Question], answers: Mapping[str, Answer], *, pass_bps: int) -> Judgement | None:
    """Return what the answers come to; None where nothing applied. Every question has an answer."""
    assert {question.code for question in questions} == answers.keys(), "a question without an answer"
    counted = [question for question in questions if answers[question.code] is not Answer.NOT_APPLICABLE]
    most = sum(question.weight for question in counted)
    if not most:
        return None
    missed = [question for question in counted if answers[question.code] is Answer.NO]
    critical = tuple(question.code for question in missed if question.is_critical)
    if critical:
        return Judgement(0, Result.CRITICAL, critical)
    score = (most - sum(question.weight for question in missed)) * BPS // most
    return Judgement(score, Result.PASSED if score >= pass_bps else Result.FAILED, ())


def _lot(piece: Piece, seed: str) -> bytes:
    return sha256(f"{seed}:{piece.work}:{piece.key}".encode()).digest()
