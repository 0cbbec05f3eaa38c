"""
The numbers that lessons state.

A lesson never holds a typed amount or rate: it names a figure, and the figure is computed here by the same functions
that compute the borrower's own loan. One module per lesson, found by the lesson's slug. A module has `figures()`, as
written in any language; it may have `dates()`, which each language writes its own way, and `charts()`.
"""

from collections.abc import Callable, Mapping
from datetime import date

from education.domain.charts import Chart
from education.domain.figures import (
    after_a_plan,
    annual_rate,
    asking_for_help,
    budget,
    credit_record,
    emergency_fund,
    many_lenders,
    minimum_payment,
    money_up_front,
    overdue,
    scams,
    small_business,
)
from education.domain.figures.writing import day

FIGURES: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "credit-record": credit_record.figures,
    "annual-rate": annual_rate.figures,
    "money-up-front": money_up_front.figures,
    "budget": budget.figures,
    "emergency-fund": emergency_fund.figures,
    "minimum-payment": minimum_payment.figures,
    "many-lenders": many_lenders.figures,
    "overdue": overdue.figures,
    "asking-for-help": asking_for_help.figures,
    "scams": scams.figures,
    "small-business-cash": small_business.figures,
    "after-a-plan": after_a_plan.figures,
}
DATES: Mapping[str, Callable[[], Mapping[str, date]]] = {
    "credit-record": credit_record.dates,
    "asking-for-help": asking_for_help.dates,
    "after-a-plan": after_a_plan.dates,
}
CHARTS: Mapping[str, Callable[[], Mapping[str, Chart]]] = {
    "credit-record": credit_record.charts,
    "annual-rate": annual_rate.charts,
    "money-up-front": money_up_front.charts,
    "budget": budget.charts,
    "emergency-fund": emergency_fund.charts,
    "minimum-payment": minimum_payment.charts,
    "many-lenders": many_lenders.charts,
    "overdue": overdue.charts,
    "asking-for-help": asking_for_help.charts,
    "small-business-cash": small_business.charts,
}


def figures_of(slug: str, language: str = "en") -> Mapping[str, str]:
    """Return the figures of a lesson by name, written for readers; none of a lesson that computes nothing."""
    figures = FIGURES[slug]() if slug in FIGURES else {}
    dates = DATES[slug]() if slug in DATES else {}
    return {**figures, **{name: day(on, language) for name, on in dates.items()}}


def charts_of(slug: str) -> Mapping[str, Chart]:
    """Return the charts of a lesson by name; empty where it has none."""
    return CHARTS[slug]() if slug in CHARTS else {}
