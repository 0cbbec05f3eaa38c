"""The settlement certificate (结清证明) as PDF."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from dashu.documents.papers import paper
from repayments.papers.wording import TYPST_LANGUAGE, amount, day, plain


def certificate_pdf(
    facts: Mapping[str, Any], *, number: str, code: str, language: str, verify_url: str, issued_at: datetime
) -> bytes:
    """Return the certificate in a language. :param code: grouped, as it is printed."""
    with translation.override(language):
        data = _data(facts, number=number, code=code, language=language)
    return paper("settlement_certificate", data, verify_url=verify_url, issued_at=issued_at)


def _data(facts: Mapping[str, Any], *, number: str, code: str, language: str) -> dict[str, Any]:
    lang, region = TYPST_LANGUAGE[language]
    currency = facts["currency"]
    named = {
        "borrower": plain(facts["borrower"]),
        "lender": facts["lender"],
        "loan": facts["loan"],
        "principal": amount(facts["principal"], currency),
        "start": day(facts["starts_on"]),
        "day": day(facts["settled_on"]),
    }
    sentences = [
        gettext(
            "This is to certify that the loan of %(borrower)s under contract %(loan)s, of which %(principal)s were"
            " paid out on %(start)s, was paid off in full on %(day)s. Principal, interest, penalty interest and fees"
            " are paid; nothing is outstanding."
        )
        % named,
        gettext("From that day on, %(lender)s has no further claim under this contract.") % named,
    ]
    if facts["credit"]:
        sentences.append(
            gettext("%(credit)s that were paid beyond what was owed belong to the borrower and will be returned.")
            % {"credit": amount(facts["credit"], currency)}
        )
    return {
        "lender": facts["lender"],
        "number": number,
        "code": code,
        "typst_lang": lang,
        "typst_region": region,
        "title_tracking": 8 if lang == "zh" else 0.5,
        "indent": 2 if lang == "zh" else 0,
        "rows": [
            [gettext("Borrower"), named["borrower"]],
            [gettext("Contract number"), facts["loan"]],
            [gettext("Product"), facts["product"]],
            [gettext("Amount lent"), named["principal"]],
            [
                gettext("Contract period"),
                gettext("%(first)s to %(last)s") % {"first": named["start"], "last": day(facts["ends_on"])},
            ],
            [gettext("Paid off on"), named["day"]],
            [gettext("Outstanding"), amount(0, currency)],
        ],
        "words": {
            "title": gettext("Settlement certificate"),
            "number_line": gettext("Certificate number %(number)s") % {"number": number},
            "sentences": sentences,
            "issued": gettext("Issued on %(day)s") % {"day": day(facts["issued_on"])},
            "verify": gettext("Check this paper: scan the code, or enter it at the address below."),
            "note": gettext(
                "This paper was made by the lender's system and bears no seal. It says what the books said on the day"
                " of issue; whether it still stands is shown at the address above."
            ),
            "qr_alt": gettext("QR code of the page where this paper can be checked"),
        },
    }
