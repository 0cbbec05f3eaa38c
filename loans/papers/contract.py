"""The loan contract as PDF: who, what for, the whole cost sheet, the schedule, and the rights of the borrower."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.documents.papers import paper
from dashu.web.templatetags.dashu import percent
from dashu.web.writing import TYPST_LANGUAGE, amount, bare_amount, day, plain
from loans.disclosing import (
    contingent_rows,
    cost_rows,
    late_example,
    not_charged,
    part_title,
    schedule_rows,
    totals,
    yearly_cost,
)
from loans.domain.cost_sheet import CostSheet, NotCharged, Portion, digest_of, sheet_of
from loans.domain.guarantees import CLAIMED_WITHIN_MONTHS
from loans.selectors.product_previews import METHODS


class GuarantorSigned(TypedDict):
    """How a guarantor signed, see `Signature`."""

    at: str
    phone: str
    evidence: str


class Guarantor(TypedDict):
    """
    :param share: of the debt, a decimal fraction as text, "0.5" for a half. `id_number` is masked.
    :param signed: None or absent where the guarantor has not signed, as in contracts from before they did.
    """

    name: str
    id_number: str
    share: str
    signed: NotRequired[GuarantorSigned | None]


class Covenant(TypedDict):
    """:param by: the ISO date by which the promise is kept."""

    text: str
    by: str


class Entity(TypedDict):
    """The business that borrows. :param uscc: its unified social credit code, in full."""

    name: str
    uscc: str
    guarantors: Sequence[Guarantor]
    covenants: Sequence[Covenant]


class Card(TypedDict):
    """The card that is paid off. :param number: masked, as it is printed."""

    issuer: str
    number: str


class Complaints(TypedDict):
    """How to complain. :param regulator: who can be told where the lender's answer does not help."""

    phone: str
    hours: str
    address: str
    regulator: str
    regulator_phone: str


class Signature(TypedDict):
    """
    :param at: when it was signed, as ISO text with its offset.
    :param phone: masked; where the one-time code went.
    :param evidence: the digest of the evidence record.
    """

    name: str
    at: str
    phone: str
    evidence: str


class ContractFacts(TypedDict):
    """
    Everything that a contract says, as plain JSON in the language of the paper.

    :param number: of the contract.
    :param lender: its name in the language of the paper.
    :param id_number: of the borrower, masked.
    :param product: its name in the language of the paper.
    :param purpose: in words; "" where none was named.
    :param sheet: the document of `loans.domain.cost_sheet.CostSheet`; its digest is printed.
    :param cooling_off_days: after the payout; 0: none.
    :param entity: of a loan to a business.
    :param card: of a loan that pays off a card; then the sum goes to the issuer only.
    :param signature: None or absent for a contract that is not signed yet.
    """

    number: str
    lender: str
    borrower: str
    id_number: str
    product: str
    purpose: str
    sheet: dict[str, Any]
    cooling_off_days: int
    complaints: Complaints
    entity: NotRequired[Entity | None]
    card: NotRequired[Card | None]
    signature: NotRequired[Signature | None]


def sheet_data(sheet: CostSheet, *, lender: str, language: str) -> dict[str, Any]:
    """Return what a paper with a cost sheet says of it, in the language of the moment, which is `language`."""
    lang, region = TYPST_LANGUAGE[language]
    yearly = yearly_cost(sheet)
    return {
        "lender": lender,
        "typst_lang": lang,
        "typst_region": region,
        "title_tracking": 6 if lang == "zh" else 0.5,
        "yearly": [yearly.prominent, yearly.prominent_name, yearly.other, yearly.other_name],
        "costs": [[row.name, row.method, row.payee, row.amount] for row in cost_rows(sheet, lender=lender)],
        "contingent": [[row.name, row.method, row.payee] for row in contingent_rows(sheet, lender=lender)],
        "totals": [list(row) for row in totals(sheet)],
        "not_charged": not_charged(sheet),
        "schedules": [
            [part_title(sheet, part) if sheet.drawn else "", _schedule(sheet, part)] for part in sheet.portions
        ],
        "digest": digest_of(sheet.document),
    }


def contract_pdf(facts: ContractFacts, *, code: str, language: str, verify_url: str, issued_at: datetime) -> bytes:
    """
    Return the contract in a language; the same arguments give the same bytes.

    :param code: the verification code, grouped, as it is printed.
    :param language: "zh-hans", "zh-hant", or "en", which is a copy to read beside the Chinese contract.
    """
    with translation.override(language):
        data = _data(facts, code=code, language=language)
    return paper("loan_contract", data, verify_url=verify_url, issued_at=issued_at)


def _data(facts: ContractFacts, *, code: str, language: str) -> dict[str, Any]:
    sheet = sheet_of(facts["sheet"])
    return {
        **sheet_data(sheet, lender=facts["lender"], language=language),
        "number": facts["number"],
        "code": code,
        "parties": list(_parties(facts)),
        "loan": list(_loan(facts, sheet)),
        "guarantors": [
            [plain(one["name"]), plain(one["id_number"]), percent(Decimal(one["share"]))]
            for one in _entity_part(facts, "guarantors")
        ],
        "covenants": [[day(one["by"]), plain(one["text"])] for one in _entity_part(facts, "covenants")],
        "clauses": [[str(heading), text] for heading, text in _clauses(facts, sheet)],
        "signature": list(_signature(facts)),
        "digest": digest_of(facts["sheet"]),
        "words": _words(facts, sheet, language),
    }


def _parties(facts: ContractFacts) -> Iterator[list[str]]:
    yield [gettext("Lender"), facts["lender"]]
    entity = facts.get("entity")
    if entity:
        yield [gettext("Borrower"), plain(entity["name"])]
        yield [gettext("Unified social credit code"), plain(entity["uscc"])]
        yield [gettext("Represented by"), plain(facts["borrower"])]
    else:
        yield [gettext("Borrower"), plain(facts["borrower"])]
    yield [gettext("ID number"), plain(facts["id_number"])]


def _loan(facts: ContractFacts, sheet: CostSheet) -> Iterator[list[str]]:
    count = len(sheet.portions[0].rows)
    yield [gettext("Product"), plain(facts["product"])]
    yield [gettext("Amount lent"), amount(sheet.principal, sheet.currency)]
    if facts["purpose"]:
        yield [gettext("Purpose"), plain(facts["purpose"])]
    if not sheet.drawn:
        yield [gettext("Day of payout"), date_format(sheet.starts_on, "DATE_FORMAT")]
    for part in sheet.portions if sheet.drawn else ():
        words = {"amount": amount(part.principal, sheet.currency), "day": date_format(part.on, "DATE_FORMAT")}
        yield [
            gettext("Part %(number)s") % {"number": part.number},
            gettext("%(amount)s, paid out on %(day)s") % words,
        ]
    yield [gettext("Annual rate of the contract"), percent(sheet.annual_rate)]
    yield [
        gettext("Repayment"),
        (
            ngettext("%(method)s; %(count)s payment each part", "%(method)s; %(count)s payments each part", count)
            if sheet.drawn
            else ngettext("%(method)s; %(count)s payment", "%(method)s; %(count)s payments", count)
        )
        % {"method": METHODS.get(sheet.method, sheet.method), "count": count},
    ]
    yield [gettext("Last due date"), date_format(sheet.last_due_on, "DATE_FORMAT")]
    card = facts.get("card")
    if card:
        yield [gettext("Card paid off"), f"{plain(card['issuer'])} {plain(card['number'])}"]
        yield [gettext("Paid out to"), gettext("%(issuer)s only") % {"issuer": plain(card["issuer"])}]


def _entity_part(facts: ContractFacts, part: str) -> Sequence[Any]:
    entity: Any = facts.get("entity")
    return entity[part] if entity else ()


def _schedule(sheet: CostSheet, part: Portion) -> list[list[str]]:
    return [
        [
            str(number),
            due_on.isoformat(),
            *(bare_amount(minor, sheet.currency) or "0.00" for minor in amounts),
        ]
        for number, due_on, *amounts in schedule_rows(part.rows)
    ]


def _clauses(facts: ContractFacts, sheet: CostSheet) -> Iterator[tuple[Any, str]]:
    named = {"lender": facts["lender"], "principal": amount(sheet.principal, sheet.currency)}
    card = facts.get("card")
    if card:
        yield (
            _("Payout"),
            gettext(
                "%(lender)s pays %(principal)s in full to %(issuer)s, for this card and to nobody else. Nothing is"
                " taken out beforehand."
            )
            % {**named, "issuer": plain(card["issuer"])},
        )
    else:
        yield (
            _("Payout"),
            gettext(
                "%(lender)s pays %(principal)s in full to the borrower. Nothing is taken out beforehand; interest"
                " counts from the day on which the money is received."
            )
            % named,
        )
    if sheet.drawn:
        yield (
            _("Payout in parts"),
            gettext(
                "Each part is paid out on its day, and what is not paid out costs nothing. A later part is paid out"
                " only while nothing on the parts before it is overdue, every promise of this contract is kept, and"
                " what was agreed to and who signed are as at the signature; until then it waits, and the borrower is"
                " told why. A part that comes later begins later, with all of its dates, and interest counts from"
                " then. The borrower can say no to any part until it is paid out, without a reason and without cost;"
                " the contract goes on with the others."
            ),
        )
    yield (
        _("Only what is on the cost sheet"),
        gettext(
            "The cost sheet lists everything that this loan costs or can come to cost. What has no line there is not"
            " charged and is not owed."
        ),
    )
    days = facts["cooling_off_days"]
    if days and sheet.drawn:
        yield (
            _("Cooling-off"),
            ngettext(
                "The borrower can give each part back within %(days)s day after its payout, without a reason: the"
                " sum paid out is returned, no interest and no fee is owed on it, and the contract goes on with the"
                " others.",
                "The borrower can give each part back within %(days)s days after its payout, without a reason: the"
                " sum paid out is returned, no interest and no fee is owed on it, and the contract goes on with the"
                " others.",
                days,
            )
            % {"days": days},
        )
    elif days:
        yield (
            _("Cooling-off"),
            ngettext(
                "The borrower can give the loan back within %(days)s day after the payout, without a reason: the sum"
                " paid out is returned, no interest and no fee is owed, and the contract ends.",
                "The borrower can give the loan back within %(days)s days after the payout, without a reason: the sum"
                " paid out is returned, no interest and no fee is owed, and the contract ends.",
                days,
            )
            % {"days": days},
        )
    yield (
        _("Early repayment"),
        gettext("The borrower can repay all of it on any day. Interest is owed until then only, and no fee.")
        if NotCharged.EARLY_REPAYMENT in sheet.not_charged
        else gettext("The borrower can repay all of it on any day, at the fee of the cost sheet."),
    )
    yield (
        _("Late payment"),
        gettext(
            "What is paid late costs what the cost sheet says of a delay, and nothing else. Before a late payment is"
            " reported to the credit record, the borrower is told."
        ),
    )
    yield (
        _("When paying becomes hard"),
        gettext(
            "The borrower can ask for help before a due date or after it. %(lender)s answers with plans and what each"
            " of them costs; asking changes nothing by itself."
        )
        % named,
    )
    yield (
        _("Withdrawal"),
        gettext(
            "Until the payout the borrower can withdraw without cost. A person reviews any decision made by a program"
            " when the borrower asks for it."
        ),
    )
    yield (
        _("Complaints"),
        gettext(
            "Complaints are taken free of charge: by phone at %(phone)s, %(hours)s, or in writing to %(address)s. While"
            " one is open, nobody is pressed to pay what it is about. Where the answer does not help, the borrower can"
            " turn to %(regulator)s, %(regulator_phone)s."
        )
        % {name: plain(str(words)) for name, words in facts["complaints"].items()},
    )
    if _entity_part(facts, "guarantors"):
        yield (
            _("Guarantors"),
            gettext("Each guarantor answers for the share of the debt that is named beside the name, and for no more."),
        )
        yield (
            _("When a guarantor is asked to pay"),
            gettext(
                "%(lender)s claims from the business first, by court where needed. A guarantor is asked only for what"
                " cannot be got there, at the latest %(months)s months after the last due date. What a guarantor pays,"
                " the business owes to the guarantor."
            )
            % {**named, "months": CLAIMED_WITHIN_MONTHS},
        )


def _signature(facts: ContractFacts) -> Iterator[list[str]]:
    signature = facts.get("signature")
    if not signature:
        yield [gettext("Signed"), gettext("Not signed yet")]
        return
    moment = datetime.fromisoformat(signature["at"])
    yield [gettext("Signed by"), plain(signature["name"])]
    yield [gettext("Signed at"), moment.strftime("%Y-%m-%d %H:%M:%S %z")]
    yield [gettext("By one-time code to"), plain(signature["phone"])]
    yield [gettext("Evidence (SHA-256)"), plain(signature["evidence"])]
    for guarantor in _entity_part(facts, "guarantors"):
        if signed := guarantor.get("signed"):
            yield [gettext("Signed as guarantor by"), plain(guarantor["name"])]
            yield [gettext("Signed at"), datetime.fromisoformat(signed["at"]).strftime("%Y-%m-%d %H:%M:%S %z")]
            yield [gettext("By one-time code to"), plain(signed["phone"])]
            yield [gettext("Evidence (SHA-256)"), plain(signed["evidence"])]


def sheet_words(sheet: CostSheet) -> dict[str, Any]:
    """Return the fixed words of a cost sheet, in the language of the moment."""
    return {
        "cost_sheet": gettext("Cost sheet"),
        "yearly": gettext("All-in cost a year, when every payment is on time"),
        "costs": gettext("What you pay"),
        "cost_columns": [gettext("Cost"), gettext("How it is worked out"), gettext("Received by"), gettext("In all")],
        "contingent": gettext("What a delay or an event would cost"),
        "contingent_columns": [gettext("Cost"), gettext("How it is worked out"), gettext("Received by")],
        "late_example": late_example(sheet),
        "not_charged": gettext("What is not charged"),
        "schedule": gettext("Repayment schedule"),
        "currency": gettext("Amounts in %(currency)s") % {"currency": sheet.currency},
        "schedule_columns": [
            gettext("No."),
            gettext("Due date"),
            gettext("Principal"),
            gettext("Interest"),
            gettext("Fees"),
            gettext("To pay"),
            gettext("Balance"),
        ],
        "digest": gettext("SHA-256 of the cost sheet"),
    }


def _words(facts: ContractFacts, sheet: CostSheet, language: str) -> dict[str, Any]:
    return {
        "title": gettext("Loan contract"),
        "number_line": gettext("Contract number %(number)s") % {"number": facts["number"]},
        "copy": "" if language != "en" else gettext("A copy to read. The Chinese contract is the one that binds."),
        "parties": gettext("Parties"),
        "loan": gettext("The loan"),
        "guarantors": gettext("Guarantors"),
        "guarantor_columns": [gettext("Name"), gettext("ID number"), gettext("Share of the debt")],
        "covenants": gettext("What the business promises"),
        "covenant_columns": [gettext("By"), gettext("Promise")],
        **sheet_words(sheet),
        "clauses": gettext("What was agreed"),
        "signature": gettext("Signature"),
        "verify": gettext("Check this paper: scan the code, or enter it at the address below."),
        "note": gettext(
            "This paper was made by the lender's system. The figures are those of the cost sheet whose hash it bears."
        ),
        "qr_alt": gettext("QR code of the page where this paper can be checked"),
    }
