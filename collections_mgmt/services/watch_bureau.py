"""
Ask the credit bureau about borrowers with running loans who agreed to it: a few each night, each at most once a month.

The question is written down before it is asked, outside of any transaction, and keeps its number however often it is
tried. Of the answer only counts and days are kept, no names of lenders.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from collections_mgmt.models import BureauWatch
from dashu.consents.models import ConsentEntry
from dashu.consents.selectors import consents_held
from dashu.kernel.dates import lender_date, midnight
from dashu.policy import rules as policy
from dashu.policy.early_warning import WITH_CONSENT, BureauWatching, Trigger
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.models import Borrower, Identity
from loans.bureaus.base import Bureau, BureauUnavailable, NoCreditFile, Subject
from loans.bureaus.choosing import bureau
from loans.domain.credit_files import FOR_NEW_CREDIT, CreditFile
from loans.models import Loan

CREDIT = WITH_CONSENT[Trigger.INQUIRIES]
KEPT_DAYS = 90
AT_ONCE = 100
GIVEN_UP = "credit_bureau_unavailable"
CONSENT_GONE = "consent_withdrawn"


def watch_bureau(*, now: datetime, asking: Bureau | None = None) -> int:
    """
    Ask again what got no answer and is due, then about new people, within the budget of the night; return how many.

    A bureau that does not answer ends the round: the rest waits for the next call.

    :param asking: another bureau than the one in use.
    :raises NoCreditBureau: there is none.
    """
    today = lender_date(now)
    try:
        rules = policy.early_warning(today).bureau
    except PolicyRuleMissing:  # of a country for which nobody has written thresholds yet
        return 0
    asked = 0
    for look_id in _due(rules, now):
        try:
            _ask(look_id, rules, now=now, asking=asking or bureau())
        except BureauUnavailable:
            return asked
        asked += 1
    return asked


def _due(rules: BureauWatching, now: datetime) -> list[int]:
    """Return what is to be asked now, written down: what waits to be tried again, then new questions."""
    again = BureauWatch.objects.filter(answered_at=None).filter(Q(next_at=None) | Q(next_at__lte=now))
    waiting = list(again.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    left = rules.questions - BureauWatch.objects.filter(asked_at__gte=midnight(lender_date(now))).count()
    return waiting + _begin(min(left, AT_ONCE - len(waiting)), rules, now)


@transaction.atomic
def _begin(count: int, rules: BureauWatching, now: datetime) -> list[int]:
    """Write down questions about those who agreed, whose loan runs and who were not asked about lately."""
    if count <= 0:
        return []
    agreed = ConsentEntry.objects.filter(text__purpose=CREDIT, about="", kind=ConsentEntry.Kind.GIVEN)
    lately = BureauWatch.objects.filter(borrower=OuterRef("pk"), asked_at__gt=now - timedelta(days=rules.every_days))
    people = Borrower.objects.filter(
        Exists(agreed.filter(borrower=OuterRef("pk"))),
        Exists(Loan.objects.filter(borrower=OuterRef("pk"), status=Loan.Status.ACTIVE)),
        ~Exists(lately),
        identity__isnull=False,
    )
    # Two workers that are here at once ask about different people.
    ids = list(people.select_for_update(of=("self",), no_key=True, skip_locked=True).order_by("pk")[: count * 2])
    wanted = [each for each in ids if CREDIT in consents_held(borrower_id=each.pk, about="")][:count]
    made = BureauWatch.objects.bulk_create(
        [BureauWatch(borrower=each, request_id=uuid4(), asked_at=now, next_at=now) for each in wanted]
    )
    return [look.pk for look in made]


def _ask(look_id: int, rules: BureauWatching, *, now: datetime, asking: Bureau) -> None:
    look = BureauWatch.objects.select_related("borrower__identity").get(pk=look_id)
    if CREDIT not in consents_held(borrower_id=look.borrower_id, about=""):
        _answered(look_id, now, failure=CONSENT_GONE)
        return
    identity: Identity = look.borrower.identity
    try:
        file = asking.file_of(
            Subject(identity.kind, identity.number, identity.name),
            request_id=look.request_id,
            consent=f"{look.borrower.number}:{CREDIT}",
        )
    except BureauUnavailable:
        _tried(look_id, rules, now)
        raise
    except NoCreditFile as refusal:
        _answered(look_id, now, failure=refusal.code)
        return
    _answered(look_id, now, **_kept(file, now))


def _kept(file: CreditFile, now: datetime) -> dict[str, object]:
    first = lender_date(now) - timedelta(days=KEPT_DAYS)
    late = [loan for loan in file.open_loans if loan.days_past_due > 0]
    return {
        "inquiry_days": sorted(
            each.on for each in file.inquiries if each.purpose in FOR_NEW_CREDIT and each.on > first
        ),
        "worst_days": file.worst_days_past_due,
        "overdue_lenders": len({loan.lender for loan in late}),
    }


@transaction.atomic
def _tried(look_id: int, rules: BureauWatching, now: datetime) -> None:
    """Let a question wait, longer each time; after the last wait it is given up until its next month."""
    look = BureauWatch.objects.select_for_update(of=("self",)).get(pk=look_id)
    if look.answered_at is not None:
        return
    look.attempts += 1
    if look.attempts > len(rules.retry_minutes):
        look.failure, look.answered_at = GIVEN_UP, now
    else:
        look.next_at = now + timedelta(minutes=rules.retry_minutes[look.attempts - 1])
    look.save(update_fields=["attempts", "failure", "answered_at", "next_at"])


@transaction.atomic
def _answered(look_id: int, now: datetime, **columns: object) -> None:
    look = BureauWatch.objects.select_for_update(of=("self",)).get(pk=look_id)
    if look.answered_at is not None:  # another worker asked the same question and was quicker
        return
    found = {**columns, "answered_at": now, "answered_on": lender_date(now)}
    for name, value in found.items():
        setattr(look, name, value)
    look.save(update_fields=list(found))
