"""All reports by code. A report is one module of `dashu.insight.reports`, entered here."""

from typing import Any

from dashu.insight.report import VIEW, Group, Report
from dashu.insight.reports import (
    arrears_trend,
    cash,
    concentration,
    cure,
    forecast,
    portfolio_at_risk,
    prepayment,
    roll_rates,
    vintages,
    yields,
)

MODULES = (
    portfolio_at_risk,
    arrears_trend,
    vintages,
    roll_rates,
    forecast,
    cure,
    cash,
    yields,
    prepayment,
    concentration,
)

REPORTS: dict[str, Report] = {module.REPORT.code: module.REPORT for module in MODULES}
assert len(REPORTS) == len(MODULES), "two reports of one code"


def reports_for(person: Any) -> list[Report]:
    """Return the reports that this person may read, in the order of the list."""
    if not person.has_perm(VIEW):
        return []
    order = list(Group)
    seen = [report for report in REPORTS.values() if not report.needs or person.has_perm(report.needs)]
    return sorted(seen, key=lambda report: order.index(report.group))


def report_for(person: Any, code: str) -> Report | None:
    """Return a report if this person may read it."""
    return next((report for report in reports_for(person) if report.code == code), None)
