"""
How long the expected credit loss of a month takes on a large book: `python benchmarks/provisioning.py`.

    python benchmarks/provisioning.py --loans 1000000

The book is that of `insight_book.py`, with an installment for each month to come of each loan. Measured are the
estimates, the run as a whole (loans a second, and the most memory of this process), the same month asked for again, and
the page of its loans and the sums that a reader of the run sees.
"""

import argparse
import cProfile
import json
import os
import platform
import pstats
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from insight import _memory
from servers import own_database, timed

MEMORY_BYTES = 1_000_000_000
_SCHEDULES = """
    SET session_replication_role = replica;

    INSERT INTO repayments_loanbalance
        (loan_id, principal_minor, accrued_through, interest_through, latest_event_on, annual_rate)
    SELECT loan_id, principal_minor, DATE '2026-05-31', DATE '2026-05-31', DATE '2026-05-01', annual_rate
    FROM collections_mgmt_loanmonth WHERE month = %(month)s;

    INSERT INTO repayments_installment (loan_id, version, number, due_on, principal_minor, interest_minor, fee_minor)
    SELECT loan_id, 1, n, (DATE '2026-05-15' + n * interval '1 month')::date,
           principal_minor / %(left)s + CASE WHEN n = %(left)s THEN principal_minor %% %(left)s ELSE 0 END,
           principal_minor / 100 * (%(left)s - n + 1) / %(left)s, 0
    FROM collections_mgmt_loanmonth CROSS JOIN generate_series(1, %(left)s) AS n
    WHERE month = %(month)s AND principal_minor > 0;

    SET session_replication_role = DEFAULT;
"""


def main() -> int:
    chosen = _arguments()
    with own_database(home=chosen.home) as make_database:
        make_database("bench_provisioning", chosen.limit)
        figures = _measured(chosen)
    _tell(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))
    return int(figures["rss"] > MEMORY_BYTES)


def _measured(chosen: argparse.Namespace) -> dict[str, Any]:
    from close_book import settle
    from django.core.management import call_command
    from django.db import connection
    from insight_book import LATEST, build

    from dashu.provisioning.estimates import estimate
    from dashu.provisioning.models import LoanProvision, ProvisionRun
    from dashu.provisioning.selectors.movement import movement_of
    from dashu.provisioning.selectors.stages import by_stage
    from dashu.provisioning.services.calculate import calculate_run

    call_command("load_policy", verbosity=0)
    build(chosen.loans, chosen.months)
    with connection.cursor() as cursor:
        cursor.execute(_SCHEDULES, {"month": LATEST, "left": chosen.installments})
    settle()
    runs: list[ProvisionRun] = []
    month = {"month": LATEST, "currency": "CNY"}
    month_end = ProvisionRun(month=LATEST).month_end
    profile = cProfile.Profile() if chosen.profile else None
    estimates_s = timed(lambda: estimate(LATEST, month_end=month_end, currency="CNY"))
    with _memory() as memory:
        if profile:
            profile.enable()
        run_s = timed(lambda: runs.append(calculate_run(**month, actor="system:benchmark")))
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    again_s = timed(lambda: calculate_run(**month, actor="system:benchmark"))
    lines = LoanProvision.objects.filter(run=runs[0]).order_by("-ecl_minor", "loan_id")
    page_s = timed(lambda: list(lines.defer("exposures")[:50]))
    sums_s = timed(lambda: (by_stage(runs[0]), movement_of(runs[0])))
    return {
        "loans": runs[0].loans,
        "ecl_minor": runs[0].ecl_minor,
        "estimates_s": estimates_s,
        "run_s": run_s,
        "loans_a_second": runs[0].loans / run_s,
        "again_s": again_s,
        "page_s": page_s,
        "sums_s": sums_s,
        "rss": memory["peak"],
    }


def _tell(figures: dict[str, Any]) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores; {figures['loans']:,} loans")
    print(f"estimates in {figures['estimates_s']:.2f} s")
    print(
        f"the run in {figures['run_s']:.1f} s, {figures['loans_a_second']:,.0f} loans a second,"
        f" at {figures['rss'] / 1e6:,.0f} MB of memory (asked: below {MEMORY_BYTES / 1e6:,.0f})"
    )
    print(f"the same month again in {figures['again_s']:.2f} s")
    print(f"50 loans of it in {figures['page_s'] * 1e3:.1f} ms, its sums in {figures['sums_s'] * 1e3:.1f} ms")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=30_000)
    parser.add_argument("--months", type=int, default=13)
    parser.add_argument("--installments", type=int, default=36, help="of each loan, still to come")
    parser.add_argument("--limit", type=int, default=1800, help="seconds after which a statement is cut off")
    parser.add_argument("--profile", action="store_true", help="print where the time of the run went")
    parser.add_argument("--home", type=Path, help="keep the servers' data here")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
