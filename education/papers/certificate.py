"""The certificate of learning as PDF, in the language in which it was asked for."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from dashu.documents.codes import grouped
from dashu.documents.papers import paper
from dashu.kernel.dates import lender_date
from dashu.policy.rules import lender_names
from dashu.web.writing import TYPST_LANGUAGE, day, plain
from education.models import LearningCertificate
from education.selectors.published import lesson_of, published_slugs, shown_now
from education.skill_words import LEVELS, name_of_skill


def certificate_pdf(certificate: LearningCertificate, *, verify_url: str) -> bytes:
    """Return the file; the same certificate gives the same one as long as its lessons keep their titles."""
    with translation.override(certificate.language):
        data = _data(certificate)
    return paper("learning_certificate", data, verify_url=verify_url, issued_at=certificate.issued_at)


def _data(certificate: LearningCertificate) -> dict[str, Any]:
    lang, region = TYPST_LANGUAGE[certificate.language]
    on = lender_date(certificate.issued_at)
    published = shown_now()
    known = set(published_slugs(published))
    lessons = [
        lesson_of(slug, certificate.language, shown=published).title if slug in known else slug
        for slug in certificate.facts["lessons"]
    ]
    level = str(LEVELS.get(certificate.level, certificate.level))
    who = plain(certificate.name)
    said = (
        gettext("%(name)s has learned with us what belongs to “%(level)s”.") % {"name": who, "level": level}
        if who
        else gettext("Whoever shows this paper has learned with us what belongs to “%(level)s”.") % {"level": level}
    )
    return {
        "lender": lender_names(on)[certificate.language],
        "number": "",
        "code": grouped(certificate.code),
        "typst_lang": lang,
        "typst_region": region,
        "title_tracking": 8 if lang == "zh" else 0.5,
        "indent": 2 if lang == "zh" else 0,
        "lessons": [plain(title) for title in lessons],
        "skills": [name_of_skill(code) for code in certificate.facts["skills"]],
        "words": {
            "title": gettext("Certificate of learning"),
            "sentences": [
                said,
                gettext("Each question of these lessons was answered rightly, and rightly again days later."),
            ],
            "lessons": gettext("Lessons"),
            "skills": gettext("Skills"),
            "issued": gettext("Issued on %(day)s") % {"day": day(on.isoformat())},
            "verify": gettext("Check this paper: scan the code, or enter it at the address below."),
            "note": gettext(
                "This paper says what was learned, nothing about loans or payments. No loan and no help depends on it,"
                " and we never ask for it."
            ),
            "qr_alt": gettext("QR code of the page where this paper can be checked"),
        },
    }
