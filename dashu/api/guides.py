"""The guides of `docs/api/` as pages, for the people who write programs for the API; in English, as programs are."""

import posixpath
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nh3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

FOLDER = settings.BASE_DIR / "docs" / "api"
INDEX = "README.md"
_TAGS = {
    *("h1", "h2", "h3", "p", "strong", "em", "a", "code", "pre", "ul", "ol", "li", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Guide:
    """:ivar html: without anything that could act, whatever stands in the file."""

    title: str
    html: str


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """Answer the page that leads to all guides."""
    return render(request, "api/guide.html", {"guide": read_guide(INDEX), "is_index": True})


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    file = {_name_of(each): each for each in guide_files()}.get(name)
    if file is None:
        raise Http404(name)
    return render(request, "api/guide.html", {"guide": read_guide(file), "is_index": False})


@cache
def guide_files() -> tuple[str, ...]:
    """Return the files below the folder, without the one that leads to all of them."""
    found = (each.relative_to(FOLDER).as_posix() for each in sorted(FOLDER.rglob("*.md")))
    return tuple(each for each in found if each != INDEX)


@cache
def read_guide(file: str) -> Guide:
    """:param file: a path below the folder of the guides."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    title = _TITLE.search(text)
    return Guide(title[1] if title else _name_of(file), as_html(text, file=file))


def as_html(text: str, *, file: str = INDEX) -> str:
    """Return a guide as HTML. :param file: where it stands, from which its links to other files lead."""
    parser = MarkdownIt("commonmark").enable("table")
    html = parser.render(text)
    attributes = {"a": {"href"}}
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes=attributes,
        url_schemes={"https"},
        attribute_filter=lambda _tag, _name, value: _address(value, file=file),
    )
    # What is wider than a phone is moved under the finger, and by the keyboard.
    safe = safe.replace("<pre>", '<pre class="scroll" tabindex="0">')
    return safe.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", "</table></div>")


def _address(link: str, *, file: str) -> str | None:
    """Return where a link of a file leads on the site; None for files that are no pages of it."""
    if link.startswith(("https://", "/", "#")):
        return link
    path, _hash, anchor = link.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
    if target == INDEX:
        return reverse("api_guides")
    if target not in guide_files():
        return None
    return reverse("api_guide", args=[_name_of(target)]) + (f"#{anchor}" if anchor else "")


def _name_of(file: str) -> str:
    """The guide to a package bears the name of its folder."""
    path = Path(file)
    return path.parent.name if path.name == INDEX and path.parent.name else path.stem
