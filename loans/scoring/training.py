"""
One training run: file and mapping in, artifact out. The same file, mapping, seed and packages give the same bytes.

The artifact holds the scorecard, how it came about, its figures on the hold-out, and the distributions that the
stability of later applicants is measured against. It knows no clock and no folder.
"""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from dashu.kernel.errors import InvalidInput, _
from loans.domain.discrimination import Scaling
from loans.domain.scorecards import Fact, Scorecard, parse_artifact, score
from loans.domain.stability import population_stability
from loans.scoring.fitting import Fate, Fitted, bounds_of, fit
from loans.scoring.mapping import TrainingMapping
from loans.scoring.measuring import DECIMALS, Outcomes, calibration, draws_of, fairness, metrics
from loans.scoring.reading import Sample, read_sample
from loans.scoring.splitting import HOLD_OUT, is_held_out

BANDS = 6
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy")


def train(
    mapping: TrainingMapping, path: Path, *, seed: int = 7, rounds: int = 1_000, version: int = 1
) -> dict[str, Any]:
    """
    Train a scorecard and measure it on the 30% of the rows that were held out, with the same share of bad loans.

    :param rounds: of the bootstrap; the intervals of few rounds are rough.
    :param version: of the scorecard, written into it.
    :raises DomainError: the file, the mapping or a number cannot be used.
    """
    if not (0 <= seed < 2**32 and 20 <= rounds <= 100_000 and version >= 1):
        raise InvalidInput(
            _("The seed is not negative, the rounds are 20 to 100,000, and the version is 1 or more."), field="seed"
        )
    sample = read_sample(path, mapping)
    learned, held = _split(sample, seed)
    scaling = Scaling()
    fitted = fit(
        mapping, [sample.facts[row] for row in learned], [sample.good[row] for row in learned], scaling, version
    )
    scorecard = parse_artifact({"scorecard": fitted.card})
    points = [score(scorecard, facts).points for facts in sample.facts]
    then = _outcomes(points, sample, learned)
    now = _outcomes(points, sample, held)
    edges = sorted({int(edge) for edge in np.quantile(then.points, [band / BANDS for band in range(1, BANDS)])})
    draws = draws_of(len(held), rounds, seed)
    return {
        "scorecard": fitted.card,
        "training": {
            "mapping": mapping.name,
            "mapping_sha256": mapping.digest,
            "data": path.name,
            "data_sha256": sample.digest,
            "rows": len(sample.good),
            "good": sum(sample.good),
            "learned_rows": len(learned),
            "held_out_rows": len(held),
            "seed": seed,
            "bootstrap_rounds": rounds,
            "scaling": {
                **asdict(scaling),
                "factor": round(scaling.factor, DECIMALS),
                "offset": round(scaling.offset, DECIMALS),
            },
            "python": ".".join(platform.python_version_tuple()[:2]),
            "packages": {name: version_of(name) for name in PACKAGES},
            "inputs": _inputs(fitted),
        },
        "metrics": {
            "hold_out": metrics(now, scaling, draws),
            "training": {name: found["value"] for name, found in metrics(then, scaling, []).items()},
            "calibration": calibration(now, scaling, edges, draws),
        },
        "stability": _stability(scorecard, sample.facts, learned, held, edges, then, now),
        "fairness": {
            "cut_off": mapping.cut_off,
            "attributes": fairness(
                now,
                scaling,
                {name: [groups[row] for row in held] for name, groups in sample.groups.items()},
                mapping.cut_off,
                draws,
            ),
        },
    }


def as_bytes(artifact: dict[str, Any]) -> bytes:
    """Return the artifact as its file holds it."""
    return (json.dumps(artifact, ensure_ascii=False, indent=1) + "\n").encode()


def _split(sample: Sample, seed: int) -> tuple[list[int], list[int]]:
    """Return the rows to learn from and those held out."""
    rows = range(len(sample.good))
    if sample.names is not None:
        held_out = [is_held_out(name) for name in sample.names]
        return [row for row in rows if not held_out[row]], [row for row in rows if held_out[row]]
    learned, held = train_test_split(
        np.arange(len(sample.good)), test_size=HOLD_OUT, random_state=seed, stratify=sample.good
    )
    return sorted(learned.tolist()), sorted(held.tolist())


def _outcomes(points: Sequence[int], sample: Sample, rows: Sequence[int]) -> Outcomes:
    return Outcomes(np.array([points[row] for row in rows]), np.array([sample.good[row] for row in rows]))


def _inputs(fitted: Fitted) -> list[dict[str, Any]]:
    """Say of each input what it told, what became of it and on what its points rest."""
    return [
        {
            "name": binned.input.name,
            "information_value": round(binned.information, DECIMALS),
            "is_suspicious": binned.is_suspicious,
            "fate": fate.value,
            "weight": None if weight is None or fate is not Fate.KEPT else round(weight, DECIMALS),
            "bins": [
                {**where, "good": counts.good, "bad": counts.bad, "weight_of_evidence": round(evidence, DECIMALS)}
                for where, counts, evidence in zip(
                    [*bounds_of(binned.bins), {"missing": True}],
                    [*binned.bins.counts, binned.missing],
                    binned.weights[: len(binned.bins.counts) + 1],
                    strict=True,
                )
            ],
        }
        for binned, fate, weight in fitted.binned
    ]


def _stability(
    scorecard: Scorecard,
    facts: Sequence[dict[str, Fact]],
    learned: Sequence[int],
    held: Sequence[int],
    edges: Sequence[int],
    then: Outcomes,
    now: Outcomes,
) -> dict[str, Any]:
    """Count the training rows by band of points and by place of each characteristic; hold the hold-out against them."""
    expected = _counts_of_bands(then, edges)
    characteristics = {}
    for each in scorecard.characteristics:
        counts = [0] * len(each.points)
        later = [0] * len(each.points)
        for row in learned:
            counts[each.place_of(facts[row])] += 1
        for row in held:
            later[each.place_of(facts[row])] += 1
        characteristics[each.name] = {
            "expected": counts,
            "hold_out_psi": round(population_stability(counts, later), DECIMALS),
        }
    return {
        "score": {
            "edges": list(edges),
            "expected": expected,
            "hold_out_psi": round(population_stability(expected, _counts_of_bands(now, edges)), DECIMALS),
        },
        "characteristics": characteristics,
    }


def _counts_of_bands(outcomes: Outcomes, edges: Sequence[int]) -> list[int]:
    bands = np.searchsorted(edges, outcomes.points, side="right")
    return [int(count) for count in np.bincount(bands, minlength=len(edges) + 1)]
