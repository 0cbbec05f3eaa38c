"""
The methods: how much principal and interest each period demands.

Every method walks through the periods with one `_Course`, which charges interest piece by piece on the actual balance,
keeps deferred interest until it is demanded and adds capitalized interest to the balance. What differs is only how
much principal a method takes from each installment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dashu.finance.rounding import Rounding, to_minor
from dashu.finance.spans import Piece, Span, growth, interest_factor, level_day
from dashu.finance.terms import (
    DeferredInterest,
    HolidayInterest,
    InvalidTerms,
    Method,
    NegativeAmortization,
    OnRateChange,
    Remainder,
    ScheduleTerms,
)
from dashu.kernel.errors import _
from dashu.kernel.money import split_minor


@dataclass(frozen=True, slots=True)
class Charge:
    """Interest of one piece on the balance that it ran on: minor units, unrounded and rounded half-up."""

    piece: Piece
    balance: int
    factor: Decimal
    unrounded: Decimal
    minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """
    What one period demands and does to the balance. Amounts in minor units.

    :param interest: demanded; the period's own charges less what is deferred or capitalized, plus what was deferred.
    :param charges: the period's interest, piece by piece.
    :param deferred: earlier deferred interest that is demanded here.
    :param capitalized: interest added to the balance.
    :param advanced: paid out during the period, without the first payout.
    :param planned: installment or principal share by the method before the last one absorbed the rest; None: not level.
    """

    principal: int
    interest: int
    charges: tuple[Charge, ...]
    deferred: int = 0
    capitalized: int = 0
    advanced: int = 0
    planned: int | None = None

    @property
    def charged(self) -> int:
        return sum(charge.minor for charge in self.charges)


def amortize(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """
    Return what each of the periods demands when `balance` is outstanding at the start of the first one.

    A card plan may end before the last period; all other methods have one part a period.

    :raises NegativeAmortization: an installment would not pay the interest of its period.
    """
    return _METHODS[terms.method](terms, spans, balance)


def level_installment(
    principal: int, period_rates: Sequence[Decimal], *, balloon: int = 0, weights: Sequence[Decimal] | None = None
) -> Decimal:
    """
    Return the unrounded equal installment that repays `principal` less `balloon` over the given periods.

    With equal rates r this is the annuity formula P·r / (1 − (1 + r)^−n); with unequal ones (actual days) it is the
    payment whose present value over the actual periods is the principal.

    :param weights: how many installments each period pays: 1 for all without it, 0 for one that pays none.
    """
    discount, annuity = Decimal(1), Decimal(0)
    for index, rate in enumerate(period_rates):
        discount /= 1 + rate
        annuity += discount if weights is None else discount * weights[index]
    return (principal - balloon * discount) / annuity


class _Course:
    """The balance on its way through the periods."""

    def __init__(self, terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> None:
        self._terms = terms
        self._spans = spans
        self.balance = balance
        self.parts: list[Part] = []
        self._charges: tuple[Charge, ...] = ()
        self._advanced = 0
        self._held = 0  # deferred and not yet demanded
        self._shares: dict[int, int] = {}

    def charge(self, index: int) -> int:
        """Run through the days of a period and return its interest."""
        span, charges, total = self._spans[index], [], 0
        self._advanced = 0
        for piece in span.pieces:
            if piece.advance:
                self.balance += piece.advance
                self._advanced += piece.advance
            factor = Decimal(0) if span.is_free else interest_factor(self._terms, piece)
            unrounded = self.balance * factor
            minor = to_minor(unrounded, Rounding.HALF_UP)
            charges.append(Charge(piece, self.balance, factor, unrounded, minor))
            total += minor
        self._charges = tuple(charges)
        return total

    def demand(self, index: int, principal: int, *, planned: int | None = None, interest: int | None = None) -> None:
        """
        Close the period that was charged last.

        :param interest: instead of what was charged, for flat interest.
        """
        own = sum(charge.minor for charge in self._charges) if interest is None else interest
        treatment = _interest_of(self._terms, self._spans, index)
        deferred, capitalized = 0, 0
        if treatment is HolidayInterest.DEFERRED:
            self._held += own
            own = 0
        elif treatment is HolidayInterest.CAPITALIZED:
            capitalized, own = own, 0
        else:
            deferred = self._deferred_due(index)
        self.balance += capitalized - principal
        self.parts.append(
            Part(principal, own + deferred, self._charges, deferred, capitalized, self._advanced, planned)
        )

    def _deferred_due(self, index: int) -> int:
        if self._held and self._terms.deferred_interest is DeferredInterest.SPREAD:
            paying = [
                later
                for later in range(index, len(self._spans))
                if _interest_of(self._terms, self._spans, later) is None
            ]
            for later, share in zip(paying, reversed(split_minor(self._held, len(paying))), strict=True):
                self._shares[later] = self._shares.get(later, 0) + share
            self._held = 0
        held, self._held = self._held, 0
        return held + self._shares.pop(index, 0)


def _interest_of(terms: ScheduleTerms, spans: Sequence[Span], index: int) -> HolidayInterest | None:
    """Return what happens to a period's interest; None: it is demanded. The last period demands everything."""
    number = spans[index].number
    if index == len(spans) - 1 or number == 0:
        return None
    for holiday in terms.holidays:
        if holiday.covers(number):
            return holiday.interest
    return HolidayInterest.DEFERRED if number <= terms.grace_interest else None


def _repays(terms: ScheduleTerms, span: Span) -> bool:
    """Whether a period takes part in repaying the principal."""
    if span.number <= terms.grace_principal or span.due_on.month in terms.interest_only_months:
        return False
    return not any(holiday.covers(span.number) for holiday in terms.holidays)


# --- methods that take given amounts of principal -------------------------------------------------------------------


def _principal_last(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """Interest-only and bullet: all principal with the last installment."""
    course = _Course(terms, spans, balance)
    for index in range(len(spans)):
        course.charge(index)
        course.demand(index, course.balance if index == len(spans) - 1 else 0)
    return course.parts


def _equal_principal(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """Level shares of the principal. What is added on the way is shared over the rows that are left, on top."""
    course = _Course(terms, spans, balance)
    shares = _shares(terms, spans, 0, balance - min(terms.balloon, balance))
    for index in range(len(spans)):
        before = course.balance
        course.charge(index)
        if added := course.balance - before:
            shares = _sums(shares, _shares(terms, spans, index, added))
        if index == len(spans) - 1:
            course.demand(index, course.balance, planned=shares.get(index, 0))
            break
        course.demand(index, min(shares.get(index, 0), course.balance), planned=shares.get(index))
        if capitalized := course.parts[-1].capitalized:
            shares = _sums(shares, _shares(terms, spans, index + 1, capitalized))
    return course.parts


def _shares(terms: ScheduleTerms, spans: Sequence[Span], start: int, total: int) -> dict[int, int]:
    rows = [index for index in range(start, len(spans)) if _repays(terms, spans[index])]
    if not rows:
        raise InvalidTerms(_("No installment is left that repays the principal."), field="count")
    return dict(zip(rows, level_parts(total, len(rows), terms), strict=True))


def _sums(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    return {index: one.get(index, 0) + other.get(index, 0) for index in {*one, *other}}


def level_parts(total: int, count: int, terms: ScheduleTerms) -> list[int]:
    """Split evenly by the product's rounding; the rest goes where it belongs."""
    if terms.remainder is Remainder.SPREAD:
        units, rest = divmod(total, terms.rounding_unit)
        parts = [share * terms.rounding_unit for share in split_minor(units, count)]
        return [*parts[:-1], parts[-1] + rest]
    share, left, parts = to_minor(Decimal(total) / count, terms.rounding, terms.rounding_unit), total, []
    for _number in range(count - 1):
        parts.append(min(share, left))
        left -= parts[-1]
    return [left, *reversed(parts)] if terms.remainder is Remainder.FIRST else [*parts, left]


def _flat(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """Interest on the first principal for the whole time, whatever has been repaid; both parts level."""
    course = _Course(terms, spans, balance)
    factor = sum((growth(terms, span) for span in spans), Decimal(0))
    interest = to_minor(balance * factor, Rounding.HALF_UP)
    charging = [index for index, span in enumerate(spans) if not span.is_free]
    interests = dict(zip(charging, level_parts(interest, len(charging), terms), strict=True)) if charging else {}
    balloon = min(terms.balloon, balance)
    principals = _shares(terms, spans, 0, balance - balloon)
    for index in range(len(spans)):
        course.charge(index)
        principal = course.balance if index == len(spans) - 1 else principals.get(index, 0)
        planned = principals.get(index, 0) + interests.get(index, 0)
        course.demand(index, principal, planned=planned, interest=interests.get(index, 0))
    return course.parts


def _custom(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """Rows as agreed; the last one takes what is left and must say so if it says anything."""
    course = _Course(terms, spans, balance)
    rows = terms.custom_rows[len(terms.custom_rows) - len(spans) :]
    for index, row in enumerate(rows):
        field = f"rows[{len(terms.custom_rows) - len(rows) + index}]"
        interest = course.charge(index)
        principal = row.principal if row.total is None else row.total - interest
        if principal is not None and principal < 0:
            raise _negative(f"{field}.total", interest)
        if index < len(rows) - 1:
            assert principal is not None
            course.demand(index, min(principal, course.balance))
        elif balance == terms.amount_financed and principal not in (None, course.balance):
            raise InvalidTerms(_("The rows do not repay exactly the principal."), field=field)
        else:
            course.demand(index, course.balance)
    return course.parts


def _card_plan(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """A fixed amount, or a share of the statement with a floor, until nothing is left."""
    plan = terms.card_plan
    assert plan is not None
    course = _Course(terms, spans, balance)
    for index in range(len(spans)):
        interest = course.charge(index)
        statement = course.balance + interest
        wanted = plan.fixed
        if wanted is None:
            share = to_minor(statement * plan.share, terms.rounding, terms.rounding_unit)
            wanted = max(plan.floor, share)
        if wanted < min(interest, statement) and index < len(spans) - 1:
            raise _negative("card_plan", interest)
        is_last = index == len(spans) - 1 or wanted >= statement
        course.demand(index, course.balance if is_last else wanted - interest, planned=wanted)
        if course.balance == 0:
            break
    return course.parts


# --- level installments ---------------------------------------------------------------------------------------------


def _equal_installment(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """Level installments, also stepped or with rows that pay interest only; rounding's rest goes where it belongs."""
    parts = _level_run(terms, spans, balance, {})
    if terms.remainder is Remainder.LAST or len(spans) == 1:
        return parts
    if terms.remainder is Remainder.FIRST:
        return _rest_first(lambda extra: _level_run(terms, spans, balance, extra), terms, spans, parts)
    return _rest_spread(lambda extra: _level_run(terms, spans, balance, extra), terms, spans, parts)


def _level_run(terms: ScheduleTerms, spans: Sequence[Span], balance: int, extra: Mapping[int, int]) -> list[Part]:
    """:param extra: minor units that a row pays more than the level installment (negative: less)."""
    course = _Course(terms, spans, balance)
    last = len(spans) - 1
    layers: list[Decimal] = []
    for index, span in enumerate(spans):
        if index == 0 or _relevels(terms, spans, index):
            layers = [_level(terms, spans, index, course.balance, balloon=min(terms.balloon, course.balance))]
        interest = course.charge(index)
        layers += [
            _level(terms, spans, index, piece.advance, from_piece=number)
            for number, piece in enumerate(span.pieces)
            if piece.advance
        ]
        planned = _installment(terms, span, layers) + extra.get(index, 0) if _repays(terms, span) else None
        if index == last:
            course.demand(index, course.balance, planned=planned)
        elif planned is None:
            course.demand(index, 0)
        else:
            counted = interest if span.regular is None else _regular_interest(terms, course.balance, span)
            if planned < counted:
                _refuse_uncovered(terms, span, layers, planned, counted)
            course.demand(index, min(max(planned - counted, 0), course.balance), planned=planned)
    return course.parts


def _level(
    terms: ScheduleTerms, spans: Sequence[Span], index: int, balance: int, *, balloon: int = 0, from_piece: int = 0
) -> Decimal:
    """
    Return the unrounded installment, at weight 1, that repays `balance` over the periods from `index` on.

    :param from_piece: the piece of the first of these periods in which the balance was paid out.
    """
    known = level_day(terms, spans[index])
    rates, weights = [], []
    for offset, span in enumerate(spans[index:]):
        rate = growth(terms, span, from_piece=from_piece if offset == 0 else 0, as_of=known)
        repays = _repays(terms, span)
        if not repays and _interest_of(terms, spans, index + offset) is not HolidayInterest.CAPITALIZED:
            rate = Decimal(0)  # its interest is paid or deferred, so the balance does not grow
        rates.append(rate)
        weights.append(_weight(terms, span) if repays else Decimal(0))
    if not any(weights):
        raise InvalidTerms(_("No installment is left that repays the principal."), field="count")
    return level_installment(balance, rates, balloon=balloon, weights=weights)


def _weight(terms: ScheduleTerms, span: Span) -> Decimal:
    return terms.step.weight(span.number) if terms.step else Decimal(1)


def _installment(terms: ScheduleTerms, span: Span, layers: Sequence[Decimal]) -> int:
    """Return the rounded installment; a tranche's share is rounded by itself and then added."""
    weight = _weight(terms, span)
    return sum(to_minor(layer * weight, terms.rounding, terms.rounding_unit) for layer in layers)


def _relevels(terms: ScheduleTerms, spans: Sequence[Span], index: int) -> bool:
    """Whether a period is the first one that begins under a changed rate."""
    if terms.on_rate_change is OnRateChange.LEVEL:
        return False
    return any(spans[index - 1].start < change.on <= spans[index].start for change in terms.rate_changes)


def _regular_interest(terms: ScheduleTerms, balance: int, span: Span) -> int:
    return to_minor(balance * growth(terms, span), Rounding.HALF_UP)


def _refuse_uncovered(terms: ScheduleTerms, span: Span, layers: Sequence[Decimal], planned: int, interest: int) -> None:
    """
    Refuse an installment that a step or coarse rounding takes below the interest.

    Otherwise only a long month or an odd first period can do that: it demands its interest in full and no principal.
    """
    unrounded = sum(layers, Decimal(0)) * _weight(terms, span)
    if terms.step and planned < interest - 1:
        raise _negative("step", interest)
    if terms.rounding_unit > 1 and planned < interest <= unrounded + 1:
        raise _negative("rounding_unit", interest)


def _negative(field: str, interest: int) -> NegativeAmortization:
    return NegativeAmortization(
        _("An installment would not cover the interest of its period, so the debt would grow."),
        field=field,
        details={"interest_minor": interest},
    )


def _rest_of(terms: ScheduleTerms, parts: Sequence[Part]) -> int:
    """Return how much more the last installment is than the level one."""
    last = parts[-1]
    return last.principal + last.interest - last.deferred - terms.balloon - (last.planned or 0)


def _rest_first(
    run: Callable[[Mapping[int, int]], list[Part]], terms: ScheduleTerms, spans: Sequence[Span], parts: list[Part]
) -> list[Part]:
    """Let the first level row pay what rounding leaves; a rest that interest rounding keeps stays with the last."""
    first = next(index for index, part in enumerate(parts) if part.planned is not None)
    grown = Decimal(1)
    for span in spans[first + 1 :]:
        grown *= 1 + growth(terms, span)
    best, extra = parts, 0
    for _attempt in range(4):
        rest = _rest_of(terms, best)
        step = to_minor(rest / grown, Rounding.HALF_UP)
        if rest == 0 or step == 0:
            break
        tried = run({first: extra + step})
        if abs(_rest_of(terms, tried)) >= abs(rest):
            break
        best, extra = tried, extra + step
    return best


def _rest_spread(
    run: Callable[[Mapping[int, int]], list[Part]], terms: ScheduleTerms, spans: Sequence[Span], parts: list[Part]
) -> list[Part]:
    """Let as many of the first rows as needed pay one rounding unit more, or less, than the others."""
    rows = [index for index, part in enumerate(parts[:-1]) if part.planned is not None]
    unit = terms.rounding_unit if _rest_of(terms, parts) > 0 else -terms.rounding_unit

    def with_rows(count: int) -> list[Part]:
        return run(dict.fromkeys(rows[:count], unit))

    low, high = 0, len(rows)
    while low < high:  # the rest shrinks with every row that takes a unit of it
        middle = (low + high) // 2
        if _rest_of(terms, with_rows(middle)) * unit > 0:
            low = middle + 1
        else:
            high = middle
    candidates = [with_rows(count) for count in (low - 1, low) if count >= 0]
    return min(candidates, key=lambda tried: abs(_rest_of(terms, tried)))


_METHODS: dict[Method, Callable[[ScheduleTerms, Sequence[Span], int], list[Part]]] = {
    Method.EQUAL_INSTALLMENT: _equal_installment,
    Method.EQUAL_PRINCIPAL: _equal_principal,
    Method.INTEREST_ONLY: _principal_last,
    Method.BULLET: _principal_last,
    Method.FLAT: _flat,
    Method.STEP: _equal_installment,
    Method.SEASONAL: _equal_installment,
    Method.CARD_PLAN: _card_plan,
    Method.CUSTOM: _custom,
}
