"""What staff read of strategies: conditions, steps, problems of a table, and why a file stands where it does."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.strategy import (
    LONGEST_WAIT,
    MOST_ROWS,
    MOST_STEPS,
    Act,
    Capacity,
    Care,
    Problem,
    Readiness,
    Row,
    Step,
)
from collections_mgmt.domain.trials import Goal
from collections_mgmt.services.strategies import End
from dashu.messaging.models import OutboxMessage
from loans.models import Product

CAPACITIES: Mapping[str, Promise] = {
    Capacity.UNKNOWN.value: _("not known lately"),
    Capacity.NONE.value: _("nothing is left in the month"),
    Capacity.TIGHT.value: _("a part fits the month"),
    Capacity.ABLE.value: _("the month carries it"),
}
READINESS: Mapping[str, Promise] = {
    Readiness.LOW.value: _("no sign lately"),
    Readiness.SOME.value: _("some sign lately"),
    Readiness.HIGH.value: _("responds"),
}
CARE: Mapping[str, Promise] = {Care.CARE.value: _("needs special care"), Care.PLAIN.value: _("needs no special care")}
ACTS: Mapping[str, Promise] = {
    Act.MESSAGE.value: _("Reminder"),
    Act.HELP.value: _("Offer help"),
    Act.DAY.value: _("Invite to choose a day"),
    Act.TASK.value: _("A collector looks at it"),
    Act.NOTHING.value: _("Leave in peace"),
}
CHANNELS: Mapping[str, Promise] = {"": _("best allowed"), **dict(OutboxMessage.Channel.choices)}
GOALS: Mapping[Goal, Promise] = {
    Goal.CURED: _("free of arrears within the window"),
    Goal.PAID: _("paid something within the window"),
    Goal.KEPT: _("promises kept, of those decided"),
    Goal.COMPLAINED: _("complained within the window"),
}
ENDS: Mapping[str, Promise] = {
    End.NEW_CHAMPION.value: _("A new champion took its place"),
    End.CHAMPION_STOPPED.value: _("Its champion was taken out of use"),
    End.WORSE_CURE.value: _("Stopped by itself: fewer people became free of arrears"),
    End.MORE_COMPLAINTS.value: _("Stopped by itself: more people complained"),
}
POINTS: Mapping[str, Promise] = {
    "opened": _("messages opened by day"),
    "kept": _("promises kept"),
    "broken": _("promises not kept"),
    "paid": _("payments made signed in"),
}


def days_words(row: Row) -> str:
    if row.to_days is None:
        if not row.from_days:
            return gettext("any")
        return gettext("%(days)s or more") % {"days": row.from_days}
    return f"{row.from_days}–{row.to_days}" if row.from_days != row.to_days else str(row.from_days)


def language_words(code: str) -> str:
    return get_language_info(code)["name_local"] if code in dict(settings.LANGUAGES) else code


def conditions_of(row: Row) -> list[str]:
    """Return the conditions that a row sets, in words; none for everybody."""
    told = []
    if row.from_days or row.to_days is not None:
        told.append(gettext("%(days)s days past due") % {"days": days_words(row)})
    if row.capacity:
        told.append(gettext("capacity: %(what)s") % {"what": CAPACITIES[row.capacity]})
    if row.readiness:
        told.append(gettext("readiness: %(what)s") % {"what": READINESS[row.readiness]})
    if row.product:
        told.append(str(Product.Kind(row.product).label))
    if row.care:
        told.append(str(CARE[row.care]))
    if row.language:
        told.append(language_words(row.language))
    if row.level:
        told.append(gettext("level %(level)s") % {"level": row.level})
    return told


def who(row: Row) -> str:
    return " · ".join(conditions_of(row)) or gettext("everybody else")


def step_words(step: Step) -> str:
    act = str(ACTS[step.act])
    if step.act is Act.NOTHING and not step.wait:
        return act
    if step.channel:
        act = gettext("%(act)s by %(channel)s") % {"act": act, "channel": CHANNELS[step.channel]}
    if not step.wait:
        return gettext("%(act)s at once") % {"act": act}
    later = ngettext("%(act)s after %(days)s day", "%(act)s after %(days)s days", step.wait)
    return later % {"act": act, "days": step.wait}


def steps_words(row: Row) -> str:
    return " → ".join(step_words(step) for step in row.steps)


def end_words(reason: str) -> str:
    return str(ENDS.get(reason, reason))


def problem_words(problem: Problem) -> str:
    """Return what is wrong at a place, and what to do."""
    return str(_PROBLEMS[problem.code]) % {
        "by": ", ".join(str(place + 1) for place in problem.by),
        "longest": LONGEST_WAIT,
        "rows": MOST_ROWS,
        "steps": MOST_STEPS,
    }


_PROBLEMS: Mapping[str, Promise] = {
    "no_rows": _("A table has at least one row."),
    "too_many_rows": _("A table has at most %(rows)s rows."),
    "last_not_for_all": _("The last row is for everybody else: leave its conditions open."),
    "days_out_of_range": _("Days past due are counted from 0 to 3650."),
    "days_turned_round": _("The last day is not before the first."),
    "unknown_code": _("This value is not known here. Choose another one."),
    "no_steps": _("Say what is done, or choose to leave them in peace."),
    "too_many_steps": _("A row has at most %(steps)s steps."),
    "wait_out_of_range": _("Wait from 0 to %(longest)s days."),
    "steps_at_once": _("Wait at least a day after the step before."),
    "channel_does_not_fit": _("Only messages have a channel."),
    "nothing_is_alone": _("Leaving somebody in peace is the only step of its row."),
    "unreachable": _("Nobody comes to this row: the rows above take them all (%(by)s). Move it up or change it."),
}


def rows_tables(rows: Sequence[Row], *, title: str) -> dict[str, Any]:
    """Return a table as plain texts, as approvals keep it."""
    return {
        "title": title,
        "columns": [gettext("row"), gettext("for whom"), gettext("what is done")],
        "rows": [[str(place), who(row), steps_words(row)] for place, row in enumerate(rows, 1)],
        "note": gettext("The first row that fits is followed. Days of a wait stand still while something is agreed."),
    }
