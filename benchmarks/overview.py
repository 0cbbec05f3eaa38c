"""
How long the overview of the desk takes on a large book: `python benchmarks/overview.py`.

A database of its own is made in a temporary folder and removed at the end; `overview_book.py` says what it holds and
what it leaves out. The pages are asked for in this process, one after the other, through all of Django (middleware,
view, template), without a network: by turns of today and of the past months, of every product, team and strategy. What
is timed is the server's time of one page. The number of statements of a page is told too; it follows from the filters
and never from the number of rows.
"""

import argparse
import json
import logging
import os
import platform
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import structlog

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database, timed

BOUND_MS = 1_000
TEAM_OF_LOAN = """
SELECT loan_id, '-infinity'::date AS since, 'infinity'::date AS until,
       'team ' || 1 + loan_id / 20 % 5 AS team, 'plan ' || 1 + loan_id / 140 % 4 AS strategy
FROM collections_mgmt_overduestatus
"""


def main() -> int:
    chosen = _arguments()
    with own_database(with_broker=True, home=chosen.home) as make_database:
        make_database("bench_overview", chosen.limit)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
        from overview_book import build

        from dashu.kernel.dates import lender_today

        today, rows = lender_today(), {}

        def fill() -> None:
            rows.update(build(chosen.loans, today=today))

        filled_s = timed(fill)
        print(f"{platform.machine()}, {os.cpu_count()} cores; filled in {filled_s:.0f} s:")
        print(", ".join(f"{count:,} {name}" for name, count in rows.items()))
        client = _supervisor()
        measured = {name: measure(client, asked, chosen.requests) for name, asked in pages(today).items()}
    print(f"{'':44}{'p50':>10}{'p95':>10}{'longest':>10}{'statements':>12}")
    for name, found in measured.items():
        print(
            f"{name:44}{found['p50']:>7,.0f} ms{found['p95']:>7,.0f} ms{found['longest']:>7,.0f} ms"
            f"{'–'.join(map(str, found['statements'])):>12}"
        )
    slow = [name for name, found in measured.items() if found["p95"] > BOUND_MS]
    print(f"slower than {BOUND_MS:,} ms (p95): {', '.join(slow) or 'none'}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": rows, "pages": measured}, indent=1))
    return 1 if slow else 0


def pages(today: date) -> dict[str, list[str]]:
    """Return addresses of each kind of page, with every filter among them."""
    from django.urls import reverse

    from collections_mgmt.selectors.desk_sources import register_teams
    from loans.models import Product

    register_teams(TEAM_OF_LOAN)
    page, rows = reverse("admin:collections_mgmt_deskday_changelist"), reverse("admin:collections_mgmt_deskday_rows")
    products = ["", *Product.objects.order_by("pk").values_list("code", flat=True)[:3]]
    days = [today - timedelta(days=1 + 30 * number) for number in range(11)]
    filters = [f"product={product}&team={team}&strategy={plan}" for product in products
               for team, plan in (("", ""), ("team 2", ""), ("team 2", "plan 3"))]  # fmt: skip
    latest = f"on={days[0]}&compared={days[1]}"
    return {
        "overview of any day": [f"{page}?on={day}&compared={day - timedelta(days=31)}" for day in days],
        "overview by product, team and strategy": [f"{page}?{latest}&{each}" for each in filters],
        "loans behind": [f"{rows}?{latest}&of=behind&since={since}" for since in (1, 31, 91)],
        "loans cured in a month": [f"{rows}?on={day}&of=moves&before=BEHIND&after=CURED" for day in days],
        "loans from M2 to M3": [f"{rows}?{latest}&of=moves&before=M2&after=M3&{each}" for each in filters],
        "messages sent": [f"{rows}?{latest}&of=sent&{each}" for each in filters],
        "refused contacts by reason": [f"{rows}?{latest}&of=blocked_reason&detail=ON_HOLD&product={each}"
                                       for each in products],
        "promises": [f"{rows}?{latest}&of=promise&{each}" for each in filters],
        "cash received": [f"{rows}?{latest}&of=collected&{each}" for each in filters],
    }  # fmt: skip


def measure(client: Any, addresses: list[str], requests: int) -> dict[str, Any]:
    """Ask for the pages by turns; return the cuts of the server's time and how many statements a page takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    statements = set()
    for address in addresses:  # nothing is measured cold
        _get(client, address)
        with CaptureQueriesContext(connection) as queries:
            _get(client, address)
        statements.add(len(queries))
    spent = []
    for number in range(requests):
        began = time.perf_counter()
        _get(client, addresses[number % len(addresses)])
        spent.append((time.perf_counter() - began) * 1e3)
    return {
        "p50": median(spent),
        "p95": quantiles(spent, n=100, method="inclusive")[94],
        "longest": max(spent),
        "statements": sorted(statements),
        "requests": requests,
    }


def _supervisor() -> Any:
    from django.core.management import call_command
    from django.test import Client

    from dashu.users.models import User
    from dashu.users.roles import sync_roles

    call_command("collectstatic", interactive=False, verbosity=0)
    sync_roles()
    user = User.objects.filter(email="supervisor@example.com").first()
    if user is None:
        user = User.objects.create_user(
            email="supervisor@example.com", password=None, name="Supervisor", role=User.Role.SUPERVISOR, language="en"
        )
    client = Client(HTTP_HOST="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _get(client: Any, address: str) -> None:
    answer = client.get(address)
    answer.content  # noqa: B018 – the page is rendered
    if answer.status_code != 200:
        sys.exit(f"{address} answered {answer.status_code}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60, help="of each kind of page")
    parser.add_argument("--limit", type=int, default=600, help="seconds after which a statement is cut off")
    parser.add_argument("--home", type=Path, help="keep the servers' data here")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
