"""
A loan that another system hands over in the middle of its life: its own rows, its balances, and what happened before.

Nothing is computed anew. The rows are taken as they are, and what the file states must agree with itself: the open rows
make up the principal, and those that are due make up the interest and the fees. A loan of which that is not true is
refused, since afterwards nobody could say which of the figures is wrong.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from dashu.finance.arrears import arrears_of
from dashu.finance.installments import Installment
from dashu.finance.loan import InterestBasis
from dashu.kernel.errors import _
from dashu.kernel.money import format_minor
from dashu.tapes.errors import (
    BadValue,
    BalanceDisagrees,
    DailyInterest,
    DaysDisagree,
    HistoryDisagrees,
    NothingOutstanding,
    OpenMoreThanDemanded,
    RowsOutOfOrder,
)
from dashu.tapes.models import EarlierEvent, Handover, HandoverRow
from loans.domain.terms import ProductRules
from repayments.services.open_loans import Opening

PARTS = ("principal", "interest", "fee")
MONEY = (EarlierEvent.Kind.PAYMENT, EarlierEvent.Kind.RETURNED)
MOST_ROWS = 600


def own_rows(loan: Mapping[str, Any], rules: ProductRules) -> Opening:
    """
    Return the opening of a loan that is handed over at the end of `starts_on`.

    :param loan: its fields, with `rows` and `history` as lists of theirs.
    :raises RowRefused: what is stated contradicts itself.
    """
    if rules.interest_basis is InterestBasis.DAILY:
        raise DailyInterest(
            _("Interest of this product runs daily and is not in the rows. Use a mapping with level_takeover.")
        )
    rows = sorted(loan["rows"], key=lambda row: row["number"])
    _refuse_unfit(loan)
    _refuse_disorder(loan, rows)
    _refuse_more_than_demanded(rows)
    _refuse_other_sums(loan, rows)
    _refuse_history(loan)
    installments = tuple(
        Installment(
            row["number"],
            row["due_on"],
            *(row[part] for part in PARTS),
            *(row[part] - row[f"open_{part}"] for part in PARTS),
            period_from=loan["lent_on"] if row["number"] == 1 else None,
        )
        for row in rows
    )
    _refuse_other_days(loan, installments, rules)
    return Opening(
        external_id=loan["external_id"],
        borrower_external_id=loan["borrower"],
        borrower_name=loan["borrower_name"] or loan["borrower"],
        starts_on=loan["starts_on"],
        principal=loan["principal"],
        annual_rate=loan["annual_rate"],
        installments=installments,
        interest_through=loan["starts_on"],
        penalty=loan["penalty_due"],
        credit=loan["credit"],
        lent=loan["lent"],
        lent_on=loan["lent_on"],
        penalty_annual_rate=loan["penalty_annual_rate"],
    )


def kept_of(
    source: str, loan: Mapping[str, Any], loan_id: int, actor: str
) -> tuple[Handover, list[HandoverRow], list[EarlierEvent]]:
    """Return what is kept of a loan as it was handed over, not yet written."""
    handover = Handover(
        loan_id=loan_id,
        source=source,
        taken_over_on=loan["starts_on"],
        principal_minor=loan["principal"],
        interest_minor=loan["interest_due"],
        fee_minor=loan["fee_due"],
        penalty_minor=loan["penalty_due"],
        credit_minor=loan["credit"],
        days_past_due=loan["days_past_due"],
        digest=digest_of(loan),
        imported_by=actor,
    )
    rows = [
        HandoverRow(
            handover=handover,
            number=row["number"],
            due_on=row["due_on"],
            **{f"{part}_minor": row[part] for part in PARTS},
            **{f"open_{part}_minor": row[f"open_{part}"] for part in PARTS},
        )
        for row in loan["rows"]
    ]
    history = [
        EarlierEvent(
            handover=handover,
            position=position,
            happened_on=event["happened_on"],
            kind=event["kind"],
            **{f"{part}_minor": event[part] for part in ("amount", *PARTS, "penalty", "credit")},
            reference=event["reference"] or "",
            note=event["note"] or "",
        )
        for position, event in enumerate(sorted(loan["history"], key=lambda one: one["happened_on"]), start=1)
    ]
    return handover, rows, history


def digest_of(loan: Mapping[str, Any]) -> str:
    """Return a digest of everything that was stated of a loan, the order of its rows apart."""
    stated = {**loan, "rows": sorted(loan["rows"], key=lambda row: row["number"])}
    return hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode()).hexdigest()


def _refuse_unfit(loan: Mapping[str, Any]) -> None:
    """Refuse what cannot be kept as it is stated: an empty or overlong text, a rate finer than a millionth."""
    texts = [(name, loan[name], most, True) for name, most in (("external_id", 40), ("borrower", 80))]
    texts.append(("borrower_name", loan["borrower_name"], 100, False))
    for event in loan["history"]:
        texts += [("reference", event["reference"], 80, False), ("note", event["note"], 200, False)]
    for name, text, most, is_needed in texts:
        if len(text or "") > most or (is_needed and not text):
            raise BadValue(
                _("%(name)s must have between %(least)s and %(most)s characters."),
                field=name,
                params={"name": name, "least": int(is_needed), "most": most},
            )
    for name in ("annual_rate", "penalty_annual_rate"):
        if loan[name] is not None and (loan[name] > 10 or loan[name] != loan[name].quantize(Decimal("0.000001"))):
            raise BadValue(
                _("%(name)s is a fraction up to 10 with at most 6 decimals."), field=name, params={"name": name}
            )


def _refuse_disorder(loan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    days = [loan["lent_on"], *(row["due_on"] for row in rows)]
    is_numbered = [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    if not 0 < len(rows) <= MOST_ROWS or not is_numbered or days != sorted(set(days)):
        raise RowsOutOfOrder(
            _(
                "The rows of a loan are all its installments, the paid ones too: numbered from 1 without gaps, each due"
                " after the one before and after the loan was lent."
            ),
            field="external_id",
        )
    if loan["lent_on"] > loan["starts_on"]:
        raise RowsOutOfOrder(_("The loan is taken over before it was lent."), field="starts_on")


def _refuse_more_than_demanded(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        if any(row[f"open_{part}"] > row[part] for part in PARTS):
            raise OpenMoreThanDemanded(
                _("More of installment %(number)s is open than it demands."),
                field="external_id",
                params={"number": row["number"]},
            )


def _refuse_other_sums(loan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    due = [row for row in rows if row["due_on"] <= loan["starts_on"]]
    sums = {
        "principal": sum(row["open_principal"] for row in rows),
        "interest_due": sum(row["open_interest"] for row in due),
        "fee_due": sum(row["open_fee"] for row in due),
    }
    sentences = {
        "principal": _("The open rows carry %(rows)s of principal, the loan states %(stated)s."),
        "interest_due": _("The open rows that are due carry %(rows)s of interest, the loan states %(stated)s."),
        "fee_due": _("The open rows that are due carry %(rows)s of fees, the loan states %(stated)s."),
    }
    for field, carried in sums.items():
        if carried != loan[field]:
            params = {"rows": format_minor(carried), "stated": format_minor(loan[field])}
            raise BalanceDisagrees(sentences[field], field=field, params=params)
    if not loan["penalty_due"] and not any(row[f"open_{part}"] for row in rows for part in PARTS):
        raise NothingOutstanding(_("Nothing is left of this loan."), field="principal")
    if not loan["lent"]:
        raise NothingOutstanding(_("Nothing is lent: the principal is 0."), field="lent")


def _refuse_other_days(loan: Mapping[str, Any], installments: Sequence[Installment], rules: ProductRules) -> None:
    stated = loan["days_past_due"]
    counted = arrears_of(installments, loan["starts_on"], tolerance_bps=rules.tolerance_bps).days_past_due
    if stated is not None and stated != counted:
        raise DaysDisagree(
            _(
                "The loan states %(stated)s days past due, its oldest open row makes it %(counted)s. Put the rows"
                " right, or leave the days empty where the other system counts otherwise."
            ),
            field="days_past_due",
            params={"stated": stated, "counted": counted},
        )


def _refuse_history(loan: Mapping[str, Any]) -> None:
    for event in loan["history"]:
        if event["happened_on"] > loan["starts_on"]:
            raise HistoryDisagrees(
                _("What happened on %(on)s lies after the takeover. Book it as a payment or an act instead."),
                field="external_id",
                params={"on": event["happened_on"]},
            )
        parts = sum(event[part] for part in (*PARTS, "penalty", "credit"))
        if event["kind"] in MONEY and parts not in (0, event["amount"]):
            raise HistoryDisagrees(
                _("The payment of %(on)s is %(amount)s, its parts are %(parts)s."),
                field="external_id",
                params={
                    "on": event["happened_on"],
                    "amount": format_minor(event["amount"]),
                    "parts": format_minor(parts),
                },
            )
