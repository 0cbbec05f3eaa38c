"""
Payoff quotes: offered, accepted, withdrawn, closed.

A quote is computed for every day up to the last one it is valid for, and what it freezes is the highest of these: an
amount that ends the loan on whichever of the days it is paid. On a day that asks for less, less is to be paid. See
`docs/decisions/a-payoff-quote-freezes-the-most-that-can-be-asked.md`.
"""

import uuid
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from loans.models import Loan
from repayments.domain.payoff_days import PARTS, PayoffDay, highest, payoff_days
from repayments.models import LoanEvent, PayoffQuote
from repayments.selectors.newest_events import newest_event
from repayments.services.booking import LoadedLoan, load, lock_loan
from repayments.services.partner_events import tell_of_quote
from repayments.services.receive_payment import LoanNotPayable

Status = PayoffQuote.Status


class QuoteNotFound(DomainError):
    """There is no such payoff quote of this loan."""

    code = "payoff_quote_not_found"
    http_status = 404


class QuoteDaysOutside(DomainError):
    """The last day of a payoff quote lies before today, or further ahead than the lender binds itself."""

    code = "payoff_quote_days_outside"


class NothingToSettle(DomainError):
    """Nothing has to be paid to end the loan: the borrower's credit covers it."""

    code = "nothing_to_settle"
    http_status = 409


class QuoteExpired(DomainError):
    """The last day of the payoff quote has passed."""

    code = "payoff_quote_expired"
    http_status = 409


class QuoteVoid(DomainError):
    """Something happened on the loan after the payoff quote was made, so that its amount no longer fits."""

    code = "payoff_quote_void"
    http_status = 409


class QuoteClosed(DomainError):
    """The payoff quote was paid, withdrawn, or replaced by a newer one."""

    code = "payoff_quote_closed"
    http_status = 409


class QuoteAlreadyAccepted(DomainError):
    """The payoff quote is accepted already; nothing changed."""

    code = "payoff_quote_already_accepted"
    http_status = 409


class QuoteNotAccepted(DomainError):
    """The payoff quote has not been accepted yet."""

    code = "payoff_quote_not_accepted"
    http_status = 409


def preview_payoff(loan: Loan, *, valid_to: date, today: date) -> tuple[PayoffDay, ...]:
    """
    Return what would end the loan on each day from `today` to `valid_to`; nothing is written.

    :raises LoanNotPayable: the loan is not running.
    :raises QuoteDaysOutside: `valid_to` lies before today or too far ahead.
    """
    _refuse_not_running(loan)
    _refuse_days_outside(valid_to, today=today)
    loaded = load(loan)
    return payoff_days(loaded.position, loaded.contract, today, valid_to)


@transaction.atomic
def quote_payoff(*, loan_id: int, valid_to: date, today: date, actor: str) -> PayoffQuote:
    """
    Offer the amount that ends the loan on any day up to `valid_to`.

    Asked again on the same day for the same days, with the loan unchanged, it returns the first offer.

    :raises LoanNotPayable: the loan is not running.
    :raises QuoteDaysOutside: `valid_to` lies before today or too far ahead.
    :raises NothingToSettle: nothing is to be paid.
    """
    loan = lock_loan(loan_id)
    days = preview_payoff(loan, valid_to=valid_to, today=today)
    most = highest(days)
    if most.total == 0:
        raise NothingToSettle(_("Nothing has to be paid to end this loan."), field="loan")
    figures = [day.as_json() for day in days]
    same = PayoffQuote.objects.open().filter(loan=loan, quoted_on=today, valid_to=valid_to)
    if earlier := next((quote for quote in same if quote.days == figures), None):
        return earlier

    quote = PayoffQuote.objects.create(
        loan=loan,
        quoted_on=today,
        pays_on=most.on,
        valid_to=valid_to,
        **{f"{part}_minor": getattr(most.payoff, part) for part in PARTS},
        total_minor=most.total,
        days=figures,
        latest_event=newest_event(loan.pk),
        actor=actor,
    )
    _audit("offered", quote, actor=actor, total_minor=quote.total_minor, valid_to=valid_to)
    tell_of_quote(quote, loan, "payoff_quote.offered")
    return quote


@transaction.atomic
def accept_payoff_quote(*, loan_id: int, token: uuid.UUID, today: date, actor: str) -> PayoffQuote:
    """
    Freeze the amount of the quote up to its last day. A quote accepted before is replaced by this one.

    :raises QuoteNotFound: the loan has no such quote.
    :raises QuoteAlreadyAccepted: it is accepted already.
    :raises QuoteExpired: its last day has passed.
    :raises QuoteVoid: the loan has changed since.
    :raises QuoteClosed: it was paid, withdrawn or replaced.
    """
    loan = lock_loan(loan_id)
    quote = quote_of(loan, token)
    if quote.status == Status.ACCEPTED and today <= quote.valid_to:
        raise QuoteAlreadyAccepted(_("This quote is accepted already."), field="quote")
    refuse_unless_holds(quote, loan, today=today)

    for other in PayoffQuote.objects.open().filter(loan=loan).exclude(pk=quote.pk).select_related("loan"):
        _close(other, Status.SUPERSEDED)
    quote.status, quote.accepted_by, quote.accepted_at = Status.ACCEPTED, actor, Now()
    quote.save(update_fields=["status", "accepted_by", "accepted_at"])
    quote.refresh_from_db()
    _audit("accepted", quote, actor=actor, total_minor=quote.total_minor, valid_to=quote.valid_to)
    tell_of_quote(quote, loan, "payoff_quote.accepted")
    return quote


@transaction.atomic
def withdraw_payoff_quote(*, loan_id: int, token: uuid.UUID, reason: str, actor: str) -> PayoffQuote:
    """
    Take an open quote back, for example because it was made by mistake.

    :raises QuoteNotFound: the loan has no such quote.
    :raises QuoteClosed: it is not open any more.
    """
    quote = quote_of(lock_loan(loan_id), token)
    if not quote.is_open:
        raise _closed(quote)
    _close(quote, Status.WITHDRAWN, note=reason)
    _audit("withdrawn", quote, actor=actor, reason=reason)
    return quote


@transaction.atomic
def close_changed_quotes(*, loan_id: int, today: date) -> int:
    """Close the loan's open quotes whose amount no longer fits, because the loan changed; return how many."""
    loan = lock_loan(loan_id)
    quotes = list(PayoffQuote.objects.open().filter(loan=loan, valid_to__gte=today).select_related("loan"))
    if not quotes:
        return 0
    loaded = load(loan)
    newest = LoanEvent.objects.filter(loan=loan).order_by("-pk").first()
    changed = [quote for quote in quotes if _has_changed(quote, loaded, newest.pk if newest else 0, today=today)]
    for quote in changed:
        assert newest is not None
        _close(quote, Status.VOID, reason=newest.kind, note=newest.effective_on.isoformat())
        _audit("void", quote, actor="system:quotes", reason=newest.kind)
    return len(changed)


@transaction.atomic
def close_expired_quotes(*, today: date) -> int:
    """Close the quotes whose last day has passed; return how many."""
    expired = PayoffQuote.objects.open().filter(valid_to__lt=today).select_for_update(of=("self",), skip_locked=True)
    quotes = list(expired.select_related("loan").order_by("pk"))
    PayoffQuote.objects.filter(pk__in=[quote.pk for quote in quotes]).update(status=Status.EXPIRED)
    for quote in quotes:
        quote.status = Status.EXPIRED
        tell_of_quote(quote, quote.loan, "payoff_quote.closed")
    return len(quotes)


def loans_with_stale_quotes(*, today: date) -> list[int]:
    """Return loans with an open quote and an event that it does not know of, for the sweep."""
    quotes = PayoffQuote.objects.open().filter(valid_to__gte=today)
    newest = quotes.annotate(newest=Max("loan__events__id")).values_list("loan_id", "latest_event", "newest")
    return sorted({loan_id for loan_id, known, found in newest if found != known})


def quote_of(loan: Loan, token: uuid.UUID) -> PayoffQuote:
    """:raises QuoteNotFound: the loan has no such quote."""
    quote = PayoffQuote.objects.select_related("loan").filter(loan=loan, token=token).first()
    if quote is None:
        raise QuoteNotFound(_("There is no such payoff quote of this loan."), field="quote")
    return quote


def refuse_unless_holds(quote: PayoffQuote, loan: Loan, *, today: date) -> None:
    """
    Refuse a quote that does not hold on `today`, of a loan that is locked.

    :raises QuoteExpired: :raises QuoteVoid: :raises QuoteClosed: see `accept_payoff_quote`.
    """
    if quote.status == Status.EXPIRED or (quote.is_open and today > quote.valid_to):
        raise QuoteExpired(
            _("This quote was valid to %(day)s. Ask for a new one."), field="quote", params={"day": quote.valid_to}
        )
    if not quote.is_open and quote.status != Status.VOID:
        raise _closed(quote)
    if quote.status == Status.VOID or _has_changed(quote, load(loan), newest_event(loan.pk), today=today):
        raise QuoteVoid(
            _("The loan changed after this quote was made, so its amount no longer fits. Ask for a new one."),
            field="quote",
        )


def longest_quote(today: date) -> date:
    """Return the last day that a quote made today can be valid to."""
    return today + timedelta(days=policy.settlement_quotes(today).longest_days)


def _has_changed(quote: PayoffQuote, loaded: LoadedLoan, newest: int, *, today: date) -> bool:
    """
    Whether what happened since changes the amount of a day that is still to come.

    A day that is booked already tells nothing, because its figures hold more than a quote of it may know of.
    """
    if newest == quote.latest_event:
        return False
    first = max(today, loaded.position.accrued_through + timedelta(days=1))
    if first > quote.valid_to or loaded.loan.status != Loan.Status.ACTIVE:
        return True
    days = payoff_days(loaded.position, loaded.contract, first, quote.valid_to)
    return [day.as_json() for day in days] != [day for day in quote.days if day["on"] >= first.isoformat()]


def _refuse_not_running(loan: Loan) -> None:
    if loan.status != Loan.Status.ACTIVE:
        raise LoanNotPayable(_("Only a running loan can be paid off early."), field="loan")


def _refuse_days_outside(valid_to: date, *, today: date) -> None:
    last = longest_quote(today)
    if not today <= valid_to <= last:
        raise QuoteDaysOutside(
            _("A quote can be valid to a day between %(first)s and %(last)s."),
            field="valid_to",
            params={"first": today, "last": last},
        )


def _closed(quote: PayoffQuote) -> QuoteClosed:
    return QuoteClosed(
        _("This quote no longer holds: %(status)s."), field="quote", params={"status": quote.get_status_display()}
    )


def _close(quote: PayoffQuote, status: str, *, reason: str = "", note: str = "") -> None:
    quote.status, quote.closed_reason, quote.closed_note = status, reason, note
    quote.save(update_fields=["status", "closed_reason", "closed_note"])
    tell_of_quote(quote, quote.loan, "payoff_quote.closed")


def _audit(what: str, quote: PayoffQuote, *, actor: str, **data: object) -> None:
    audit.record(
        action=f"repayments.payoff_quote_{what}",
        subject_type="loan",
        subject_id=quote.loan_id,
        actor=actor,
        data={"quote": str(quote.token), **data},
    )
