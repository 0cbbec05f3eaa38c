"""How far a borrower can move one figure of an offer by themselves, and what the offer becomes where they move it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from collections_mgmt.domain.relief.joining import JointDesk
from collections_mgmt.domain.relief.offers import Offer
from collections_mgmt.domain.relief.quoting import Desk
from collections_mgmt.domain.relief.sliders import FIGURES, Slider, moved, slider_of
from collections_mgmt.domain.relief.written import read_relief, relief_json
from collections_mgmt.models import OfferSet, RestructuringOffer
from collections_mgmt.services.relief.make_offers import desk_of_set
from dashu.finance.relief import Relief, ReliefMethod


@transaction.atomic
def slider_for(offer: RestructuringOffer, offered: OfferSet, *, on: date) -> Slider | None:
    """Return between which values one figure of an offer can be moved; None where a person made it or nothing moves."""
    if ReliefMethod(offer.method) not in FIGURES or not offered.is_of_engine:
        return None
    desk, relief = _desk(offer, offered, on)
    quoted = desk.quote(relief)
    found = slider_of(desk, quoted) if isinstance(quoted, Offer) else None
    return found if found is not None and found.low < found.high else None


@transaction.atomic
def moved_relief(offer: RestructuringOffer, offered: OfferSet, *, value: int, on: date) -> Mapping[str, Any]:
    """Return the terms of an offer with its figure at another value, as `quote_offer` takes them."""
    desk, relief = _desk(offer, offered, on)
    return relief_json(moved(desk, relief, value), offer.loan.currency)


def _desk(offer: RestructuringOffer, offered: OfferSet, on: date) -> tuple[Desk | JointDesk, Relief]:
    return desk_of_set(offered, offer.method, on=on), read_relief(offer.relief, offer.loan.currency)
