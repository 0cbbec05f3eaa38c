"""
Commands that read JSON documents on standard input and write as many JSON documents, one a line.

A document that is refused gives `{"error": {"code", "message", "field"}}` in its place; the others are answered, and
the command ends with 1.
"""

import json
import sys
from abc import abstractmethod
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.kernel.errors import DomainError, _

MAX_BYTES = 64 * 1024 * 1024


class InvalidJson(DomainError):
    """A document is not JSON, nests too deeply, or names a key twice."""

    code = "invalid_json"


class InvalidEncoding(DomainError):
    """The bytes are not UTF-8."""

    code = "invalid_encoding"


class InputTooLarge(DomainError):
    """Standard input holds more than one run takes."""

    code = "input_too_large"


class EmptyInput(DomainError):
    """Standard input holds no document."""

    code = "empty_input"


class JsonCommand(BaseCommand):
    """A subclass says in `answer` what one document gives; a `DomainError` raised there becomes its error."""

    requires_system_checks = []

    @abstractmethod
    def answer(self, document: Any) -> Any:
        """Return the answer to one parsed document."""

    def handle(self, *_args: Any, **options: Any) -> None:
        texts = split_documents(sys.stdin.buffer.read(MAX_BYTES + 1))
        refused = sum(not self._answered(text) for text in texts)
        if refused:
            raise CommandError(f"{refused} of {len(texts)} documents refused.", returncode=1)

    def _answered(self, text: bytes) -> bool:
        """Write the answer to one document, or why there is none; say whether there is one."""
        try:
            self._write(self.answer(parse(text)))
        except DomainError as error:
            self._write({"error": error.as_json()})
            return False
        return True

    def _write(self, answer: Any) -> None:
        text = json.dumps(answer, ensure_ascii=False)
        try:
            text.encode(getattr(self.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:  # a lone surrogate, or a terminal that is not UTF-8
            text = json.dumps(answer)
        self.stdout.write(text)


def split_documents(raw: bytes) -> list[bytes]:
    """
    Cut the input into documents: the whole of it when its first line opens something that it does not close, as
    pretty-printed JSON does, else each line that is not blank. Input that is empty or too large stays one document,
    which `parse` refuses.
    """
    if len(raw) > MAX_BYTES:
        return [raw]
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in raw.splitlines() if line.strip()]
    starts = sum(line.startswith(b"{") for line in lines)
    if len(lines) > 1 and starts <= 1 and _is_unfinished(lines[0]):
        return [raw]
    return lines or [b""]


def parse(raw: bytes) -> Any:
    """Return the value of one document. Decimals stay exact; a key that stands twice is refused."""
    if not raw:
        raise EmptyInput(_("There is no document to read. Send one JSON document, or one a line."))
    if len(raw) > MAX_BYTES:
        raise InputTooLarge(
            _("One run reads at most %(bound)s MB. Send the documents in several runs."),
            params={"bound": MAX_BYTES // 2**20},
        )
    try:
        return json.loads(
            raw.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_without_twins
        )
    except UnicodeDecodeError as error:
        raise InvalidEncoding(
            _("The document is not UTF-8: byte %(position)s cannot be read."), params={"position": error.start + 1}
        ) from error
    except RecursionError as error:
        raise InvalidJson(_("The document nests too deeply.")) from error
    except json.JSONDecodeError as error:
        raise InvalidJson(
            _("The document is not JSON: line %(line)s, column %(column)s."),
            params={"line": error.lineno, "column": error.colno},
        ) from error
    except ValueError as error:
        raise InvalidJson(_("The document holds a number with too many digits.")) from error


def _is_unfinished(line: bytes) -> bool:
    text = line.decode("utf-8", "replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text)
    except (RecursionError, ValueError):
        return False
    return False


def _no_constant(name: str) -> None:
    raise InvalidJson(_("%(name)s is not a JSON value."), params={"name": name})


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidJson(_("The key %(name)s stands twice in one object."), params={"name": name[:80]})
        found[name] = value
    return found
