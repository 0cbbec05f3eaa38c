"""Filters and tags every template has without loading them: money, dates and icons as people read them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.forms import BaseForm, BoundField
from django.templatetags.static import static
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.money import Money, format_minor
from dashu.users import phones
from dashu.web.staff_tables import Column, Table

register = template.Library()

SIGNS = {"CNY": "¥", "USD": "US$", "EUR": "€", "HKD": "HK$", "TWD": "NT$", "CZK": "Kč ", "NGN": "₦"}


class MoneyParts(NamedTuple):
    """An amount in the pieces that are set in different sizes; joined they read as `money` writes it."""

    sign: str
    whole: str
    part: str


@register.filter
def money_parts(amount: Money | int, currency: str = "CNY") -> MoneyParts:
    """Split fen (or a `Money`) into currency sign, grouped whole part and decimals with their point."""
    value = amount if isinstance(amount, Money) else Money(amount, currency)
    whole, point, decimals = format_minor(abs(value.minor), value.currency).partition(".")
    return MoneyParts(("−" if value.minor < 0 else "") + SIGNS[value.currency], f"{int(whole):,}", point + decimals)


@register.filter
def money(amount: Money | int, currency: str = "CNY") -> str:
    """Write fen (or a `Money`) for a reader: 123450 → "¥1,234.50"."""
    return "".join(money_parts(amount, currency))


@register.filter
def typed(minor: int, currency: str = "CNY") -> str:
    """Write minor units as they would be typed into a field: 123450 → "1234.50"."""
    return format_minor(minor, currency)


@register.filter
def percent(fraction: Decimal) -> str:
    """Write a rate as it was agreed, without empty decimals: 0.180000 → "18%"."""
    return f"{(fraction * 100).normalize():f}%"


@register.filter
def percent_shown(fraction: Decimal) -> str:
    """Write a yearly cost for comparing, with two decimals, halves up: 0.135772 → "13.58%"."""
    return f"{(fraction * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):f}%"


class Wrong(NamedTuple):
    """A box that needs another look. :param anchor: its id, or that of the group of boxes."""

    anchor: str
    label: str
    text: str


@register.simple_tag
def wrong_in(form: BaseForm, rows: Sequence[tuple[str, BaseForm]] = ()) -> list[Wrong]:
    """
    Return what needs another look in a bound form, in the order of the page.

    :param rows: name and form of each row of a list that is asked with it, in which fields of one name come again.
    """
    named = [("", form), *((f"{name} · ", row) for name, row in rows)]
    return [
        Wrong(field.id_for_label or field.auto_id, f"{name}{field.label}", str(field.errors[0]))
        for name, each in named
        for field in (each if each.is_bound else ())
        if field.errors
    ]


@register.simple_tag
def group_of(field: BoundField) -> SafeString:
    """Write the attributes of a fieldset around the boxes of one field, so that what is wrong is read out with it."""
    help_id = f"{field.auto_id}_helptext" if field.help_text else ""
    said = " ".join(filter(None, [help_id, f"{field.auto_id}_error" if field.errors else ""]))
    is_ticked = field.widget_type == "checkboxselectmultiple"
    return format_html(
        'id="{}"{}{}{}',
        field.auto_id,
        "" if is_ticked else mark_safe(' role="radiogroup"'),
        format_html(' aria-describedby="{}"', said) if said else "",
        mark_safe(' aria-invalid="true"') if field.errors and not is_ticked else "",
    )


@register.filter
def positive(minor: int) -> int:
    """Leave the sign of an amount out, where the words around it say that it is missing."""
    return abs(minor)


@register.filter
def shown_phone(phone: str) -> str:
    """Write a phone to sign in with as its owner recognizes it and nobody learns it."""
    return phones.shown_phone(phone)


@register.filter
def lender_date(value: date | datetime | None, style: str = "full") -> str:
    """
    Write a date in the reader's language: "2026年11月23日", "November 23, 2026".

    A moment is taken in the lender's zone. `style` "short" leaves the year out; nothing gives "".
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(LENDER_ZONE).date()
    if style == "short":
        return date_format(value, "n月j日" if (get_language() or "").startswith("zh") else "N j")
    return date_format(value, "DATE_FORMAT")


@register.filter
def staff_table(stored: dict[str, Any]) -> Table:
    """Make a table of a staff page from plain texts, see `dashu.approvals.acts`."""
    return Table(
        title=stored["title"],
        columns=[Column(**column) if isinstance(column, dict) else Column(column) for column in stored["columns"]],
        rows=stored["rows"],
        empty=stored.get("empty", "–"),
        note=stored.get("note", ""),
        tones=stored.get("tones", ()),
    )


@register.simple_tag(name="money")
def money_tag(minor: int, currency: str = "CNY", tone: str = "plain") -> SafeString:
    """
    Draw one amount of money.

    :param currency: empty for CNY.
    :param tone: "plain", "late" or "soft".
    """
    parts = money_parts(minor, currency or "CNY")
    return format_html(
        '<span class="money money--{}"><span class="money__sign">{}</span>{}<span class="money__part">{}</span></span>',
        tone,
        *parts,
    )


@register.simple_tag(name="date")
def date_tag(on: date, style: str = "full") -> SafeString:
    """Draw one date, readable by people and programs. :param style: "full" or "short"."""
    return format_html('<time class="nowrap" datetime="{}">{}</time>', on.isoformat(), lender_date(on, style))


@register.simple_tag(name="status")
def status_tag(text: str, tone: str, icon: str) -> SafeString:
    """
    Draw a state as icon and words, so that color is never the only sign.

    :param tone: "plain", "good", "soon", "late" or "calm".
    """
    return format_html('<span class="status status--{}">{}{}</span>', tone or "plain", icon_tag(icon), text)


@register.simple_tag(name="icon")
@lru_cache
def icon_tag(name: str) -> SafeString:
    """Draw an icon of the sprite. It is decoration: the words beside it say the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("vendor/lucide/icons.svg"), name
    )
