"""The order of allocation as plain JSON, as loans and replayed documents carry it."""

from collections.abc import Mapping
from typing import Any

from dashu.finance.allocation import Direction, Surplus, Waterfall
from dashu.finance.installments import Component


def waterfall_to_json(waterfall: Waterfall) -> dict[str, Any]:
    return {
        "order": [component.value for component in waterfall.order],
        "direction": waterfall.direction.value,
        "surplus": waterfall.surplus.value,
    }


def waterfall_from_json(document: Mapping[str, Any]) -> Waterfall:
    """Read what `waterfall_to_json` wrote."""
    return Waterfall(
        order=tuple(Component(component) for component in document["order"]),
        direction=Direction(document["direction"]),
        surplus=Surplus(document["surplus"]),
    )
