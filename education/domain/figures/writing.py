"""How a figure is written; the same in every language, but for days."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dashu.kernel.money import format_minor


def yuan(minor: int) -> str:
    """Write fen: 107200 → "¥1,072.00"."""
    whole, _, part = format_minor(minor, "CNY").partition(".")
    return f"¥{int(whole):,}.{part}"


def percent(fraction: Decimal) -> str:
    """Write a computed rate to two decimals: 0.130315 → "13.03%"."""
    return f"{(fraction * 100).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}%"


def quoted_percent(fraction: Decimal) -> str:
    """Write a rate as it is quoted, without empty decimals: 0.006 → "0.6%"."""
    return f"{(fraction * 100).normalize():f}%"


def share(part: int, whole: int) -> str:
    """Write which share of an amount another one is, to one decimal: 2,364 of 6,500 is "36.4%"."""
    return f"{(Decimal(part) * 100 / whole).quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)}%"


def day(on: date, language: str) -> str:
    """Write a day as the language does: 2026年9月15日, or September 15, 2026."""
    return f"{on:%B} {on.day}, {on.year}" if language == "en" else f"{on.year}年{on.month}月{on.day}日"
