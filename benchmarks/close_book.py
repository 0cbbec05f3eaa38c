"""
The book that a close is measured on, written by set-based SQL, and what a night leaves in it.

Active loans of 12 installments whose due days are spread over the month, 4% of them behind by 1 to 4 installments. On
the day that is closed, 2% of all loans pay the installment that falls due on it.
"""

from datetime import date, timedelta
from typing import Any

FIRST_NIGHT = date(2026, 6, 14)
NIGHT = FIRST_NIGHT + timedelta(days=1)
TODAY = NIGHT + timedelta(days=1)
COUNT = 12
OVERDUE_OF_100 = 4

BOOK = """
-- Sealing a million different names would take longer than the rest: they share one, and differ by what finds them.
INSERT INTO users_borrower (number, name, name_index, phone, phone_index)
SELECT 'BENCH' || n, %(name)s, %(name_index)s, %(phone)s, encode(sha256(n::text::bytea), 'hex')
FROM generate_series(1, %(loans)s) AS n;

INSERT INTO loans_loan
    (id, number, borrower_id, product_terms_id, status, currency, principal_minor, annual_rate, method,
     installment_count, starts_on, interest_basis, interest_year_days, waterfall, tolerance_bps, penalty_annual_rate,
     penalty_base, penalty_year_days, penalty_grace_days, source, external_id)
SELECT n, 'BENCH' || n, %(first_borrower)s + n - 1, (%(terms)s)[1 + n %% 3], 'ACTIVE', 'CNY', 1200000, 0.18,
       'equal_installment', 12, (%(night)s::date - (n %% 30)::int) - interval '6 months', 'scheduled', 365,
       '{"order": ["fee", "penalty", "interest", "principal"], "direction": "by_installment",
         "surplus": "next_installment"}', 0, 0.24, 'principal', 360, 0, '', ''
FROM generate_series(1, %(loans)s) AS n;

-- The sixth installment of loan n falls due n mod 30 days before the night.
INSERT INTO repayments_installment
    (loan_id, version, number, due_on, principal_minor, interest_minor, fee_minor, paid_principal_minor,
     paid_interest_minor)
SELECT loan_id, 1, number, due_on, 100000, 9900, 0,
       CASE WHEN is_paid THEN 100000 ELSE 0 END, CASE WHEN is_paid THEN 9900 ELSE 0 END
FROM (
    SELECT n AS loan_id, number, due_on,
           due_on < %(night)s AND NOT (n %% 100 < %(overdue)s AND number > 6 - (1 + n / 100 %% 4)) AS is_paid
    FROM generate_series(1, %(loans)s) AS n, generate_series(1, 12) AS number,
         LATERAL (SELECT (%(night)s::date - n %% 30 + make_interval(months => number - 6))::date AS due_on) AS due
) AS planned
ORDER BY loan_id, number;

INSERT INTO repayments_loanbalance
    (loan_id, principal_minor, accrued_through, interest_through, latest_event_on)
SELECT loan.id, sum(row.principal_minor - row.paid_principal_minor), loan.starts_on, loan.starts_on, loan.starts_on
FROM loans_loan AS loan JOIN repayments_installment AS row ON row.loan_id = loan.id GROUP BY loan.id;

WITH chart AS MATERIALIZED (
    SELECT version.id AS product_terms_id, own.role, own.account_id
    FROM loans_productterms AS version JOIN loans_product AS product ON product.id = version.product_id
    CROSS JOIN LATERAL ledger_accounts_of(product.code) AS own
), entry AS (
    INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
    VALUES (%(night)s::date - 40, 'The book as it is', 'DISBURSEMENT', 'system:benchmark') RETURNING id
)
INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
SELECT entry.id, chart.account_id, line.side, balance.principal_minor, 'CNY', balance.loan_id
FROM entry CROSS JOIN repayments_loanbalance AS balance JOIN loans_loan AS loan ON loan.id = balance.loan_id
CROSS JOIN (VALUES ('1301', 'D'), ('1001', 'C')) AS line (role, side)
JOIN chart ON chart.product_terms_id = loan.product_terms_id AND chart.role = line.role
ORDER BY balance.loan_id;
"""

# As many as 62.5% of those whose sixth installment falls due on the day, which is 2% of the book.
PAID_ON_THE_DAY = """
CREATE TEMPORARY TABLE paying ON COMMIT DROP AS
SELECT n AS loan_id, nextval(pg_get_serial_sequence('repayments_loanevent', 'id')) AS event_id
FROM generate_series(30, %(loans)s, 30) AS n WHERE n / 30 %% 8 < 5 AND n %% 100 >= %(overdue)s;

INSERT INTO repayments_loanevent (id, loan_id, kind, effective_on, amount_minor, data, actor)
SELECT event_id, loan_id, 'PAYMENT', %(night)s, 109900, '{}', 'system:benchmark' FROM paying;

INSERT INTO repayments_payment
    (event_id, loan_id, reference, channel, amount_minor, received_on, fee_minor, penalty_minor, interest_minor,
     principal_minor, unapplied_minor, is_returned)
SELECT event_id, loan_id, 'BENCH' || event_id, 'BANK_TRANSFER', 109900, %(night)s, 0, 0, 9900, 100000, 0, false
FROM paying;

INSERT INTO repayments_paymentallocation (payment_id, number, fee_minor, interest_minor, principal_minor)
SELECT event_id, 6, 0, 9900, 100000 FROM paying;

UPDATE repayments_installment AS row SET paid_principal_minor = 100000, paid_interest_minor = 9900
FROM paying WHERE row.loan_id = paying.loan_id AND row.number = 6;

UPDATE repayments_loanbalance AS balance
SET principal_minor = principal_minor - 100000, accrued_through = %(night)s, latest_event_on = %(night)s
FROM paying WHERE balance.loan_id = paying.loan_id;

WITH chart AS MATERIALIZED (
    SELECT version.id AS product_terms_id, own.role, own.account_id
    FROM loans_productterms AS version JOIN loans_product AS product ON product.id = version.product_id
    CROSS JOIN LATERAL ledger_accounts_of(product.code) AS own
), entry AS (
    INSERT INTO ledger_journalentry (effective_on, description, kind, actor)
    VALUES (%(night)s, 'Paid on the day', 'PAYMENT', 'system:benchmark') RETURNING id
)
INSERT INTO ledger_posting (entry_id, account_id, side, amount_minor, currency, loan_id)
SELECT entry.id, chart.account_id, line.side, line.minor, 'CNY', paying.loan_id
FROM entry CROSS JOIN paying JOIN loans_loan AS loan ON loan.id = paying.loan_id
CROSS JOIN (VALUES ('1311', 'D', 9900), ('4001', 'C', 9900), ('1001', 'D', 109900), ('1301', 'C', 100000),
                   ('1311', 'C', 9900)) AS line (role, side, minor)
JOIN chart ON chart.product_terms_id = loan.product_terms_id AND chart.role = line.role;
"""

# What the rows of a table are, in any order and without the numbers that the database gives.
_WRITTEN = {
    "postings": "SELECT account_id, side, amount_minor, currency, loan_id FROM ledger_posting",
    "balances": "SELECT * FROM repayments_loanbalance",
    "statuses": "SELECT * FROM collections_mgmt_overduestatus",
    "changes": "SELECT * FROM collections_mgmt_overduechange",
    "cases": "SELECT loan_id, status, opened_on, closed_on, level, level_since FROM collections_mgmt_collectioncase",
    "signals": "SELECT * FROM collections_mgmt_loansignal",
    "reminders": "SELECT loan_id, version, number, borrower_id, send_on, due_on, days_after, segment, bucket,"
    " experiment, is_held_out FROM messaging_reminderline",
    "messages": "SELECT dedupe_key, borrower_id, loan_id, channel, template, params, not_before, purpose, reminds_on,"
    " status FROM messaging_outboxmessage",
    "portfolio": "SELECT * FROM collections_mgmt_portfolioday",
}


def build(loans: int, *, night: date = NIGHT) -> None:
    from django.db import connection

    from dashu.users.models import Borrower
    from loans.models import ProductTerms

    first_borrower = Borrower.objects.create(name="The first").pk + 1
    terms = list(ProductTerms.objects.order_by("pk").values_list("pk", flat=True)[:3])
    values = {"night": night, "first_borrower": first_borrower, "terms": terms, **sealed_particulars()}
    _write(BOOK, {**_size(loans), **values})
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('loans_loan', 'id'), %s)", [loans])
    settle()


def pay_on_the_day(loans: int) -> None:
    _write(PAID_ON_THE_DAY, _size(loans))
    settle()


def settle() -> None:
    """Have the database do now what it would do in a quiet hour."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def overdue_by_construction(loans: int, night: date) -> int:
    """Return how many loans are behind: those whose only open installment falls due on the night or later are not."""
    latest = (NIGHT - night).days
    return sum(n % 100 < OVERDUE_OF_100 and (n // 100 % 4 > 0 or n % 30 > latest) for n in range(1, loans + 1))


def paying_by_construction(loans: int) -> int:
    return sum(n // 30 % 8 < 5 and n % 100 >= OVERDUE_OF_100 for n in range(30, loans + 1, 30))


def written() -> dict[str, tuple[int, int]]:
    """Return how many rows each table of a night has, and a sum over their contents."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name, rows in _WRITTEN.items():
            cursor.execute(f"SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM ({rows}) AS row")
            found[name] = cursor.fetchone()
    return found


def sealed_particulars() -> dict[str, str]:
    """Return a name and a phone as they stand in the rows of borrowers."""
    from dashu.users.indexes import borrower_name_index
    from dashu.users.sealing import seal

    return {
        "name": seal("Borrower", place="users_borrower.name"),
        "name_index": borrower_name_index("Borrower"),
        "phone": seal("+8612000000000", place="users_borrower.phone"),
    }


def _size(loans: int) -> dict[str, Any]:
    return {"loans": loans, "night": NIGHT, "overdue": OVERDUE_OF_100}


def _write(script: str, values: dict[str, Any]) -> None:
    """Run the script unchecked: its rows agree by construction, and checking 14 million references takes minutes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(script, values)
        cursor.execute("SET session_replication_role = DEFAULT")


# What `build` says was paid, as the events, payments' movements and postings that it came from: a book with a past.
HISTORY = """
INSERT INTO repayments_scheduleversion (loan_id, version, reason, effective_on, created_at)
SELECT id, 1, 'CONTRACT', starts_on, starts_on FROM loans_loan ORDER BY id;

INSERT INTO repayments_loanevent (loan_id, kind, effective_on, posted_at, amount_minor, data, actor)
SELECT id, 'DISBURSED', starts_on, starts_on, principal_minor, '{}', 'system:benchmark' FROM loans_loan ORDER BY id;

CREATE TEMPORARY TABLE paid ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('repayments_loanevent', 'id')) AS event_id, loan_id, number, due_on,
       paid_principal_minor, paid_interest_minor
FROM repayments_installment WHERE paid_principal_minor > 0 ORDER BY loan_id, number;

INSERT INTO repayments_loanevent (id, loan_id, kind, effective_on, posted_at, amount_minor, data, actor)
SELECT event_id, loan_id, 'PAYMENT', due_on, due_on, paid_principal_minor + paid_interest_minor, '{}',
       'system:benchmark' FROM paid;

INSERT INTO repayments_installmentmovement
    (loan_id, event_id, posted_at, effective_on, kind, number, due_on, principal_minor, interest_minor, fee_minor)
SELECT loan_id, event_id, due_on, due_on, 'P', number, due_on, paid_principal_minor, paid_interest_minor, 0 FROM paid;
"""


def add_history() -> None:
    """Give the loans of `build` the events and movements of what they have paid."""
    _write(HISTORY, {})
    settle()
