"""
Holds: leaving a borrower in peace while something is looked into.

Whether penalty and the days stand still, whom it leaves in peace, how the loan is reported meanwhile and when somebody
looks again follows from the rule `holds.effects` of the day on which it is placed.
"""

import logging
from datetime import date, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.domain.holding import Turn, turns_of_holds
from collections_mgmt.models import Complaint, Dispute, HardshipLoan, Hold, OfferLoan
from collections_mgmt.services.placements import bring_back_of
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan
from repayments.models import LoanEvent
from repayments.services.booking import lock_loan
from repayments.services.pause_count import pause_count, resume_count
from repayments.services.undo_event import undo_event

_DAY = timedelta(days=1)
REVIEW = "hold.to_review"

logger = logging.getLogger(__name__)


class HoldRefused(DomainError):
    """A hold cannot be placed or ended like this; `field` says what is wrong."""

    code = "hold_refused"


@transaction.atomic
def place_hold(
    *, loan_id: int, kind: str, starts_on: date, ends_on: date | None, today: date, reason: str, actor: str
) -> Hold:
    """
    Leave the borrower in peace on this loan from a day on.

    :param kind: one of `Hold.Kind`.
    :param starts_on: from the loan's beginning to today.
    :param ends_on: the last day, today or later; None for a hold that somebody has to end, or that ends after the
        longest days of its kind.
    :raises LoanNotFound: there is no such loan.
    :raises HoldRefused: the loan is not running, a hold of this kind runs already, or the days do not fit.
    """
    loan = lock_loan(loan_id)
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise HoldRefused(_("Nothing is demanded on this loan, so there is nothing to hold."), field="loan")
    if not loan.starts_on <= starts_on <= today:
        raise HoldRefused(_("A hold begins between the loan's beginning and today."), field="starts_on")
    if ends_on is not None and ends_on < today:
        raise HoldRefused(_("The last day lies before today."), field="ends_on")
    running = Hold.objects.filter(loan=loan, ended_on=None)
    if running.filter(kind=kind).exists():
        raise HoldRefused(_("A hold of this kind runs already."), field="kind")
    effects = policy.hold_effects(kind, today)
    latest = effects.latest_end(starts_on)
    if latest is not None and (latest < today or (ends_on is not None and ends_on > latest)):
        raise HoldRefused(
            _("A hold of this kind lasts at most %(days)s days."),
            field="ends_on",
            params={"days": effects.longest_days},
        )
    hold = Hold.objects.create(
        loan=loan,
        kind=kind,
        starts_on=starts_on,
        ends_on=ends_on or latest,
        contact=effects.contact.value,
        pauses_count=effects.pauses_count,
        bars_lending=effects.bars_lending,
        mark=effects.mark,
        review_on=today + timedelta(days=effects.review_days),
        reason=reason,
        actor=actor,
    )
    _let_stand_still(loan, today=today, reason=f"hold {hold.pk}: {reason}", actor=actor)
    bring_back_of(loan.borrower_id, today=today, actor=actor)
    _note("collections.hold_placed", hold, actor)
    return hold


@transaction.atomic
def end_hold(*, hold_id: int, ended_on: date, today: date, reason: str, actor: str) -> Hold:
    """
    End a running hold; the days count again from the day after its last, unless another hold still runs.

    :param ended_on: the last day that it covers, up to today; the day before its first takes it back as a whole.
    :raises HoldRefused: it has ended, something that needs it waits for an answer, or the day does not fit.
    """
    hold = Hold.objects.filter(pk=hold_id).first()
    if hold is None:
        raise HoldRefused(_("There is no such hold."), field="hold")
    lock_loan(hold.loan_id)
    hold.refresh_from_db()
    if hold.ended_on is not None:
        raise HoldRefused(_("This hold has ended already."), field="hold")
    if is_needed(hold):
        raise HoldRefused(
            _("Something of the borrower's waits for an answer, or an offer for theirs. The hold ends with that."),
            field="hold",
        )
    if not hold.starts_on - _DAY <= ended_on <= today:
        raise HoldRefused(_("A hold ends between its first day and today."), field="ended_on")
    hold.ended_on, hold.end_reason, hold.ended_by = ended_on, reason, actor
    hold.save(update_fields=["ended_on", "end_reason", "ended_by"])
    end_alert(REVIEW, subject=str(hold.pk))
    _let_stand_still(hold.loan, today=today, reason=f"hold {hold.pk}: {reason}", actor=actor)
    _note("collections.hold_ended", hold, actor)
    return hold


@transaction.atomic
def review_hold(*, hold_id: int, today: date, reason: str, actor: str) -> Hold:
    """
    Say that a running hold is still right, and when somebody looks again; saying so twice on a day changes nothing.

    :raises HoldRefused: there is no such hold, or it has ended.
    """
    hold = Hold.objects.select_for_update(no_key=True).filter(pk=hold_id).first()
    if hold is None or hold.ended_on is not None:
        raise HoldRefused(_("This hold has ended already."), field="hold")
    review_on = today + timedelta(days=policy.hold_effects(hold.kind, today).review_days)
    if hold.review_on == review_on:
        return hold
    hold.review_on = review_on
    hold.save(update_fields=["review_on"])
    end_alert(REVIEW, subject=str(hold.pk))
    _note("collections.hold_reviewed", hold, actor, reason=reason, review_on=review_on)
    return hold


def watch_holds(*, today: date) -> int:
    """Alert staff of running holds that somebody has to look at by today, and return how many there are."""
    due = Hold.objects.filter(ended_on=None, review_on__lte=today).select_related("loan").order_by("review_on", "pk")
    for hold in due:
        raise_alert(REVIEW, subject=str(hold.pk), loan=hold.loan.number, review_on=hold.review_on)
    return len(due)


def hold_until_answered(loan: Loan, *, kind: str, today: date, reason: str, actor: str) -> Hold | None:
    """
    Leave the borrower in peace on a locked loan for as long as something waits for an answer.

    A hold of the kind that runs already serves, without its end. None where nothing is demanded on the loan.
    """
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        return None
    running = Hold.objects.filter(loan=loan, kind=kind, ended_on=None).first()
    if running is None:
        return place_hold(
            loan_id=loan.pk, kind=kind, starts_on=today, ends_on=None, today=today, reason=reason, actor=actor
        )
    if running.ends_on is not None:
        running.ends_on = None
        running.save(update_fields=["ends_on"])
        _note("collections.hold_goes_on", running, actor)
    return running


def release_hold(hold: Hold, *, today: date, reason: str, actor: str, ends_on: date | None = None) -> None:
    """
    End a hold whose answer has been given, today or on a later day; nothing where something else still needs it.

    Where only offers do, it lasts as long as they can be accepted: they end by themselves, so nobody ends it for them.

    The loan is locked by the caller, and what was answered is stored as such.
    """
    hold.refresh_from_db()
    if hold.ended_on is not None or _waits_for_us(hold):
        return
    open_offers = OfferLoan.objects.filter(hold=hold, is_open=True)
    if last_day := open_offers.aggregate(last=Max("offer_set__last_day"))["last"]:
        ends_on = max(last_day, ends_on or last_day)
    if ends_on is None or ends_on <= today:
        end_hold(hold_id=hold.pk, ended_on=today, today=today, reason=reason, actor=actor)
        return
    hold.ends_on = ends_on
    hold.save(update_fields=["ends_on"])
    _note("collections.hold_will_end", hold, actor)


def is_needed(hold: Hold) -> bool:
    """Whether something that the hold was placed for waits for its answer: of ours, or of the borrower's."""
    return _waits_for_us(hold) or OfferLoan.objects.filter(hold=hold, is_open=True).exists()


def _waits_for_us(hold: Hold) -> bool:
    waits = {"hold": hold, "answered_at": None}
    return (
        HardshipLoan.objects.filter(hold=hold, request__answered_at=None).exists()
        or Complaint.objects.filter(**waits).exists()
        or Dispute.objects.filter(**waits).exists()
    )


def expire_holds(*, on: date, actor: str) -> int:
    """
    End the holds whose last day lies before `on`, and return how many.

    What was ended for `on` only now counts again, and what runs stands still, also where a pause of its own was ended.

    Each in a transaction of its own, because a loan's lock is not held while another loan's is asked for.
    """
    due = Hold.objects.filter(ended_on=None, ends_on__lt=on)
    expired = 0
    for hold in due.order_by("loan_id", "pk"):
        assert hold.ends_on is not None
        try:
            end_hold(hold_id=hold.pk, ended_on=hold.ends_on, today=on, reason=Because.TIME_OVER.value, actor=actor)
        except HoldRefused:  # somebody else ended it a moment ago
            continue
        except DomainError as refusal:
            logger.error("The hold %s is over, but its loan refuses to go on: %s", hold.pk, refusal)
            continue
        expired += 1
    steered = Hold.objects.filter(Q(ended_on=None) | Q(ended_on=on - _DAY), starts_on__lte=on)
    for loan_id in steered.order_by("loan_id").values_list("loan_id", flat=True).distinct():
        try:
            with transaction.atomic():
                hold = Hold.objects.filter(loan_id=loan_id).latest("pk")
                _let_stand_still(lock_loan(loan_id), today=on, reason=f"hold {hold.pk}: {hold.reason}", actor=actor)
        except DomainError as refusal:
            logger.error("The loan %s does not follow its holds: %s", loan_id, refusal)
    return expired


@transaction.atomic
def follow_holds(*, loan_id: int, today: date, reason: str, actor: str) -> None:
    """Let the count of a loan stand still on the days of its holds, and on no others, where it runs on again."""
    loan = lock_loan(loan_id)
    if Hold.objects.filter(loan=loan).exists():
        _let_stand_still(loan, today=today, reason=reason, actor=actor)


def _let_stand_still(loan: Loan, *, today: date, reason: str, actor: str) -> None:
    """Write what pauses and resumes the count of a locked loan so that it stands still on the days of all its holds."""
    holds = list(Hold.objects.filter(loan=loan))
    ours, own = _turns_of(loan, prefixes=tuple(f"hold {hold.pk}: " for hold in holds))
    needed = turns_of_holds(
        [(hold.starts_on, hold.ended_on) for hold in holds if hold.pauses_count],
        [(Turn(event.kind), event.effective_on) for event in own],
        through=today,
    )
    # A turn of a hold is the last one of its day, as `turns_of_holds` counts.
    latest = {event.effective_on: event.pk for event in own}
    act = uuid4().hex
    kept: set[tuple[Turn, date]] = set()
    for event in reversed(ours):
        stands = Turn(event.kind), event.effective_on
        if stands in needed and stands not in kept and event.pk > latest.get(event.effective_on, 0):
            kept.add(stands)
        else:
            undo_event(event_id=event.pk, today=today, reason=reason, actor=actor, act=act)
    for turn, on in needed:
        if (turn, on) in kept:
            continue
        if turn is Turn.PAUSE:
            pause_count(loan_id=loan.pk, paused_on=on, today=today, reason=reason, actor=actor, act=act)
        else:
            resume_count(loan_id=loan.pk, resumed_on=on, today=today, reason=reason, actor=actor, act=act)


def _turns_of(loan: Loan, *, prefixes: tuple[str, ...]) -> tuple[list[LoanEvent], list[LoanEvent]]:
    """Return the pauses and their ends that count, in order: those of holds, told by their reason, and all others."""
    undone = LoanEvent.objects.filter(loan=loan, kind=LoanEvent.Kind.REVERSAL).values_list("data__event", flat=True)
    turns = LoanEvent.objects.filter(loan=loan, kind__in=[turn.value for turn in Turn]).exclude(pk__in=list(undone))
    ours: list[LoanEvent] = []
    own: list[LoanEvent] = []
    for event in turns.order_by("effective_on", "pk"):
        (ours if str(event.data.get("reason", "")).startswith(prefixes) else own).append(event)
    return ours, own


def _note(action: str, hold: Hold, actor: str, **data: object) -> None:
    audit.record(
        action=action,
        subject_type="loan",
        subject_id=hold.loan_id,
        actor=actor,
        data={"hold": hold.pk, "kind": hold.kind, "starts_on": hold.starts_on, "ended_on": hold.ended_on, **data},
    )
