"""A class that a template names is one that our styles know."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Of the back office's kit, or read by scripts and tests only.
NOT_OURS = re.compile(r"^(js-.*|form-row|module|errornote|vTextField)$")


def test_every_class_of_a_page_has_a_style():
    known = _known("app.css")
    used = {
        (word, template.relative_to(ROOT).as_posix())
        for template in _pages()
        for word in _classes(template.read_text(encoding="utf-8"))
    }

    assert sorted((word, where) for word, where in used if word not in known) == []


def _pages() -> list[Path]:
    """The templates of who does not work here: the back office has a kit of its own."""
    below = ROOT / "templates"
    folders = [below / name for name in ("portal", "components", "account", "allauth", "mfa", "education", "web")]
    return [*below.glob("*.html"), *(page for folder in folders for page in folder.rglob("*.html"))]


def _known(name: str) -> set[str]:
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", (ROOT / "static" / "css" / name).read_text(encoding="utf-8")))


def _classes(text: str) -> set[str]:
    words: set[str] = set()
    for value in re.findall(r'\sclass="((?:[^"{]|\{[{%].*?[%}]\})*)"', text):
        # What a condition adds stays; what is completed, such as `status--{{ tone }}`, does not.
        whole = re.sub(r"\S*-(\{\{.*?\}\}|\{%.*?\{% endif %\})", " ", value)
        plain = re.sub(r"\S*\{\{.*?\}\}\S*", " ", re.sub(r"\{%.*?%\}", " ", whole))
        words |= {word for word in plain.split() if not word.endswith("-")}
    return {word for word in words if not NOT_OURS.match(word)}
