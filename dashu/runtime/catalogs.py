"""
Message catalogs without the GNU gettext programs: `python -m dashu.runtime.catalogs update|compile|check`.

The msgids are collected with Babel from Python and from templates; the catalogs lie in `locale/` and hold no dates
and no line numbers, so that two branches merge calmly. The compiled form goes to the data folder. English is its own
translation and is filled in, never typed.
"""

import argparse
import hashlib
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import generate_po, read_po
from django.utils.translation.template import templatize

from .home import SOURCE_DIR, Home

PACKAGES = ("dashu", "loans", "repayments", "collections_mgmt", "education")
PLURAL_FORMS = {
    "en": "nplurals=2; plural=(n != 1);",
    "zh_Hans": "nplurals=1; plural=0;",
    "zh_Hant": "nplurals=1; plural=0;",
}
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|(?<!%)%([sd])|\{(\w*)[^{}]*\}")

Key = tuple[str | None, str]


def collect(source: Path = SOURCE_DIR) -> Catalog:
    """Return every message that the code and the templates of `source` mark for translation."""
    found = Catalog()
    for path in _sources(source):
        for _line, message, comments, context in _messages_in(path):
            if message and message != ("", ""):
                found.add(message, auto_comments=comments, context=context)
    return found


def read_catalog(path: Path, locale: str) -> Catalog:
    """Return the catalog of a locale; an absent file is an empty catalog."""
    text = path.read_bytes() if path.exists() else b""
    return read_po(io.BytesIO(text), locale=locale, ignore_obsolete=True, abort_invalid=True)


def updated(found: Catalog, present: Catalog, locale: str) -> str:
    """Return the text of a catalog that has exactly the found messages, each with the translation it already had."""
    fresh = Catalog(locale=locale)
    for message in found:
        if not message.id:
            continue
        kept = present.get(_singular(message), message.context)
        fresh.add(
            message.id,
            string=_english(message) if locale == "en" else _kept_string(message, kept),
            auto_comments=message.auto_comments,
            flags={"fuzzy"} & (kept.flags if kept else set()),
            context=message.context,
        )
    lines = generate_po(fresh, omit_header=True, sort_by="message", no_location=True, ignore_obsolete=True, width=0)
    return _header(locale) + "".join(lines).rstrip() + "\n"


def problems(source: Path = SOURCE_DIR) -> list[str]:
    """Return one line for each way in which the catalogs are not complete, with the locales it is true of."""
    found = collect(source)
    locales: dict[str, list[str]] = {}
    for locale in PLURAL_FORMS:
        for problem in _problems_of(locale, source, found):
            locales.setdefault(problem, []).append(locale)
    return [f"{', '.join(names)}: {problem}" for problem, names in locales.items()]


def update(source: Path = SOURCE_DIR) -> None:
    found = collect(source)
    for locale in PLURAL_FORMS:
        path = _catalog_path(source, locale)
        present = read_catalog(path, locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(updated(found, present, locale), encoding="utf-8")
        blank = sum(1 for message in read_catalog(path, locale) if message.id and not _is_translated(message))
        print(f"{locale}: {len(found)} messages, {blank} to translate")  # noqa: T201


def compile_catalogs(target: Path, source: Path = SOURCE_DIR) -> int:
    """Write the binary catalogs below `target` where their text has changed; return how many were written."""
    written = 0
    for locale in PLURAL_FORMS:
        path = _catalog_path(source, locale)
        if not path.exists():
            continue
        binary = target / locale / "LC_MESSAGES" / "django.mo"
        stamp = binary.with_suffix(".stamp")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if binary.exists() and stamp.exists() and stamp.read_text() == digest:
            continue
        binary.parent.mkdir(parents=True, exist_ok=True)
        draft = binary.with_suffix(".draft")
        with draft.open("wb") as file:
            write_mo(file, read_catalog(path, locale))
        draft.replace(binary)
        stamp.write_text(digest)
        written += 1
    return written


def _catalog_path(source: Path, locale: str) -> Path:
    return source / "locale" / locale / "LC_MESSAGES" / "django.po"


def _header(locale: str) -> str:
    return (
        'msgid ""\n'
        'msgstr ""\n'
        f'"Language: {locale}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {PLURAL_FORMS[locale]}\\n"\n\n'
    )


def _sources(source: Path) -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((source / package).rglob("*")):
            is_template = "templates" in path.parts and path.suffix in {".html", ".txt"}
            if (path.suffix == ".py" and "migrations" not in path.parts) or is_template:
                yield path
    for path in sorted((source / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            yield path


def _messages_in(path: Path) -> Iterable[tuple]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What is not a message becomes runs of letters; within brackets their indentation means nothing.
        text = f"(\n{templatize(text, origin=str(path))}\n)"
    options = {"encoding": "utf-8"}
    return extract("python", io.BytesIO(text.encode()), KEYWORDS, ("Translators:",), options, strip_comment_tags=True)


def _singular(message: Message) -> str:
    return message.id[0] if isinstance(message.id, list | tuple) else message.id


def _strings(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, list | tuple) else [message.string or ""]


def _english(message: Message) -> str | tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else message.id


def _kept_string(message: Message, kept: Message | None) -> str | tuple[str, ...]:
    strings = _strings(kept) if kept else [""]
    return tuple(strings) if message.pluralizable else strings[0]


def _is_translated(message: Message) -> bool:
    return all(_strings(message))


def _placeholders(text: str) -> frozenset[str]:
    return frozenset("".join(groups) or "{}" for groups in PLACEHOLDER.findall(text))


def _keeps_placeholders(message: Message) -> bool:
    wordings = message.id if isinstance(message.id, list | tuple) else (message.id,)
    allowed = {_placeholders(wording) for wording in wordings}
    return all(_placeholders(string) in allowed for string in _strings(message))


def _problems_of(locale: str, source: Path, found: Catalog) -> Iterator[str]:
    path = _catalog_path(source, locale)
    if not path.exists():
        yield "there is no catalog; run `python -m dashu.runtime.catalogs update`"
        return
    present = read_catalog(path, locale)
    wanted = {_key(message) for message in found if message.id}
    held = {_key(message): message for message in present if message.id}
    for key in sorted(wanted - held.keys(), key=str):
        yield f"not in the catalog: {key[1]!r}"
    for key in sorted(held.keys() - wanted, key=str):
        yield f"no longer in the code: {key[1]!r}"
    for key in sorted(wanted & held.keys(), key=str):
        message = held[key]
        if message.fuzzy:
            yield f"fuzzy: {key[1]!r}"
        elif not _is_translated(message):
            yield f"not translated: {key[1]!r}"
        elif not _keeps_placeholders(message):
            yield f"other placeholders than {key[1]!r}: {_strings(message)!r}"
    if wanted == held.keys() and path.read_text(encoding="utf-8") != updated(found, present, locale):
        yield "not as `update` writes it; run `python -m dashu.runtime.catalogs update`"


def _key(message: Message) -> Key:
    return (message.context or None, _singular(message))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dashu.runtime.catalogs", description=__doc__)
    parser.add_argument("action", choices=["update", "compile", "check"])
    action = parser.parse_args(arguments).action
    if action == "update":
        update()
        return 0
    if action == "compile":
        compile_catalogs(Home.from_environment().locale)
        return 0
    lines = problems()
    for line in lines:
        print(line)  # noqa: T201
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
