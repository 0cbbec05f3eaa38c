"""
Metro 2: the base segment of a month, and the rules that hold across its fields.

Amounts are whole dollars, cents cut off. The history has the 24 months before the one that is reported, which the
account status tells.
"""

from collections.abc import Iterator, Mapping
from unicodedata import combining, normalize

from dashu.credit_reporting.domain.composing import Coding, Said
from dashu.credit_reporting.domain.facts import MonthFacts
from dashu.credit_reporting.domain.formats import FileFacts, Format, PersonFacts, Totals
from dashu.credit_reporting.domain.layouts import Layout

RDW = "0426"
STATUS_BY_CODE = {"0": "11", "1": "71", "2": "78", "3": "80", "4": "82", "5": "83", "6": "84"}
RATED = ("05", "13")  # statuses whose payment rating says how the account stood before
LATE = ("71", "78", "80", "82", "83", "84", "97")
CHARGED_OFF = ("97", "64")
CLOSED = ("05", "13", "64")
HISTORY = frozenset("0123456BDEL")
SOLD, FOR_LESS, MODIFIED, FORBEARANCE = "AH", "AU", "CO", "CP"
MONTHS = 24


def base_segment(layout: Layout, facts: MonthFacts, said: Said, coding: Coding) -> dict[str, str]:
    status = _status(facts, coding)
    history = said.grid[-MONTHS - 1 : -1][::-1]
    rating = history[0] if status in RATED and history[0] in "123456L" else ("0" if status in RATED else "")
    is_closed = status in CLOSED
    is_adverse = status in (*LATE, "64") or rating in tuple("123456L")
    return {
        "account": facts.number,
        "portfolio": "I",
        "account_type": "10" if facts.product_kind == "SME" else "01",
        "opened_on": layout.day(facts.opened_on),
        "lent": _dollars(facts.lent),
        "terms_duration": str(min(facts.periods, 999)),
        "terms_frequency": "M",
        "scheduled": _dollars(0 if is_closed else facts.due),
        "paid": _dollars(facts.paid),
        "account_status": status,
        "payment_rating": rating,
        "history": history,
        "special_comment": _comment(facts, status),
        "compliance": _compliance(said),
        "balance": _dollars(0 if is_closed else facts.balance),
        "past_due": _some_dollars(facts.overdue) if status in LATE else "0",
        "charge_off": _some_dollars(facts.charged_off) if status in CHARGED_OFF else "0",
        "as_of": layout.day(facts.month_end),
        "first_late_on": layout.day(said.first_late_on or said.late_before_on) if is_adverse else "",
        "closed_on": layout.day(facts.latest_paid_on or facts.month_end) if is_closed else "",
        "last_paid_on": layout.day(facts.latest_paid_on),
        "interest_type": "F",
        "ecoa": "1",
    }


def _status(facts: MonthFacts, coding: Coding) -> str:
    if facts.status == "SETTLED" and facts.charged_off:
        return "64"
    if facts.status == "ACTIVE":
        return STATUS_BY_CODE.get(facts.code, "11")
    return coding.states[facts.status]


def _comment(facts: MonthFacts, status: str) -> str:
    """Return the one comment that weighs most."""
    codes = {each.code for each in facts.happened}
    if status == "05":
        return SOLD
    if status in ("13", "64") and FOR_LESS in codes:
        return FOR_LESS
    return next((code for code in (MODIFIED, FORBEARANCE) if code in codes), "")


def _compliance(said: Said) -> str:
    if said.is_disputed:
        return "XB"
    if said.was_disputed:
        return "XC" if said.statement else "XH"
    return ""


def _dollars(minor: int) -> str:
    return str(max(0, minor) // 100)


def _some_dollars(minor: int) -> str:
    """Less than a dollar, where the status says that something is there, is told as one."""
    return str(max(1, minor // 100)) if minor > 0 else "0"


def problems_of(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield a field of a base segment and what does not agree with it, by the rules of the format."""
    status, rating = values.get("account_status", ""), values.get("payment_rating", "")
    amounts = {code: int(values.get(code) or 0) for code in ("balance", "past_due", "charge_off")}
    dates = {code: _day(values.get(code, "")) for code in ("first_late_on", "closed_on", "as_of", "opened_on")}
    if bool(rating) != (status in RATED):
        yield "payment_rating", "only_for_closed"
    if set(values.get("history", "")) - HISTORY or len(values.get("history", "")) != MONTHS:
        yield "history", "wrong_form"
    if status in CLOSED and amounts["balance"]:
        yield "balance", "ended_but_owed"
    if (status in LATE) != bool(amounts["past_due"]):
        yield "past_due", "does_not_fit_the_status"
    if (status in CHARGED_OFF) != bool(amounts["charge_off"]):
        yield "charge_off", "does_not_fit_the_status"
    is_adverse = status in (*LATE, "64") or rating in tuple("123456L")
    if is_adverse != bool(dates["first_late_on"]):
        yield "first_late_on", "does_not_fit_the_status"
    if dates["first_late_on"] and not dates["opened_on"] <= dates["first_late_on"] <= dates["as_of"]:
        yield "first_late_on", "outside_the_account"
    if (status in CLOSED) != bool(dates["closed_on"]):
        yield "closed_on", "does_not_fit_the_status"


def _day(text: str) -> str:
    """Return MMDDYYYY so that it can be compared; "" for no day."""
    return text[4:] + text[:4] if text.strip("0") else ""


def _person(person: PersonFacts) -> dict[str, str]:
    """Accents go, as the format has none; a name in other letters stays as it is, and is held back as wrong."""
    name = "".join(each for each in normalize("NFKD", person.name) if not combining(each))
    first, _space, last = name.rpartition(" ")
    born_on = f"{person.born_on:%m%d%Y}" if person.born_on else ""
    return {"surname": last.upper()[:25], "first_name": first.upper()[:20], "born_on": born_on, "ssn": ""}


def _frame(_layout: Layout, file: FileFacts, _line: int, action: str) -> dict[str, str]:
    is_replacement = action == "2"
    return {
        "rdw": RDW,
        "processing": "1",
        "correction": "1" if is_replacement else "0",
        "identification": file.institution,
    }


def _header(layout: Layout, file: FileFacts) -> dict[str, str]:
    return {
        "rdw": RDW,
        "record": "HEADER",
        "activity_on": layout.day(file.month_end),
        "made_on": layout.day(file.made_on),
        "reporter": file.lender,
        "vendor": "DASHU",
        "vendor_version": str(layout.version),
    }


def _trailer(_layout: Layout, _file: FileFacts, totals: Totals, _digest: str) -> dict[str, str]:
    by_status = {
        f"status_{value}": str(count) for (field, value), count in totals.counted.items() if field == "account_status"
    }
    born = totals.counted[("is_born_on_told", "1")]
    return {
        "rdw": RDW,
        "record": "TRAILER",
        "records": str(totals.records),
        "blocks": str(totals.records + 2),
        "born_all": str(born),
        "born": str(born),
        **by_status,
    }


METRO2 = Format(base_segment, _person, _frame, _header, _trailer, problems_of)
