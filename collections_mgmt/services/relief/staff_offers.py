"""
A member of staff offers relief, on the phone or at the desk. Whoever borrowed decides and signs by themselves.

The engine is that of the borrower's own page. Within limits an offer goes out at once; outside them it is asked for by
`offer_outside.ask_outside`, and another person approves it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import HardshipRequest, OfferSet
from collections_mgmt.selectors.relief_desk import loans_to_offer_on, open_request_about
from collections_mgmt.services.answer_help import answer_help
from collections_mgmt.services.leads import offer_to_leads_of
from collections_mgmt.services.relief.cases import month_now
from collections_mgmt.services.relief.make_offers import (
    OutsideLimits,
    decide_offers,
    locked_with_others,
    make_offers,
)
from collections_mgmt.services.relief.offer_outside import preview_outside
from collections_mgmt.services.relief.ways import is_consolidation
from collections_mgmt.services.relief.writing import OfferNotFound, lock_loans_of, write_offers
from dashu.approvals.authority import NotAuthorized
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Loan


@transaction.atomic
def offer_by_staff(
    *,
    loan_id: int,
    relief: Mapping[str, Any] | None,
    user: User,
    now: datetime,
    budget_id: int | None = None,
    request_id: int | None = None,
    words: str = "",
    is_alone: bool = False,
) -> OfferSet:
    """
    Offer what the engine finds, or one way that a person chose, with what the engine finds beside it.

    :param relief: the chosen way as `RestructuringOffer.relief` keeps it; None: what the engine finds.
    :param request_id: of the request for help that this answers, in `words` to the borrower.
    :param is_alone: leave out what the engine would offer beside the chosen way.
    :raises OfferNotFound: the person sees no such loan. :raises NotAuthorized: the role may not offer that much.
    :raises OutsideLimits: another person has to approve it, or nobody may offer it.
    :raises NothingToOffer, ReliefRefused, AlreadyAnswered, HeldByColleague, WordsMissing: see there.
    """
    loan, actor = loans_to_offer_on(user).filter(pk=loan_id).first(), actor_of_user(user)
    if loan is None:
        raise OfferNotFound(_("There is no such loan."))
    asked = open_request_about(loan, request_id)
    about = asked.loans.values_list("loan_id", flat=True) if asked else ()
    lock_loans_of(loan.borrower_id, and_also=[loan_id, *about])
    if asked is not None:
        answer_help(request_id=asked.pk, is_possible=True, words=words, user=user, now=now)
    loan, _together = locked_with_others(loan_id)
    if relief is None:
        offered = make_offers(
            loan_id=loan_id,
            source=OfferSet.Source.STAFF,
            now=now,
            actor=actor,
            budget_id=budget_id,
            request_id=asked.pk if asked else None,
            cause=asked.cause if asked else "",
        )
    else:
        offered = _chosen(loan, relief, user=user, now=now, budget_id=budget_id, asked=asked, is_alone=is_alone)
    offer_to_leads_of(borrower_id=loan.borrower_id, on=lender_date(now), actor=actor)
    return offered


def _chosen(
    loan: Loan,
    relief: Mapping[str, Any],
    *,
    user: User,
    now: datetime,
    budget_id: int | None,
    asked: HardshipRequest | None,
    is_alone: bool,
) -> OfferSet:
    today, actor = lender_date(now), actor_of_user(user)
    limits = policy.relief_limits(today)
    found = preview_outside(loan_id=loan.pk, relief=relief, budget_id=budget_id, today=today)
    if found.refusal is not None:
        raise OutsideLimits(_("This is outside the limits. Another person has to approve it."), field="method")
    if not limits.may_offer(user.role, found.share):
        raise NotAuthorized(_("Your role does not offer this. Ask somebody who may."))
    budget, known = month_now(loan.borrower_id, budget_id, on=today)
    assert known is not None, "the preview refuses a loan of whose borrower nothing is known"
    decided = decide_offers(loan_id=loan.pk, known=known, today=today, actor=actor)
    others = [] if is_alone else [way for way in decided.ways if way.method != found.way.method]
    beside = [replace(way, is_recommended=False, reason="") for way in others[: limits.most_offers - 1]]
    shown = {found.way.method, *(way.method for way in beside)}
    return write_offers(
        borrower_id=loan.borrower_id,
        loan_ids=decided.loan_ids if any(is_consolidation(way.acts) for way in beside) else found.loan_ids,
        ways=[found.way, *beside],
        source=OfferSet.Source.STAFF,
        now=now,
        actor=actor,
        budget=budget,
        request=asked,
        cause=known.cause or (asked.cause if asked else ""),
        facts=found.facts,
        not_offered=[one for one in decided.not_offered if one["method"] not in shown],
    )
