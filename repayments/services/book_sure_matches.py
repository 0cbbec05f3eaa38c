"""Match without a person what is surely one loan's money, and tell payouts that are on the books."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models.functions import Now

from dashu.kernel.errors import DomainError
from repayments.domain.bank_matching import Rule, sure_one
from repayments.models import BankFileDraft, BankLine, BankStatement
from repayments.selectors.bank_candidates import Findings, findings_for
from repayments.services.match_bank_line import Grounds, Part, explain_bank_line, match_bank_line

ACTOR = "system:bank"
BATCH = 500
DRAFT_HOURS = 24


def book_sure_matches(*, statement_id: int, today: date) -> int:
    """
    Go once through a statement's unmatched lines; return how many were matched or told to be payouts.

    Each line is booked by itself: killed anywhere, the next call goes on. A line that the book refuses is left to a
    person. Calling again when all are looked through does nothing.
    """
    statement = BankStatement.objects.get(pk=statement_id)
    if statement.matched_at is not None:
        return 0
    done = 0
    after = 0
    while lines := _unmatched(statement_id, after):
        done += _book(lines, today)
        after = lines[-1].pk
    BankStatement.objects.filter(pk=statement_id, matched_at=None).update(matched_at=Now())
    return done


def book_forgotten_matches(*, now: datetime, today: date) -> int:
    """Take up the statements whose event was lost, and delete the previews that nobody came back to."""
    BankFileDraft.objects.filter(uploaded_at__lt=now - timedelta(hours=DRAFT_HOURS)).delete()
    forgotten = BankStatement.objects.filter(matched_at=None, imported_at__lt=now - timedelta(minutes=5))
    return sum(
        book_sure_matches(statement_id=statement_id, today=today)
        for statement_id in forgotten.order_by("pk").values_list("pk", flat=True)[:100]
    )


def sure_places(lines: Sequence[BankLine], found: Findings) -> list[int]:
    """
    Return the places of the lines that may be booked now, the earliest value date first.

    A loan is taken once: its second line has to be weighed again, against what is owed after the first.
    """
    taken: set[int] = set()
    places = []
    for place in sorted(range(len(lines)), key=lambda place: lines[place].value_on):
        sure = sure_one(found.suggestions[place], found.weights)
        if sure and (sure.rule is not Rule.AMOUNT_AND_NAME or sure.loan_id not in taken):
            taken.add(sure.loan_id)
            places.append(place)
    return places


def _unmatched(statement_id: int, after: int) -> list[BankLine]:
    lines = BankLine.objects.filter(statement_id=statement_id, status=BankLine.Status.UNMATCHED, pk__gt=after)
    return list(lines.order_by("pk")[:BATCH])


def _book(lines: list[BankLine], today: date) -> int:
    done = 0
    found = findings_for(lines, today=today)
    done += _explain_payouts(lines, found)
    while True:
        places = sure_places(lines, found)
        for place in places:
            sure = sure_one(found.suggestions[place], found.weights)
            assert sure is not None
            done += _match(lines[place], Part(sure.loan_id, lines[place].amount_minor), Grounds.of(sure), today)
        again = [
            line
            for place, line in enumerate(lines)
            if place not in places and sure_one(found.suggestions[place], found.weights)
        ]
        if not again:
            return done
        lines = again
        found = findings_for(lines, today=today)


def _match(line: BankLine, part: Part, grounds: Grounds, today: date) -> int:
    try:
        match_bank_line(line_id=line.pk, parts=[part], today=today, actor=ACTOR, grounds=grounds)
    except DomainError:
        return 0  # a person sees it among the unmatched, and the same refusal on trying
    return 1


def _explain_payouts(lines: list[BankLine], found: Findings) -> int:
    done = 0
    for line, payouts in zip(lines, found.payouts, strict=True):
        sure = [payout.disbursement for payout in payouts if payout.is_sure]
        if len(sure) == 1:
            try:
                explain_bank_line(
                    line_id=line.pk,
                    reason=f"Payout {sure[0].reference}",
                    actor=ACTOR,
                    disbursement_id=sure[0].pk,
                )
            except DomainError:
                continue
            done += 1
    return done
