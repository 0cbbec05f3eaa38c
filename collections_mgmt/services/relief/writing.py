"""The rows of offers: written together with the hold under which a borrower decides, brought up to date, and ended."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import (
    Budget,
    HardshipRequest,
    Hold,
    OfferLoan,
    OfferSet,
    RestructuringOffer,
    RestructuringPlan,
    Settlement,
)
from collections_mgmt.selectors.care import more_days
from collections_mgmt.services.holds import place_hold, release_hold
from collections_mgmt.services.peace import has_peace_left
from collections_mgmt.services.placements import bring_back_of
from collections_mgmt.services.relief.ways import Way
from dashu import events
from dashu.audit import services as audit
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from loans.models import Loan
from loans.services.partner_events import tell_of_loan
from repayments.models import LoanEvent
from repayments.selectors.newest_events import newest_events
from repayments.services.booking import lock_loans

# While the contract or the identity is in doubt; and while the person cannot bind themselves, or is protected by law.
_IN_DOUBT = (Hold.Kind.FRAUD, Hold.Kind.DISPUTE)
_OF_THE_PERSON = (Hold.Kind.DECEASED, Hold.Kind.BANKRUPTCY, Hold.Kind.BREATHING_SPACE)
_STAND_STILL = (LoanEvent.Kind.PAUSE, LoanEvent.Kind.RESUME)


class ReliefRefused(DomainError):
    """Relief cannot be offered or accepted like this; `field` says what is wrong."""

    code = "relief_refused"


class OfferNotFound(DomainError):
    """There is no such offer, or it is another person's."""

    code = "relief_offer_not_found"
    http_status = 404


class OfferNotOpen(DomainError):
    """It was decided on, or its last day is over."""

    code = "relief_offer_not_open"
    http_status = 409


@transaction.atomic
def write_offers(
    *,
    borrower_id: int,
    loan_ids: Collection[int],
    ways: Sequence[Way],
    source: str,
    now: datetime,
    actor: str,
    budget: Budget | None = None,
    request: HardshipRequest | None = None,
    cause: str = "",
    facts: Mapping[str, Any] | None = None,
    not_offered: Sequence[Mapping[str, Any]] = (),
    is_told: bool = True,
) -> OfferSet:
    """
    Offer these ways to a borrower and tell them; from now on they decide in peace.

    One that they ask for after earlier ones took the days of peace that the rule knows comes without a hold.

    The hold comes first, so that the pause that it books is no news for the offers: they are of the loan as it is after
    it. :param ways: one to three, quoted today. :param is_told: False where a message of the same moment leads to it.

    :raises ReliefRefused: a loan is not running, not theirs, or something is open on it already.
    """
    loans, today = lock_loans(loan_ids), lender_date(now)
    refuse_loans(loans.values(), borrower_id=borrower_id)
    if not 1 <= len(ways) <= policy.relief_limits(today).most_offers or any(way.loan_id not in loans for way in ways):
        raise ReliefRefused(_("There is nothing that could be offered on these loans."), field="offers")
    last_day = today + timedelta(days=policy.relief_limits(today).deciding_days + more_days(borrower_id, today))
    offered = OfferSet.objects.create(
        borrower_id=borrower_id,
        budget=budget,
        request=request,
        source=source,
        cause=cause,
        made_at=now,
        made_on=today,
        last_day=last_day,
        quoted_on=today,
        facts=dict(facts or {}),
        not_offered=[dict(one) for one in not_offered],
        actor=actor,
    )
    for loan in loans.values():
        is_in_peace = source != OfferSet.Source.ASKED or has_peace_left(loan, today)
        reason = f"offer {offered.reference}"
        hold = _let_decide(loan, last_day=last_day, today=today, reason=reason, actor=actor) if is_in_peace else None
        OfferLoan.objects.create(offer_set=offered, loan=loan, hold=hold)
    for number, way in enumerate(ways, start=1):
        write_way(offered, way, number=number)
    month = {"month": budget.pk} if budget else {}
    offered.after_events = {**after_events(borrower_id, loans), **month}
    offered.save(update_fields=["after_events"])
    bring_back_of(borrower_id, today=today, actor=actor)
    note("made", offered, actor, source=source, methods=[way.method for way in ways])
    events.publish("collections_mgmt.offers_made", loan_ids=sorted(loans))
    if is_told:
        tell(offered, "made" if offered.leaves_in_peace else "made_again", accept_on=last_day)
    return offered


def write_way(offered: OfferSet, way: Way, *, number: int) -> RestructuringOffer:
    return RestructuringOffer.objects.create(
        offer_set=offered,
        number=number,
        loan_id=way.loan_id,
        method=way.method,
        relief=dict(way.relief),
        acts=[dict(act) for act in way.acts],
        figures=dict(way.figures),
        rows=[list(row) for row in way.rows],
        digest=way.digest_on(offered.quoted_on),
        is_recommended=way.is_recommended,
        reason=way.reason,
        is_own=way.is_own,
    )


def refuse_loans(loans: Collection[Loan], *, borrower_id: int) -> None:
    """
    :raises ReliefRefused: a locked loan is not running or not theirs, something is open on it already, or a hold stands
        against it.
    """
    if not loans or any(loan.borrower_id != borrower_id for loan in loans):
        raise ReliefRefused(_("Choose at least one of your loans."), field="loans")
    if not all(loan.status == Loan.Status.ACTIVE for loan in loans):
        raise ReliefRefused(_("Only a running loan can have new terms."), field="loans")
    if OfferLoan.objects.filter(loan__in=loans, is_open=True).exists():
        raise ReliefRefused(_("An offer is open on this loan already."), field="loans")
    if Settlement.objects.filter(loan__in=loans, status__in=Settlement.OPEN).exists():
        raise ReliefRefused(_("A settlement is open on this loan already."), field="loans")
    if reason := why_held([loan.pk for loan in loans], borrower_id=borrower_id):
        raise ReliefRefused(reason, field="loans")


def why_held(loan_ids: Collection[int], *, borrower_id: int) -> Promise | None:
    """
    Return why no new terms are agreed while a hold runs, None where none stands against it.

    The hold under which a borrower decides does not, nor does one while a request for help is looked at.
    """
    running = Hold.objects.filter(loan__borrower=borrower_id, ended_on=None)
    against = Q(loan__in=loan_ids, kind__in=_IN_DOUBT) | Q(kind__in=_OF_THE_PERSON)
    kind = running.filter(against).order_by("pk").values_list("kind", flat=True).first()
    if kind is None:
        return None
    if kind in _IN_DOUBT:
        return _("What is owed is being looked into. Settle that first.")
    return _("The terms cannot change at the moment. Call us, and a person tells you how it goes on.")


def is_something_open(loans: Collection[Loan]) -> bool:
    """Whether an offer or a settlement waits for its answer, or runs, on one of the loans."""
    return (
        OfferLoan.objects.filter(loan__in=loans, is_open=True).exists()
        or Settlement.objects.filter(loan__in=loans, status__in=Settlement.OPEN).exists()
    )


def lock_set(set_id: int) -> OfferSet:
    """
    Lock a set of offers after its loans, which never change, and all others that its borrower has running.

    :raises OfferNotFound: there is none.
    """
    about = list(OfferLoan.objects.filter(offer_set=set_id).values_list("loan_id", "offer_set__borrower"))
    if not about:
        raise OfferNotFound(_("There is no such offer."))
    lock_loans_of(about[0][1], and_also=[loan_id for loan_id, _owner in about])
    found: OfferSet = OfferSet.objects.select_for_update(no_key=True).get(pk=set_id)
    return found


def lock_loans_of(borrower_id: int, *, and_also: Collection[int] = ()) -> dict[int, Loan]:
    """
    Lock all running loans of a borrower at once, in the order of their ids, and others of theirs with them.

    What a month carries depends on all of them. Whoever needs more than one asks this before any other lock of a loan.
    """
    running = Loan.objects.filter(borrower=borrower_id, status=Loan.Status.ACTIVE).values_list("pk", flat=True)
    return lock_loans({*and_also, *running})


def refuse_ended(offered: OfferSet, *, today: date) -> None:
    """:raises OfferNotOpen: the set was decided on, or its last day is over."""
    if not offered.is_open or today > offered.last_day:
        raise OfferNotOpen(_("This offer has ended. Ask us for a new one."))


def refuse_held(offered: OfferSet) -> None:
    """:raises OfferNotOpen: a hold that began since stands against new terms; the set stays open meanwhile."""
    loan_ids = offered.loans.values_list("loan_id", flat=True)
    if reason := why_held(list(loan_ids), borrower_id=offered.borrower_id):
        raise OfferNotOpen(reason)


def end_set(offered: OfferSet, status: str, *, today: date, actor: str, reason: str = "") -> None:
    """End an open, locked set, and with it the hold under which the borrower decided."""
    offered.status, offered.ended_on, offered.end_reason = OfferSet.Status(status), today, reason
    offered.save(update_fields=["status", "ended_on", "end_reason"])
    offered.offers.filter(status=RestructuringOffer.Status.OFFERED).update(status=RestructuringOffer.Status.LAPSED)
    offered.loans.update(is_open=False)
    for about in offered.loans.select_related("hold").order_by("loan_id"):
        if about.hold is not None:
            release_hold(about.hold, today=today, reason=f"offer {offered.reference}", actor=actor)


def after_events(borrower_id: int, loan_ids: Collection[int]) -> dict[str, int]:
    """
    Return what an offer keeps: the newest event of each loan and of others that run, and the newest month.

    That the count of another loan stands still, as while an offer is open on it, changes nothing of what it asks for.
    """
    others = Loan.objects.filter(borrower=borrower_id, status=Loan.Status.ACTIVE).exclude(pk__in=loan_ids)
    happened = LoanEvent.objects.filter(loan__in=others).exclude(kind__in=_STAND_STILL).order_by()
    newest = newest_events(list(loan_ids)) | dict(happened.values_list("loan").annotate(newest=Max("pk")))
    return {"month": newest_month(borrower_id), **{str(loan_id): event for loan_id, event in sorted(newest.items())}}


def newest_month(borrower_id: int) -> int:
    """Return the id of the month that a borrower stated last; 0 where they stated none."""
    return Budget.objects.filter(borrower=borrower_id).order_by("-pk").values_list("pk", flat=True).first() or 0


def is_restructuring(way: RestructuringOffer) -> bool:
    """Whether a way is a restructuring for classes and limits; another due day is none, unless arrears are parted."""
    return way.method != ReliefMethod.DUE_DATE.value or any(act["kind"] != "due_day" for act in way.acts)


def note(what: str, offered: OfferSet, actor: str, **data: object) -> None:
    """Write what happened to a set into the record of each of its loans."""
    for loan_id in offered.loans.order_by("loan_id").values_list("loan_id", flat=True):
        audit.record(
            action=f"collections.offers_{what}",
            subject_type="loan",
            subject_id=loan_id,
            actor=actor,
            data={"offer": offered.reference, **data},
        )
    _tell_partners(what, offered)


def _tell_partners(what: str, offered: OfferSet) -> None:
    """Tell the partners who brought the loans that an offer was made, or ended without being accepted."""
    about: dict[str, Any]
    if what == "made":
        type, about = "relief.offered", {"last_day": offered.last_day}
    elif what in ("declined", "taken_back"):
        type, about = "relief.ended", {"plan": None, "status": str(offered.status), "on": offered.ended_on}
    else:
        return
    for loan in Loan.objects.filter(offers_of_relief__offer_set=offered, partner__isnull=False).order_by("pk"):
        tell_of_loan(loan, type, {"offer": offered.reference, **about})


def tell(offered: OfferSet, what: str, **values: object) -> None:
    loans = list(offered.loans.order_by("loan_id").values_list("loan_id", flat=True))
    key = str(offered.pk)
    if offered.source == OfferSet.Source.ASKED and what.startswith("made"):
        # A month that is stated anew makes a new set; one message of a day leads to the newest.
        key = f"{'-'.join(map(str, loans))}:{offered.made_on}"
        if _is_told_anew(f"collections.offer_{what}:{key}", reference=offered.reference, **values):
            return
    messaging.enqueue(
        dedupe_key=f"collections.offer_{what}:{key}",
        borrower_id=offered.borrower_id,
        loan_id=loans[0] if len(loans) == 1 else None,
        template=f"collections.offer_{what}",
        params={"reference": offered.reference, **values},
    )


def _is_told_anew(dedupe_key: str, **values: object) -> bool:
    """Whether a message of this key is there already; while it waits to be sent, it speaks of the newest set."""
    told = OutboxMessage.objects.filter(dedupe_key=dedupe_key)
    waiting = told.filter(status=OutboxMessage.Status.PENDING).select_for_update(skip_locked=True).first()
    if waiting is not None:
        waiting.params = json.loads(json.dumps({**waiting.params, **values}, cls=DjangoJSONEncoder))
        waiting.save(update_fields=["params"])
    return waiting is not None or told.exists()


def note_plan(what: str, plan: RestructuringPlan, actor: str, **data: object) -> None:
    audit.record(
        action=f"collections.plan_{what}",
        subject_type="loan",
        subject_id=plan.loan_id,
        actor=actor,
        data={"plan": plan.reference, **data},
    )
    told: dict[str, Any] = {"offer": plan.offer.offer_set.reference, "plan": plan.reference}
    if what == "accepted":
        told |= {"method": plan.method, "first_due_on": plan.first_due_on}
        tell_of_loan(plan.loan, "relief.accepted", told)
    elif what in ("withdrawn", "replaced"):
        tell_of_loan(plan.loan, "relief.ended", {**told, "status": str(plan.status), "on": plan.ended_on})


def _let_decide(loan: Loan, *, last_day: date, today: date, reason: str, actor: str) -> Hold | None:
    """Leave the borrower in peace on a locked loan through the last day; one that runs already lasts as long."""
    kind = Hold.Kind.HARDSHIP_REVIEW
    running = Hold.objects.filter(loan=loan, kind=kind, ended_on=None).first()
    if running is None:
        return place_hold(
            loan_id=loan.pk, kind=kind, starts_on=today, ends_on=last_day, today=today, reason=reason, actor=actor
        )
    if running.ends_on is not None and running.ends_on < last_day:
        running.ends_on = last_day
        running.save(update_fields=["ends_on"])
    return running
