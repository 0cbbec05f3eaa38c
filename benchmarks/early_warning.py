"""
What early warning costs the nightly close: `python benchmarks/early_warning.py --loans 100000 1000000`.

On a database of its own lies the book of `close_book.py`. The 2% of loans that pay on the day get five payments before,
one in eight of which drifted later; failed collections, incomes of people who agreed to it, scores, places and a shock
come on top. The real code closes two nights with worker processes, as `close.py` does, and the steps of early warning
are shown beside the rest. The program fails where a trigger is missing or one too many, where the same night again
writes anything, or where early warning takes more than its share of a close of 60 seconds.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from close import Closers, _work
from close_book import FIRST_NIGHT, NIGHT, OVERDUE_OF_100, build, pay_on_the_day, paying_by_construction, settle
from servers import own_database

CLOSE_SECONDS = 60  # of 1,000,000 loans
SHARE_OF_CLOSE = 0.2
OURS = ("warnings", "early_warning")

# Payments of the five installments before, of those who pay on the night. One in eight paid the last two, and pays now,
# ten days later than before: on the night itself for the sixth, which is therefore due ten days before it.
PAST = """
CREATE TEMPORARY TABLE past AS
SELECT n AS loan_id, number, n / 30 %% 8 = 0 AS drifts,
       nextval(pg_get_serial_sequence('repayments_loanevent', 'id')) AS event_id
FROM generate_series(30, %(loans)s, 30) AS n CROSS JOIN generate_series(1, 5) AS number
WHERE n / 30 %% 8 < 5 AND n %% 100 >= %(overdue)s;

UPDATE repayments_installment AS row SET due_on = row.due_on - 10
FROM (SELECT DISTINCT loan_id FROM past WHERE drifts) AS late WHERE row.loan_id = late.loan_id AND row.number > 3;

INSERT INTO repayments_loanevent (id, loan_id, kind, effective_on, amount_minor, data, actor)
SELECT past.event_id, past.loan_id, 'PAYMENT', row.due_on + CASE WHEN drifts AND past.number > 3 THEN 10 ELSE 0 END,
       109900, '{}', 'system:benchmark'
FROM past JOIN repayments_installment AS row ON row.loan_id = past.loan_id AND row.number = past.number;

INSERT INTO repayments_payment
    (event_id, loan_id, reference, channel, amount_minor, received_on, fee_minor, penalty_minor, interest_minor,
     principal_minor, unapplied_minor, is_returned)
SELECT id, loan_id, 'PAST' || id, 'BANK_TRANSFER', 109900, effective_on, 0, 0, 9900, 100000, 0, false
FROM repayments_loanevent AS event WHERE id IN (SELECT event_id FROM past);

INSERT INTO repayments_paymentallocation (payment_id, number, fee_minor, interest_minor, principal_minor)
SELECT event_id, number, 0, 9900, 100000 FROM past;
DROP TABLE past;
"""

# Every 500th loan could not be collected from on the night; every 20th borrower agreed that incomes are seen, and every
# 400th of them got half as much on the night as before; every 1,000th score fell; a tenth lives where a flood was.
NEWS = """
INSERT INTO repayments_autopaymandate
    (loan_id, provider, account_token, account_label, status, timing, day_chosen_on, consent_version, consent_text,
     consented_at, consented_by, ended_because)
SELECT n, 'simulated', 'BENCH' || n, 'Bank', 'ACTIVE', 'DUE_DATE', %(on)s::date - 90, '1', 'words', now(), 'system', ''
FROM generate_series(500, %(loans)s, 500) AS n;
INSERT INTO repayments_autopayattempt
    (mandate_id, loan_id, due_on, try_number, scheduled_on, status, token, answered_on)
SELECT id, loan_id, %(on)s, 1, %(on)s, 'FAILED', gen_random_uuid(), %(on)s FROM repayments_autopaymandate;

INSERT INTO consents_consententry (borrower_id, person, text_id, kind, about, language, at, actor)
SELECT loan.borrower_id, '', (SELECT id FROM consents_consenttext WHERE purpose = 'CASH_FLOW_WATCH'), 'GIVEN', '', 'en',
       now(), 'system:benchmark'
FROM loans_loan AS loan WHERE loan.id %% 20 = 0;
INSERT INTO collections_mgmt_incomeobservation
    (borrower_id, credited_on, amount_minor, currency, source, reference, noted_on)
SELECT loan.borrower_id, day, CASE WHEN ago = 0 AND loan.id %% 400 = 0 THEN 500000 ELSE 1000000 END, 'CNY', 'bench',
       loan.id || '-' || ago, day
FROM loans_loan AS loan CROSS JOIN generate_series(0, 3) AS ago,
     LATERAL (
         SELECT (
             %(on)s::date + (loan.id / 20 %% 25)::int * (loan.id %% 400 > 0)::int - make_interval(months => ago)
         )::date AS day
     ) AS credited
WHERE loan.id %% 20 = 0 AND (ago > 0 OR loan.id %% 400 = 0);
INSERT INTO collections_mgmt_scoreobservation (borrower_id, scored_on, scorecard, points)
SELECT loan.borrower_id, %(on)s::date - ago * 30, 'bench', CASE WHEN ago = 0 THEN 500 ELSE 600 END
FROM loans_loan AS loan CROSS JOIN generate_series(0, 1) AS ago WHERE loan.id %% 1000 = 0;
INSERT INTO collections_mgmt_borrowerplace (borrower_id, region, sector, noted_on, actor)
SELECT loan.borrower_id, '44', '', %(on)s, 'system:benchmark' FROM loans_loan AS loan WHERE loan.id %% 10 = 0;
INSERT INTO collections_mgmt_shockentry (region, sector, from_on, to_on, reason, noted_on, actor)
VALUES ('44', '', %(on)s, %(on)s::date + 30, 'Flood', %(on)s, 'system:benchmark');
"""


def main() -> int:
    chosen = _arguments()
    results, is_sound = [], True
    with own_database(home=chosen.home) as make_database:
        for loans in chosen.loans:
            make_database(f"bench_warning_{loans}", chosen.limit)
            result = measure(loans, chosen.workers)
            report(result)
            results.append(result)
            is_sound = is_sound and result["is_sound"]
            make_database.drop(f"bench_warning_{loans}")
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1))
    return 0 if is_sound else 1


def measure(loans: int, workers: int) -> dict[str, Any]:
    from collections_mgmt.models import WarningLead, WarningTrigger
    from dashu.consents.services.load_texts import load_texts

    load_texts()
    build(loans)
    with Closers(workers, _work) as pool:
        pool.close(FIRST_NIGHT)
        pay_on_the_day(loans)
        _write(PAST, {"loans": loans, "overdue": OVERDUE_OF_100})
        _write(NEWS, {"loans": loans, "on": NIGHT})
        settle()
        night = pool.close(NIGHT)
        again = _again(NIGHT)
    kinds = dict(sorted(_counted(WarningTrigger.objects.values_list("kind", flat=True)).items()))
    ours = {name: night.steps.get(name, 0.0) for name in OURS}
    budget = CLOSE_SECONDS * loans / 1_000_000 * SHARE_OF_CLOSE
    expected = expected_triggers(loans)
    # Of the work that workers share each core does its part; what follows the night is done once.
    elapsed = ours["warnings"] / workers + ours["early_warning"]
    return {
        "loans": loans,
        "elapsed": night.elapsed,
        "steps": night.steps,
        "ours": ours,
        "ours_elapsed": elapsed,
        "budget": max(budget, 1.0),
        "again": again,
        "triggers": kinds,
        "expected": expected,
        "leads": WarningLead.objects.count(),
        "is_sound": kinds == expected and again["written"] == 0 and elapsed <= max(budget, 1.0),
    }


def expected_triggers(loans: int) -> dict[str, int]:
    """Return how many of each kind there are by construction; the shock is noted of those who show something else."""
    drifting = {n for n in range(30, loans + 1, 30) if n // 30 % 8 == 0 and n % 100 >= OVERDUE_OF_100}
    failed, lower = set(range(500, loans + 1, 500)), set(range(400, loans + 1, 400))
    down = set(range(1000, loans + 1, 1000))
    # The mean of three incomes before is there for all; one product in three is a business, which has no income.
    lower = {n for n in lower if _kind(n) != "SME"}
    told = {
        "AUTOPAY_FAILED": len(failed),
        "INCOME_DROP": len(lower),
        "PAYS_LATER": len(drifting),
        "SCORE_DOWN": len(down),
    }
    told["SHOCK"] = sum(n % 10 == 0 for n in drifting | failed | lower | down)
    return dict(sorted((name, number) for name, number in told.items() if number))


def _kind(loan: int) -> str:
    from loans.models import ProductTerms

    if not _KINDS:
        found = ProductTerms.objects.order_by("pk").values_list("product__kind", flat=True)[:3]
        _KINDS.extend(found)
    return _KINDS[loan % 3]


_KINDS: list[str] = []


def _again(day: Any) -> dict[str, Any]:
    """Do the steps of early warning for the whole book once more."""
    from django.db import connection

    from collections_mgmt.services.leads_sql import decide_leads, end_triggers
    from collections_mgmt.services.people_warnings_sql import notice_of_people
    from collections_mgmt.services.warnings_sql import notice_of_loans
    from dashu.policy import rules as policy

    rules, started = policy.early_warning(day), time.perf_counter()
    with connection.cursor() as cursor:
        written = notice_of_loans(cursor, on=day, first=0, end=2**40, rules=rules)
        written += end_triggers(cursor, on=day) + notice_of_people(cursor, on=day, rules=rules)
        written += sum(decide_leads(cursor, on=day, rules=rules).values())
    return {"written": written, "seconds": round(time.perf_counter() - started, 3)}


def report(result: dict[str, Any]) -> None:
    loans, elapsed = result["loans"], result["ours_elapsed"]
    print(f"\n{loans:,} loans, {paying_by_construction(loans):,} of them paid on the day")
    print(f"  the night: {result['elapsed']:.2f} s, of which early warning {elapsed:.2f} s", end="")
    print(f" ({loans / max(elapsed, 1e-6):,.0f} loans/s; its share may be {result['budget']:.1f} s)")
    for step, seconds in result["steps"].items():
        mark = "  ← early warning" if step in OURS else ""
        print(f"    {step:<15} {seconds:8.2f} s of work{mark}")
    print(f"  triggers: {result['triggers']}; {result['leads']:,} leads")
    if result["triggers"] != result["expected"]:
        print(f"  EXPECTED: {result['expected']}")
    print(f"  once more: {result['again']['seconds']} s, {result['again']['written']} rows written")


def _counted(kinds: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in kinds:
        found[kind] = found.get(kind, 0) + 1
    return found


def _write(script: str, values: dict[str, Any]) -> None:
    """Run the script unchecked: its rows agree by construction."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(script, values)
        cursor.execute("SET session_replication_role = DEFAULT")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=1_800, metavar="SECONDS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
