"""Addresses of the pages of reports."""

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from dashu.insight.scope import UNKNOWN, Scope

INDEX = "admin:insight_reports"
PAGE = "admin:insight_report"
FILE = "admin:insight_report_file"
LOANS = "admin:insight_loans"
LOANS_FILE = "admin:insight_loans_file"
SCHEDULE = "admin:insight_report_schedule"
SCHEDULES = "admin:insight_reportschedule_changelist"


def report_address(code: str, scope: Scope, name: str = PAGE, **other: str) -> str:
    words = urlencode({**scope.parameters, **{key: word for key, word in other.items() if word}})
    return f"{reverse(name, args=[code])}?{words}"


def loans_address(
    scope: Scope,
    *,
    month: date,
    since: date | None = None,
    value: str | None = None,
    buckets: Iterable[str] = (),
    before: Iterable[str] = (),
    over: int | None = None,
    dimension: str | None = None,
    cause: str | None = None,
) -> str:
    """
    Return where the loans of one month are listed that a figure counts.

    :param since: with those of the months from this one on that were new in theirs; `before` is `NEW` then.
    :param value: of the dimension, "" for unknown; None for that of the scope.
    :param buckets, before: at the end and at the beginning of the month; none for any.
    :param over: only those that are more than so many days past due and running.
    :param dimension: other than that of the scope.
    :param cause: why they are behind, besides the dimension; "" for unknown.
    """
    value = scope.value if value is None else value
    words = {
        "month": f"{month:%Y-%m}",
        "since": f"{since:%Y-%m}" if since else "",
        "product": scope.product,
        "currency": scope.currency,
        "dimension": dimension or scope.dimension,
        "value": "" if value is None else value or UNKNOWN,
        "bucket": ",".join(buckets),
        "before": ",".join(before),
        "over": "" if over is None else str(over),
        "cause": "" if cause is None else cause or UNKNOWN,
    }
    return f"{reverse(LOANS)}?{urlencode({key: word for key, word in words.items() if word})}"
