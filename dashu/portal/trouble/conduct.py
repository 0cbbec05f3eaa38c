"""What we do and never do about what is late, with the numbers of the policy."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashu.policy import rules as policy
from dashu.policy.answering import Conduct


@dataclass(frozen=True, slots=True)
class ConductShown:
    """Sentences in the reader's language: what we do, and what we never do."""

    will: tuple[str, ...]
    never: tuple[str, ...]


def conduct_of_today(today: date) -> ConductShown:
    hours, conduct = policy.contact_hours(today), policy.contact_conduct(today)
    clock = {"opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"}
    caps = policy.contact_caps(today)["REMINDER"]
    return ConductShown(
        will=(
            _("We contact you between %(opens)s and %(closes)s, and never at night.") % clock,
            ngettext(
                "We send at most %(count)s reminder a day, for all your loans together.",
                "We send at most %(count)s reminders a day, for all your loans together.",
                caps.day,
            )
            % {"count": caps.day},
            *([_caps_of_calls(conduct)] if conduct.calls_a_day and conduct.dials_a_day else []),
            _("Every contact is written down, and you can see it in your account."),
            _("While a request for help, a complaint or a dispute is open, we do not remind you."),
        ),
        never=(
            _("We do not call your family, friends or employer about your loan, and tell nobody what you owe."),
            _(
                "Nobody comes unannounced: a visit is agreed with you %(days)s days before, %(visitors)s people come"
                " together, and you can say no."
            )
            % {"days": conduct.visit_notice_days, "visitors": conduct.visitors},
            _("We do not threaten, insult, or pose as an authority or a court."),
            _("We do not publish anything about you, and do not push you to borrow elsewhere."),
            _("We charge nothing for reminders, calls or visits: only what your contract lists is added."),
        ),
    )


def _caps_of_calls(conduct: Conduct) -> str:
    """Without a bound, nothing is promised."""
    return _("If we call, we speak with you at most %(calls)s times a day and try at most %(dials)s times.") % {
        "calls": conduct.calls_a_day,
        "dials": conduct.dials_a_day,
    }
