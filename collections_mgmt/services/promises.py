"""What a borrower promises to pay by a day, as staff note it or as they say it themselves."""

from datetime import date, timedelta
from decimal import ROUND_UP

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.models import Arrangement, PromiseToPay, Settlement
from collections_mgmt.selectors.agreements import broken_lately
from collections_mgmt.services.placements import bring_back_of
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan
from repayments.selectors.newest_events import newest_event
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan

LONGEST = timedelta(days=60)


class PromiseRefused(DomainError):
    """A promise cannot be noted like this; `field` says what is wrong."""

    code = "promise_refused"


class TooManyBroken(PromiseRefused):
    """So many promises were broken lately that another one is not what helps; see the rule `promise.limits`."""

    code = "too_many_broken_promises"


@transaction.atomic
def note_promise(
    *, loan_id: int, amount_minor: int, due_on: date, today: date, actor: str, note: str = ""
) -> PromiseToPay:
    """
    Note a promise; one that is still open is taken back by the new one, whose note says why. The same one again on the
    same day changes nothing.

    :param due_on: from today, at most 60 days ahead.
    :param note: needed where too many were broken lately: why this one will be kept.
    :raises LoanNotFound: there is no such loan.
    :raises PromiseRefused: the loan is not running, a plan or settlement runs on it, the amount is not positive, or the
        day is out of reach.
    :raises TooManyBroken: and the note does not say why another one helps.
    """
    loan = lock_loan(loan_id)
    same = PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN, made_on=today, actor=actor)
    if again := same.filter(amount_minor=amount_minor, due_on=due_on, note=note).first():
        return again
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise PromiseRefused(_("Nothing is to be paid on this loan."), field="loan")
    if amount_minor <= 0:
        raise PromiseRefused(_("A promise is for more than 0."), field="amount")
    if not today <= due_on <= today + LONGEST:
        raise PromiseRefused(_("A promise is for a day from today, at most 60 days ahead."), field="due_on")
    if (
        Arrangement.objects.running().filter(loan=loan).exists()
        or Settlement.objects.running().filter(loan=loan).exists()
    ):
        raise PromiseRefused(_("Something is agreed on this loan already. End that first."), field="loan")
    if not note.strip() and is_past_limit(loan, today=today):
        raise TooManyBroken(
            _("Promises on this loan were not kept lately. Say why this one will be, or agree on a plan instead."),
            field="note",
        )
    PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).update(
        status=PromiseToPay.Status.CANCELLED,
        decided_on=today,
        end_reason=note.strip() or Because.ANOTHER_PROMISE.value,
    )
    promise = PromiseToPay.objects.create(
        loan=loan,
        amount_minor=amount_minor,
        made_on=today,
        due_on=due_on,
        after_event=newest_event(loan.pk),
        note=note,
        actor=actor,
    )
    bring_back_of(loan.borrower_id, today=today, actor=actor)
    audit.record(
        action="collections.promise_noted",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"promise": promise.pk, "amount_minor": amount_minor, "due_on": due_on},
    )
    return promise


@transaction.atomic
def note_staff_promise(
    *, loan_id: int, amount_minor: int, due_on: date, today: date, actor: str, note: str = ""
) -> PromiseToPay:
    """
    Note what a borrower promised to somebody of ours. While it runs they are left in peace, so it is for no less than
    the share of what is due now that the rule `promise.limits` says.

    :raises PromiseRefused: it is for less. Besides, see `note_promise`.
    """
    loan = lock_loan(loan_id)
    standing = standings_of([loan], today=today).get(loan.pk)
    due_now = standing.due_now if standing else 0
    least = int((due_now * policy.promise_limits(today).least_share).to_integral_value(ROUND_UP))
    if 0 < amount_minor < least:
        raise PromiseRefused(
            _(
                "A promise is for at least %(least)s, because the borrower is left in peace while it runs. Write down"
                " less as a note, or agree on a plan."
            ),
            field="amount",
            params={"least": money(least, loan.currency)},
        )
    return note_promise(loan_id=loan_id, amount_minor=amount_minor, due_on=due_on, today=today, actor=actor, note=note)


@transaction.atomic
def cancel_promise(*, promise_id: int, reason: str, today: date, actor: str) -> PromiseToPay:
    """
    Take an open promise back, with a reason that stays with it; reminders of the loan go on.

    :raises PromiseRefused: there is none, it is decided, or no reason is given.
    """
    found = PromiseToPay.objects.filter(pk=promise_id).first()
    if found is None:
        raise PromiseRefused(_("There is no such promise."), field="promise")
    lock_loan(found.loan_id)
    promise = PromiseToPay.objects.select_for_update(no_key=True).get(pk=promise_id)
    if promise.status != PromiseToPay.Status.OPEN:
        raise PromiseRefused(_("This has ended already."), field="promise")
    if not reason.strip():
        raise PromiseRefused(_("Say why, so that those who come after you can understand it."), field="reason")
    promise.status, promise.decided_on, promise.end_reason = PromiseToPay.Status.CANCELLED, today, reason.strip()
    promise.save(update_fields=["status", "decided_on", "end_reason"])
    audit.record(
        action="collections.promise_cancelled",
        subject_type="loan",
        subject_id=promise.loan_id,
        actor=actor,
        data={"promise": promise.pk, "reason": promise.end_reason},
    )
    return promise


def is_past_limit(loan: Loan, *, today: date) -> bool:
    """Whether so many promises were broken lately that a person thinks of something else first."""
    limits = policy.promise_limits(today)
    return broken_lately(loan.pk, today=today, within_days=limits.within_days) >= limits.broken


@transaction.atomic
def make_promise(*, loan_id: int, amount_minor: int, due_on: date, today: date, actor: str) -> PromiseToPay:
    """
    Keep what a borrower promises by themselves, within the rule `promise.own`; saying the same again changes nothing.

    :raises LoanNotFound: there is no such loan.
    :raises PromiseRefused: nothing is due, or amount or day are outside what can be promised without asking.
    :raises TooManyBroken: a plan or a word with us helps more than another promise.
    """
    loan = lock_loan(loan_id)
    running = PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).first()
    if running and (running.amount_minor, running.due_on, running.made_on) == (amount_minor, due_on, today):
        return running
    if is_past_limit(loan, today=today):
        raise TooManyBroken(
            _(
                "The last days that were named did not work out. Choose a plan with smaller payments, or ask us for"
                " help."
            ),
            field="loan",
        )
    limits = policy.own_promise(today)
    standing = standings_of([loan], today=today).get(loan.pk)
    if standing is None or not standing.due_now:
        raise PromiseRefused(_("Nothing is due on this loan now, so there is nothing to promise."), field="loan")
    least = int((standing.due_now * limits.least_share).to_integral_value(ROUND_UP))
    if not least <= amount_minor <= standing.due_now:
        raise PromiseRefused(
            _("Promise an amount from %(least)s up to what is due now, %(most)s."),
            field="amount",
            params={"least": money(least, loan.currency), "most": money(standing.due_now, loan.currency)},
        )
    latest = today + timedelta(days=limits.longest_days)
    if not today < due_on <= latest:
        raise PromiseRefused(
            _("Choose a day after today, up to %(latest)s. If you need longer, ask for a plan."),
            field="due_on",
            params={"latest": lender_date(latest)},
        )
    return note_promise(loan_id=loan_id, amount_minor=amount_minor, due_on=due_on, today=today, actor=actor)
