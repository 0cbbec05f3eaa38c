"""
Of the loans that fell further behind in a month, how many were in time again in the months after: columns of
`PortfolioMonth` that are written with each of these months, so that no report looks for the loans themselves.
"""

from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from collections_mgmt.domain.desk_figures import CURED, downward
from collections_mgmt.models import Dimension
from dashu.kernel.dates import add_months, month_end_of
from dashu.policy.rules import delinquency_buckets

WITHIN = (1, 2, 3)  # months
CURED_COLUMNS = tuple(f"cured_{months}" for months in WITHIN)
SPLITS = (
    Dimension.REGION, Dimension.SECTOR, Dimension.CHANNEL, Dimension.RISK_BAND, Dimension.VINTAGE, Dimension.CAUSE,
)  # fmt: skip
KEY = ("month", "product", "currency", "dimension", "value", "bucket_before", "bucket")
_PAIR = "month, product, currency, bucket_before, bucket"
# What sums by dimension are of, from rows that have each dimension as text in a column `by_…`.
KEYED = f"""
    month, product, currency,
    CASE {" ".join(f"WHEN GROUPING(by_{split}) = 0 THEN '{split}'" for split in SPLITS)} ELSE '' END AS dimension,
    COALESCE({", ".join(f"by_{split}" for split in SPLITS)}, '') AS value, bucket_before, bucket
"""
GROUPED = f"GROUP BY GROUPING SETS (({_PAIR}), {', '.join(f'({_PAIR}, by_{split})' for split in SPLITS)})"
_MONTHS_AFTER = """
    (EXTRACT(YEAR FROM back.month) - EXTRACT(YEAR FROM entered.month)) * 12
        + EXTRACT(MONTH FROM back.month) - EXTRACT(MONTH FROM entered.month)
"""

# The moved loans of a month have an index of their own, so that four months of them are read and not all loans.
CURES = f"""
    WITH step (month, bucket_before, bucket) AS (
        SELECT * FROM unnest(%(months)s::date[], %(befores)s::text[], %(buckets)s::text[])
    ), entered AS MATERIALIZED (
        SELECT kept.* FROM collections_mgmt_loanmonth AS kept JOIN step USING (month, bucket_before, bucket)
        WHERE NOT (kept.bucket_before = kept.bucket) AND kept.month BETWEEN %(first)s AND %(last)s
    ), back AS MATERIALIZED (
        SELECT month, loan_id FROM collections_mgmt_loanmonth
        WHERE NOT (bucket_before = bucket) AND bucket = ANY(%(cured)s) AND month > %(first)s AND month <= %(until)s
    ), first AS MATERIALIZED (
        SELECT entered.month, entered.loan_id, MIN({_MONTHS_AFTER}) AS after
        FROM entered JOIN back ON back.loan_id = entered.loan_id AND back.month > entered.month
        GROUP BY 1, 2
    )
    SELECT {KEYED},
           {", ".join(f"COUNT(*) FILTER (WHERE after <= {months}) AS cured_{months}" for months in WITHIN)}
    FROM (
        SELECT entered.*, first.after, {", ".join(f"{split} AS by_{split}" for split in SPLITS if split != "vintage")},
               vintage::text AS by_vintage
        FROM entered LEFT JOIN first USING (month, loan_id)
    ) AS loan
    {GROUPED}
"""  # noqa: S608 – constants of this module

_WRITE = f"""
    UPDATE collections_mgmt_portfoliomonth AS kept
    SET {", ".join(f"{name} = found.{name}" for name in CURED_COLUMNS)}
    FROM ({CURES}) AS found
    WHERE {" AND ".join(f"kept.{name} = found.{name}" for name in KEY)}
      AND ({", ".join(f"kept.{name}" for name in CURED_COLUMNS)})
          IS DISTINCT FROM ({", ".join(f"found.{name}" for name in CURED_COLUMNS)})
"""  # noqa: S608 – constants of this module


def write_cures(cursor: CursorWrapper, *, month: date) -> None:
    """Write them for the loans that fell behind in a month or in those before on which it says something."""
    cursor.execute(_WRITE, cure_values(add_months(month, -max(WITHIN)), month))


def cure_values(first: date, last: date) -> dict[str, Any]:
    """Return the parameters of `CURES` for what fell behind from one month to another."""
    months = [first]
    while months[-1] < last:
        months.append(add_months(months[-1], 1))
    steps = [(month, *way) for month in months for way in downward(delinquency_buckets(month_end_of(month)))]
    dates, befores, buckets = (list(column) for column in zip(*steps, strict=True))
    return {
        "months": dates,
        "befores": befores,
        "buckets": buckets,
        "first": first,
        "last": last,
        "until": add_months(last, max(WITHIN)),
        "cured": list(CURED),
    }
