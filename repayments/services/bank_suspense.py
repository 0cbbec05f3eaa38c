"""
Money at the bank that nobody has been found for: held in suspense, one ledger entry for each line.

While a credit line is unmatched, its entry stands: cash against unidentified receipts, on the line's value date. It is
reversed when the line is matched or explained, and written anew when that is undone.
"""

from collections.abc import Sequence

from dashu.ledger import accounts
from dashu.ledger import services as ledger
from dashu.ledger.models import JournalEntry
from repayments.domain.bank_text import masked
from repayments.models import BankLine

KIND = "BANK_SUSPENSE"


def hold_all(lines: Sequence[BankLine], *, account_number: str, actor: str) -> None:
    """Book new, unsaved credit lines of one account into suspense and note the entry on each."""
    credits_ = [line for line in lines if line.is_credit]
    if not credits_:
        return
    entries = [_entry(line, _reference(line), account_number) for line in credits_]
    written = ledger.post_many(entries=entries, actor=actor, currency=credits_[0].currency)
    for line, entry_id in zip(credits_, written, strict=True):
        line.suspense_id = entry_id


def hold_again(line: BankLine, *, actor: str) -> None:
    """Put the money of a locked line back into suspense; the caller saves the line."""
    earlier = JournalEntry.objects.filter(reference__startswith=_reference(line)).count()
    (line.suspense_id,) = ledger.post_many(
        entries=[_entry(line, f"{_reference(line)}-{earlier + 1}", line.account.number)],
        actor=actor,
        currency=line.currency,
    )


def release(line: BankLine, *, reason: str, actor: str) -> None:
    """Take the money of a locked line out of suspense; the caller saves the line."""
    assert line.suspense_id is not None
    ledger.reverse(entry_id=line.suspense_id, effective_on=line.value_on, reason=reason, actor=actor)
    line.suspense_id = None


def _entry(line: BankLine, reference: str, account_number: str) -> ledger.Entry:
    return ledger.Entry(
        effective_on=line.value_on,
        description=f"Unidentified receipt on {masked(account_number)}",
        kind=KIND,
        lines=[
            ledger.debit(accounts.CASH, line.amount_minor),
            ledger.credit(accounts.UNIDENTIFIED_RECEIPTS, line.amount_minor),
        ],
        reference=reference,
    )


def _reference(line: BankLine) -> str:
    return f"SUSPENSE-{bytes(line.identity).hex()[:40]}"
