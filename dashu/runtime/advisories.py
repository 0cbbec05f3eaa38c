"""
`script/audit` without a network: the lock against advisories that somebody brought along.

DASHU_ADVISORIES names them, as OSV gives them away (`all.zip` of its ecosystem PyPI) or as a folder of such documents,
for example a copy of PyPA's advisory database. Whoever reads the answer is told how old what it rests on is.
"""

import json
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from dashu.runtime.sbom import LOCK, document

FOUND, NOT_AUDITED = 1, 2


@dataclass(frozen=True, slots=True)
class Fault:
    """A known fault of a package that the lock has, and in which versions it is mended."""

    package: str
    version: str
    advisory: str
    mended: tuple[str, ...]
    summary: str

    def __str__(self) -> str:
        mended = f"mended in {', '.join(self.mended)}" if self.mended else "not mended"
        return f"{self.package} {self.version}: {self.advisory}, {mended}. {self.summary}".rstrip()


def locked_versions() -> dict[str, set[str]]:
    """Return the versions of each package; the lock has several where machines differ."""
    found = defaultdict(set)
    for each in document()["components"]:
        found[str(canonicalize_name(each["name"]))].add(each["version"])
    return dict(found)


def advisories(place: Path) -> list[dict[str, Any]]:
    """Return every advisory on a package for Python that was not taken back."""
    told = (json.loads(text) for text in _documents(place))
    return [each for each in told if not each.get("withdrawn") and any(_of_python(each))]


def faults(locked: dict[str, set[str]], told: dict[str, Any]) -> Iterator[Fault]:
    for name, affected in _of_python(told):
        mended = tuple(event["fixed"] for events in _histories(affected) for event in events if "fixed" in event)
        for version in sorted(locked.get(name, ())):
            if version in affected.get("versions", ()) or any(
                is_faulty(version, events) for events in _histories(affected)
            ):
                yield Fault(name, version, told["id"], mended, told.get("summary", ""))


def is_faulty(version: str, events: list[dict[str, str]]) -> bool:
    """
    Go through what happened up to this version.

    What cannot be read as a version began before all of them, and mended nothing.
    """
    moments = [(_version(at), what) for event in events for what, at in event.items()]
    now, since = Version(version), False
    for at, what in sorted(moments, key=lambda moment: moment[0] or Version("0")):
        if what == "introduced":
            since = since or at is None or at <= now
        elif at is not None and (at <= now if what == "fixed" else at < now):
            since = False
    return since


def _documents(place: Path) -> Iterator[str]:
    if place.is_dir():
        yield from (path.read_text(encoding="utf-8") for path in sorted(place.rglob("*.json")))
        return
    with zipfile.ZipFile(place) as archive:
        yield from (archive.read(name).decode() for name in sorted(archive.namelist()) if name.endswith(".json"))


def _of_python(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for affected in told.get("affected", ()):
        package = affected.get("package", {})
        if package.get("ecosystem") == "PyPI":
            yield canonicalize_name(package["name"]), affected


def _histories(affected: dict[str, Any]) -> list[list[dict[str, str]]]:
    return [each["events"] for each in affected.get("ranges", ()) if each["type"] == "ECOSYSTEM"]


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def main(place: Path) -> int:
    locked = locked_versions()
    try:
        known = advisories(place)
        found = [fault for told in known for fault in faults(locked, told)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"NOT AUDITED: {place} cannot be read as advisories ({type(error).__name__}).\n")
        return NOT_AUDITED
    if not known:
        sys.stderr.write(f"NOT AUDITED: {place} has no advisory on a package for Python.\n")
        return NOT_AUDITED
    newest = max(str(told.get("modified", "")) for told in known)[:10]
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(
        f"{len(locked)} packages of {LOCK.name} against {len(known):,} advisories, the newest of {newest or 'no date'}:"
        f" {len(found) or 'no'} known vulnerabilities found\n"
    )
    return FOUND if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
