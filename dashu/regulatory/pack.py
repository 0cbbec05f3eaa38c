"""
The pack of a month: a cover sheet, each section as a workbook and as CSV, and a manifest with their digests.

The same book gives the same bytes: nothing in it tells when it was taken, and no file knows another moment than the one
at which the last close of the month ended.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import translation

from dashu.audit import services as audit
from dashu.regulatory.cover import cover_sheet
from dashu.regulatory.months import Month, complete_month
from dashu.regulatory.sections import SECTIONS

FORMAT = 1
LANGUAGES = {"tw": "zh-hant", "us": "en"}
_MADE = (1980, 1, 1, 0, 0, 0)


def take_pack(file: BinaryIO, *, first: date, page: str, actor: str) -> Mapping[str, Any]:
    """
    Write the pack of a month as a ZIP, note who took it, and return its manifest.

    :param first: the first day of the month. :param page: the address at which packs are taken, for the cover.
    :raises MonthNotClosed: of the month something is still to come; nothing is written.
    """
    month = complete_month(first)
    manifest = write_pack(file, month, page=page)
    audit.record(
        action="regulatory.pack_taken",
        subject_type="regulatory_pack",
        subject_id=f"{first:%Y-%m}",
        actor=actor,
        data={"sha256": {name: told["sha256"] for name, told in manifest["files"].items()}},
    )
    return manifest


def write_pack(file: BinaryIO, month: Month, *, page: str) -> Mapping[str, Any]:
    """Write the pack of a month that is complete."""
    name = f"regulatory-{month.first:%Y-%m}"
    with translation.override(language()), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        sections = [section(month) for section in SECTIONS]
        told: dict[str, dict[str, Any]] = {}

        def add(part: str, content: bytes, **more: Any) -> None:
            archive.writestr(zipfile.ZipInfo(f"{name}/{part}", _MADE), content, zipfile.ZIP_DEFLATED)
            told[part] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), **more}

        for section in sections:
            add(f"{section.code}.xlsx", section.as_workbook(issued_at=month.closed_at), rows=len(section.rows))
            add(f"{section.code}.csv", section.as_csv(), rows=len(section.rows))
        add("00-cover.pdf", cover_sheet(month, sections, told, page=page))
        manifest = _manifest(month, told)
        content = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
        archive.writestr(zipfile.ZipInfo(f"{name}/manifest.json", _MADE), content, zipfile.ZIP_DEFLATED)
    return manifest


def language() -> str:
    """Return the language of the country whose rules the lender keeps."""
    return LANGUAGES.get(settings.LENDER_POLICY_PACK, "zh-hans")


def _manifest(month: Month, told: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "month": f"{month.first:%Y-%m}",
        "policy_pack": settings.LENDER_POLICY_PACK,
        "language": language(),
        "closes": [
            {"date": each.on.isoformat(), "times_closed": each.times, "ended_at": each.ended_at.isoformat()}
            for each in month.closes
        ],
        "files": dict(sorted(told.items())),
    }
