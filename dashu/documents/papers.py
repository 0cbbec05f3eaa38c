"""
PDF by Typst, from a template of this package and plain facts.

The facts travel as one JSON text that the template reads as data, so nothing in them is ever markup, whatever a
borrower is called. Only the committed font is used: a paper looks the same on every machine.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst

_FOLDER = Path(__file__).parent
_PAPERS, _FONTS = _FOLDER / "papers", _FOLDER / "fonts"


def paper(template: str, facts: Mapping[str, Any], *, verify_url: str, issued_at: datetime) -> bytes:
    """
    Return the PDF of a template with these facts. A sign that the font lacks is shown as an empty box.

    :param template: a file of `papers/` without its ending.
    :param verify_url: the address in the QR code.
    :param issued_at: the only moment the file knows; the same arguments give the same bytes.
    """
    data = {**facts, "verify_url": verify_url, "qr": _qr(verify_url)}
    return typst.compile(
        str(_PAPERS / f"{template}.typ"),
        root=str(_PAPERS),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
        timestamp=int(issued_at.timestamp()),
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


def _qr(text: str) -> str:
    return segno.make(text, error="m").svg_inline(border=0, dark="#14301f")
