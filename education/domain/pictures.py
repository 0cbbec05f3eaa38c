"""
Images of lessons: taken only as what their pixels are, written anew, and never as the file that somebody sent.

What is kept is a small WebP picture without anything that its sender's camera or program had put beside the pixels.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any

from PIL import Image, ImageOps

from dashu.kernel.errors import DomainError, _

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 24_000_000
LEAST_WIDTH, MOST_WIDTH = 120, 1280
MOST_KEPT = 80 * 1024  # a page has to stay below 100 KB
CONTENT_TYPE = "image/webp"
LONGEST_ALT = 200

_QUALITIES = (82, 70, 58, 45)
_FORMATS = ("JPEG", "PNG", "WEBP")


class PictureRefused(DomainError):
    """The file is no picture that a lesson can show."""

    code = "picture_refused"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept. :param content: WebP."""

    content: bytes = field(repr=False)
    width: int
    height: int

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


def read_picture(content: bytes) -> Picture:
    """
    Look at what was sent and write its pixels anew, at most 1280 wide.

    :raises PictureRefused: it is empty, too large, no JPEG, PNG or WebP, cannot be opened, or stays too large.
    """
    if not content:
        raise _refused(_("This file is empty. Please choose it again."))
    if len(content) > MOST_BYTES:
        raise _refused(_("A picture may have at most %(most)s MB."), most=MOST_BYTES // 1024**2)
    image = _opened(content)
    if image.width < LEAST_WIDTH:
        raise _refused(_("This picture is too small: it needs at least %(least)s pixels across."), least=LEAST_WIDTH)
    if image.width > MOST_WIDTH:
        image = image.resize((MOST_WIDTH, max(1, image.height * MOST_WIDTH // image.width)))
    for quality in _QUALITIES:
        kept = _encoded(image, quality)
        if len(kept) <= MOST_KEPT:
            return Picture(kept, image.width, image.height)
    raise _refused(
        _("This picture stays too large for phones, even in lower quality. Choose a simpler or smaller one.")
    )


def figure_of(about: Mapping[str, Any], language: str) -> str:
    """Return the markup of an image, by what `images.yaml` says of it."""
    alt = escape(about["alt"][language])
    return (
        f'<figure class="lesson-image"><img src="{address_of(about["digest"])}" alt="{alt}"'
        f' width="{int(about["width"])}" height="{int(about["height"])}" loading="lazy" decoding="async"></figure>'
    )


def address_of(digest: str) -> str:
    """Return where an image is served, see `education.views.images`."""
    return f"/learn/images/{escape(digest)}.webp"


def _opened(content: bytes) -> Image.Image:
    """Every pixel is read, since a header alone proves nothing; how many there are is asked before."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _refused(_("This picture is too large to be opened. Please send it in a lower resolution."))
            image.load()
            upright = ImageOps.exif_transpose(image)
            return upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
    except PictureRefused:
        raise
    except Exception as error:  # a reader of pictures may fail in any way on one that was made to break it
        raise _refused(_("We can read pictures as JPEG, PNG or WebP. Please save it again as one of these.")) from error


def _encoded(image: Image.Image, quality: int) -> bytes:
    kept = io.BytesIO()
    image.save(kept, format="WEBP", quality=quality, method=4)
    return kept.getvalue()


def _refused(sentence: str, **params: int) -> PictureRefused:
    return PictureRefused(sentence, field="file", params=params)
