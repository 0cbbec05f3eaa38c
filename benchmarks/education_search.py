"""
How well and how fast the search of the lessons finds: `python benchmarks/education_search.py`.

The questions are those of `tests/golden/education_queries.yaml`, as people type them. For each the place of the first
right answer is told; then how often it is the first (hit@1), among the first three (hit@3), the mean of one over its
place (MRR), and the processor time of a search with its excerpts once the index is there, which other work on the
machine disturbs least.
"""

import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.test")
os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:9/0")
os.environ.setdefault("DASHU_SECRET_KEY", "benchmark")

ROUNDS = 20


def main() -> None:
    import django

    django.setup()
    import yaml
    from django.utils import translation

    from education.domain.lessons import load_lesson, slugs
    from education.selectors import search as searching
    from education.views.searching import calculator_entries

    queries = yaml.safe_load((ROOT / "tests" / "golden" / "education_queries.yaml").read_text(encoding="utf-8"))
    places, times = [], []
    for query in queries:
        with translation.override(query["language"]):
            others = calculator_entries()
            lessons = [load_lesson(slug, query["language"]) for slug in slugs()]
            found = searching.hits(query["asks"], query["language"], lessons, others)
            for _round in range(ROUNDS):
                began = time.process_time()
                searching.search(query["asks"], query["language"], lessons, others)
                times.append(time.process_time() - began)
        keys = [f"{hit.entry.kind}:{hit.entry.key}" for hit in found]
        place = next((at for at, key in enumerate(keys, start=1) if key in query["finds"]), 0)
        places.append(place)
        print(f"{place or '-':>2}  {query['language']:8} {query['asks']}  {'' if place == 1 else keys[:3]}")
    figures = {
        "queries": len(places),
        "hit@1": round(sum(place == 1 for place in places) / len(places), 3),
        "hit@3": round(sum(0 < place <= 3 for place in places) / len(places), 3),
        "MRR": round(sum(1 / place for place in places if place) / len(places), 3),
        "processor milliseconds, median": round(statistics.median(times) * 1000, 2),
        "processor milliseconds, 99%": round(statistics.quantiles(times, n=100)[-1] * 1000, 2),
        "python": platform.python_version(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
