"""How a figure is written; the same in every language."""

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
