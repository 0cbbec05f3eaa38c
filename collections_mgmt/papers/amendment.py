"""The amendment of a loan contract by a plan of relief (贷款合同变更协议) as PDF."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from collections_mgmt.papers.words import method_name
from dashu.documents.papers import paper
from dashu.web.templatetags.dashu import percent, percent_shown
from dashu.web.writing import TYPST_LANGUAGE, amount, bare_amount, day, plain, short_day
from loans.domain.cost_sheet import sheet_of


def amendment_pdf(
    facts: Mapping[str, Any], *, number: str, code: str, language: str, verify_url: str, issued_at: datetime
) -> bytes:
    """Return the amendment in a language. :param code: grouped, as it is printed."""
    with translation.override(language):
        data = _data(facts, number=number, code=code, language=language)
    return paper("loan_amendment", data, verify_url=verify_url, issued_at=issued_at)


def _data(facts: Mapping[str, Any], *, number: str, code: str, language: str) -> dict[str, Any]:
    lang, region = TYPST_LANGUAGE[language]
    currency = facts["currency"]
    return {
        "lender": facts["lender"],
        "number": number,
        "code": code,
        "typst_lang": lang,
        "typst_region": region,
        "title_tracking": 6 if lang == "zh" else 0.5,
        "parties": [
            [gettext("Lender"), facts["lender"]],
            [gettext("Borrower"), plain(facts["borrower"])],
            [gettext("Contract number"), facts["loan"]],
            [gettext("Product"), facts["product"]],
            [gettext("Plan number"), facts["plan"]],
        ],
        "change": list(_change(facts)),
        "rows": [
            [
                str(place),
                short_day(on),
                bare_amount(principal + interest + fee, currency),
                bare_amount(principal, currency),
                bare_amount(interest, currency),
                bare_amount(fee, currency),
            ]
            for place, (_number, on, principal, interest, fee) in enumerate(facts["rows"], start=1)
        ],
        "clauses": list(_clauses(facts)),
        "signature": [
            [gettext("Accepted by"), plain(facts["borrower"])],
            [gettext("Accepted at"), _moment(facts["accepted_at"])],
            [gettext("One-time code sent to"), facts["phone"]],
            [gettext("Digest of the evidence (SHA-256)"), facts["evidence_digest"]],
        ],
        "digest": facts["offer_digest"],
        "words": {
            "title": gettext("Amendment of the loan contract"),
            "number_line": gettext("Amendment number %(number)s") % {"number": number},
            "parties": gettext("Who it is between"),
            "change": gettext("What changes"),
            "schedule": gettext("The schedule from now on"),
            "currency": gettext("Amounts in %(currency)s") % {"currency": currency},
            "columns": [
                gettext("No."),
                gettext("Due date"),
                gettext("To be paid"),
                gettext("Principal"),
                gettext("Interest"),
                gettext("Fees"),
            ],
            "total": gettext("Together %(amount)s") % {"amount": amount(_asked(facts["rows"]), currency)},
            "clauses": gettext("What was agreed"),
            "signature": gettext("Signature"),
            "digest": gettext("Digest of what was accepted (SHA-256)"),
            "verify": gettext("Check this paper: scan the code, or enter it at the address below."),
            "note": gettext(
                "This paper was made by the lender's system and bears no seal. It says what the books said on the day"
                " of issue; whether it still stands is shown at the address above."
            ),
            "qr_alt": gettext("QR code of the page where this paper can be checked"),
        },
    }


def _asked(rows: Sequence[Sequence[Any]]) -> int:
    return sum(principal + interest + fee for _number, _on, principal, interest, fee in rows)


def _change(facts: Mapping[str, Any]) -> Iterator[list[str]]:
    currency, figures = facts["currency"], facts["figures"]
    yield [gettext("What was chosen"), method_name(facts["method"])]
    if "consolidation" in figures:
        yield from _joined(figures["consolidation"], facts["loan"], currency)
    if figures["first_due_on"]:
        yield [
            gettext("First payment"),
            gettext("%(amount)s on %(day)s")
            % {"amount": amount(figures["first_minor"], currency), "day": day(figures["first_due_on"])},
        ]
        yield [gettext("Highest payment"), amount(figures["highest_minor"], currency)]
        yield [gettext("Last payment"), day(figures["ends_on"])]
    if figures["penalty_minor"]:
        yield [gettext("Penalty interest due now"), amount(figures["penalty_minor"], currency)]
    yield [gettext("Paid in all from now on"), amount(figures["total_minor"], currency)]
    yield [gettext("Before this change"), amount(figures["total_before_minor"], currency)]
    if facts["given_up"]:
        yield [gettext("Given up by the lender"), amount(facts["given_up"], currency)]


def _joined(joined: Mapping[str, Any], number: str, currency: str) -> Iterator[list[str]]:
    """Say which loans end and for how much, which one begins, and all that this one costs."""
    sheet = sheet_of(joined["cost_sheet"])
    for each in joined["ends"]:
        yield [
            gettext("Loan %(number)s ends") % {"number": each["loan"]},
            gettext("%(amount)s, at %(rate)s a year")
            % {"amount": amount(each["minor"], currency), "rate": percent(Decimal(each["annual_rate"]))},
        ]
    yield [
        gettext("Loan %(number)s begins") % {"number": number},
        gettext("%(amount)s, at %(rate)s a year")
        % {"amount": amount(sheet.principal, currency), "rate": percent(sheet.annual_rate)},
    ]
    yield [gettext("Its interest in all"), amount(sheet.interest, currency)]
    yield [gettext("Its fees"), amount(sheet.fees, currency)]
    yield [gettext("All it costs a year, simple"), percent_shown(sheet.simple_rate)]
    yield [gettext("All it costs a year, compounded"), percent_shown(sheet.effective_rate)]
    yield [gettext("Penalty interest, if a payment is late"), percent(sheet.late.annual_rate)]


def _clauses(facts: Mapping[str, Any]) -> Iterator[list[str]]:
    currency, figures = facts["currency"], facts["figures"]
    joins = "consolidation" in figures
    yield [
        gettext("What changes"),
        gettext(
            "On the day of acceptance the new loan pays the others off, and they end; no money changes hands, and no"
            " fee for paying early is charged. The new loan is paid by the schedule above."
        )
        if joins
        else gettext(
            "From the day of acceptance on, the loan is paid by the schedule above. It takes the place of what was left"
            " of the earlier schedule; all else in the contract stays as it is."
        ),
    ]
    yield [gettext("What it costs"), _cost(figures["extra_minor"], figures["extra_interest_minor"], currency)]
    if facts["withdraw_days"]:
        yield [
            gettext("Taking it back"),
            _taking_back(joins) % {"day": day(facts["withdraw_until"])},
        ]
    late = ngettext(
        "If a payment is more than %(days)s day late, the plan is broken.",
        "If a payment is more than %(days)s days late, the plan is broken.",
        facts["broken_days"],
    ) % {"days": facts["broken_days"]}
    cured = ngettext(
        "What is late, paid within %(days)s day from then on, lets it go on.",
        "What is late, paid within %(days)s days from then on, lets it go on.",
        facts["cure_days"],
    ) % {"days": facts["cure_days"]}
    ended = (
        gettext("Otherwise the plan ends, and what the lender gave up is owed again.")
        if facts["given_up"]
        else gettext("Otherwise the plan ends; the schedule above stays.")
    )
    joint = "" if (translation.get_language() or "").startswith("zh") else " "
    yield [gettext("If a payment is missed"), joint.join([late, cured, ended])]
    if facts["observed_until"]:
        yield [gettext("Your credit record"), _record(facts)]


def _taking_back(joins: bool) -> str:
    if joins:
        return gettext(
            "The borrower can take this back up to %(day)s, as long as nothing was paid on the new loan. Then the loans"
            " that it paid off run on as if nothing had been changed."
        )
    return gettext(
        "The borrower can take this back up to %(day)s, as long as nothing was paid after acceptance. Then the loan is"
        " as if nothing had been changed."
    )


def _cost(extra: int, interest: int, currency: str) -> str:
    if extra > 0:
        return gettext(
            "In all %(extra)s more is paid than by the earlier schedule; the interest in it rises by %(interest)s."
        ) % {"extra": amount(extra, currency), "interest": amount(max(0, interest), currency)}
    if extra < 0:
        return gettext("In all %(less)s less is paid than by the earlier schedule.") % {
            "less": amount(-extra, currency)
        }
    return gettext("In all as much is paid as by the earlier schedule.")


def _record(facts: Mapping[str, Any]) -> str:
    reported = (
        gettext("This changes the contract and may be reported to the credit register as the special event %(code)s.")
        % {"code": facts["credit_event"]}
        if facts["credit_event"]
        else gettext("This changes the contract and may be reported to the credit register.")
    )
    observed = gettext(
        "The lender observes the loan up to %(day)s at least and keeps it in a more careful class for so long; a missed"
        " payment begins this time anew."
    ) % {"day": day(facts["observed_until"])}
    joint = "" if (translation.get_language() or "").startswith("zh") else " "
    return joint.join([reported, observed])


def _moment(text: str) -> str:
    return date_format(datetime.fromisoformat(text), "DATETIME_FORMAT")
