"""Text and its ground keep WCAG AA's contrast (4.5 to 1, 3 to 1 for what is not text) in both color schemes."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[3] / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
LIGHT_CSS, DARK_CSS = CSS.split("@media (prefers-color-scheme: dark)")


def _colors(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


SCHEMES = {"light": _colors(LIGHT_CSS), "dark": _colors(DARK_CSS.split("/* The kit")[0])}
TEXT = [
    *((text, ground) for text in ("ink", "ink-soft", "leaf", "late-ink") for ground in ("ground", "surface", "sunken")),
    *((f"{tone}-ink", f"{tone}-tint") for tone in ("leaf", "calm", "soon", "late")),
    ("on-leaf", "leaf"),
    ("on-leaf", "leaf-strong"),
]
EDGES = [
    ("line-strong", "surface"),
    ("line-strong", "ground"),
    ("focus", "surface"),
    ("focus", "ground"),
    *((f"chart-{tone}", "surface") for tone in ("principal", "interest", "fee", "left", "other")),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("front", "back", "least"), [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in EDGES])
def test_contrast_is_enough(scheme, front, back, least):
    colors = SCHEMES[scheme]

    lighter, darker = sorted((_luminance(colors[front]), _luminance(colors[back])), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= least


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
