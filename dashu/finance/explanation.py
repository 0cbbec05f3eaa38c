"""
How every number of a schedule came about: formula, inputs, unrounded and rounded value.

The workings are those that the schedule was computed with, not a second computation, so they cannot drift apart.
Formulas are sentences for people, marked for the catalogs; the inputs are plain values under stable names.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashu.finance.amortization import Charge, Part, Plan
from dashu.finance.fees import IN_ROWS, FeeBase, FeeTiming, tax_part
from dashu.finance.schedule import Row, Schedule
from dashu.finance.spans import Span
from dashu.finance.terms import Compounding, Method, ScheduleTerms
from dashu.kernel.errors import _

Value = int | str | Decimal | date


@dataclass(frozen=True, slots=True)
class Working:
    """
    One number of a row.

    :param of: `interest`, `installment`, `principal`, `deferred_interest`, `capitalized_interest` or `fee`.
    :param inputs: names and values; a name that ends in `_minor` is an amount in minor units.
    :param unrounded: minor units; None where nothing was rounded.
    :param minor: the value in the schedule, minor units.
    """

    of: str
    formula: str
    inputs: tuple[tuple[str, Value], ...]
    unrounded: Decimal | None
    minor: int


_SIMPLE = _("balance × yearly rate × part of a year")
_COMPOUNDED = _("balance × ((1 + yearly rate ÷ m)^(m × part of a year) − 1), compounded m times a year")
_COMPOUNDED_DAILY = _("balance × ((1 + yearly rate × part of a year ÷ days)^days − 1), compounded daily")
_FREE = _("no interest: the period is free of it")
_FLAT = _("principal × yearly rate × years of the whole loan, in level parts")
_LEVEL = _("balance ÷ sum of the discount factors of the periods left: the level amount that repays it")
_SHARE = _("principal to repay ÷ installments that repay it")
_FLAT_SHARES = _("principal ÷ installments + interest ÷ installments")
_CARD_FIXED = _("the agreed fixed payment")
_CARD_SHARE = _("share of the statement, at least the floor")
_REST = _("installment − interest")
_GIVEN = _("the amount agreed for this row")
_NOTHING = _("nothing: this installment repays no principal")
_ALL = _("all that is left")
_DEFERRED_HERE = _("interest of this period, demanded later")
_DEFERRED = _("interest of earlier periods that was deferred")
_CAPITALIZED = _("interest of this period, added to the principal")
_FEE_FIXED = _("the agreed amount")
_FEE_SHARE = _("share of the base, between floor and cap")
_FEE_SPREAD = _("the fee ÷ number of installments")
_FORMULA_OF = {Method.EQUAL_PRINCIPAL: _SHARE, Method.FLAT: _FLAT_SHARES}


def explain(schedule: Schedule) -> tuple[tuple[Working, ...], ...]:
    """Return the workings of every row, in the order in which the numbers were computed."""
    return tuple(_row(schedule, index) for index in range(len(schedule.rows)))


def _row(schedule: Schedule, index: int) -> tuple[Working, ...]:
    terms, row, part, span = schedule.terms, schedule.rows[index], schedule.parts[index], schedule.spans[index]
    is_flat = terms.method is Method.FLAT
    workings = [_flat(schedule, part)] if is_flat else [_charge(terms, span, charge) for charge in part.charges]
    if part.capitalized:
        workings.append(Working("capitalized_interest", _CAPITALIZED, (), None, part.capitalized))
    if part.deferred:
        workings.append(Working("deferred_interest", _DEFERRED, (), None, part.deferred))
    if part.interest + part.capitalized < _own_interest(terms, part) + part.deferred:
        workings.append(Working("deferred_interest", _DEFERRED_HERE, (), None, 0))
    if part.plan is not None:
        workings.append(_installment(terms, part, part.plan))
    workings.append(_principal(schedule, index))
    return (*workings, *_fees(schedule, index, row))


def _own_interest(terms: ScheduleTerms, part: Part) -> int:
    return 0 if terms.method is Method.FLAT else sum(charge.minor for charge in part.charges)


def _charge(terms: ScheduleTerms, span: Span, charge: Charge) -> Working:
    piece = charge.piece
    inputs: tuple[tuple[str, Value], ...] = (
        ("balance_minor", charge.balance),
        ("annual_rate", piece.annual_rate),
        ("from", piece.start),
        ("to", piece.end),
        ("days", piece.days),
        ("day_count", terms.day_count.value),
        ("year_fraction", piece.years),
        ("rounding", "half_up"),
    )
    formula = _SIMPLE
    if span.is_free:
        formula = _FREE
    elif terms.compounding is Compounding.DAILY:
        formula = _COMPOUNDED_DAILY
    elif terms.compounding is not Compounding.NONE:
        formula = _COMPOUNDED
        inputs = (*inputs, ("compounding", terms.compounding.value))
    return Working("interest", formula, inputs, charge.unrounded, charge.minor)


def _flat(schedule: Schedule, part: Part) -> Working:
    terms = schedule.terms
    years = sum((piece.years for span in schedule.spans if not span.is_free for piece in span.pieces), Decimal(0))
    inputs: tuple[tuple[str, Value], ...] = (
        ("principal_minor", terms.amount_financed),
        ("annual_rate", terms.annual_rate),
        ("year_fraction", years),
        ("rounding", terms.rounding.value),
    )
    return Working("interest", _FLAT, inputs, None, part.interest)


def _installment(terms: ScheduleTerms, part: Part, plan: Plan) -> Working:
    inputs: tuple[tuple[str, Value], ...] = (
        ("rounding", terms.rounding.value),
        ("rounding_unit_minor", terms.rounding_unit),
        ("remainder_minor", part.rest),
    )
    if terms.method is Method.CARD_PLAN:
        assert terms.card_plan is not None
        formula = _CARD_FIXED if terms.card_plan.fixed else _CARD_SHARE
    else:
        formula = _FORMULA_OF.get(terms.method, _LEVEL)
    of = "principal_share" if terms.method is Method.EQUAL_PRINCIPAL else "installment"
    return Working(of, formula, inputs, plan.unrounded, plan.minor)


def _principal(schedule: Schedule, index: int) -> Working:
    terms, part = schedule.terms, schedule.parts[index]
    if schedule.rows[index].balance == 0 and part.principal:
        formula = _ALL
    elif terms.method is Method.CUSTOM:
        formula = _GIVEN
    elif part.plan is None or not part.principal:
        formula = _NOTHING
    else:
        formula = _SHARE if terms.method in (Method.EQUAL_PRINCIPAL, Method.FLAT) else _REST
    return Working("principal", formula, (("balance_after_minor", schedule.rows[index].balance),), None, part.principal)


def _fees(schedule: Schedule, index: int, row: Row) -> list[Working]:
    workings = []
    in_rows = [fee for fee in schedule.terms.fees if fee.timing in IN_ROWS]
    for fee, amounts in zip(in_rows, schedule.fees, strict=True):
        base = row.balance + row.principal if fee.base is FeeBase.BALANCE else schedule.terms.principal
        inputs: list[tuple[str, Value]] = [("code", fee.code), ("tax_minor", tax_part(fee, amounts[index]))]
        if fee.share is not None:
            inputs += [("base_minor", base), ("share", fee.share), ("floor_minor", fee.floor)]
            inputs += [("cap_minor", fee.cap)] if fee.cap is not None else []
        formula = _FEE_FIXED if fee.share is None else _FEE_SHARE
        if fee.timing is FeeTiming.SPREAD:
            formula = _FEE_SPREAD
            inputs.append(("fee_minor", fee.of(schedule.terms.principal)))
        workings.append(Working("fee", formula, tuple(inputs), None, amounts[index]))
    return workings
