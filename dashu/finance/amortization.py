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
from dashu.kernel.money import MAX_MINOR, split_minor

_ZERO, _ONE = Decimal(0), Decimal(1)
# A thousand times what an amount can be, and inside bigint: interest beyond it is a mistake in the terms.
_LARGEST = Decimal(1_000 * MAX_MINOR)


@dataclass(frozen=True, slots=True)
class Charge:
    """Interest of one piece on the balance that it ran on: minor units, unrounded and rounded half-up."""

    piece: Piece
    balance: int
    factor: Decimal
    unrounded: Decimal
    minor: int


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a method wants a period to pay: an installment (principal and interest), or a share of the principal.

    :param minor: rounded, with `rest`.
    :param rest: minor units that this row pays above the rounded amount of all rows, so that the sum is right.
    """

    minor: int
    unrounded: Decimal
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """
    What one period demands and does to the balance. Amounts in minor units.

    :param interest: demanded; the period's own charges less what is deferred or capitalized, plus what was deferred.
    :param charges: the period's interest, piece by piece.
    :param deferred: earlier deferred interest that is demanded here.
    :param capitalized: interest added to the balance.
    :param advanced: paid out during the period, without the first payout.
    :param plan: None where the method does not level.
    :param rest: minor units by which the row absorbs what rounding left.
    """

    principal: int
    interest: int
    charges: tuple[Charge, ...]
    deferred: int = 0
    capitalized: int = 0
    advanced: int = 0
    plan: Plan | None = None
    rest: int = 0


def amortize(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """
    Return what each of the periods demands when `balance` is outstanding at the start of the first one.

    A card plan may end before the last period; all other methods have one part a period.

    :raises NegativeAmortization: an installment would not pay the interest of its period.
    """
    return _METHODS[terms.method](terms, spans, balance)


def amortize_as_before(
    terms: ScheduleTerms, spans: Sequence[Span], balance: int, kept: Sequence[tuple[int, int]]
) -> list[Part]:
    """
    Return what each of the periods demands when it demands as much as before, until nothing is left.

    :param kept: principal and interest that each period demanded before; their sum is kept, or the principal alone
        where that is what the method levels.
    """
    course = _Course(terms, spans, balance)
    for index, (principal, before) in enumerate(kept):
        interest = course.charge(index)
        wanted = principal if terms.method is Method.EQUAL_PRINCIPAL else max(principal + before - interest, 0)
        course.demand(index, course.balance if index == len(kept) - 1 else min(wanted, course.balance))
    return course.parts


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
        self._interest = 0
        self._has_relief = bool(terms.grace_interest or terms.holidays)
        self._held = 0  # deferred and not yet demanded
        self._shares: dict[int, int] = {}

    def charge(self, index: int) -> int:
        """Run through the days of a period and return its interest."""
        span, charges = self._spans[index], []
        self._advanced, self._interest = 0, 0
        for piece in span.pieces:
            if piece.advance:
                self.balance += piece.advance
                self._advanced += piece.advance
            factor = _ZERO if span.is_free else interest_factor(self._terms, piece)
            unrounded = self.balance * factor
            if unrounded > _LARGEST:
                raise _beyond_bound()
            minor = to_minor(unrounded, Rounding.HALF_UP)
            charges.append(Charge(piece, self.balance, factor, unrounded, minor))
            self._interest += minor
        self._charges = tuple(charges)
        return self._interest

    def demand(
        self, index: int, principal: int, *, plan: Plan | None = None, rest: int = 0, interest: int | None = None
    ) -> None:
        """
        Close the period that was charged last.

        :param interest: instead of what was charged, for flat interest.
        """
        own = self._interest if interest is None else interest
        treatment = _interest_of(self._terms, self._spans, index) if self._has_relief else None
        deferred, capitalized = 0, 0
        if treatment is HolidayInterest.DEFERRED:
            self._held += own
            own = 0
        elif treatment is HolidayInterest.CAPITALIZED:
            capitalized, own = own, 0
        elif self._has_relief:
            deferred = self._deferred_due(index)
        self.balance += capitalized - principal
        self.parts.append(
            Part(principal, own + deferred, self._charges, deferred, capitalized, self._advanced, plan, rest)
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
    if not (terms.grace_principal or terms.interest_only_months or terms.holidays) and span.number > 0:
        return True
    if span.number <= terms.grace_principal or span.agreed_on.month in terms.interest_only_months:
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
    balloon, last = min(terms.balloon, balance), len(spans) - 1
    shares = _shares(terms, spans, 0, balance - balloon)
    for index in range(len(spans)):
        before = course.balance
        course.charge(index)
        if added := course.balance - before:
            shares = _sums(shares, _shares(terms, spans, index, added))
        share = shares.get(index)
        if share is None:
            course.demand(index, course.balance if index == last else 0)
        else:
            principal = course.balance if index == last else min(share.minor, course.balance)
            rest = principal - (balloon if index == last else 0) - share.minor + share.rest
            course.demand(index, principal, plan=share, rest=rest)
        if capitalized := course.parts[-1].capitalized:
            shares = _sums(shares, _shares(terms, spans, index + 1, capitalized))
    return course.parts


def _shares(terms: ScheduleTerms, spans: Sequence[Span], start: int, total: int) -> dict[int, Plan]:
    rows = [index for index in range(start, len(spans)) if _repays(terms, spans[index])]
    if not rows:
        raise InvalidTerms(_("No installment is left that repays the principal."), field="count")
    return dict(zip(rows, _level_parts(total, len(rows), terms), strict=True))


def _sums(one: Mapping[int, Plan], other: Mapping[int, Plan]) -> dict[int, Plan]:
    none = Plan(0, _ZERO)
    pairs = ((index, one.get(index, none), other.get(index, none)) for index in {*one, *other})
    return {
        index: Plan(here.minor + there.minor, here.unrounded + there.unrounded, here.rest + there.rest)
        for index, here, there in pairs
    }


def _level_parts(total: int, count: int, terms: ScheduleTerms) -> list[Plan]:
    """Split evenly by the product's rounding; the rest goes where it belongs."""
    unrounded = Decimal(total) / count
    share, left, parts = to_minor(unrounded, terms.rounding, terms.rounding_unit), total, []
    if terms.remainder is Remainder.SPREAD:
        units, rest = divmod(total, terms.rounding_unit)
        parts = [one * terms.rounding_unit for one in split_minor(units, count)]
        parts[-1] += rest
    else:
        for _number in range(count - 1):
            parts.append(min(share, left))
            left -= parts[-1]
        parts.append(left)
        if terms.remainder is Remainder.FIRST:
            parts.reverse()
    return [Plan(part, unrounded, part - share) for part in parts]


def _flat(terms: ScheduleTerms, spans: Sequence[Span], balance: int) -> list[Part]:
    """Interest on the first principal for the whole time, whatever has been repaid; both parts level."""
    course = _Course(terms, spans, balance)
    factor = sum((growth(terms, span) for span in spans), _ZERO)
    if balance * factor > _LARGEST:
        raise _beyond_bound()
    interest = to_minor(balance * factor, Rounding.HALF_UP)
    charging = [index for index, span in enumerate(spans) if not span.is_free]
    interests = dict(zip(charging, _level_parts(interest, len(charging), terms), strict=True)) if charging else {}
    principals = _shares(terms, spans, 0, balance - min(terms.balloon, balance))
    plans = _sums(principals, interests)
    for index in range(len(spans)):
        course.charge(index)
        plan = plans.get(index, Plan(0, _ZERO))
        principal = course.balance if index == len(spans) - 1 else principals[index].minor if index in principals else 0
        flat = interests[index].minor if index in interests else 0
        course.demand(index, principal, plan=plan, rest=plan.rest, interest=flat)
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
        unrounded = statement * plan.share
        wanted = plan.fixed or max(plan.floor, to_minor(unrounded, terms.rounding, terms.rounding_unit))
        if wanted < min(interest, statement) and index < len(spans) - 1:
            raise _negative("card_plan", interest)
        is_last = index == len(spans) - 1 or wanted >= statement
        wish = Plan(wanted, Decimal(wanted) if plan.fixed else unrounded)
        course.demand(index, course.balance if is_last else wanted - interest, plan=wish)
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
    balloon, last = min(terms.balloon, balance), len(spans) - 1
    layers: list[Decimal] = []
    level: int | None = None  # the installment of the row before, where it still holds
    for index, span in enumerate(spans):
        if index == 0 or (terms.rate_changes and _relevels(terms, spans, index)):
            level = None
            layers = [_level(terms, spans, index, course.balance, balloon=min(terms.balloon, course.balance))]
        interest = course.charge(index)
        for number, piece in enumerate(span.pieces):
            if piece.advance:
                level = None
                layers.append(_level(terms, spans, index, piece.advance, from_piece=number))
        if level is None or terms.step:
            level = _installment(terms, span, layers)
        if not _repays(terms, span):
            course.demand(index, course.balance if index == last else 0)
            continue
        more = extra.get(index, 0)
        plan = Plan(level + more, sum(layers, _ZERO) * _weight(terms, span), more)
        if index == last:
            rest = course.balance - balloon + interest - plan.minor
            course.demand(index, course.balance, plan=plan, rest=rest)
            continue
        counted = interest if span.regular is None else _regular_interest(terms, course.balance, span)
        if plan.minor < counted:
            _refuse_uncovered(terms, plan, counted)
        course.demand(index, min(max(plan.minor - counted, 0), course.balance), plan=plan, rest=more)
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
    return terms.step.weight(span.number) if terms.step else _ONE


def _installment(terms: ScheduleTerms, span: Span, layers: Sequence[Decimal]) -> int:
    """Return the rounded installment; a tranche's share is rounded by itself and then added."""
    weight = _weight(terms, span)
    if sum(layers, _ZERO) * weight > _LARGEST:
        raise InvalidTerms(_("An installment of these terms lies beyond the bound of amounts."), field="step")
    return sum(to_minor(layer * weight, terms.rounding, terms.rounding_unit) for layer in layers)


def _relevels(terms: ScheduleTerms, spans: Sequence[Span], index: int) -> bool:
    """Whether a period is the first one that begins under a changed rate."""
    if terms.on_rate_change is OnRateChange.LEVEL:
        return False
    return any(spans[index - 1].start < change.on <= spans[index].start for change in terms.rate_changes)


def _regular_interest(terms: ScheduleTerms, balance: int, span: Span) -> int:
    return to_minor(balance * growth(terms, span), Rounding.HALF_UP)


def _refuse_uncovered(terms: ScheduleTerms, plan: Plan, interest: int) -> None:
    """
    Refuse an installment that a step or coarse rounding takes below the interest.

    Otherwise only a long month or an odd first period can do that: it demands its interest in full and no principal.
    """
    if terms.step and plan.minor < interest - 1:
        raise _negative("step", interest)
    if terms.rounding_unit > 1 and plan.minor < interest <= plan.unrounded + 1:
        raise _negative("rounding_unit", interest)


def _beyond_bound() -> InvalidTerms:
    return InvalidTerms(_("The interest of these terms lies beyond the bound of amounts."), field="annual_rate")


def _negative(field: str, interest: int) -> NegativeAmortization:
    return NegativeAmortization(
        _("An installment would not cover the interest of its period, so the debt would grow."),
        field=field,
        details={"interest_minor": interest},
    )


def _rest_first(
    run: Callable[[Mapping[int, int]], list[Part]], terms: ScheduleTerms, spans: Sequence[Span], parts: list[Part]
) -> list[Part]:
    """Let the first level row pay what rounding leaves; a rest that interest rounding keeps stays with the last."""
    first = next(index for index, part in enumerate(parts) if part.plan is not None)
    grown = Decimal(1)
    for span in spans[first + 1 :]:
        grown *= 1 + growth(terms, span)
    best, extra = parts, 0
    for _attempt in range(4):
        rest = best[-1].rest
        step = to_minor(rest / grown, Rounding.HALF_UP)
        if rest == 0 or step == 0:
            break
        tried = run({first: extra + step})
        if abs(tried[-1].rest) >= abs(rest):
            break
        best, extra = tried, extra + step
    return best


def _rest_spread(
    run: Callable[[Mapping[int, int]], list[Part]], terms: ScheduleTerms, spans: Sequence[Span], parts: list[Part]
) -> list[Part]:
    """Let as many of the first rows as needed pay one rounding unit more, or less, than the others."""
    rows = [index for index, part in enumerate(parts[:-1]) if part.plan is not None]
    unit = terms.rounding_unit if parts[-1].rest > 0 else -terms.rounding_unit

    def with_rows(count: int) -> list[Part]:
        return run(dict.fromkeys(rows[:count], unit))

    low, high = 0, len(rows)
    while low < high:  # the rest shrinks with every row that takes a unit of it
        middle = (low + high) // 2
        if with_rows(middle)[-1].rest * unit > 0:
            low = middle + 1
        else:
            high = middle
    candidates = [with_rows(count) for count in (low - 1, low) if count >= 0]
    return min(candidates, key=lambda tried: abs(tried[-1].rest))


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
