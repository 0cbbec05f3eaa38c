"""The parts of the pack, in their order."""

from collections.abc import Callable

from dashu.regulatory.months import Month
from dashu.regulatory.section import Section
from dashu.regulatory.sections.caps import above_cap, cap_bands
from dashu.regulatory.sections.closes import closes
from dashu.regulatory.sections.complaints import complaints
from dashu.regulatory.sections.contacts import attempts, contacts, decisions
from dashu.regulatory.sections.rates import rates
from dashu.regulatory.sections.relief import plans, restructured
from dashu.regulatory.sections.tiers import tiers

SECTIONS: tuple[Callable[[Month], Section], ...] = (
    rates,
    cap_bands,
    above_cap,
    tiers,
    restructured,
    plans,
    complaints,
    contacts,
    attempts,
    decisions,
    closes,
)
