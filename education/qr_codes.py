"""QR codes on pages, as drawings within the page: nothing is fetched for them."""

import segno
from django.utils.safestring import SafeString, mark_safe


def qr(text: str) -> SafeString:
    """Draw a QR code that reads in light and in dark: its ground is always white."""
    drawn = segno.make(text, error="m").svg_inline(border=3, dark="#000", light="#fff", scale=4, omitsize=True)
    return mark_safe(drawn)  # noqa: S308 – the text is nothing but squares
