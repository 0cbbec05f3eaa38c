"""What a schedule asks its report for, at the moment it is due."""

from django.conf import settings

from dashu.insight.models import ReportSchedule
from dashu.insight.reading import Kept
from dashu.insight.report import Report
from dashu.insight.scope import UNKNOWN, Scope
from dashu.kernel.dates import add_months


def parameters_of(scope: Scope) -> dict[str, str]:
    """Return what is kept of what somebody asked for: all but the months, which go on."""
    return {name: word for name, word in scope.parameters.items() if name not in ("first", "last")}


def scope_of(schedule: ReportSchedule, report: Report, kept: Kept) -> Scope | None:
    """
    Return the latest months that are kept; None without a snapshot.

    Nobody looks, so that nothing names a person. Of what is asked for, that which the report no longer offers is left
    out.
    """
    if not kept.months:
        return None
    asked, last = schedule.parameters, kept.months[-1]
    dimension = asked.get("dimension", "")
    dimension = dimension if dimension in {each.value for each in report.dimensions} else ""
    value = asked.get("value") if dimension else None
    return Scope(
        first=max(add_months(last, 1 - schedule.months), kept.months[0]),
        last=last,
        currency=asked.get("currency") or settings.CURRENCY,
        product=asked.get("product", ""),
        dimension=dimension,
        value="" if value == UNKNOWN else value,
        options={option.code: asked.get(option.code) or option.choices[0][0] for option in report.options},
    )
