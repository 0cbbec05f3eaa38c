"""
A loan that is paid out in parts: how a business asks for them, and which of them are left where less is lent.

The first part is paid out as soon as the contract is signed, each later one on its day. A part is a loan of its own
with its own schedule under the one contract, so each of them is at least the least that the product lends. Where less
is lent than was asked for, the first parts stay as they are and the last ones give way: who begins can be sure of the
beginning. What is not paid out costs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, _
from dashu.kernel.money import format_minor

MOST = 12
STEP = 100_00  # a part that we make smaller is whole hundreds, minor units


class TooManyTranches(DomainError):
    """The product pays out in fewer parts, or in one sum only."""

    code = "too_many_tranches"


class TranchesDifferFromAmount(DomainError):
    """The parts do not come to the amount that is asked for."""

    code = "tranches_differ_from_amount"


class TrancheTooSmall(DomainError):
    """A part is less than the product lends at least."""

    code = "tranche_too_small"


class TrancheDateRefused(DomainError):
    """The day of a part is missing, comes before the one before it, or is later than the product pays out."""

    code = "tranche_date_refused"


@dataclass(frozen=True, slots=True)
class Part:
    """:param on: the day of its payout; None: as soon as the contract is signed. :param minor: minor units."""

    minor: int
    on: date | None = None

    def day(self, start: date) -> date:
        """Return the day of its payout for a contract that begins on a day: one that has passed by then is that day."""
        return start if self.on is None else max(self.on, start)


def read_parts(document: Document, amount: int, currency: str) -> list[dict[str, Any]]:
    """
    Return the parts of an answer as they are kept; none where the money is wanted in one sum.

    :param amount: that is asked for, minor units.
    :raises DomainError: `field` names the part that is to blame.
    """
    parts: list[Part] = []
    for entry in document.children("tranches", most=MOST, default=[]):
        parts.append(Part(entry.amount("amount", currency), entry.day("on", None)))
        entry.done()
        _refuse_day(parts, entry.field("on"))
    if parts and sum(part.minor for part in parts) != amount:
        raise TranchesDifferFromAmount(
            _("The parts come to %(sum)s in all; they should come to %(amount)s, the amount you ask for."),
            field="tranches",
            params={
                "sum": format_minor(sum(part.minor for part in parts), currency),
                "amount": format_minor(amount, currency),
            },
        )
    return parts_to_json(parts) if len(parts) > 1 else []


def _refuse_day(parts: Sequence[Part], field: str) -> None:
    on = parts[-1].on
    if len(parts) == 1:
        if on is not None:
            raise TrancheDateRefused(
                _("The first part is paid out as soon as the contract is signed, so it has no date."), field=field
            )
        return
    if on is None:
        raise TrancheDateRefused(_("Name the day on which this part is to be paid out."), field=field)
    before = parts[-2].on
    if before is not None and on <= before:
        raise TrancheDateRefused(_("Each part comes on a later day than the one before it."), field=field)


def refuse_parts_outside(parts: Sequence[Part], *, most: int, least: int, within_days: int, today: date) -> None:
    """
    Refuse parts that the product does not offer.

    :param least: that one part can be, minor units.
    :param within_days: from today to the latest day of the last part.
    :raises TooManyTranches, TrancheTooSmall, TrancheDateRefused: see there.
    """
    if len(parts) > max(most, 1):
        if most <= 1:
            raise TooManyTranches(_("This product is paid out in one sum."), field="tranches")
        raise TooManyTranches(
            _("This product is paid out in at most %(most)s parts."), field="tranches", params={"most": most}
        )
    latest = today + timedelta(days=within_days)
    for index, part in enumerate(parts):
        if part.minor < least:
            raise TrancheTooSmall(
                _("Each part is at least %(least)s."),
                field=f"tranches[{index}].amount",
                params={"least": format_minor(least)},
            )
        if part.on is not None and not today < part.on <= latest:
            raise TrancheDateRefused(
                _("Choose a day after today and not later than %(latest)s."),
                field=f"tranches[{index}].on",
                params={"latest": latest.isoformat()},
            )


def parts_to_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    return [{"minor": part.minor, "on": part.on.isoformat() if part.on else None} for part in parts]


def parts_of_json(kept: Iterable[Mapping[str, Any]]) -> tuple[Part, ...]:
    """Read parts that `parts_to_json` wrote."""
    return tuple(Part(each["minor"], date.fromisoformat(each["on"]) if each["on"] else None) for each in kept)


def offered_parts(parts: Sequence[Part], *, most: int, within_days: int, on: date) -> tuple[Part, ...]:
    """Return the first of the parts that a product still offers, by its terms on a day; the others give way."""
    latest = on + timedelta(days=within_days)
    return tuple(part for part in parts[: max(most, 1)] if part.on is None or part.on <= latest)


def parts_within(parts: Sequence[Part], amount: int, *, least: int) -> tuple[Part, ...]:
    """
    Return the parts of an amount: the first ones as they were asked for, the last one with what is left.

    What is left of a part that gives way is whole hundreds; what is less than a part can be is not lent. An amount
    above all of them makes the last one larger.

    :param parts: as asked for; none: one sum.
    :param amount, least: minor units; no part is less than `least`, unless the whole amount is.
    :returns: at least one part where there is an amount; together never more than it.
    """
    if not parts:
        return (Part(amount),)
    kept: list[Part] = []
    for part in parts:
        left = amount - sum(each.minor for each in kept)
        minor = part.minor if part.minor <= left else left - left % STEP
        if minor < least or not minor:
            break
        kept.append(Part(minor, part.on))
        if minor < part.minor:
            break
    if not kept:
        return (Part(amount),)
    over = amount - sum(part.minor for part in parts)
    if over > 0 and len(kept) == len(parts):
        kept[-1] = Part(kept[-1].minor + over, kept[-1].on)
    return tuple(kept)
