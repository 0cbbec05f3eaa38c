"""
How long the answer to an application takes with the database: `python benchmarks/applications.py --applications 500`.

A database of its own is made in a temporary folder and removed at the end; commits are durable. All kinds of applicants
fill in every step through the real services and hand in. The bureau's answer is there already, written down as its
adapter writes it, since its time is not ours. Then each application is decided by one call, which is timed with its
commit: facts gathered, scored, priced, matched, reviewed, offers and cost sheets written. Beside it, as the floor, the
same decision without the database.
"""

import argparse
import json
import platform
import random
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import own_database, set_up

ACTOR = "system:benchmark"
SECONDS = 60


def number_of(place: int) -> str:
    """Return the ID number of somebody who does not exist, another one for each place."""
    from stdnum.cn import ric

    body = f"110101{1960 + place % 45}{place // 45 % 12 + 1:02d}{place // 540 % 28 + 1:02d}{place % 900 + 100:03d}"
    digit: str = ric.calc_check_digit(body + "0")
    return body + digit


def handed_in(place: int, chance: random.Random, now: datetime) -> int:
    """Have somebody apply and hand in; return the application's id."""
    from dashu.consents.selectors import latest_texts
    from dashu.users.models import Borrower
    from loans.domain.application_consents import EVERY
    from loans.models import CreditReport
    from loans.services.answer_step import answer_step
    from loans.services.start_application import start_application
    from loans.services.submit_application import submit_application

    borrower = Borrower.objects.create(name=f"P{place}")
    income = chance.randrange(3_000, 30_000)
    answers: dict[str, dict[str, Any]] = {
        "loan": {
            "amount": f"{chance.randrange(3_000, 150_000)}.00",
            "months": chance.randrange(3, 37),
            "purpose": chance.choice(["EDUCATION", "HEALTH", "HOME", "TRAVEL"]),
        },
        "person": {
            "name": "王小明",
            "number": number_of(place),
            "phone": f"139{place:08d}",
            "household": chance.randrange(1, 5),
            "is_resident": True,
        },
        "work": {"job": chance.choice(["fixed", "freelance"]), "years_in_job": chance.randrange(20), "home": "rent"},
        "month": {
            "income": f"{income}.00",
            **{name: f"{chance.randrange(300, 1500)}.00" for name in ("housing", "food", "transport", "family")},
            "assets": f"{chance.randrange(0, 200_000)}.00",
        },
        "debts": {
            "debts": [
                {"lender": f"L{each}", "monthly": f"{chance.randrange(100, 900)}.00", "left": "5000.00"}
                for each in range(chance.choice([0, 0, 1, 2, 3]))
            ],
            "had_defaults": chance.random() < 0.1,
        },
        "documents": {},
        "consents": {"texts": [text.pk for text in latest_texts(EVERY)]},
    }
    application = start_application(borrower_id=borrower.pk, product_code="consumer", now=now, actor=ACTOR)
    for step, answer in answers.items():
        answer_step(application_id=application.pk, step=step, answer=answer, now=now, actor=ACTOR)
    submit_application(application_id=application.pk, now=now, actor=ACTOR)
    CreditReport.objects.create(
        application=application,
        request_id=f"00000000-0000-4000-8000-{place:012d}",
        bureau="benchmark",
        asked_at=now,
        answered_at=now,
        content=report(chance, now),
    )
    return application.pk


def report(chance: random.Random, now: datetime) -> dict[str, Any]:
    from loans.domain.credit_file_json import file_to_json
    from loans.domain.credit_files import CreditFile, Inquiry, LoanKind, OtherLoan, Purpose

    today = now.date()
    return file_to_json(
        CreditFile(
            now,
            "R",
            tuple(
                OtherLoan(f"Bank {each}", LoanKind.CONSUMER, today - timedelta(days=300), 8_000_00, 400_00)
                for each in range(chance.randrange(4))
            ),
            tuple(
                Inquiry(today - timedelta(days=chance.randrange(90)), f"Bank {each}", Purpose.LOAN)
                for each in range(chance.randrange(6))
            ),
        )
    )


def measured(count: int, seed: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dashu.consents.services.load_texts import load_texts
    from dashu.kernel.dates import lender_date, lender_now
    from loans.models import Application, CreditReport, CreditReview
    from loans.services.decide_application import decide_application, decision_on

    load_texts()
    chance, now = random.Random(seed), lender_now()  # noqa: S311 – to be repeated
    waiting = [handed_in(place, chance, now) for place in range(count)]
    decide_application(application_id=waiting[0], now=now)  # reads the scorecards, once in a process
    took, floors = [], []
    for application_id in waiting[1:]:
        application = Application.objects.select_related("product", "borrower__identity").get(pk=application_id)
        reported = CreditReport.objects.get(application=application)
        decided = decision_on(application, reported, on=lender_date(now))
        began = time.perf_counter()
        again(decided)
        floors.append((time.perf_counter() - began) * 1_000)
        began = time.perf_counter()
        decide_application(application_id=application_id, now=now)
        took.append((time.perf_counter() - began) * 1_000)
    last = handed_in(count, chance, now)
    with CaptureQueriesContext(connection) as queries:
        decide_application(application_id=last, now=now)
    outcomes = CreditReview.objects.values_list("outcome", flat=True)
    return {
        "applications": len(took),
        "service": spread(took),
        "floor": spread(floors),
        "statements": len(queries),
        "outcomes": {name: list(outcomes).count(name) for name in sorted(set(outcomes))},
    }


def again(decided: Any) -> None:
    """Decide the same case once more, without the database."""
    from loans.domain.decisions import decide

    decide(decided.case.known, decided.case.need, decided.product, decided.rules, on=decided.on)


def spread(took: list[float]) -> dict[str, float]:
    parts = quantiles(took, n=100, method="inclusive")
    return {"median_ms": median(took), "p95_ms": parts[94], "p99_ms": parts[98]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="keep the servers' data there for the next run")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    with own_database(with_broker=True, home=options.home) as database:
        database("applications", SECONDS)
        set_up()
        figures = measured(options.applications, options.seed)
    print(f"Python {platform.python_version()}, {platform.machine()}, one process")
    for name, words in (("service", "decided with the database and its commit"), ("floor", "the decision alone")):
        each = figures[name]
        print(f"{words}: median {each['median_ms']:.1f} ms, p95 {each['p95_ms']:.1f} ms, p99 {each['p99_ms']:.1f} ms")
    ratio = figures["service"]["median_ms"] / figures["floor"]["median_ms"]
    print(f"{ratio:.1f} times the floor; {figures['statements']} statements")
    print(", ".join(f"{count:,} {name.lower()}" for name, count in figures["outcomes"].items()))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
