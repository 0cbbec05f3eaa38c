"""The certificate that a plan of relief was paid to its end (还款方案完成证明) as PDF."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from collections_mgmt.papers.words import method_name
from dashu.documents.papers import paper
from dashu.web.writing import TYPST_LANGUAGE, amount, day, plain


def plan_certificate_pdf(
    facts: Mapping[str, Any], *, number: str, code: str, language: str, verify_url: str, issued_at: datetime
) -> bytes:
    """Return the certificate in a language. :param code: grouped, as it is printed."""
    with translation.override(language):
        data = _data(facts, number=number, code=code, language=language)
    return paper("settlement_certificate", data, verify_url=verify_url, issued_at=issued_at)


def _data(facts: Mapping[str, Any], *, number: str, code: str, language: str) -> dict[str, Any]:
    lang, region = TYPST_LANGUAGE[language]
    named = {
        "borrower": plain(facts["borrower"]),
        "loan": facts["loan"],
        "plan": facts["plan"],
        "accepted": day(facts["accepted_on"]),
        "completed": day(facts["completed_on"]),
    }
    return {
        "lender": facts["lender"],
        "number": number,
        "code": code,
        "typst_lang": lang,
        "typst_region": region,
        "title_tracking": 6 if lang == "zh" else 0.5,
        "indent": 2 if lang == "zh" else 0,
        "rows": [
            [gettext("Borrower"), named["borrower"]],
            [gettext("Contract number"), facts["loan"]],
            [gettext("Product"), facts["product"]],
            [gettext("Amount lent"), amount(facts["principal"], facts["currency"])],
            [gettext("Plan number"), facts["plan"]],
            [gettext("What was chosen"), method_name(facts["method"])],
            [gettext("Accepted on"), named["accepted"]],
            [gettext("Completed on"), named["completed"]],
        ],
        "words": {
            "title": gettext("Certificate of a completed plan"),
            "number_line": gettext("Certificate number %(number)s") % {"number": number},
            "sentences": [
                gettext(
                    "This is to certify that %(borrower)s agreed on plan %(plan)s for the loan under contract %(loan)s"
                    " on %(accepted)s and paid it to its end on %(completed)s."
                )
                % named,
                gettext("All that the plan asked for is paid, and the loan under this contract has ended."),
            ],
            "issued": gettext("Issued on %(day)s") % {"day": day(facts["issued_on"])},
            "verify": gettext("Check this paper: scan the code, or enter it at the address below."),
            "note": gettext(
                "This paper was made by the lender's system and bears no seal. It says what the books said on the day"
                " of issue; whether it still stands is shown at the address above."
            ),
            "qr_alt": gettext("QR code of the page where this paper can be checked"),
        },
    }
