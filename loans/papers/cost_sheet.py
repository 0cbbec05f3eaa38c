"""The cost sheet of an offer as PDF, to read before anything is signed."""

from datetime import datetime

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from dashu.documents.papers import paper
from dashu.web.templatetags.dashu import percent
from dashu.web.writing import amount, plain
from loans.domain.cost_sheet import CostSheet
from loans.papers.contract import sheet_data, sheet_words


def cost_sheet_pdf(
    sheet: CostSheet, *, reference: str, product: str, lender: str, language: str, site: str, issued_at: datetime
) -> bytes:
    """
    Return the sheet in a language; the same arguments give the same bytes.

    :param reference: of the application. :param product: its name, in the language of the paper, as `lender`.
    :param site: the address of the installation, for the file's own notes.
    """
    with translation.override(language):
        data = {
            **sheet_data(sheet, lender=lender, language=language),
            "number": reference,
            "code": reference,
            "loan": [
                [gettext("Product"), plain(product)],
                [gettext("Amount lent"), amount(sheet.principal, sheet.currency)],
                [gettext("Day of payout"), date_format(sheet.starts_on, "DATE_FORMAT")],
                [gettext("Annual rate of the contract"), percent(sheet.annual_rate)],
                [gettext("Last due date"), date_format(sheet.last_due_on, "DATE_FORMAT")],
            ],
            "words": {
                **sheet_words(sheet),
                "title": gettext("Cost sheet"),
                "loan": gettext("The loan"),
                "number_line": gettext("Application %(reference)s") % {"reference": reference},
                "verify": "",  # of the box with the code, which this paper does not have
                "qr_alt": "",
                "note": gettext("This is not a contract. Nothing is owed before the contract is signed."),
            },
        }
    return paper("cost_sheet", data, verify_url=site, issued_at=issued_at)
