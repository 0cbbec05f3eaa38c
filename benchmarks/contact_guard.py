"""
How fast the contact guard decides in batch: `python benchmarks/contact_guard.py --decisions 20000`.

Each decision is of another case with a history of its own, up to a few dozen contacts over two months, by the shipped
packs; those that are refused also look for the next allowed moment. No database is used and one core works.

The program ends with 1 when fewer than 2,000 a second were decided, or a next moment was not allowed.
"""

import argparse
import json
import os
import platform
import random
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django

from dashu.policy.contact_guard import Attempt, Case, Contact, Decision, Outcome, decide
from dashu.policy.contact_rules import Channel, ContactPurpose, ContactRules, Party

ON = date(2026, 12, 1)
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Asia/Taipei", "Asia/Urumqi")]
NOW = datetime(2026, 12, 1, 12, tzinfo=ZONES[0])
LEAST_A_SECOND = 2_000

Question = tuple[ContactRules, Attempt, Case, list[Contact], datetime, ZoneInfo]


def set_up() -> None:
    """Configure Django. No database is used; the settings want to know of one."""
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:9/0")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.test")
    django.setup()


def rules_of(name: str) -> ContactRules:
    from dashu.policy.pack_files import pack_file
    from dashu.policy.rules import contact_rules_from

    pack = pack_file(name)
    return contact_rules_from(name, lambda code: pack.rule(code, on=ON))


def questions(count: int, longest: int, seed: int) -> list[Question]:
    draw = random.Random(seed)  # noqa: S311 – made-up histories
    packs = [rules_of(name) for name in ("cn", "us", "tw")]
    return [_question(draw, packs, longest) for _number in range(count)]


def _question(draw: random.Random, packs: list[ContactRules], longest: int) -> Question:
    attempt = Attempt(
        channel=draw.choice(list(Channel)),
        party=draw.choices(list(Party), [16, 1, 1, 1, 1])[0],
        address=f"n{draw.randrange(3)}",
        purpose=draw.choice(list(ContactPurpose)),
        operator=draw.choice(["user:7", "auto:dialer"]),
    )
    flags = frozenset(draw.sample(["vulnerable", "complaint", "home_visit_agreed", "deceased"], draw.choice([0, 0, 1])))
    history = [
        Contact(
            at=NOW - timedelta(minutes=draw.randrange(60 * 24 * 60)),
            channel=draw.choice(list(Channel)),
            party=draw.choices(list(Party), [16, 1, 1, 1, 1])[0],
            address=f"n{draw.randrange(3)}",
            outcome=draw.choice(list(Outcome)),
        )
        for _contact in range(draw.randrange(longest + 1))
    ]
    now = NOW + timedelta(minutes=draw.randrange(24 * 60))
    return draw.choice(packs), attempt, Case(dpd=draw.randrange(90), flags=flags), history, now, draw.choice(ZONES)


def answer(question: Question, *, at: datetime | None = None) -> Decision:
    rules, attempt, case, history, now, zone = question
    return decide(rules, attempt, case, history, now=at or now, zone=zone)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=20_000)
    parser.add_argument("--history", type=int, default=40, help="the most contacts of one history")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    set_up()
    asked = questions(options.decisions, options.history, options.seed)
    started = time.perf_counter()
    decisions = [answer(question) for question in asked]
    seconds = time.perf_counter() - started
    waits = [(question, found) for question, found in zip(asked, decisions, strict=True) if found.next_allowed_at]
    wrong = sum(not answer(question, at=found.next_allowed_at).allows for question, found in waits)
    a_second = len(decisions) / seconds
    print(
        json.dumps(
            {
                "machine": f"{platform.machine()}, Python {platform.python_version()}",
                "decisions": len(decisions),
                "seconds": round(seconds, 3),
                "decisions_a_second": round(a_second),
                "verdicts": dict(Counter(found.verdict.lower() for found in decisions)),
                "next_moments_found": len(waits),
                "next_moments_not_allowed": wrong,
            }
        )
    )
    return 1 if wrong or a_second < LEAST_A_SECOND else 0


if __name__ == "__main__":
    sys.exit(main())
