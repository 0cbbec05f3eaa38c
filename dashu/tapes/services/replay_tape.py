"""
Live through a tape's history: each day its events through the live services, each night the close.

Nothing is told to anyone: what happened years ago is no news. The replay takes up where it stopped, because an event
is marked when it is booked and a closed date stays closed.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Min, Sum

from collections_mgmt.models import CloseRun, OverdueStatus
from collections_mgmt.services.close_day import close_date
from dashu import events
from dashu.kernel.errors import DomainError
from dashu.tapes.models import AgeingNight, ReportedFigure, TapeEvent
from dashu.tapes.services.import_tape import ACTOR, loans_of
from loans.models import Loan
from repayments.models import Channel, LoanBalance, LoanEvent, Payment
from repayments.services.extend_loan import extend_loan
from repayments.services.receive_payment import receive_payment

_ORDER = {TapeEvent.Kind.EXTENSION: 0, TapeEvent.Kind.PAYMENT: 1, TapeEvent.Kind.PROCEEDS: 1}
AGES = (("0", 0, 0), ("1-29", 1, 29), ("30-59", 30, 59), ("60-89", 60, 89), ("90+", 90, 100_000))


def replay_tape(*, source: str, to: date | None = None, progress: Callable[[date], None] = lambda _day: None) -> date:
    """
    Replay a tape's events and close every night up to `to`, by default the last day that the tape speaks of.

    :returns: the last day that was closed.
    """
    ids = dict(loans_of(source))
    by_day: defaultdict[date, list[TapeEvent]] = defaultdict(list)
    for event in TapeEvent.objects.filter(source=source, is_booked=False, refusal="").order_by("id"):
        by_day[event.happened_on].append(event)
    first, last = span_of(source)
    last = to or last
    closed = set(CloseRun.objects.filter(status=CloseRun.Status.CLOSED).values_list("business_date", flat=True))
    with events.silenced():
        day = first
        while day <= last:
            for event in sorted(by_day[day], key=lambda item: _ORDER[TapeEvent.Kind(item.kind)]):
                _book(event, ids[event.external_id])
            if day not in closed:
                close_date(business_date=day, today=_far_after(day))
                _note(source, day, ids)
            progress(day)
            day += timedelta(days=1)
    return last


def span_of(source: str) -> tuple[date, date]:
    """Return the first and the last day that a tape speaks of."""
    first = Loan.objects.filter(source=source).aggregate(day=Min("starts_on"))["day"]
    figures = ReportedFigure.objects.filter(source=source).aggregate(day=Max("as_of"))["day"]
    happened = TapeEvent.objects.filter(source=source).aggregate(day=Max("happened_on"))["day"]
    return first, max(day for day in (first, figures, happened) if day is not None)


def _book(event: TapeEvent, loan_id: int) -> None:
    """Book one event; what the live services refuse is noted with its code and left alone."""
    try:
        with transaction.atomic():
            _through_the_live_services(event, loan_id)
            event.is_booked = True
            event.save(update_fields=["is_booked"])
    except DomainError as refusal:
        event.refusal = refusal.code
        event.save(update_fields=["refusal"])


def _through_the_live_services(event: TapeEvent, loan_id: int) -> None:
    on = event.happened_on
    if event.kind == TapeEvent.Kind.EXTENSION:
        extend_loan(loan_id=loan_id, months=event.months, granted_on=on, today=on, reason=event.reference, actor=ACTOR)
        return
    receive_payment(
        loan_id=loan_id,
        amount_minor=event.amount_minor,
        received_on=on,
        today=on,
        reference=f"{event.source}:{event.reference}"[:80],
        channel=Channel.TAPE,
        actor=ACTOR,
        kind=LoanEvent.Kind.PROCEEDS if event.kind == TapeEvent.Kind.PROCEEDS else LoanEvent.Kind.PAYMENT,
    )


def _note(source: str, day: date, ids: dict[str, int]) -> None:
    """Keep what our book says at the end of the day, to be held against the tape's own figures."""
    running = Loan.objects.filter(
        source=source, starts_on__lte=day, status=Loan.Status.ACTIVE, installment_count=1, payments=None
    )
    behind = OverdueStatus.objects.filter(loan__in=running, days_past_due__gt=0).values_list("days_past_due", flat=True)
    days = list(behind)
    counts = {label: sum(low <= count <= high for count in days) for label, low, high in AGES}
    counts["0"] = running.count() - len(days)
    AgeingNight.objects.get_or_create(source=source, as_of=day, defaults={"by_days": counts})
    figures = list(ReportedFigure.objects.filter(source=source, as_of=day))
    live = _live([ids[figure.external_id] for figure in figures], day)
    for figure in figures:
        figure.live = live[ids[figure.external_id]]
    ReportedFigure.objects.bulk_update(figures, ["live"], batch_size=1_000)


def _live(loan_ids: list[int], day: date) -> dict[int, dict[str, int | str]]:
    """Return what our book says of these loans at the end of the day, in four queries."""
    statuses = OverdueStatus.objects.in_bulk(loan_ids)
    balances = LoanBalance.objects.in_bulk(loan_ids)
    states = dict(Loan.objects.filter(pk__in=loan_ids).values_list("pk", "status"))
    month = Payment.objects.filter(loan__in=loan_ids, received_on__lte=day, received_on__gte=day.replace(day=1))
    interest = dict(month.order_by().values_list("loan_id").annotate(Sum("interest_minor")))
    return {
        loan_id: {
            "status": states[loan_id],
            "days_past_due": statuses[loan_id].days_past_due if loan_id in statuses else 0,
            "bucket": statuses[loan_id].bucket if loan_id in statuses else "CURRENT",
            "principal_minor": balances[loan_id].principal_minor,
            "interest_minor": interest.get(loan_id, 0),
        }
        for loan_id in loan_ids
    }


def _far_after(day: date) -> date:
    """A day on which no reminder of that night is due any more."""
    return day + timedelta(days=365)
