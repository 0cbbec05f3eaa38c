"""What staff read at a file: facts, steps with their consequence, clocks, and why the file has its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.clocks import clock_of
from collections_mgmt.domain.next_step import Suggestion
from collections_mgmt.domain.priority import Part
from collections_mgmt.models import CaseFile, Skill
from collections_mgmt.presenting import clock_words
from dashu.kernel.urgency import Urgency
from dashu.policy.case_desk import Fact, Step
from dashu.users.actors import people_of
from dashu.users.models import User

FACTS: Mapping[str, Promise] = {
    Fact.FIRST_TIME.value: _("Behind for the first time"),
    Fact.SEVERAL_LOANS.value: _("Behind on several loans"),
    Fact.PAID_LATELY.value: _("Has paid something lately"),
    Fact.PROMISE_RUNS.value: _("A promise runs"),
    Fact.PROMISE_KEPT.value: _("Kept the latest promise"),
    Fact.PROMISE_BROKEN.value: _("The latest promise was not kept"),
    Fact.HELP_ASKED.value: _("Has asked for help and waits for our answer"),
    Fact.HELP_BEFORE.value: _("Asked for help before"),
    Fact.COMPLAINT.value: _("Has complained and waits for our answer"),
    Fact.DISPUTE.value: _("Disputes what is reported"),
    Fact.HOLD.value: _("A hold runs"),
    Fact.CARE.value: _("Needs special care"),
    Fact.BUSINESS.value: _("Borrows for a business"),
}


@dataclass(frozen=True, slots=True)
class StepWords:
    """:param about: what it means for the borrower."""

    name: Promise
    about: Promise


STEPS: Mapping[Step, StepWords] = {
    Step.NOTHING: StepWords(_("Do nothing now"), _("They are left in peace. The file comes back by itself.")),
    Step.ANSWER_HELP: StepWords(
        _("Answer the request for help"),
        _("They told us they cannot pay as agreed. Until our answer, nothing is demanded."),
    ),
    Step.ANSWER_COMPLAINT: StepWords(
        _("See that the complaint is answered"), _("Until then, talking about money would add to what went wrong.")
    ),
    Step.CARE_REVIEW: StepWords(
        _("Look with care"), _("Contact may do harm. First read what is known, then decide whether any contact helps.")
    ),
    Step.ASK_AFTER: StepWords(
        _("Ask how they are"), _("Something changed. Understand what, before anything is agreed.")
    ),
    Step.OFFER_PLAN: StepWords(
        _("Offer a plan"), _("Paying everything at once is unlikely. A plan that fits their month can work.")
    ),
    Step.REMIND: StepWords(
        _("A friendly reminder is enough"),
        _("Most people in this place pay without a talk. The reminders run by themselves."),
    ),
    Step.LEGAL_REVIEW: StepWords(
        _("Look at it with those of law"), _("Check whether everything that helps was offered before anything else.")
    ),
}

SKILLS: Mapping[str, Promise] = {skill.value: skill.label for skill in Skill}
TONES = {Urgency.IN_TIME: "plain", Urgency.SOON: "soon", Urgency.OVERDUE: "late"}


def facts_named(facts: Iterable[str]) -> list[str]:
    return [str(FACTS.get(fact, fact)) for fact in facts]


def why_suggested(suggestion: Suggestion, file: CaseFile) -> list[str]:
    """Return the reasons of a suggestion, in words."""
    reasons = facts_named(suggestion.facts)
    if suggestion.from_days or suggestion.to_days is not None or not reasons:
        reasons.append(ngettext("%(days)s day past due", "%(days)s days past due", file.days) % {"days": file.days})
    return reasons


def part_named(part: Part, days: int) -> str:
    if part.fact is None:
        return ngettext("%(days)s day past due", "%(days)s days past due", days) % {"days": days}
    return str(FACTS[part.fact])


def share(bps: int) -> str:
    """Return basis points as percent, with a decimal only where there is one."""
    whole, rest = divmod(abs(bps), 100)
    sign = "−" if bps < 0 else ""
    return f"{sign}{whole}%" if not rest else f"{sign}{whole}.{rest:02}".rstrip("0") + "%"


def due_words(due_on: date, today: date) -> tuple[str, str]:
    """Return how long there is until a day, in words, and the tone that says the same."""
    clock = clock_of(due_on, today, warn_days=2)
    return str(clock_words(clock)), TONES[clock.urgency]


def state_words(file: CaseFile) -> str:
    """Return where the file is, in a few words."""
    if file.state == CaseFile.State.WAITING and file.next_action_at:
        return gettext("%(why)s; comes back on %(day)s") % {
            "why": file.get_waits_for_display(),
            "day": date_format(file.next_action_at.date()),
        }
    if file.state == CaseFile.State.HELD:
        return gettext("%(person)s works on it") % {"person": file.holder}
    return str(file.get_state_display())


def names_of(actors: Iterable[str]) -> Mapping[str, str]:
    """Return names for actors such as "user:12", staff by name and the borrower as such; one query."""
    wanted = set(actors)
    people = people_of(wanted)
    return {actor: _name(people.get(actor), actor) for actor in wanted}


def _name(user: User | None, actor: str) -> str:
    if user is not None:
        return str(user) if user.is_staff else gettext("the borrower")
    if actor.partition(":")[0] in ("ai", "auto"):
        return gettext("A program")
    return gettext("By rules") if actor.startswith("system:") else actor
