"""
Settlements: a debt that ends for less than is owed, once the last payment agreed on is there.

An offer needs another person's approval (`collections_mgmt.approvals`). Until it is completed nothing is given up and
the loan goes on as the contract says; what is paid counts as on any day. The last payment gives up the rest and ends
the loan in one transaction, see `repayments.services.agreed_end`. Whether a payment comes in time is told by its value
date alone, so that a payment and the close which find the day over at the same moment come to the same end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.agreeing import Due, State, is_in_order, state_on
from collections_mgmt.domain.because import Because
from collections_mgmt.models import Arrangement, Hold, PromiseToPay, Settlement, SettlementPart
from collections_mgmt.selectors.agreements import dues_of, paid_to
from collections_mgmt.selectors.care import more_days
from collections_mgmt.services.held_offers import SettlementRefused, refuse_while_held
from collections_mgmt.services.placements import bring_back_of
from dashu.audit import services as audit
from dashu.finance.installments import Component
from dashu.finance.loan import Payoff
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.models import Purpose
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import lender_date as day_name
from dashu.web.templatetags.dashu import money
from loans.models import Loan
from repayments.models import LoanEvent, Payment
from repayments.selectors.newest_events import newest_event
from repayments.selectors.owed import owed_on
from repayments.selectors.standings import standings_of
from repayments.services.agreed_end import Agreement, given_up
from repayments.services.booking import lock_loan
from repayments.services.undo_event import undo_event

ACTOR = "system:settlements"
Status = Settlement.Status
_KEPT_BY = (Status.ACCEPTED, Status.ACTIVE, Status.BROKEN)


class SettlementNotFound(DomainError):
    """There is no such settlement, or it is another person's."""

    code = "settlement_not_found"
    http_status = 404


class SettlementNotOpen(DomainError):
    """It has been accepted, has ended, or its time is over."""

    code = "settlement_not_open"
    http_status = 409


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """
    What an offer would do, as the loan stands on a day; nothing of it is booked.

    :param parts: what is given up of each component, in the order in which it is.
    """

    owed: Payoff
    total_minor: int
    parts: Mapping[Component, int]

    @property
    def given_up_minor(self) -> int:
        return sum(self.parts.values())

    @property
    def share(self) -> Decimal:
        """The part of what is owed that is given up, from 0 to 1."""
        return Decimal(self.given_up_minor) / self.owed.total

    def is_deep(self, on: date) -> bool:
        return self.share > policy.settlement_terms(on).deep_share


@transaction.atomic
def preview_settlement(
    *, loan_id: int, parts: Sequence[Due], today: date, is_asked_for: bool = False, actor: str = ""
) -> SettlementTerms:
    """
    Return what would be given up, by the order of the rule `settlement.terms`.

    :param is_asked_for: the borrower asked for it themselves, which some holds allow.
    :raises LoanNotFound: there is no such loan.
    :raises SettlementRefused: the loan is not far enough behind, something is open on it, the borrower is left in
        peace, or the parts do not fit.
    """
    loan = lock_loan(loan_id)
    refuse_while_held(loan, today=today, is_asked_for=is_asked_for, actor=actor)
    return _terms(loan, parts, today=today)


@transaction.atomic
def offer_settlement(
    *, loan_id: int, parts: Sequence[Due], today: date, reason: str, actor: str, is_asked_for: bool = False
) -> Settlement:
    """
    Offer the borrower of a loan to end it for the sum of these payments, and tell them. Of an estate nothing is written
    into the account of who died.

    :param parts: rising days from today on. :param is_asked_for: see `preview_settlement`; the borrower reads it.
    :raises LoanNotFound, SettlementRefused: see `preview_settlement`.
    """
    loan = lock_loan(loan_id)
    refuse_while_held(loan, today=today, is_asked_for=is_asked_for, actor=actor)
    terms = _terms(loan, parts, today=today)
    owed, rule = terms.owed, policy.settlement_terms(today)
    decide_by = today + timedelta(days=rule.accept_days + more_days(loan.borrower_id, today))
    offer = Settlement.objects.create(
        loan=loan,
        penalty_minor=owed.penalty,
        fee_minor=owed.fee,
        interest_minor=owed.interest,
        principal_minor=owed.principal,
        total_minor=terms.total_minor,
        after_event=newest_event(loan.pk),
        offered_on=today,
        accept_by=min(decide_by, parts[0].on),
        reason=reason,
        is_asked_for=is_asked_for,
        actor=actor,
    )
    SettlementPart.objects.bulk_create(
        SettlementPart(settlement=offer, number=number, due_on=part.on, amount_minor=part.minor)
        for number, part in enumerate(parts, start=1)
    )
    bring_back_of(loan.borrower_id, today=today, actor=actor)
    _note("offered", offer, actor, total_minor=offer.total_minor, given_up_minor=terms.given_up_minor, reason=reason)
    if not Hold.objects.filter(loan__borrower=loan.borrower_id, kind=Hold.Kind.DECEASED, ended_on=None).exists():
        asked = {"asked_on": today} if is_asked_for else {}
        # What they did not ask for is an offer of ours, which every hold stops.
        purpose = Purpose.SERVICE if is_asked_for else Purpose.MARKETING
        _tell(offer, "offered", purpose=purpose, amount_minor=offer.total_minor, accept_on=offer.accept_by, **asked)
    return offer


@transaction.atomic
def accept_settlement(*, settlement_id: int, now: datetime, actor: str) -> Settlement:
    """
    Accept an offer; from now on its payments are expected. Accepting again changes nothing.

    :raises SettlementNotFound: there is none.
    :raises SettlementNotOpen: it has ended, or its last day has passed.
    """
    offer = _locked(settlement_id)
    if offer.status in Settlement.RUNNING:
        return offer
    today = lender_date(now)
    if offer.status != Status.OFFERED or today > offer.accept_by:
        raise SettlementNotOpen(_("This offer has ended. Ask us for a new one."))
    if offer.loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise SettlementNotOpen(_("Nothing is owed on this loan any more, so there is nothing to settle."))
    offer.status, offer.accepted_at, offer.accepted_on = Status.ACCEPTED, now, today
    offer.save(update_fields=["status", "accepted_at", "accepted_on"])
    PromiseToPay.objects.filter(loan=offer.loan, status=PromiseToPay.Status.OPEN).update(
        status=PromiseToPay.Status.CANCELLED, decided_on=today, end_reason=Because.SETTLEMENT.value
    )
    Arrangement.objects.running().filter(loan=offer.loan).update(
        status=Arrangement.Status.CANCELLED, decided_on=today, end_reason=Because.SETTLEMENT.value
    )
    first = dues_of(offer)[0]
    _note("accepted", offer, actor)
    _tell(offer, "accepted", amount_minor=first.minor, due_on=first.on)
    return offer


@transaction.atomic
def withdraw_settlement(*, settlement_id: int, reason: str, today: date, actor: str) -> Settlement:
    """
    Take an offer back that is not accepted yet, or decline it; what was accepted binds us. Again, it changes nothing.

    :raises SettlementNotFound: there is none.
    :raises SettlementNotOpen: it was accepted, or has ended otherwise.
    :raises SettlementRefused: no reason is given.
    """
    offer = _locked(settlement_id)
    if offer.status == Status.WITHDRAWN:
        return offer
    if offer.status != Status.OFFERED:
        raise SettlementNotOpen(
            _("Only an offer that waits for its answer can be taken back; what is accepted binds us.")
        )
    if not reason.strip():
        raise SettlementRefused(_("Say why, so that those who come after you can understand it."), field="reason")
    offer.status, offer.ended_on, offer.end_reason = Status.WITHDRAWN, today, reason.strip()
    offer.save(update_fields=["status", "ended_on", "end_reason"])
    _note("withdrawn", offer, actor, reason=offer.end_reason)
    return offer


def agreement_met(loan: Loan, amount_minor: int, received_on: date) -> Agreement | None:
    """
    Return the settlement of a locked loan that ends with this payment, as `repayments.services.agreed_end` asks.

    One that the close has broken meanwhile counts too, if the money's value date lies in its time and nothing else was
    offered since.
    """
    found = Settlement.objects.select_for_update(no_key=True).filter(loan=loan, status__in=_KEPT_BY)
    settlement = found.order_by("-pk").first()
    if settlement is None or received_on < settlement.offered_on:
        return None
    if settlement.status == Status.BROKEN and Settlement.objects.filter(loan=loan, pk__gt=settlement.pk).exists():
        return None
    terms = policy.settlement_terms(received_on)
    before = paid_to(settlement)
    paid = [*before, (received_on, amount_minor)]
    if state_on(dues_of(settlement), paid, on=max(day for day, _minor in paid), days=terms.grace_days) != State.KEPT:
        return None
    left = settlement.total_minor - sum(minor for _day, minor in before)
    if not 0 < left <= amount_minor:
        return None

    def complete(payment: Payment, events: Sequence[LoanEvent]) -> None:
        _complete(settlement, payment, events)

    return Agreement(settlement.reference, left, terms.order, complete)


@transaction.atomic
def review_settlement(*, loan_id: int, today: date) -> Settlement | None:
    """
    Note what came in for the settlement of a loan; where a payment of a completed one did not hold, the debt is back.

    However often this runs, the same comes of it.
    """
    lock_loan(loan_id)
    found = Settlement.objects.select_for_update(no_key=True).filter(
        loan=loan_id, status__in=(*Settlement.RUNNING, Status.COMPLETED)
    )
    settlement = found.order_by("-pk").first()
    if settlement is None:
        return None
    paid = sum(minor for _day, minor in paid_to(settlement))
    if settlement.status == Status.COMPLETED:
        if paid < settlement.total_minor:
            _revive(settlement, paid, today=today)
        return settlement
    status = Status.ACTIVE if paid else settlement.status
    if (settlement.status, settlement.paid_minor) != (status, paid):
        settlement.status, settlement.paid_minor = status, paid
        settlement.save(update_fields=["status", "paid_minor"])
    return settlement


def review_returned(*, today: date) -> int:
    """Review, as a sweep, the completed settlements with a payment that was returned; return how many there are."""
    returned = Payment.objects.filter(is_returned=True).values("loan_id")
    loans = Settlement.objects.filter(status=Status.COMPLETED, loan__in=returned).values_list("loan_id", flat=True)
    for loan_id in loans:
        review_settlement(loan_id=loan_id, today=today)
    return len(loans)


def _terms(loan: Loan, parts: Sequence[Due], *, today: date) -> SettlementTerms:
    rule = policy.settlement_terms(today)
    _refuse_loan(loan, today=today, least_days=rule.least_days_past_due)
    if not 1 <= len(parts) <= rule.most_parts:
        raise SettlementRefused(
            _("A settlement is paid in 1 to %(most)s payments."), field="parts", params={"most": rule.most_parts}
        )
    if not is_in_order(parts):
        raise SettlementRefused(_("Each payment is for more than 0 and later than the one before."), field="parts")
    latest = today + timedelta(days=rule.longest_days)
    if parts[0].on < today or parts[-1].on > latest:
        raise SettlementRefused(
            _("The payments lie from today up to %(latest)s."), field="parts", params={"latest": day_name(latest)}
        )
    owed, total = owed_on(loan, today), sum(part.minor for part in parts)
    if total >= owed.total:
        raise SettlementRefused(
            _("That is not less than what is owed today, %(amount)s."),
            field="parts",
            params={"amount": money(owed.total, loan.currency)},
        )
    return SettlementTerms(owed, total, given_up(owed, left_minor=total, order=rule.order))


def _refuse_loan(loan: Loan, *, today: date, least_days: int) -> None:
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise SettlementRefused(_("Nothing is owed on this loan."), field="loan")
    if Settlement.objects.filter(loan=loan, status__in=Settlement.OPEN).exists():
        raise SettlementRefused(_("A settlement is open on this loan already."), field="loan")
    if loan.status == Loan.Status.ACTIVE:
        standing = standings_of([loan], today=today).get(loan.pk)
        if standing is None or standing.days_past_due < least_days:
            raise SettlementRefused(
                _("A settlement is offered from %(days)s days past due on."), field="loan", params={"days": least_days}
            )


def _locked(settlement_id: int) -> Settlement:
    """Lock a settlement after its loan, which never changes."""
    loan_id = Settlement.objects.filter(pk=settlement_id).values_list("loan_id", flat=True).first()
    if loan_id is None:
        raise SettlementNotFound(_("There is no such settlement."))
    loan = lock_loan(loan_id)
    found = Settlement.objects.select_for_update(no_key=True).get(pk=settlement_id)
    found.loan = loan
    return found


def _complete(settlement: Settlement, payment: Payment, events: Sequence[LoanEvent]) -> None:
    waived = [event for event in events if event.kind == LoanEvent.Kind.WAIVER]
    settlement.status, settlement.ended_on = Status.COMPLETED, payment.received_on
    settlement.paid_minor = sum(minor for _day, minor in paid_to(settlement))
    settlement.waived_minor = sum(event.amount_minor for event in waived)
    settlement.waivers = [event.pk for event in events]
    settlement.save(update_fields=["status", "ended_on", "paid_minor", "waived_minor", "waivers"])
    _note("completed", settlement, ACTOR, payment=payment.reference, waived_minor=settlement.waived_minor)
    _tell(settlement, "completed", paid_minor=settlement.paid_minor, waived_minor=settlement.waived_minor)


def _revive(settlement: Settlement, paid: int, *, today: date) -> None:
    """Undo what was given up, newest first: the whole debt stands again, with what was really paid counted."""
    reason = f"settlement {settlement.reference}: a payment did not hold"
    for event_id in reversed(settlement.waivers):
        undo_event(event_id=event_id, today=today, reason=reason, actor=ACTOR, act=settlement.reference)
    settlement.status, settlement.ended_on = Status.BROKEN, today
    settlement.end_reason = Because.PAYMENT_UNDONE.value
    settlement.paid_minor, settlement.waived_minor, settlement.waivers = paid, None, []
    settlement.save(update_fields=["status", "ended_on", "end_reason", "paid_minor", "waived_minor", "waivers"])
    _note("revived", settlement, ACTOR, paid_minor=paid)
    _tell(settlement, "broken", paid_minor=paid)


def _note(what: str, settlement: Settlement, actor: str, **data: object) -> None:
    audit.record(
        action=f"collections.settlement_{what}",
        subject_type="loan",
        subject_id=settlement.loan_id,
        actor=actor,
        data={"settlement": settlement.reference, **data},
    )


def _tell(settlement: Settlement, what: str, *, purpose: str = Purpose.SERVICE, **values: object) -> None:
    loan = settlement.loan
    messaging.enqueue(
        dedupe_key=f"collections.settlement_{what}:{settlement.pk}",
        borrower_id=loan.borrower_id,
        loan_id=loan.pk,
        template=f"collections.settlement_{what}",
        purpose=purpose,
        params={
            "reference": settlement.reference,
            "loan_number": loan.number,
            "currency": loan.currency,
            **values,
        },
    )
