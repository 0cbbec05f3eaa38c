"""
A person offers what lies outside the limits of an instant decision, and another one approves it.

What a household cannot carry is no offer, whoever makes it, and nothing goes beyond the law or the product: only the
lender's own limits give way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_mgmt.domain.relief.candidates import spread_over
from collections_mgmt.domain.relief.cases import Case
from collections_mgmt.domain.relief.joining import Joined, JointDesk
from collections_mgmt.domain.relief.offers import Offer, Refusal
from collections_mgmt.domain.relief.quoting import Desk
from collections_mgmt.domain.relief.worth import value_loss, value_of
from collections_mgmt.domain.relief.written import read_relief, refusal_json
from collections_mgmt.models import HardshipRequest, OfferSet, RestructuringOffer
from collections_mgmt.relief_words import METHODS
from collections_mgmt.services.leads import offer_to_leads_of
from collections_mgmt.services.relief.cases import (
    Known,
    as_agreed,
    case_of_loan,
    facts_of,
    known_of_facts,
    month_now,
    several_of_loans,
)
from collections_mgmt.services.relief.make_offers import (
    NothingToOffer,
    OutsideLimits,
    joined_way,
    loans_of_set,
    locked_with_others,
    way_of,
)
from collections_mgmt.services.relief.ways import Way, is_consolidation
from collections_mgmt.services.relief.writing import refuse_loans, write_offers
from dashu.approvals.acts import Preview, act_kind
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.finance.relief import Relief, ReliefMethod
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.relief import LossBand, WaiverStage
from dashu.users.models import User
from dashu.users.roles import Role
from dashu.web.templatetags.dashu import money
from loans.models import Loan

OUTSIDE, DEEP = "relief.outside", "relief.deep"
_FAR = 1_000


class NeedsHigherAuthority(DomainError):
    """It gives up more by now than whoever approved it may: ask anew, and somebody higher decides."""

    code = "relief_needs_higher_authority"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Outside:
    """
    What a person would offer. :param refusal: why it is none within limits; None: it could be offered without one.

    :param given_up_minor: of what the loan is worth to the lender, never below 0; `share` of it is a fraction.
    :param loan_ids: that it is about: one, or all that become one.
    """

    way: Way
    refusal: Refusal | None
    given_up_minor: int
    share: Decimal
    facts: Mapping[str, Any]
    loan_ids: tuple[int, ...]

    def kind(self, on: date) -> str:
        """Which act it is: `DEEP` is beyond what a supervisor may give up, by the rule `relief.limits`."""
        return OUTSIDE if policy.relief_limits(on).may_offer(Role.SUPERVISOR, self.share) else DEEP


@transaction.atomic
def preview_outside(*, loan_id: int, relief: Mapping[str, Any], budget_id: int | None, today: date) -> Outside:
    """
    Return what a relief would be where the lender's own limits give way; nothing is written.

    :param budget_id: the month that was looked at, in whose place a newer one counts.
    :raises OutsideLimits: it is none all the same: the household cannot carry it, or law or product forbid it.
    :raises NothingToOffer: nothing is known of the borrower's month. :raises ReliefRefused: see `refuse_loans`.
    """
    loan, together = locked_with_others(loan_id)
    wanted = read_relief(relief, loan.currency)
    loans = together if wanted.method is ReliefMethod.CONSOLIDATION else [loan]
    refuse_loans([loan, *loans], borrower_id=loan.borrower_id)
    _budget, known = month_now(loan.borrower_id, budget_id, on=today)
    if known is None:
        raise NothingToOffer(gettext_lazy("Nothing is known of the borrower's month. Take up a budget first."))
    desk = _desk(loans, wanted, known, on=today)
    within = desk.quote(wanted)
    found = within if isinstance(within, Offer) else _carried(_freed(desk), wanted)
    now, then = desk.present.worth.value, value_of(found.plan, _discount_rate(desk), today)
    return Outside(
        way=replace(_way(loans, found, desk, actor="preview"), is_recommended=True),
        refusal=within if isinstance(within, Refusal) else None,
        given_up_minor=max(0, now - then),
        share=max(Decimal(0), value_loss(then, now)),
        facts=facts_of(known, today),
        loan_ids=tuple(each.pk for each in loans),
    )


@transaction.atomic
def ask_outside(
    *,
    loan_id: int,
    relief: Mapping[str, Any],
    budget_id: int | None,
    reason: str,
    user: User,
    today: date,
    idempotency_key: str,
    request_id: int | None = None,
) -> ApprovalRequest:
    """
    Ask another person for an offer outside limits. The borrower hears of it once it is approved.

    :param request_id: of the request for help that it is about. Its clock runs on until somebody answers it.
    :raises OutsideLimits, NothingToOffer, ReliefRefused: see `preview_outside`.
    :raises NotAuthorized: the person may not ask for this. :raises ReasonMissing: no reason is given.
    """
    found = preview_outside(loan_id=loan_id, relief=relief, budget_id=budget_id, today=today)
    loan, kind = Loan.objects.get(pk=loan_id), found.kind(today)
    payload = {
        "loan_id": loan.pk,
        "loan_number": loan.number,
        "currency": loan.currency,
        "relief": dict(relief),
        "budget_id": budget_id,
        "request_id": request_id,
        "given_up_minor": found.given_up_minor,
        "reason": reason,
    }
    preview = act_kind(kind).preview
    return submit(
        kind=kind,
        payload=payload,
        preview=preview(payload, today) if preview else (),
        amount_minor=found.given_up_minor,
        currency=loan.currency,
        subject_type="loan",
        subject_id=loan.number,
        loan_id=loan.pk,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
def offer_outside(
    *,
    loan_id: int,
    relief: Mapping[str, Any],
    budget_id: int | None,
    now: datetime,
    actor: str,
    request_id: int | None = None,
    source: str = OfferSet.Source.STAFF,
    is_told: bool = True,
    approved_as: str = DEEP,
) -> OfferSet:
    """
    Offer what was approved. Its facts say so, so that it is quoted anew by the month, the product and the law alone.

    :param is_told: False where the borrower was told of another offer at the same moment.
    :param approved_as: the act that was approved; the share that is given up may have grown since it was asked for.
    :raises OutsideLimits, NothingToOffer, ReliefRefused: see `preview_outside`.
    :raises NeedsHigherAuthority: see there.
    """
    found = preview_outside(loan_id=loan_id, relief=relief, budget_id=budget_id, today=lender_date(now))
    if approved_as != DEEP and found.kind(lender_date(now)) == DEEP:
        raise NeedsHigherAuthority(
            gettext_lazy(
                "This gives up more by now than was the case when it was asked for, and needs higher authority. Ask"
                " for it anew."
            ),
            field="relief",
        )
    loan = Loan.objects.get(pk=loan_id)
    budget, _known = month_now(loan.borrower_id, budget_id, on=lender_date(now))
    offer_to_leads_of(borrower_id=loan.borrower_id, on=lender_date(now), actor=actor)
    return write_offers(
        borrower_id=loan.borrower_id,
        loan_ids=found.loan_ids,
        ways=[found.way],
        source=source,
        now=now,
        actor=actor,
        budget=budget,
        request=HardshipRequest.objects.filter(pk=request_id or 0, borrower=loan.borrower_id).first(),
        cause=budget.cause if budget else "",
        is_told=is_told,
        facts={**found.facts, "outside": True},
    )


def requoted_outside(offer: RestructuringOffer, offered: OfferSet, *, actor: str) -> Way:
    """
    Return what was approved as it is on the day of its set: the same relief, with the acts of that day.

    Interest that fell due since is spread over the new installments where the first one could not carry it as well.

    :raises OutsideLimits: the month cannot carry it any more, or a rule forbids it by now.
    """
    known = as_agreed(known_of_facts(offered.facts), offered.borrower_id)
    relief, joins = read_relief(offer.relief, offer.loan.currency), is_consolidation(offer.acts)
    loans = loans_of_set(offered) if joins else [offer.loan]
    within = _desk(loans, relief, known, on=offered.quoted_on)
    free = _freed(within)
    is_refused = relief.arrears_over is None and isinstance(free.quote(relief), Refusal)
    if isinstance(within, Desk) and is_refused:
        relief = replace(relief, arrears_over=spread_over(within, relief.count or within.remaining or 1))
    return _way(loans, _carried(free, relief), within, actor=actor)


def preview_tables(payload: Mapping[str, Any], today: date) -> Preview:
    """Return what would be offered as things are on this day, as plain texts."""
    found = preview_outside(
        loan_id=payload["loan_id"], relief=payload["relief"], budget_id=payload["budget_id"], today=today
    )
    currency, figures = payload["currency"], found.way.figures

    def shown(minor: int) -> str:
        return money(minor, currency)

    ends_on = figures["ends_on"]
    joins = figures.get("consolidation")
    ends = ", ".join(f"{each['loan']} ({shown(each['minor'])})" for each in joins["ends"]) if joins else ""
    rows = [
        [_("What was chosen"), str(METHODS[ReliefMethod(found.way.method)].name)],
        *([[_("Loans that it ends"), ends]] if ends else []),
        [_("First payment"), shown(figures["first_minor"])],
        [_("Highest payment"), shown(figures["highest_minor"])],
        [_("Last payment"), date_format(date.fromisoformat(ends_on)) if ends_on else "–"],
        [_("Paid in all from now on"), shown(figures["total_minor"])],
        [_("Before this change"), shown(figures["total_before_minor"])],
        [_("Given up of what the loan is worth"), shown(found.given_up_minor)],
    ]
    return [
        {
            "title": _("The offer"),
            "columns": [_("What"), {"title": _("Then"), "is_number": True}],
            "rows": rows,
            "note": _("As the loan stands today. The borrower is offered it once another person has approved it."),
        }
    ]


def given_up_now(payload: Mapping[str, Any], today: date) -> int:
    """Return what would be given up as the loan is by now."""
    found = preview_outside(
        loan_id=payload["loan_id"], relief=payload["relief"], budget_id=payload["budget_id"], today=today
    )
    return found.given_up_minor


def _desk(loans: Sequence[Loan], wanted: Relief, known: Known, *, on: date) -> Desk | JointDesk:
    """Return where a relief is quoted, within limits."""
    if wanted.method is ReliefMethod.CONSOLIDATION:
        return JointDesk(several_of_loans(loans, known, on=on))
    (loan,) = loans
    return Desk(case_of_loan(loan, known, on=on))


def _discount_rate(desk: Desk | JointDesk) -> Decimal:
    """Return by which rate the lender counts what a relief brings: as first agreed, or the average of several."""
    return desk.case.value_rate if isinstance(desk, Desk) else desk.value_rate


def _freed(desk: Desk | JointDesk) -> Desk | JointDesk:
    """Return the same desk where the lender's own limits give way."""
    if isinstance(desk, Desk):
        return Desk(_without_limits(desk.case))
    cases = tuple(_without_limits(case) for case in desk.several.cases)
    return JointDesk(replace(desk.several, cases=cases, for_need=False))


def _way(loans: Sequence[Loan], found: Offer, desk: Desk | JointDesk, *, actor: str) -> Way:
    if isinstance(desk, JointDesk):
        assert isinstance(found, Joined)
        return joined_way(loans, found, desk)
    return way_of(loans[0], found, desk, actor=actor)


def _carried(desk: Desk | JointDesk, wanted: Relief) -> Offer:
    """:raises OutsideLimits: it is no offer, whoever approves it."""
    found = desk.quote(wanted)
    if isinstance(found, Refusal):
        raise OutsideLimits(
            gettext_lazy(
                "This cannot be offered, whoever approves it: the month cannot carry it, or a rule forbids it."
            ),
            field="relief",
            details=refusal_json(found, desk.currency),
        )
    return found


def _without_limits(case: Case) -> Case:
    """Let go of the lender's own limits; what a month carries, the product, the rate cap and the law stay."""
    limits = case.bounds.limits
    free = replace(
        limits,
        most_restructurings=_FAR,
        first_payments=0,
        most_withdrawals=_FAR,
        value_loss=Decimal(1),
        longest_months=dict.fromkeys(limits.longest_months, _FAR),
        deepest_rate_cut=Decimal(1),
        waivers=(WaiverStage(0, Decimal(1)),),
    )
    # No gain by the assumptions is a limit of ours too: without relief, everything counts as lost.
    losses = LossBand(case.bounds.losses.from_days, carried=Decimal(1), beyond=Decimal(1), relieved=Decimal(0))
    return replace(case, bounds=replace(case.bounds, limits=free, losses=losses), is_blocked=False)
