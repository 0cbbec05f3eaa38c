"""Help with the words of loans: a block whose terms can be pressed to read what they mean."""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from education.domain.glossary import Term
from education.domain.marking import marked
from education.domain.words import LANGUAGES

register = template.Library()

MOST = 10  # marks on one page: a page full of them is hard to read


class Explained(template.Node):
    """
    Mark the first occurrence of each term inside; what they mean stands after the block.

    Without scripts a mark leads to the glossary. The block is whole elements, since something is added behind it.
    """

    def __init__(self, nodes: NodeList) -> None:
        self.nodelist = nodes

    def render(self, context: Context) -> SafeString:
        html = self.nodelist.render(context)
        language = get_language() or ""
        # A part that htmx puts in leaves the marks to the page that it comes into.
        if language not in LANGUAGES or getattr(getattr(context, "request", None), "htmx", False):
            return html
        text, terms = marked(html, language, seen=_seen(context), most=MOST, mark=_mark)
        if not terms:
            return html
        return SafeString(text + render_to_string("education/glossary/_cards.html", {"terms": terms}))


@register.tag
def explained(parser: Parser, _token: Token) -> Explained:
    nodes = parser.parse(("endexplained",))
    parser.delete_first_token()
    return Explained(nodes)


def _seen(context: Any) -> set[str]:
    """Return what is marked on the page already: that of the request, since parts of a page have their own contexts."""
    request = getattr(context, "request", None)
    if request is None:
        return set()
    if not hasattr(request, "terms_marked"):
        request.terms_marked = set()
    seen: set[str] = request.terms_marked
    return seen


def _mark(term: Term, written: str) -> str:
    address = f"{reverse('education:glossary')}#{term.code}"
    mark = '<a class="term" href="{}" data-term="term-{}" aria-describedby="term-{}-says">{}</a>'
    return format_html(mark, address, term.code, term.code, SafeString(written))
