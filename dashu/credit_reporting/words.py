"""The words for what stands in records and files as codes."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from dashu.credit_reporting.domain.layouts import Field, Layout, layout
from dashu.credit_reporting.domain.telling import Held

HELD: dict[str, Any] = {
    Held.NO_CONSENT: _("The borrower has not agreed to be reported"),
    Held.NO_IDENTITY: _("It is not known who the borrower is on paper"),
    Held.NO_NOTICE: _("The borrower was not told before"),
    Held.NOTICE_FAILED: _("The notice to the borrower did not arrive"),
    Held.NOTICE_TOO_LATE: _("The borrower was told only a few days ago"),
    Held.LAPSED: _("Its years are over; it is told no more"),
    Held.INVALID: _("Something in it does not agree"),
}

PROBLEMS: dict[str, Any] = {
    "missing": _("is missing"),
    "too_long": _("is too long"),
    "not_a_choice": _("is not one of the values there may be"),
    "wrong_form": _("has the wrong form"),
    "does_not_roll_forward": _("does not follow from the balance before and what moved"),
    "negative": _("is below zero"),
    "ended_but_owed": _("is owed although the loan has ended"),
    "differs_from_the_days": _("does not fit the days past due"),
    "late_without_days": _("says late, but no day is past due"),
    "settled_otherwise": _("does not say that the loan is paid off"),
    "less_than_its_ages": _("is less than its parts by age"),
    "without_days": _("is overdue without a day past due"),
    "after_the_month": _("lies after the month"),
    "does_not_end_with_the_code": _("does not end with the sign of the month"),
    "only_for_closed": _("is told of closed accounts only"),
    "does_not_fit_the_status": _("does not fit the account status"),
    "outside_the_account": _("lies outside the life of the account"),
    "differs_from_what_was_accepted": _("does not go on from what the bureau has"),
}


def held_words(codes: Iterable[str]) -> str:
    return "; ".join(str(HELD.get(code, code)) for code in codes)


def layout_named(name: str) -> Layout:
    """Return the layout that a file names as "name/version"."""
    return layout(name.partition("/")[0])


def field_name(field: Field) -> str:
    names = {language.lower(): name for language, name in (field.names or {}).items()}
    return names.get((get_language() or "en").lower()) or names.get("en") or field.code


def field_names(of: Layout) -> dict[str, str]:
    return {field.code: field_name(field) for field in of.records["base"].fields}


def problem_words(problems: Iterable[Iterable[str]], names: dict[str, str]) -> str:
    """Write what is wrong: "Balance: is below zero"; a bureau's own codes stay as they are."""
    return "; ".join(
        gettext("%(field)s: %(what)s") % {"field": names.get(field, field), "what": PROBLEMS.get(what, what)}
        for field, what in problems
    )


def changed_words(changed: dict[str, list[str]], names: dict[str, str]) -> str:
    return "; ".join(
        gettext("%(field)s: %(before)s → %(now)s")
        % {"field": names.get(field, field), "before": before or "–", "now": now or "–"}
        for field, (before, now) in changed.items()
    )


def month_name(month: date) -> str:
    return date_format(month, "YEAR_MONTH_FORMAT")
