"""Files such as people send, good ones and ones that were made to do harm."""

import io
from collections.abc import Callable
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.generic import DictionaryObject, NameObject, TextStringObject


def pdf(change: Callable[[PdfWriter], Any] = lambda _writer: None, *, pages: int = 1, width: int = 200) -> bytes:
    """:param change: what is done to it before it is written. :param width: another width is another content."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width, 200)
    change(writer)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def picture(kind: str, width: int = 20, height: int = 20) -> bytes:
    written = io.BytesIO()
    Image.new("L", (width, height)).save(written, kind)
    return written.getvalue()


def runs_a_script(writer: PdfWriter) -> None:
    writer.add_open_action(JavaScript("app.alert(1)"))


def starts_a_program(writer: PdfWriter) -> None:
    action = {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)


def carries_a_file(writer: PdfWriter) -> None:
    writer.add_attachment("a.exe", b"MZ")


def needs_a_password(writer: PdfWriter) -> None:
    writer.encrypt("secret", algorithm="AES-256")


def forbids_changes(writer: PdfWriter) -> None:
    writer.encrypt("", "owner", algorithm="AES-256")
