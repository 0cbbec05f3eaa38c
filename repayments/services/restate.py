"""
Restate a loan: live through its events anew and post what differs from the books, day by day.

Nothing that was written is edited. For every day of the loan's life the new postings are the difference between what
that day's books must say and what the ledger says of it, so whatever came before, afterwards each day agrees.
"""

from datetime import date, timedelta

from dashu import events as events_table
from dashu.finance.bookkeeping import daily_books
from dashu.finance.loan import BOOKS, Book, accrue
from dashu.finance.replay import History
from dashu.ledger.selectors import loan_changes
from repayments.domain.comparing import summary_of
from repayments.models import LoanEvent, Restatement, ScheduleVersion
from repayments.selectors.lives import events_of, life_of
from repayments.services.booking import LoadedLoan, by_book, post_days, store
from repayments.services.movements import correct_movements, movements_of
from repayments.services.receipts import rewrite_receipts

_REASONS = set(ScheduleVersion.Reason.values)


def restate(
    loaded: LoadedLoan, *, description: str, event: LoanEvent, must_fit: bool = True, through: date = date.min
) -> History:
    """
    Bring balances, installments, payments and ledger of a locked loan in line with its events.

    :param event: the new event, already written, that made this necessary.
    :param must_fit: False for money that is here whatever the loan says of it.
    :param through: a day whose penalty has to be in the books at least: the close charges none to a loan that it finds
        current, and a correction may say that it was late.
    :raises DomainError: the event does not fit the loan as its day finds it.
    """
    events = events_of(loaded.loan)
    newest = next(one for one in events if one.pk == event.pk) if must_fit else None
    history = life_of(loaded.loan, events, newest=newest)
    evening_before = event.effective_on - timedelta(days=1)
    through = max(loaded.position.accrued_through, history.position.accrued_through, evening_before, through)
    position = accrue(history.position, history.contract, through)

    rewrite_receipts(loaded.loan.pk, {events[index].pk: receipt for index, receipt in history.receipts.items()})
    is_latest = event.effective_on >= loaded.balance.latest_event_on
    reason = event.kind if is_latest and event.kind in _REASONS else ScheduleVersion.Reason.RESTATEMENT
    store(loaded, position, history.contract, event_on=event.effective_on, reason=reason)
    correct_movements(loaded.loan.pk, event.pk, movements_of(history.steps))
    held = by_book(loan_changes(loaded.loan.pk))
    wanted = daily_books(history.steps, through)
    changes: dict[date, dict[Book, int]] = {}
    for on in wanted.keys() | held.keys():
        must, has = wanted.get(on, {}), held.get(on, {})
        if change := {book: minor for book in BOOKS if (minor := must.get(book, 0) - has.get(book, 0))}:
            changes[on] = change
    is_plain = set(changes) <= {event.effective_on} and event.kind != LoanEvent.Kind.REVERSAL
    kind = event.kind if is_plain else "RESTATEMENT"
    post_days(loaded, changes, description=description, kind=kind, actor=event.actor)
    return history


def restate_and_tell(
    loaded: LoadedLoan, *, description: str, event: LoanEvent, today: date, must_fit: bool = True
) -> History:
    """Restate the loan and keep what changed in what its borrower was told; they are told once it is committed."""
    before = summary_of(loaded.position, loaded.contract, today)
    yesterday = today - timedelta(days=1)
    history = restate(loaded, description=description, event=event, must_fit=must_fit, through=yesterday)
    Restatement.objects.create(
        event=event,
        loan=loaded.loan,
        from_on=event.effective_on,
        before=before,
        after=summary_of(history.position, history.contract, today),
    )
    events_table.publish("repayments.loan_restated", loan_id=loaded.loan.pk, event_id=event.pk)
    return history
