"""Offers that are quoted anew, because another day has begun or something happened on the loan."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from collections_mgmt.domain.relief.written import read_relief
from collections_mgmt.models import OfferSet, RestructuringOffer
from collections_mgmt.services.relief.cases import facts_of, known_of_borrower, with_cause
from collections_mgmt.services.relief.make_offers import requoted
from collections_mgmt.services.relief.offer_outside import requoted_outside
from collections_mgmt.services.relief.ways import Way, tried
from collections_mgmt.services.relief.writing import (
    after_events,
    end_set,
    lock_set,
    note,
    refuse_ended,
    refuse_held,
)
from dashu.finance.relief import acts_of
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from repayments.selectors.lives import life_on

ACTOR = "system:relief"


@transaction.atomic
def quote_anew(*, set_id: int, now: datetime) -> OfferSet:
    """
    Bring the figures of an open set up to this moment; where they are, nothing changes.

    A way that no longer fits its loan lapses. If none is left, the set ends, and the borrower can ask for a new one.

    :raises OfferNotFound: there is none. :raises OfferNotOpen: it has ended, or a hold stands against new terms.
    """
    offered, today = lock_set(set_id), lender_date(now)
    refuse_ended(offered, today=today)
    refuse_held(offered)
    loan_ids = list(offered.loans.values_list("loan_id", flat=True))
    newest = after_events(offered.borrower_id, loan_ids)
    if (offered.quoted_on, offered.after_events) == (today, newest):
        return offered
    if offered.facts and newest["month"] != offered.after_events.get("month", newest["month"]):
        offered.facts = _facts_of_the_newest_month(offered, today)
    offered.quoted_on, offered.after_events = today, newest
    offered.save(update_fields=["facts", "quoted_on", "after_events"])
    standing = [_quoted(offer, offered) for offer in offered.offers.filter(status=RestructuringOffer.Status.OFFERED)]
    note("quoted_anew", offered, ACTOR, on=today)
    if not any(standing):
        end_set(offered, OfferSet.Status.TAKEN_BACK, today=today, actor=ACTOR, reason="no way fits the loan any more")
        note("taken_back", offered, ACTOR, reason=offered.end_reason)
    return offered


def _facts_of_the_newest_month(offered: OfferSet, on: date) -> dict[str, Any]:
    """Return from what a set is decided, once its borrower stated another month for whatever reason."""
    known = known_of_borrower(offered.borrower_id, on=on)
    assert known is not None, "a month was stated"
    return {**facts_of(with_cause(known, offered.cause), on), **({"outside": True} if offered.is_outside else {})}


def _quoted(offer: RestructuringOffer, offered: OfferSet) -> bool:
    """Write an offer as it is on the day of its set; return whether it still fits."""
    try:
        way = quoted_way(offer, offered)
    except DomainError:
        offer.status = RestructuringOffer.Status.LAPSED
        offer.save(update_fields=["status"])
        return False
    offer.relief, offer.acts = dict(way.relief), [dict(act) for act in way.acts]
    offer.figures, offer.rows = dict(way.figures), [list(row) for row in way.rows]
    offer.digest = way.digest_on(offered.quoted_on)
    offer.save(update_fields=["relief", "acts", "figures", "rows", "digest"])
    return True


def quoted_way(offer: RestructuringOffer, offered: OfferSet) -> Way:
    """
    Return the way as it is by now: by the engine, within limits or, where a person offered it, without them.

    Of a set that says nothing of a month only the loan decides. The acts are always those of the day: new terms name
    their first due date, which an older act would have behind it.

    :raises DomainError: it no longer fits.
    """
    if offered.is_of_engine:
        return requoted(offer, offered, actor=ACTOR)
    if offered.is_outside:
        return requoted_outside(offer, offered, actor=ACTOR)
    loan, on = offer.loan, offered.quoted_on
    relief = read_relief(offer.relief, loan.currency)
    acts = acts_of(relief, life_on(loan, on), on, currency=loan.currency)
    return tried(
        loan_id=loan.pk,
        method=offer.method,
        relief=offer.relief,
        acts=[{"kind": act.kind.value, "amount": act.amount, "data": dict(act.data)} for act in acts],
        on=on,
        actor=ACTOR,
    )
