"""What the effect of pointing to lessons is, in words that claim no more than was found."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashu.kernel.shares import Difference, Share
from education.domain.effect import MOST_APART, Found, Verdict
from education.selectors.effect import Balance, Effect

FIGURES: Mapping[str, Promise] = {
    "owed": gettext_lazy("principal owed"),
    "days_late": gettext_lazy("days behind"),
    "due_before": gettext_lazy("installments before"),
    "late_share": gettext_lazy("share of them late"),
}


def said(effect: Effect) -> str:
    """Return the sentence that answers whether pointing to the lesson helps."""
    found = effect.found
    if found.effect is None or found.verdict is Verdict.TOO_FEW:
        return _(
            "Nothing can be said yet: %(first)s and %(second)s people with an outcome, and %(least)s are needed in each"
            " part."
        ) % {
            "first": found.encouraged.total,
            "second": found.held_out.total,
            "least": effect.rules.least,
        }
    about = {
        "value": points(found.effect.value),
        "low": points(found.effect.low),
        "high": points(found.effect.high),
    }
    if found.verdict is Verdict.NOT_SEEN:
        return _("No effect is seen; between %(low)s and %(high)s points would also fit.") % about
    if found.verdict is Verdict.HELPS:
        return _("It helps: %(value)s points more paid in time; between %(low)s and %(high)s points would fit.") % about
    return (
        _("It does harm: %(value)s points paid in time; between %(low)s and %(high)s points would fit. It should end.")
        % about
    )


def said_of_reading(found: Found) -> str:
    """Return what reading the lesson does for those who read because they were pointed to it."""
    if found.of_reading is None or found.verdict is Verdict.TOO_FEW:
        return _("Cannot be said: too few more people read the lesson than without being pointed to it.")
    return gap(found.of_reading)


def said_of_draw(balance: Balance) -> str:
    """Return whether the parts were alike on the days of the draw."""
    far = [str(FIGURES[name]) for name, apart in balance.apart.items() if abs(apart) > MOST_APART]
    if not all(balance.drawn):
        return _("One part has nobody yet.")
    if not balance.is_as_said:
        return _("Not as many were held out as the rule says. Find out why before anything is concluded.")
    if far:
        return _("The parts differ by chance in: %(figures)s. Read the effect with that in mind.") % {
            "figures": ", ".join(far)
        }
    return _("The parts were alike.")


def rate(share: Share) -> str:
    if share.rate is None:
        return "–"
    low, high = share.interval()
    return _("%(rate)s of %(total)s (%(low)s … %(high)s)") % {
        "rate": f"{share.rate:.1%}",
        "total": f"{share.total:,}",
        "low": f"{low:.1%}",
        "high": f"{high:.1%}",
    }


def gap(found: Difference) -> str:
    return f"{points(found.value)} ({points(found.low)} … {points(found.high)})"


def points(value: float) -> str:
    """Return a difference of shares in percentage points."""
    return f"{value * 100:+.1f}".replace("-", "−")
