"""
How the questions of a lesson do: how hard they are, whether they part those who know from those who do not, and which
answers tempt whom.

Only the first answer of each person counts, and only to the question as it is asked now: what was answered to another
wording says nothing of this one. The figures are of all readers together and say nothing of anyone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection

from education.domain.lessons import slugs
from education.domain.source import LessonSource, source_of_files
from education.models import LessonVersion
from education.selectors.published import source_of

LEAST_ANSWERS = 30
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_Z = Decimal("1.96")  # of an interval that holds the truth in 95 of 100 cases

_FIRST = """
    WITH asked (question, since) AS (SELECT * FROM unnest(%(questions)s::text[], %(since)s::timestamptz[])),
    first AS (
        SELECT DISTINCT ON (answer.progress_id, answer.question)
            answer.progress_id, answer.question, answer.option, answer.is_right, answer.answered_at
        FROM education_quizanswer answer
        JOIN education_lessonprogress progress ON progress.id = answer.progress_id
        JOIN asked ON asked.question = answer.question
        WHERE progress.lesson = %(lesson)s
        ORDER BY answer.progress_id, answer.question, answer.id
    ),
    counted AS (
        SELECT first.progress_id, first.question, first.option, first.is_right::int AS score
        FROM first JOIN asked USING (question) WHERE first.answered_at >= asked.since
    )
"""
_ITEMS = (
    _FIRST  # noqa: S608 – nothing of anybody's is in it
    + """,
    people AS (SELECT progress_id, count(*) AS answers, sum(score) AS total FROM counted GROUP BY progress_id)
    SELECT question, count(*), sum(score),
        count(*) FILTER (WHERE answers = %(all)s),
        corr(score, total - score) FILTER (WHERE answers = %(all)s)
    FROM counted JOIN people USING (progress_id) GROUP BY question
    """
)
_OPTIONS = _FIRST + "SELECT question, option, count(*) FROM counted GROUP BY question, option"  # noqa: S608 – the same


@dataclass(frozen=True, slots=True)
class Item:
    """
    A question in figures; shares are fractions, None where there are too few answers.

    :param right: how many first answers were right, of `answers`. :param low, high: the interval of their share.
    :param discrimination: correlation of being right here with the rest of the quiz, among those who answered all of
        it; None too where everybody is alike.
    :param chosen: how many chose each option, by its code.
    :param since: from when answers count; None where the question has always been this one.
    """

    code: str
    answers: int
    right: int
    low: Decimal | None
    high: Decimal | None
    complete: int
    discrimination: Decimal | None
    chosen: Mapping[str, int]
    since: datetime | None

    @property
    def is_enough(self) -> bool:
        return self.answers >= LEAST_ANSWERS

    @property
    def difficulty(self) -> Decimal | None:
        return _share(self.right, self.answers) if self.is_enough else None

    def share_of(self, option: str) -> Decimal | None:
        return _share(self.chosen.get(option, 0), self.answers) if self.is_enough else None


def items_of(slug: str) -> list[Item]:
    """Return the questions that readers get now, in their order; two queries over the answers."""
    source = source_of(slug)
    since = asked_since(source)
    asked: dict[str, Any] = {
        "lesson": slug,
        "questions": list(since),
        "since": [moment or _ALWAYS for moment in since.values()],
        "all": len(since),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, asked)
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_OPTIONS, asked)
        chosen: dict[str, dict[str, int]] = {}
        for question, option, count in cursor.fetchall():
            chosen.setdefault(question, {})[option] = count
    return [_item(code, rows.get(code, (0, 0, 0, None)), chosen.get(code, {}), since[code]) for code in since]


def asked_since(source: LessonSource) -> Mapping[str, datetime | None]:
    """Return since when each question has been asked as it is now; None for always."""
    versions = LessonVersion.objects.filter(slug=source.slug, published_at__isnull=False).order_by("-published_at")
    earlier: list[tuple[datetime | None, LessonSource]] = [
        (version.published_at, LessonSource(version.slug, version.files, where=str(version))) for version in versions
    ]
    if source.slug in slugs():
        earlier.append((None, source_of_files(source.slug)))
    return {each["code"]: _since(each, earlier) for each in source.questions}


def _since(entry: Mapping[str, Any], earlier: Sequence[tuple[datetime | None, LessonSource]]) -> datetime | None:
    found: datetime | None = None
    for moment, source in earlier:
        if entry not in source.questions:
            return found
        found = moment
    return found


def _item(code: str, row: Sequence[Any], chosen: Mapping[str, int], since: datetime | None) -> Item:
    answers, right, complete, correlation = row
    is_enough, is_complete = answers >= LEAST_ANSWERS, complete >= LEAST_ANSWERS
    low, high = interval(right, answers) if is_enough else (None, None)
    together = _rounded(Decimal(str(correlation))) if is_complete and correlation is not None else None
    return Item(code, answers, int(right), low, high, complete, together, chosen, since)


def interval(part: int, whole: int) -> tuple[Decimal, Decimal]:
    """Return the 95% interval of a share by Wilson, which stays within 0 and 1 also for few and for all."""
    share, square = Decimal(part) / whole, _Z**2
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = _Z / (1 + square / whole) * (share * (1 - share) / whole + square / (4 * Decimal(whole) ** 2)).sqrt()
    return _rounded(middle - half), _rounded(middle + half)


def _share(part: int, whole: int) -> Decimal:
    return _rounded(Decimal(part) / whole)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
