"""
What a file is that somebody sends: known by its content and never by its name, and refused where it could do harm.

Whatever reads the file here may fail on one that was made to break it, in any way. So every failure of a reader is
the same refusal, and what costs memory or time is bounded before it is begun.
"""

import io
import re
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from PIL import Image
from pypdf import PdfReader, apply_configuration
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from dashu.kernel.errors import DomainError, _

MOST_BYTES = 10 * 1024 * 1024
MOST_MEGABYTES = MOST_BYTES // 1024**2
MOST_PIXELS = 40_000_000
MOST_PAGES = 500
MOST_OBJECTS = 20_000
MOST_VALUES = 1_000_000  # of all objects of a file together
MOST_SECONDS = 10.0
LONGEST_NAME = 100
# Of one packed part of a PDF: what lists its objects is far smaller, and pictures are not unpacked here.
MOST_UNPACKED = 8_000_000


class ContentType(StrEnum):
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


class Reason(StrEnum):
    """Why a file is refused."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TYPE = "type"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    ACTIVE = "active"
    PIXELS = "pixels"
    TOO_LONG = "too_long"
    MALWARE = "malware"
    LOST = "lost"


SENTENCES: Mapping[str, str] = {
    Reason.EMPTY: _("This file is empty. Please choose it again."),
    Reason.TOO_LARGE: _("A file may have at most %(most)s MB. A photo in lower quality is enough, if it can be read."),
    Reason.TYPE: _("We can read PDF files and photos (JPEG or PNG). Please send the paper as one of these."),
    Reason.UNREADABLE: _("This file cannot be opened. Please save or photograph the paper again and send that."),
    Reason.ENCRYPTED: _(
        "This PDF is protected with a password. Open it, print it into a new PDF without a password, and send that one."
    ),
    Reason.ACTIVE: _(
        "This PDF contains a program or other files, which we do not open. Print it into a new PDF and send that one."
    ),
    Reason.PIXELS: _("This picture is too large to be opened. Please take it again in a lower resolution."),
    Reason.TOO_LONG: _("This PDF has more pages or parts than we can look through. Please send the pages that matter."),
    Reason.MALWARE: _(
        "A check for harmful software stopped this file, so we deleted it. Please send the paper in another way, such"
        " as a photo of it."
    ),
    Reason.LOST: _("This file did not arrive in full. Please send it again."),
}


class DocumentRefused(DomainError):
    """The file cannot be taken; `details.reason` says why: one of `loans.domain.document_files.Reason`."""

    code = "document_refused"

    def __init__(self, reason: Reason) -> None:
        super().__init__(
            SENTENCES[reason], field="file", params={"most": MOST_MEGABYTES}, details={"reason": reason.value}
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """
    A file that was looked through.

    :param name: fit to be shown and to be saved under, with the one ending that its content has.
    """

    name: str
    content_type: ContentType
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def read_document(content: bytes, *, name: str) -> DocumentFile:
    """
    Look a file through.

    :param name: what its sender calls it; tells nothing of what it is.
    :raises DocumentRefused: see `Reason`.
    """
    if not content:
        raise DocumentRefused(Reason.EMPTY)
    if len(content) > MOST_BYTES:
        raise DocumentRefused(Reason.TOO_LARGE)
    content_type = _type_of(content)
    if content_type is ContentType.PDF:
        _look_through_pdf(content)
    else:
        _look_through_image(content, content_type)
    return DocumentFile(shown_name(name, content_type), content_type, content)


_MAGIC = (
    (b"%PDF-", ContentType.PDF),
    (b"\xff\xd8\xff", ContentType.JPEG),
    (b"\x89PNG\r\n\x1a\n", ContentType.PNG),
)


def _type_of(content: bytes) -> ContentType:
    for magic, content_type in _MAGIC:
        if content.startswith(magic):
            return content_type
    raise DocumentRefused(Reason.TYPE)


def _look_through_image(content: bytes, content_type: ContentType) -> None:
    """Every pixel is read, since a header alone proves nothing; how many there are is asked before."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG" if content_type is ContentType.JPEG else "PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DocumentRefused(Reason.PIXELS)
            image.load()
    except DocumentRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DocumentRefused(Reason.PIXELS) from error
    except Exception as error:
        raise DocumentRefused(Reason.UNREADABLE) from error


# What makes a PDF do something by itself, or carry other files. `/URI` links stay: they wait for a click.
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/XFA"})
_ACTIVE_KINDS = frozenset(
    {"/JavaScript", "/Launch", "/EmbeddedFile", "/GoToE", "/RichMedia", "/Rendition", "/SubmitForm", "/ImportData"}
)
# Also where no cross-reference leads: some programs find it there. Long enough not to occur by chance.
_ACTIVE_BYTES = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)\b")
_HEX_IN_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")


def _look_through_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-1024:]:
        raise DocumentRefused(Reason.UNREADABLE)
    try:
        with apply_configuration(
            zlib_maximum_output_length=MOST_UNPACKED,
            lzw_maximum_output_length=MOST_UNPACKED,
            run_length_maximum_output_length=MOST_UNPACKED,
        ):
            _look_at_objects(PdfReader(io.BytesIO(content), xref_stream_maximum_entries=MOST_OBJECTS * 10))
    except DocumentRefused:
        raise
    except Exception as error:
        raise DocumentRefused(Reason.UNREADABLE) from error
    if _ACTIVE_BYTES.search(_HEX_IN_NAME.sub(lambda found: bytes([int(found[1], 16)]), content)):
        raise DocumentRefused(Reason.ACTIVE)


def _look_at_objects(reader: PdfReader) -> None:
    # Many banks forbid changing a statement: such a file is encrypted, and opens with an empty password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentRefused(Reason.ENCRYPTED)
    if not 1 <= len(reader.pages) <= MOST_PAGES:
        raise DocumentRefused(Reason.TOO_LONG if len(reader.pages) else Reason.UNREADABLE)
    if any(_is_active(name, value) for name, value in _entries(reader)):
        raise DocumentRefused(Reason.ACTIVE)


def _is_active(name: str, value: Any) -> bool:
    return name in _ACTIVE_KEYS or (name in ("/S", "/Type", "/Subtype") and value in _ACTIVE_KINDS)


def _entries(reader: PdfReader) -> Iterator[tuple[str, Any]]:
    """Yield each entry of every dictionary in the file, whether a page shows it or not."""
    began, seen = time.monotonic(), 0
    for each in _objects(reader):
        waiting: list[Any] = [each]
        while waiting:
            value = waiting.pop()
            inner: list[Any] = list(value) if isinstance(value, ArrayObject) else []
            if isinstance(value, DictionaryObject):
                for name in value:
                    raw = value.raw_get(name)
                    yield str(name), raw.get_object() if isinstance(raw, IndirectObject) else raw
                    inner.append(raw)
            # What is only referred to has a number of its own and is looked at under that.
            waiting += [part for part in inner if isinstance(part, DictionaryObject | ArrayObject)]
            seen += 1 + len(inner)
            if seen > MOST_VALUES or time.monotonic() - began > MOST_SECONDS:
                raise DocumentRefused(Reason.TOO_LONG)


def _objects(reader: PdfReader) -> Iterator[Any]:
    yield reader.trailer
    numbers = {
        *((number, generation) for generation, table in reader.xref.items() for number in table if number),
        *((number, 0) for number in reader.xref_objStm),
    }
    if len(numbers) > MOST_OBJECTS:
        raise DocumentRefused(Reason.TOO_LONG)
    for number, generation in sorted(numbers):
        yield reader.get_object(IndirectObject(number, generation, reader))


_ENDINGS: Mapping[ContentType, tuple[str, ...]] = {
    ContentType.PDF: ("pdf",),
    ContentType.JPEG: ("jpg", "jpeg"),
    ContentType.PNG: ("png",),
}
_NOT_IN_NAMES = re.compile(r'[<>:"|?*.%;\s]+')


def shown_name(name: str, content_type: ContentType) -> str:
    """
    Return a name without folders, signs that cannot be seen, and every ending but the one that is true.

    "../pay\u202egpj.pdf.exe" that is a PDF becomes "paygpj_pdf_exe.pdf".
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(sign for sign in last if not unicodedata.category(sign).startswith("C"))
    stem, dot, ending = seen.rpartition(".")
    if not dot or ending.lower() not in _ENDINGS[content_type]:
        stem = seen
    stem = _NOT_IN_NAMES.sub("_", stem).strip("_-")[:LONGEST_NAME] or "document"
    return f"{stem}.{_ENDINGS[content_type][0]}"
