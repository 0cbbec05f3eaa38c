"""
A borrower accepts an offer by the code that was sent: it is booked, the contract is amended, and the plan begins.

What is booked is compared with what was signed before the transaction ends, so an offer of a loan that has moved is
refused and quoted anew, never booked wrong.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.because import Because
from collections_mgmt.domain.relief.quoting import offered_again_from
from collections_mgmt.domain.relief_plans import observation, worst
from collections_mgmt.models import (
    Arrangement,
    OfferCode,
    OfferSet,
    OverdueStatus,
    PromiseToPay,
    RestructuringOffer,
    RestructuringPlan,
)
from collections_mgmt.models.relief import new_plan_reference
from collections_mgmt.selectors.relief_plans import observed_plans
from collections_mgmt.services.relief.amendments import issue_amendment
from collections_mgmt.services.relief.cases import withdrawn_on
from collections_mgmt.services.relief.offer_codes import (
    OfferOutdated,
    latest_offer_code,
    lock_offer,
    refuse_outdated,
    refuse_wrong_offer_code,
)
from collections_mgmt.services.relief.quoting import quote_anew
from collections_mgmt.services.relief.ways import book_acts, book_consolidation, is_consolidation, open_rows
from collections_mgmt.services.relief.writing import (
    OfferNotOpen,
    end_set,
    is_restructuring,
    note,
    note_plan,
)
from collections_mgmt.services.scales import floors_on, scales_on
from dashu import events
from dashu.finance.relief import ReliefMethod
from dashu.kernel.dates import LENDER_ZONE, lender_date
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_name
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from loans.domain.cost_sheet import digest_of
from loans.models import Loan
from loans.services.draft_contract import BINDING, Where
from loans.services.signing_codes import no_code_holds
from repayments.models import LoanEvent
from repayments.selectors.newest_events import newest_event
from repayments.services.booking import load
from repayments.services.consolidate_loans import (
    CannotConsolidate,
    DearerThanBefore,
    PayoffsChanged,
    payments_by,
)
from repayments.services.mandates import end_autopay_of

_RUNNING = RestructuringPlan.RUNNING


class TakenBackLately(DomainError):
    """A plan was taken back lately, so that only what people approved can be accepted by now."""

    code = "relief_taken_back_lately"
    http_status = 409


def accept_offer(
    *, offer_id: int, code: str, language: str, now: datetime, site: str, where: Where, actor: str
) -> RestructuringPlan:
    """
    Accept an offer and book it. Accepted before, the same plan is returned and nothing changes.

    :param code: as it was typed. :param language: of the reader; the amendment that binds is in Chinese.
    :param site: the address that the page for checking papers lies under, such as "https://loans.example".
    :raises OfferNotFound: there is none. :raises CodeWrong, CodeExpired: see there; a wrong one is counted.
    :raises OfferNotOpen: the set has ended, another way of it was accepted, or a hold stands against new terms.
    :raises OfferOutdated: the loan or the day has changed; the set is quoted anew by then.
    :raises TakenBackLately: see there.
    """
    if earlier := RestructuringPlan.objects.filter(offer=offer_id).first():
        return earlier
    code_tried = refuse_wrong_offer_code(offer_id=offer_id, typed=code, now=now)
    try:
        return _accept(offer_id, code_tried, language=language, now=now, site=site, where=where, actor=actor)
    except OfferOutdated:
        quote_anew(set_id=code_tried.offer.offer_set_id, now=now)
        raise


@transaction.atomic
def _accept(
    offer_id: int, tried: OfferCode, *, language: str, now: datetime, site: str, where: Where, actor: str
) -> RestructuringPlan:
    offered, offer = lock_offer(offer_id)
    if earlier := RestructuringPlan.objects.filter(offer=offer).first():
        return earlier
    refuse_outdated(offered, offer, now=now)
    loans = loans_of_way(offer)
    if any(loan.status != Loan.Status.ACTIVE for loan in loans):
        raise OfferNotOpen(_("This loan has ended, so its terms cannot change any more."))
    if not offered.is_outside:
        _refuse_taken_back(loans, today=lender_date(now))
    code = latest_offer_code(offer, now=now)
    if code is None or code.pk != tried.pk:
        raise no_code_holds()
    evidence = _evidence(offered, offer, code, now=now, where=where)
    reference = new_plan_reference()
    today = lender_date(now)
    before = list(OverdueStatus.objects.filter(pk__in=[loan.pk for loan in loans]))
    loan, event_ids = _book(offer, reference, today=today, actor=actor)
    plan = _write(offer, loan, reference, event_ids, loans, before, evidence, language=language, now=now, actor=actor)
    _take_the_place_of_what_was_agreed(loans, reference, today=today)
    OfferCode.objects.filter(pk=code.pk).update(used_at=now, sealed_code=None)
    offer.status = RestructuringOffer.Status.ACCEPTED
    offer.save(update_fields=["status"])
    end_set(offered, OfferSet.Status.ACCEPTED, today=today, actor=actor)
    plan.amendment = issue_amendment(plan, now=now, site=site, actor=actor)
    # The end of the hold lets the count go on: an event of ours, and none that binds anybody.
    plan.after_event = newest_event(plan.loan_id)
    plan.save(update_fields=["amendment", "after_event"])
    note("accepted", offered, actor, way=offer.number)
    note_plan("accepted", plan, actor, evidence=plan.evidence_digest, events=plan.events)
    events.publish("collections_mgmt.plan_accepted", loan_id=plan.loan_id)
    _tell(plan)
    if is_consolidation(offer.acts):
        _end_autopay(plan, loans, now=now, actor=actor)
    return plan


def _refuse_taken_back(loans: Sequence[Loan], *, today: date) -> None:
    """:raises TakenBackLately: so many plans of these loans were taken back lately that the rule wants a person."""
    days = withdrawn_on(loans, today)
    if again := offered_again_from(days, today, policy.relief_limits(today)):
        raise TakenBackLately(
            _(
                "You took a plan back on %(day)s. From %(again)s on you can accept one at once again; before that, ask"
                " for help, and a person looks for a way with you."
            ),
            params={"day": days[-1], "again": again},
        )


def loans_of_way(offer: RestructuringOffer) -> list[Loan]:
    """Return the loans that a way changes: its own, or all that become one, in the order of their ids."""
    if not is_consolidation(offer.acts):
        return [offer.loan]
    return list(Loan.objects.filter(pk__in=offer.acts[0]["data"]["loans"]).order_by("pk"))


def _book(offer: RestructuringOffer, reference: str, *, today: date, actor: str) -> tuple[Loan, list[int]]:
    """
    Book a way and return the loan that goes on, with the events that did it.

    :raises OfferOutdated: what would be booked is not what was signed.
    """
    if is_consolidation(offer.acts):
        loan, event_ids = _join(offer, reference, today=today, actor=actor)
    else:
        event_ids = book_acts(loan_id=offer.loan_id, acts=offer.acts, on=today, reference=reference, actor=actor)
        loan = offer.loan
        loan.refresh_from_db()
    if open_rows(load(loan).position.installments) != [list(row) for row in offer.rows]:
        raise _outdated()
    return loan, event_ids


def _join(offer: RestructuringOffer, reference: str, *, today: date, actor: str) -> tuple[Loan, list[int]]:
    try:
        done = book_consolidation(acts=offer.acts, on=today, reference=reference, actor=actor)
    except (PayoffsChanged, CannotConsolidate, DearerThanBefore) as error:
        raise _outdated() from error
    began = LoanEvent.objects.filter(loan=done.loan).values_list("pk", flat=True)
    ended = payments_by(done.loan).values_list("event_id", flat=True)
    return done.loan, sorted([*began, *ended])


def _outdated() -> OfferOutdated:
    return OfferOutdated(_("Your loan has changed since this was worked out. Look at the new figures, then decide."))


def _take_the_place_of_what_was_agreed(loans: Sequence[Loan], reference: str, *, today: date) -> None:
    """
    End promises and arrangements of the loans: they were about installments that are no longer demanded.

    The reason names the plan, so that taking it back finds them again.
    """
    ended = {"status": "CANCELLED", "decided_on": today, "end_reason": Because.PLAN.of(reference)}
    PromiseToPay.objects.filter(loan__in=loans, status=PromiseToPay.Status.OPEN).update(**ended)
    Arrangement.objects.running().filter(loan__in=loans).update(**ended)


def _write(
    offer: RestructuringOffer,
    loan: Loan,
    reference: str,
    event_ids: list[int],
    changed: Sequence[Loan],
    before: Sequence[OverdueStatus],
    evidence: dict[str, Any],
    *,
    language: str,
    now: datetime,
    actor: str,
) -> RestructuringPlan:
    """
    Write the plan. :param loan: that goes on under it. :param changed: the loans that the way changed or ended.

    :param before: how those stood; the plan is held at the worst class and stage of them.
    """
    today = lender_date(now)
    counts = is_restructuring(offer)
    running = RestructuringPlan.objects.filter(loan__in=changed, status__in=_RUNNING)
    taken_over: list[int] = []
    # Another due day is only that: it takes the place of an earlier one, and a plan that runs goes on beside it.
    for replaced in (running if counts else running.filter(flag="")).order_by("pk"):
        if replaced.loan_id == loan.pk:
            taken_over += [*replaced.taken_over, *replaced.events]
        replaced.replaced_as, replaced.status = replaced.status, RestructuringPlan.Status.REPLACED
        replaced.ended_on, replaced.end_reason = today, Because.PLAN.of(reference)
        replaced.save(update_fields=["replaced_as", "status", "ended_on", "end_reason"])
        note_plan("replaced", replaced, actor)
    due_days = [date.fromisoformat(row[1]) for row in offer.rows]
    coming = [day for day in due_days if day > today] or due_days
    seen = observation(coming[0], coming, policy.relief_clocks(today))
    earlier = list(observed_plans([each.pk for each in changed]).values())
    for plan in earlier if counts else ():
        plan.is_observed, plan.observation_ended_on = False, today
        plan.save(update_fields=["is_observed", "observation_ended_on"])
    flag = "" if not counts else "RESTRUCTURED_AGAIN" if earlier else "RESTRUCTURED"
    tier, stage = _floors(loan, flag, before, earlier, today) if counts else ("", "")
    return RestructuringPlan.objects.create(
        reference=reference,
        offer=offer,
        loan=loan,
        method=offer.method,
        accepted_at=now,
        accepted_on=today,
        withdraw_until=today + timedelta(days=policy.relief_limits(today).cooling_off_days),
        events=event_ids,
        taken_over=taken_over,
        after_event=newest_event(loan.pk),
        first_due_on=coming[0],
        last_due_on=due_days[-1],
        flag=flag,
        tier_floor=tier,
        stage_floor=stage,
        is_observed=counts,
        observed_from=seen.since,
        observed_until=seen.until,
        observation_ended_on=None if counts else today,
        forborne_until=seen.forborne_until if counts else today,
        credit_event=_credit_event(offer, today),
        language=language if language in BINDING else BINDING[0],
        evidence=evidence,
        evidence_digest=digest_of(evidence),
    )


def _credit_event(offer: RestructuringOffer, today: date) -> str:
    """Return the special event of the credit record: as it was shown, where the engine worked it out."""
    marks = policy.relief_credit_marks(today)
    return str(offer.figures.get("credit_mark", marks.get(ReliefMethod(offer.method), "")) or "")


def _floors(
    loan: Loan, flag: str, before: Sequence[OverdueStatus], earlier: Sequence[RestructuringPlan], today: date
) -> tuple[str, str]:
    """Return the best class and stage from now on: those of the flag, and never better than before."""
    scales, (tier, stage) = scales_on(today), floors_on(flag, today)
    kind = Loan.objects.values_list("product_terms__product__kind", flat=True).get(pk=loan.pk)
    held = [tier, *(plan.tier_floor for plan in earlier), *(status.classification for status in before)]
    stages = [stage, *(plan.stage_floor for plan in earlier), *(status.stage for status in before)]
    return worst(scales.tiers[kind], held), worst(scales.stages, stages) if scales.stages else ""


def _evidence(
    offered: OfferSet, offer: RestructuringOffer, code: OfferCode, *, now: datetime, where: Where
) -> dict[str, Any]:
    """Return who accepted what, when, how and from where, with nothing personal in clear."""
    borrower = offered.borrower
    return {
        "who": {
            "borrower": borrower.number,
            "name": masked_name(borrower.name),
            "phone": code.phone_shown,
        },
        "what": {
            "offer": offered.reference,
            "way": offer.number,
            "loan": offer.loan.number,
            **({"loans": [loan.number for loan in loans_of_way(offer)]} if is_consolidation(offer.acts) else {}),
            "offer_sha256": offer.digest,
            "quoted_on": offered.quoted_on.isoformat(),
        },
        "when": {
            "offered_at": _moment(offered.made_at),
            "sheet_opened_at": _moment(offer.sheet_opened_at),
            "accepted_at": _moment(now),
        },
        "how": {
            "method": "one-time code by text message",
            "code": str(code.salt),
            "sent_at": _moment(code.sent_at),
            "tries": code.tries,
        },
        "where": {"ip": where.ip, "agent": where.agent[:300]},
    }


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(LENDER_ZONE).isoformat() if at else None


def _end_autopay(plan: RestructuringPlan, loans: Sequence[Loan], *, now: datetime, actor: str) -> None:
    """End autopay of the loans that became one, and ask for a new consent: what was agreed to names the old loans."""
    ended = end_autopay_of(
        loan_ids=[loan.pk for loan in loans], because=Because.PLAN.of(plan.reference), now=now, actor=actor
    )
    if not ended:
        return
    messaging.enqueue(
        dedupe_key=f"collections.autopay_ends:{plan.pk}",
        borrower_id=plan.loan.borrower_id,
        loan_id=plan.loan_id,
        template="collections.autopay_ends",
        params={
            "loan_number": plan.loan.number,
            "currency": plan.loan.currency,
            "ended_numbers": ", ".join(mandate.loan.number for mandate in ended),
            "amount_minor": plan.offer.figures["first_minor"],
            "due_on": plan.first_due_on,
        },
    )


def _tell(plan: RestructuringPlan) -> None:
    figures = plan.offer.figures
    messaging.enqueue(
        dedupe_key=f"collections.offer_accepted:{plan.pk}",
        borrower_id=plan.loan.borrower_id,
        loan_id=plan.loan_id,
        template="collections.offer_accepted",
        params={
            "loan_number": plan.loan.number,
            "currency": plan.loan.currency,
            "reference": plan.reference,
            "amount_minor": figures["first_minor"],
            "due_on": plan.first_due_on,
            "withdraw_on": plan.withdraw_until,
        },
    )
