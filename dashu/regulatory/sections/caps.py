"""
The running loans by how near they are to the cap of the day on which they were made, and those above it one by one.

What is held against the cap is the stricter of the disclosed rates; where none was disclosed, the contract rate.
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from dashu.documents.sheets import Amount
from dashu.finance.floating import RateUnknown
from dashu.policy.rules import rate_cap
from dashu.policy.selectors import PolicyRuleMissing, policy_rule
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section, rate
from dashu.regulatory.sections.loans import PRICED

# Parts of the cap, each up to its end, included; what costs more than the whole is above it.
ENDS = (Decimal("0.5"), Decimal("0.75"), Decimal("0.9"), Decimal(1))
_CAPPED = f"""
    SELECT loan.*, COALESCE(GREATEST(loan.all_in_rate, loan.simple_rate), loan.annual_rate) AS rate,
           loan.all_in_rate IS NOT NULL AS is_disclosed, capped.cap, capped.since
    FROM ({PRICED}) AS loan
    LEFT JOIN jsonb_to_recordset(%(caps)s::jsonb) AS capped (day date, cap numeric, since date)
        ON capped.day = loan.made_on
    WHERE loan.is_running
"""  # noqa: S608 – constants of this program
_BANDS = f"""
    SELECT since, cap, currency,
           (SELECT count(*) FROM unnest(%(ends)s::numeric[]) AS band (upto) WHERE rate > cap * upto), is_disclosed,
           count(*), sum(original_minor)::bigint, sum(principal_minor)::bigint
    FROM ({_CAPPED}) AS loan
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1 NULLS LAST, 2, 3, 4, 5 DESC
"""  # noqa: S608
_ABOVE = f"""
    SELECT number, product, currency, made_on, rate, cap, is_disclosed, principal_minor FROM ({_CAPPED}) AS loan
    WHERE rate > cap ORDER BY loan_id
"""  # noqa: S608


def cap_bands(month: Month) -> Section:
    rows = [
        (
            since or "",
            rate(cap),
            currency,
            _no_cap() if cap is None else _band(band),
            _basis(is_disclosed),
            loans,
            Amount(lent, currency),
            Amount(principal, currency),
            _source(since),
        )
        for since, cap, currency, band, is_disclosed, loans, lent, principal in _asked(_BANDS, month)
    ]
    return Section(
        "02-cap-bands",
        _("Loans by the cap of their day"),
        _(
            "The running loans, by the cap that held on the day on which each was made and by how much of it the loan"
            " costs a year. Held against the cap is the stricter of the disclosed rates, else the contract rate."
        ),
        (
            _("rule since"),
            _("cap"),
            _("currency"),
            _("part of the cap"),
            _("which rate"),
            _("number of loans"),
            _("amount lent"),
            _("principal outstanding"),
            _("source of the rule"),
        ),
        rows,
    )


def above_cap(month: Month) -> Section:
    rows = [
        (
            number,
            product,
            made_on,
            rate(yearly),
            rate(cap),
            rate(yearly - cap),
            _basis(is_disclosed),
            currency,
            Amount(principal, currency),
        )
        for number, product, currency, made_on, yearly, cap, is_disclosed, principal in _asked(_ABOVE, month)
    ]
    return Section(
        "03-above-cap",
        _("Loans above the cap"),
        _("Every running loan that costs more a year than the cap of the day on which it was made."),
        (
            _("loan number"),
            _("product"),
            _("made on"),
            _("rate"),
            _("cap"),
            _("above the cap by"),
            _("which rate"),
            _("currency"),
            _("principal outstanding"),
        ),
        rows,
    )


def _asked(statement: str, month: Month) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT made_on FROM ({PRICED}) AS loan WHERE is_running", month.parameters)  # noqa: S608
        caps = [cap for (day,) in cursor.fetchall() for cap in _cap_of(day)]
        cursor.execute(statement, {**month.parameters, "caps": json.dumps(caps), "ends": list(ENDS)})
        return list(cursor.fetchall())


def _cap_of(day: date) -> Iterator[dict[str, str]]:
    """Yield the cap of a day, if the rules know one."""
    try:
        cap, rule = rate_cap(day), policy_rule("rate.cap", on=day)
    except (PolicyRuleMissing, RateUnknown):
        return
    yield {"day": day.isoformat(), "cap": str(cap), "since": rule.effective_from.isoformat()}


def _source(since: date | None) -> str:
    return policy_rule("rate.cap", on=since).source if since else ""


def _band(number: int) -> str:
    if number == len(ENDS):
        return _("above the cap")
    low = ENDS[number - 1] if number else Decimal(0)
    return f"{low:.0%} – {ENDS[number]:.0%}"


def _no_cap() -> str:
    return _("no cap is known for their day")


def _basis(is_disclosed: bool) -> str:
    return _("all-in rate") if is_disclosed else _("contract rate")
