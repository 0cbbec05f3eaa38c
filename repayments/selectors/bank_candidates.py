"""
Which loans the lines of bank statements may pay: found for many lines at once, by queries whose number does not grow.

Loans are looked for by every reference in the texts, by the payer's name in all its spellings, and, for names that are
only alike, by open installments of the same amount due around the line's day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from dashu.finance.loan import Contract, Position, Status, payoff
from dashu.finance.penalty import penalty_parts
from dashu.policy.rules import bank_matching
from dashu.users.indexes import borrower_name_index
from loans.models import Loan
from repayments.domain.bank_matching import Debt, Named, Rule, Suggestion, Weights, suggestions
from repayments.domain.bank_text import likeness, references_in, spellings, uuids_among
from repayments.domain.standing import RowState, standing_of
from repayments.models import BankExplanation, BankLine, Checkout, Disbursement, Installment, Payment
from repayments.selectors.positions import stored_positions

PAID_LATE, PAID_EARLY = timedelta(days=62), timedelta(days=31)  # around a due date, where only the name is alike
MOST_ALIKE = 20_000  # installments of the wanted amounts that are compared by name in one go
ALIKE_A_LINE = 20


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout that a debit line may be. :param is_sure: its reference stands in the text and the amount is its own."""

    disbursement: Disbursement
    is_sure: bool


@dataclass(slots=True)
class Findings:
    """What was found for each line, by the line's place in the given order."""

    weights: Weights
    suggestions: list[list[Suggestion]]
    payouts: list[list[Payout]]
    loans: dict[int, Loan] = field(default_factory=dict)


def findings_for(lines: Sequence[BankLine], *, today: date) -> Findings:
    """
    Return the likeliest loans of each credit line and the payouts of each debit line.

    :param lines: saved or not; only what the bank said of them is read.
    """
    weights = bank_matching(today)
    credits_ = [place for place, line in enumerate(lines) if line.is_credit]
    debits = [place for place, line in enumerate(lines) if not line.is_credit]
    references = [references_in(line.text) for line in lines]
    found = Findings(weights, [[] for _line in lines], [[] for _line in lines])
    if credits_:
        named = _named(references, credits_)
        by_name = _by_name(lines, credits_, weights)
        wanted = {one.loan_id for place in credits_ for one in named[place]}
        wanted |= {loan_id for loan_ids in by_name.values() for loan_id in loan_ids}
        book = _Book(wanted)
        found.loans = book.loans
        for place in credits_:
            line = lines[place]
            loan_ids = by_name.get(place, set()) | {one.loan_id for one in named[place]}
            found.suggestions[place] = suggestions(
                amount=line.amount_minor,
                payer=line.counterparty_name,
                named=named[place],
                debts=book.debts(loan_ids, line),
                weights=weights,
            )
    if debits:
        _find_payouts(found, lines, references, debits)
    return found


def debts_on(loans: Iterable[Loan], line: BankLine) -> dict[int, Debt]:
    """Return what each of these loans asks on the line's day; without those that are not paid out."""
    book = _Book({loan.pk for loan in loans})
    return book.debts(set(book.loans), line)


def loans_of_numbers(numbers: set[str]) -> Iterable[tuple[int, str]]:
    """Return the ids and numbers of the loans that have one of these numbers."""
    return Loan.objects.filter(number__in=numbers).values_list("pk", "number")


# What may stand in a text and belongs to one loan for good; each entry costs one query for all lines together.
NUMBERS: list[tuple[Rule, Callable[[set[str]], Iterable[tuple[int, str]]]]] = [(Rule.LOAN_NUMBER, loans_of_numbers)]


def _named(references: list[set[str]], places: list[int]) -> dict[int, list[Named]]:
    """Return the loans that the texts name: by loan number, checkout or payment."""
    every = {one for place in places for one in references[place]}
    tokens = uuids_among(every)
    targets: defaultdict[str, list[Named]] = defaultdict(list)
    for rule, lookup in NUMBERS:
        for loan_id, number in lookup(every):
            targets[number].append(Named(loan_id, rule, number))
    for loan_id, token, status in Checkout.objects.filter(token__in=tokens).values_list("loan_id", "token", "status"):
        is_paid = status == Checkout.Status.PAID
        targets[token.hex].append(Named(loan_id, Rule.CHECKOUT, str(token), is_booked=is_paid))
    payments = Payment.objects.filter(reference__in=every).values_list("loan_id", "reference", "is_returned")
    for loan_id, reference, is_returned in payments:
        targets[reference].append(Named(loan_id, Rule.PAYMENT, reference, is_booked=not is_returned))
    named = {}
    for place in places:
        keys = references[place] | {token.hex for token in uuids_among(references[place])}
        named[place] = [one for key in sorted(keys) for one in targets.get(key, ())]
    return named


def _by_name(lines: Sequence[BankLine], places: list[int], weights: Weights) -> dict[int, set[int]]:
    """Return for each line the loans whose borrower is called as the payer, or alike and owes the very amount."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    spelt: defaultdict[str, set[int]] = defaultdict(set)
    for place in places:
        for name in spellings(lines[place].counterparty_name):
            spelt[borrower_name_index(name)].add(place)
    spelt.pop("", None)
    if not spelt:
        return found
    open_loans = Loan.objects.order_by().filter(status__in=(Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF))
    called = open_loans.filter(borrower__name_index__in=list(spelt)).values_list("pk", "borrower__name_index")
    for loan_id, index in called:
        for place in spelt[index]:
            found[place].add(loan_id)
    with_name = [place for place in places if lines[place].counterparty_name]
    least = -(-(weights.suggest - weights.amount) * 100 // weights.name)
    owed = _open_installments(lines, with_name)
    for place in with_name:
        line = lines[place]
        alike = [(likeness(line.counterparty_name, name), loan_id) for loan_id, name in owed.get(line.amount_minor, ())]
        best = sorted((one for one in alike if one[0] >= least), key=lambda one: (-one[0], one[1]))
        found[place] |= {loan_id for _percent, loan_id in best[:ALIKE_A_LINE]}
    return found


def _open_installments(lines: Sequence[BankLine], places: list[int]) -> dict[int, list[tuple[int, str]]]:
    """Return (loan, borrower's name) by the unpaid amount of an installment that is due around the lines' days."""
    if not places:
        return {}
    days = [lines[place].value_on for place in places]
    rows = Installment.objects.filter(
        unpaid_minor__gt=0,
        due_on__range=(min(days) - PAID_LATE, max(days) + PAID_EARLY),
        unpaid_minor__in={lines[place].amount_minor for place in places},
    )
    owed: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
    for unpaid, loan_id, name in rows.values_list("unpaid_minor", "loan_id", "loan__borrower__name")[:MOST_ALIKE]:
        owed[unpaid].add((loan_id, name))
    return {unpaid: sorted(names) for unpaid, names in owed.items()}


class _Book:
    """The positions of the wanted loans, read once, and what they ask on any line's day."""

    def __init__(self, loan_ids: set[int]) -> None:
        self.loans: dict[int, Loan] = Loan.objects.select_related("borrower").in_bulk(list(loan_ids))
        self._positions = stored_positions(self.loans.values())
        self._debts: dict[tuple[int, date], Debt] = {}

    def debts(self, loan_ids: set[int], line: BankLine) -> dict[int, Debt]:
        found = {}
        for loan_id in sorted(loan_ids):
            loan = self.loans.get(loan_id)
            if (
                loan
                and loan_id in self._positions
                and loan.currency == line.currency
                and loan.starts_on <= line.value_on
            ):
                found[loan_id] = self._debt(loan, line.value_on)
        return found

    def _debt(self, loan: Loan, on: date) -> Debt:
        if known := self._debts.get((loan.pk, on)):
            return known
        stored, contract = self._positions[loan.pk]
        position = _on_day(stored, contract, on)
        standing = standing_of(position, contract, on)
        asked = [row for row in standing.rows if row.unpaid > 0 and row.state is not RowState.LATER]
        due = [row for row in asked if row.due_on <= on]
        debt = Debt(
            loan_id=loan.pk,
            borrower_id=loan.borrower_id,
            borrower_name=loan.borrower.name,
            on=on,
            due_now=standing.due_now,
            due_on=due[0].due_on if due else None,
            unpaid=tuple((row.due_on, row.unpaid) for row in asked),
            payoff=payoff(position, contract, on) if position.status is Status.ACTIVE else standing.left_to_pay,
            left=standing.left_to_pay,
            is_settled=loan.status == Loan.Status.SETTLED,
        )
        self._debts[loan.pk, on] = debt
        return debt


def _on_day(position: Position, contract: Contract, on: date) -> Position:
    """
    Take off the penalty of days that were closed since: the payer paid what was asked on the line's day.

    Exact unless a payment came in between; then the amount may not fit and the line is left to a person.
    """
    before = on - timedelta(days=1)
    if position.status is not Status.ACTIVE or position.accrued_through <= before:
        return position
    since = penalty_parts(
        position.installments, before, position.accrued_through, contract.penalty, pauses=position.pauses
    )
    return replace(position, accrued_through=before, penalty_parts=max(0, position.penalty_parts - since))


def _find_payouts(found: Findings, lines: Sequence[BankLine], references: list[set[str]], places: list[int]) -> None:
    """Fill in the payouts whose reference or loan number stands in a debit line, and that no line explains yet."""
    every = {one for place in places for one in references[place]}
    taken = BankExplanation.objects.filter(disbursement=OuterRef("pk"), undone_at=None)
    free = Disbursement.objects.select_related("loan").exclude(Exists(taken))
    by_key: defaultdict[str, list[Disbursement]] = defaultdict(list)
    for payout in free.filter(reference__in=every):
        by_key[payout.reference].append(payout)
    for payout in free.filter(loan__number__in=every):
        by_key[payout.loan.number].append(payout)
    for place in places:
        line = lines[place]
        payouts = {payout.pk: payout for key in references[place] for payout in by_key.get(key, ())}
        found.payouts[place] = [
            Payout(payout, is_sure=payout.reference in references[place] and _is_of(payout, line))
            for payout in payouts.values()
            if _is_of(payout, line)
        ]


def _is_of(payout: Disbursement, line: BankLine) -> bool:
    return payout.amount_minor == -line.amount_minor and payout.loan.currency == line.currency
