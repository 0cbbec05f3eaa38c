"""How much the running loans cost a year with everything, and how many cost how much."""

from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from dashu.documents.sheets import Amount
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section, rate
from dashu.regulatory.sections.loans import PRICED

STEP = Decimal("0.03")
_RATES = f"""
    SELECT part.is_new, loan.product, loan.currency, floor(loan.all_in_rate / %(step)s) * %(step)s AS band_from,
           count(*), sum(loan.original_minor)::bigint,
           round(sum(loan.all_in_rate * loan.original_minor) / sum(loan.original_minor), 6),
           round(sum(loan.simple_rate * loan.original_minor) FILTER (WHERE loan.simple_rate IS NOT NULL)
                 / sum(loan.original_minor) FILTER (WHERE loan.simple_rate IS NOT NULL), 6),
           min(loan.all_in_rate), max(loan.all_in_rate),
           round(sum(loan.annual_rate * loan.original_minor) / sum(loan.original_minor), 6)
    FROM ({PRICED}) AS loan
    CROSS JOIN LATERAL (VALUES (false), (true)) AS part (is_new)
    WHERE CASE WHEN part.is_new THEN loan.is_new ELSE loan.is_running END
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 NULLS LAST
"""  # noqa: S608 – constants of this program


def rates(month: Month) -> Section:
    with connection.cursor() as cursor:
        cursor.execute(_RATES, {**month.parameters, "step": STEP})
        found = cursor.fetchall()
    rows = [
        (
            _("made in the month") if is_new else _("running at its end"),
            product,
            currency,
            _("not disclosed") if band is None else f"{rate(band)} – {rate(band + STEP)}",
            loans,
            Amount(lent, currency),
            *map(rate, (effective, simple, low, high, contract)),
        )
        for is_new, product, currency, band, loans, lent, effective, simple, low, high, contract in found
    ]
    return Section(
        "01-all-in-rates",
        _("All-in yearly rates"),
        _(
            "Each band from its lower end, included, to its upper end. Averages are weighted by what was lent. Loans"
            " that were taken over, or made without a signed cost sheet, have no disclosed rate; their contract rate is"
            " told."
        ),
        (
            _("loans"),
            _("product"),
            _("currency"),
            _("effective rate"),
            _("number of loans"),
            _("amount lent"),
            _("average effective rate"),
            _("average nominal rate"),
            _("lowest effective rate"),
            _("highest effective rate"),
            _("average contract rate"),
        ),
        rows,
    )
