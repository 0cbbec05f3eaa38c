"""What the contact guard decided, in words."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.messaging.guard import Condition, Reason

_REASONS, _CONDITIONS = dict(Reason.choices), dict(Condition.choices)


def reasons_named(codes: Iterable[str]) -> list[str]:
    return [str(_REASONS.get(code, _("Another rule"))) for code in codes]


def conditions_named(codes: Iterable[str]) -> list[str]:
    return [str(_CONDITIONS.get(code, _("Another rule"))) for code in codes]


def again_words(moment: datetime | None) -> str:
    """Return when a contact is allowed again, in a few words; "" where waiting does not help."""
    if moment is None:
        return ""
    return gettext("Allowed again from %(moment)s.") % {
        "moment": date_format(localtime(moment), "SHORT_DATETIME_FORMAT")
    }


def no_calls_words(refused_at: datetime) -> str:
    """Say since when the borrower wants no more contact, and what ends it."""
    return gettext(
        "On %(day)s they said that they want no more contact, so nobody calls them. It ends when they call us, agree to"
        " hours, or whoever leads the desk notes that they want calls again."
    ) % {"day": date_format(localtime(refused_at))}


def refused_words(reasons: Iterable[str], next_allowed_at: datetime | None) -> str:
    told = gettext("Not now: %(reasons)s.") % {"reasons": " · ".join(reasons_named(reasons))}
    return f"{told} {again_words(next_allowed_at)}".strip()
