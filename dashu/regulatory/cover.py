"""The cover sheet: what the pack holds, with the digest of each file, and from which closes it was made."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dashu.documents.papers import paper
from dashu.policy.rules import lender_names
from dashu.policy.selectors import PolicyRuleMissing
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section
from dashu.web.templatetags.dashu import lender_date
from dashu.web.writing import TYPST_LANGUAGE, plain


def cover_sheet(
    month: Month, sections: Sequence[Section], told: Mapping[str, Mapping[str, Any]], *, page: str
) -> bytes:
    """:param told: of each file its digest. :param page: the address at which packs are taken."""
    language = get_language() or "en"
    lang, region = TYPST_LANGUAGE[language]
    data = {
        "lender": _lender(month, language),
        "number": f"{month.first:%Y-%m}",
        "code": "",
        "typst_lang": lang,
        "typst_region": region,
        "sections": [
            {
                "title": section.title,
                "note": plain(section.note),
                "rows": _("%(count)s rows") % {"count": len(section.rows)},
                "files": [
                    {"name": name, "sha256": told[name]["sha256"]}
                    for name in (f"{section.code}.xlsx", f"{section.code}.csv")
                ],
            }
            for section in sections
        ],
        "words": {
            "title": _("Regulatory pack"),
            "month": _("From %(first)s to %(last)s")
            % {"first": lender_date(month.first), "last": lender_date(month.last)},
            "closed": _("Every date of the month is closed; the latest close ended on %(day)s.")
            % {"day": lender_date(month.closed_at)},
            "contents": _("What it holds"),
            "digest": _("The digests are SHA-256; the manifest repeats them for programs."),
            **dict.fromkeys(("verify", "qr_alt"), ""),  # of the box with the code, which the cover has none of
            "signed": _("Checked and signed for the lender"),
        },
    }
    return paper("regulatory_cover", data, verify_url=page, issued_at=month.closed_at)


def _lender(month: Month, language: str) -> str:
    """Return the lender's name; "" where the rules of the country do not have it yet."""
    try:
        return lender_names(month.last)[language]
    except PolicyRuleMissing:
        return ""
