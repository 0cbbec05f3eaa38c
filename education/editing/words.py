"""What the pages of the editors call things."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import LENDER_ZONE
from education.domain.parts import CHART_WORDS, FACTS, PICTURES, QUESTION

LEVELS: tuple[tuple[int, Promise], ...] = (
    (1, _("1 · Basics")),
    (2, _("2 · Managing a loan")),
    (3, _("3 · In difficulty")),
)
PAGE_NAMES: Mapping[str, Any] = {
    "calculator:budget": _("Calculator: budget"),
    "calculator:flat-vs-irr": _("Calculator: monthly fee and yearly rate"),
    "calculator:minimum-payment": _("Calculator: minimum payment"),
    "calculator:multi-loan": _("Calculator: several loans"),
    "calculator:penalty": _("Calculator: cost of paying late"),
    "calculator:prepay": _("Calculator: prepay or invest"),
    "complaints": _("Complaints"),
    "credit-record": _("Credit record"),
    "documents": _("Documents"),
    "help": _("Help"),
    "home": _("Home page"),
    "pay": _("Paying"),
    "plans": _("Plans"),
    "plans:month": _("Budget of a month"),
}


def part_name(part: str) -> str:
    """Return what a part is called in the language of the moment."""
    named = {FACTS: gettext("Facts"), CHART_WORDS: gettext("Words of the charts"), PICTURES: gettext("Images")}
    languages = dict(settings.LANGUAGES)
    if part in languages:
        return str(languages[part])
    if part.startswith(QUESTION):
        return gettext("Question %(code)s") % {"code": part.removeprefix(QUESTION)}
    return named[part]


def moment_in(moment: datetime, zone: str) -> str:
    """Write a moment as the clocks of a time zone show it, the lender's where none is named."""
    there = ZoneInfo(zone) if zone else LENDER_ZONE
    return f"{date_format(moment.astimezone(there), 'DATETIME_FORMAT')} ({there.key})"
