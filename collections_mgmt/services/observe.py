"""What others tell us of a borrower's money: incomes, revenues, scores, and where they earn. Taken once, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import BorrowerPlace, IncomeObservation, RevenueObservation, ScoreObservation
from dashu.audit import services as audit
from dashu.consents.selectors import consents_held
from dashu.kernel.errors import DomainError
from dashu.kernel.money import MAX_MINOR
from dashu.policy import rules as policy
from dashu.policy.early_warning import WITH_CONSENT, Trigger
from dashu.users.models import Borrower

CASH_FLOW = WITH_CONSENT[Trigger.INCOME_DROP]


class ObservationRefused(DomainError):
    """What was told is about nobody, of no sound amount or day, or says otherwise than before; `field` says what."""

    code = "observation_refused"


class WatchNotAgreed(DomainError):
    """The borrower has not agreed that this is read, or took it back; nothing of it is kept."""

    code = "watch_not_agreed"
    http_status = 403


@dataclass(frozen=True, slots=True)
class Income:
    """:param reference: of the source; the same again is the same income. Amounts in minor units."""

    borrower_number: str
    credited_on: date
    amount_minor: int
    currency: str
    reference: str


@dataclass(frozen=True, slots=True)
class Revenue:
    """:param month: its first day."""

    borrower_number: str
    month: date
    amount_minor: int
    currency: str


@transaction.atomic
def take_income(income: Income, *, source: str, today: date) -> bool:
    """
    Keep an income that arrived; return whether it is new.

    :param source: which adapter tells it.
    :raises WatchNotAgreed, ObservationRefused: see there.
    """
    borrower = _agreed(income.borrower_number)
    earlier = IncomeObservation.objects.filter(source=source, reference=income.reference).first()
    told = (borrower.pk, income.credited_on, income.amount_minor, income.currency)
    if earlier:
        if (earlier.borrower_id, earlier.credited_on, earlier.amount_minor, earlier.currency) != told:
            raise ObservationRefused(_("This reference belongs to another income."), field="reference")
        return False
    _check(income.amount_minor, income.credited_on, today, least=1, field="credited_on")
    IncomeObservation.objects.create(
        borrower=borrower,
        credited_on=income.credited_on,
        amount_minor=income.amount_minor,
        currency=income.currency,
        source=source,
        reference=income.reference,
        noted_on=today,
    )
    return True


@transaction.atomic
def take_revenue(revenue: Revenue, *, source: str, today: date) -> bool:
    """
    Keep what a business took in a month; a figure told anew replaces the one before. Return whether it says more.

    :raises WatchNotAgreed, ObservationRefused: see there.
    """
    borrower = _agreed(revenue.borrower_number)
    if revenue.month.day != 1:
        raise ObservationRefused(_("Give the first day of the month."), field="month")
    _check(revenue.amount_minor, revenue.month, today, least=0, field="month")
    values = {"amount_minor": revenue.amount_minor, "currency": revenue.currency}
    if RevenueObservation.objects.filter(borrower=borrower, month=revenue.month, **values).exists():
        return False
    RevenueObservation.objects.update_or_create(
        borrower=borrower, month=revenue.month, defaults={**values, "source": source, "noted_on": today}
    )
    return True


def note_scores(scores: Sequence[tuple[int, int]], *, scorecard: str, on: date) -> int:
    """
    Keep the points of borrowers on a day; whoever has one of this scorecard and day keeps it. Return how many are new.

    :param scores: (borrower's id, points), for those whose points changed.
    """
    rows = [
        ScoreObservation(borrower_id=borrower_id, scored_on=on, scorecard=scorecard, points=points)
        for borrower_id, points in scores
    ]
    before = ScoreObservation.objects.filter(scorecard=scorecard, scored_on=on).count()
    ScoreObservation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
    return ScoreObservation.objects.filter(scorecard=scorecard, scored_on=on).count() - before


@transaction.atomic
def note_place(*, borrower_id: int, region: str, sector: str, today: date, actor: str) -> BorrowerPlace:
    """
    Note where a borrower earns their money; empty where nobody knows.

    :raises ObservationRefused: the rule `early_warning.places` knows no such region or sector.
    """
    places = policy.early_warning_places(today)
    for field, code in (("region", region), ("sector", sector)):
        if code and code not in places[f"{field}s"]:
            raise ObservationRefused(_("There is no such place: %(code)s."), field=field, params={"code": code[:12]})
    place, _made = BorrowerPlace.objects.update_or_create(
        borrower_id=borrower_id, defaults={"region": region, "sector": sector, "noted_on": today, "actor": actor}
    )
    audit.record(
        action="collections.place_noted",
        subject_type="borrower",
        subject_id=borrower_id,
        actor=actor,
        data={"region": region, "sector": sector},
    )
    return place


def refuse_unwatched(borrower_id: int) -> None:
    """:raises WatchNotAgreed: the borrower does not agree, or no longer."""
    if CASH_FLOW not in consents_held(borrower_id=borrower_id, about=""):
        raise WatchNotAgreed(_("The borrower has not agreed to this, so it is not kept."), field="borrower")


def _agreed(number: str) -> Borrower:
    borrower = Borrower.objects.select_for_update(no_key=True).filter(number=number).first()
    if borrower is None:
        raise ObservationRefused(_("There is no borrower of this number."), field="borrower")
    refuse_unwatched(borrower.pk)
    return borrower


def _check(amount_minor: int, day: date, today: date, *, least: int, field: str) -> None:
    if not least <= amount_minor <= MAX_MINOR:
        raise ObservationRefused(_("The amount is no income that can be kept."), field="amount")
    if not date(2000, 1, 1) <= day <= today:
        raise ObservationRefused(_("The day lies in the future or too far in the past."), field=field)
