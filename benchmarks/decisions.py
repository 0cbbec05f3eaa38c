"""
How long a decision takes, and how fast many are scored: `python benchmarks/decisions.py --decisions 5000`.

A decision is all that happens between the facts of an application and its answer, without the bureau and the database:
score by the champion and the challenger, price, offers with their schedules and yearly rates, review, and the reasons
in words. Rules and products are the shipped ones; every application differs, so nothing is found in a cache. The batch
scores as many applications as a nightly run over the whole book would, one after the other on one core.

The program ends with 1 when an offer breaks the cap or asks for more than the month can carry, or when a refusal has no
reason.
"""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import django
import yaml
from django.utils import translation

from dashu.finance.affordability import Amount, Household
from dashu.policy.credit_rules import Outcome
from loans.domain.decisions import Decision, Known, Rules, decide
from loans.domain.offers import Need
from loans.domain.scorecards import score
from loans.domain.scoring_facts import Housing, ScoringFacts, Work, fields_of
from loans.domain.terms import ProductRules, parse_rules
from loans.reason_words import limits_in_words, price_step_in_words, reasons_in_words
from loans.scoring.serving import current_releases, scorecard, serve

ROOT = Path(__file__).resolve().parents[1]
ON = date(2026, 12, 1)
YUAN = 100


def set_up() -> None:
    """Configure Django. No database is used; the settings want to know of one."""
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:9/0")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.test")
    django.setup()


def rules_of_the_pack() -> Rules:
    from dashu.policy.pack_files import pack_file

    pack = pack_file("cn")
    return Rules(
        review=pack.value("credit.review", on=ON),
        pricing=pack.value("credit.pricing", on=ON),
        limits=pack.rate_limits(ON),
    )


def products() -> list[ProductRules]:
    documents = yaml.safe_load((ROOT / "loans" / "products.yaml").read_text(encoding="utf-8"))
    return [parse_rules(document["versions"][-1]["terms"]) for document in documents]


def application(chance: random.Random) -> tuple[ScoringFacts, Known, Need]:
    """Return one of many kinds of applicants: some fine, some with too many loans, some with little income."""
    income = chance.randrange(3_000, 40_000) * YUAN
    essentials = chance.randrange(1_500, 6_000) * YUAN
    debts = chance.choice([0, 0, chance.randrange(0, income // 2)])
    need = Need(
        amount=chance.randrange(3_000, 200_000) * YUAN,
        months=chance.randrange(3, 37),
        useful_months=chance.choice([None, chance.randrange(6, 120)]),
        strong_months=chance.choice([(), (), (10, 11, 12, 1)]),
    )
    facts = ScoringFacts(
        amount=need.amount,
        months=need.months,
        income=income,
        expenses=essentials,
        assets=chance.randrange(0, 300_000) * YUAN,
        debt=debts * 12,
        has_past_defaults=chance.random() < 0.1,
        work=chance.choice(list(Work)),
        years_in_job=chance.randrange(0, 20),
        housing=chance.choice(list(Housing)),
    )
    known = Known(
        age=chance.randrange(18, 65),
        is_resident=True,
        household=Household(
            Amount(income, income if chance.random() < 0.5 else None), Amount(essentials), Amount(debts)
        ),
        open_lenders=chance.randrange(0, 6),
        inquiries={7: chance.randrange(0, 3), 30: chance.randrange(0, 5), 90: chance.randrange(0, 9)},
        days_past_due_elsewhere=chance.choice([0] * 19 + [10]),
    )
    return facts, known, need


def decided(facts: ScoringFacts, known: Known, need: Need, product: ProductRules, rules: Rules, name: str) -> Any:
    """Return the decision and its words, as a page would ask for them."""
    served = serve(facts, reference=name)
    scored = Known(**{each: getattr(known, each) for each in Known.__slots__} | {"score": served.scored.points})
    decision = decide(scored, need, product, rules, on=ON)
    words = reasons_in_words(decision.review.findings, served.shortfalls)
    words += limits_in_words(decision.match.limits)
    return decision, words, [price_step_in_words(step) for step in decision.price.steps]


def problems_of(decision: Decision, words: list[Any], known: Known, rules: Rules) -> list[str]:
    most = known.household.month(rules.review.affordability).highest_installment(rules.review.affordability)
    found = [] if words or decision.outcome is not Outcome.REFUSE else ["a refusal without a reason"]
    for offer in decision.match.offers:
        if offer.all_in_rate > rules.limits.cap:
            found.append(f"an offer at {offer.all_in_rate}, above the cap")
        if offer.highest > most:
            found.append(f"an offer of {offer.highest} a month to one who can carry {most}")
    return found


def measured_decisions(count: int, seed: int) -> dict[str, Any]:
    """Return what single decisions take, in milliseconds, and what came out."""
    chance = random.Random(seed)  # noqa: S311 – to be repeated
    rules, offered = rules_of_the_pack(), products()
    applications = [application(chance) for _number in range(count)]
    took, outcomes, offers, problems = [], dict.fromkeys(Outcome.__members__, 0), 0, []
    for number, (facts, known, need) in enumerate(applications):
        product = offered[number % len(offered)]
        began = time.perf_counter()
        decision, words, _price = decided(facts, known, need, product, rules, f"DA{number}")
        took.append((time.perf_counter() - began) * 1_000)
        outcomes[decision.outcome.name] += 1
        offers += len(decision.match.offers)
        problems += problems_of(decision, words, known, rules)
    parts = statistics.quantiles(took, n=100, method="inclusive")
    return {
        "decisions": count,
        "median_ms": statistics.median(took),
        "p95_ms": parts[94],
        "p99_ms": parts[98],
        "longest_ms": max(took),
        "outcomes": outcomes,
        "offers": offers,
        "problems": problems,
    }


def measured_batch(count: int, seed: int) -> dict[str, Any]:
    """Return how long it takes to score many applications, reading their facts included."""
    chance = random.Random(seed)  # noqa: S311 – to be repeated
    champion = scorecard(current_releases().champion)
    applications = [application(chance)[0] for _number in range(count)]
    began = time.perf_counter()
    points = [score(champion, fields_of(facts)).points for facts in applications]
    seconds = time.perf_counter() - began
    return {"applications": count, "seconds": seconds, "per_second": count / seconds, "mean": statistics.mean(points)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=3_000, help="decided one by one")
    parser.add_argument("--applications", type=int, default=100_000, help="scored in a batch")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    set_up()
    with translation.override("zh-hans"):
        single = measured_decisions(options.decisions, options.seed)
    batch = measured_batch(options.applications, options.seed)
    print(f"Python {platform.python_version()}, {platform.machine()}, one core")
    print(
        f"{single['decisions']:,} decisions: median {single['median_ms']:.1f} ms, p95 {single['p95_ms']:.1f} ms, "
        f"p99 {single['p99_ms']:.1f} ms, longest {single['longest_ms']:.1f} ms"
    )
    print(", ".join(f"{count:,} {name.lower()}" for name, count in single["outcomes"].items()), end="")
    print(f"; {single['offers']:,} offers")
    print(
        f"{batch['applications']:,} applications scored in {batch['seconds']:.2f} s, "
        f"{batch['per_second']:,.0f} a second"
    )
    print(f"{len(single['problems'])} offers beyond a bound or refusals without a reason")
    for problem in single["problems"][:10]:
        print(f"  {problem}")
    if options.json:
        options.json.write_text(json.dumps({"decisions": single, "batch": batch}, indent=1))
    return 1 if single["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
