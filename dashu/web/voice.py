"""The guide to how we write, as a page: `docs/voice/` in the reader's language."""

import re
from functools import cache

from django.conf import settings
from markdown_it import MarkdownIt

# A line that is broken inside Chinese text is one line; a browser would show a space there.
_BROKEN_CHINESE = re.compile(r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff“「])")


@cache
def voice_guide(language: str) -> str:
    """Return the guide as HTML. :param language: one of `settings.LANGUAGES`. The text is our own and trusted."""
    text = (settings.BASE_DIR / "docs" / "voice" / f"{language}.md").read_text(encoding="utf-8")
    return MarkdownIt("commonmark").enable("table").render(_BROKEN_CHINESE.sub("", text))
