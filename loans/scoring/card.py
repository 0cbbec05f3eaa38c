"""
The model card: an artifact in words and tables, for those who answer for its use.

It is a document of the project and, like the others in docs/, in English. It says nothing that is not in the artifact
or in the mapping's own texts, so it is written anew with every training.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loans.domain.stability import ACT_ABOVE, WATCH_FROM
from loans.scoring.mapping import Subject
from loans.scoring.measuring import FEWEST_IN_GROUP

LEAST_IMPACT_RATIO = 0.8
METRICS = {"auc": "AUC", "gini": "Gini", "ks": "KS", "brier": "Brier score"}
FATES = {
    "kept": "kept",
    "little_information": "dropped: information value below 0.02, or a single bin in the declared direction",
    "no_positive_weight": "dropped: beside the others a better bin would have lowered the score",
    "no_points": "dropped: all its bins are worth the same whole points",
}


@dataclass(frozen=True, slots=True)
class Words:
    """How a card calls what is scored."""

    many: str
    unknown: str
    known: str
    approved: str
    approval_rate: str
    approved_most_often: str
    approves: str


WORDS = {
    Subject.APPLICATION: Words(
        many="applications",
        unknown="an average applicant, but more than the worst answer: what can be asked for must be asked for",
        known="at the application",
        approved="approved",
        approval_rate="approval rate",
        approved_most_often="approved most often",
        approves="it approves too few",
    ),
    Subject.HISTORY: Words(
        many="histories",
        unknown="an average history",
        known="before the month that it foretells",
        approved="left alone",
        approval_rate="share left alone",
        approved_most_often="left alone most often",
        approves="it warns too many",
    ),
}


def model_card(artifact: Mapping[str, Any], texts: Mapping[str, str], subject: Subject = Subject.APPLICATION) -> str:
    """
    Return Markdown.

    :param artifact: as `loans.scoring.training.train` returns it.
    :param texts: the `card` of its mapping.
    :param subject: what is scored.
    """
    words = WORDS[subject]
    card, training = artifact["scorecard"], artifact["training"]
    parts = [
        f"# Scorecard {card['name']}, version {card['version']}",
        "Written by `manage.py train_scorecard --card`; do not edit.",
        "## Purpose",
        texts["purpose"],
        "## Data",
        texts["data"],
        "\n".join(_origin(training)),
        "## What is not an input",
        texts["not_inputs"],
        "## Characteristics",
        f"The score is {card['start']} plus the points of one bin of each characteristic; "
        "600 points promise 50 good loans to 1 bad, and 20 more double that. What is not known is never worth more "
        f"than {words.unknown}.",
        "\n\n".join(_points(each) for each in card["characteristics"]),
        "## Inputs considered",
        _inputs(training["inputs"]),
        "\n\n".join(_warnings(training["inputs"], words)),
        "## How well it tells good from bad",
        f"On the {training['held_out_rows']:,} {words.many} that were held out, with 95% bootstrap intervals "
        f"({training['bootstrap_rounds']:,} rounds).",
        _metrics(artifact["metrics"]),
        "## Calibration",
        "The share of bad loans that the points promise, and the share that came, on the hold-out.",
        _calibration(artifact["metrics"]["calibration"]),
        _misses(artifact["metrics"]["calibration"]),
        "## Fairness",
        *_fairness(artifact["fairness"], words),
        "## Limits",
        texts["limits"],
        "## Monitoring",
        _monitoring(artifact["stability"], words),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _origin(training: Mapping[str, Any]) -> Iterator[str]:
    packages = ", ".join(f"{name} {version}" for name, version in training["packages"].items())
    rows, good = training["rows"], training["good"]
    yield f"* {rows:,} rows, {good:,} good and {rows - good:,} bad ({(rows - good) / rows:.1%});"
    yield f"  {training['learned_rows']:,} to learn from, {training['held_out_rows']:,} held out, stratified"
    yield f"* file `{training['data']}`, SHA-256 `{training['data_sha256']}`"
    yield f"* mapping `{training['mapping']}`, SHA-256 `{training['mapping_sha256']}`"
    yield f"* seed {training['seed']}; Python {training['python']}, {packages}"


def _points(characteristic: Mapping[str, Any]) -> str:
    fields = " ÷ ".join(f"`{field}`" for field in characteristic["fields"])
    rows = [[_bin(each, before), each["points"]] for each, before in _with_before(characteristic["bins"])]
    rows.append(["not known", characteristic["missing"]])
    if "unseen" in characteristic:
        rows.append(["any other", characteristic["unseen"]])
    return f"**{characteristic['label']['en']}** ({fields})\n\n{_table(['value', 'points'], rows)}"


def _with_before(bins: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    before = None
    for each in bins:
        yield each, before
        before = each.get("below")


def _bin(each: Mapping[str, Any], before: str | None) -> str:
    if "values" in each:
        return ", ".join(each["values"])
    below = each.get("below")
    if before is None:
        return f"below {below}" if below else "any"
    return f"{before} to below {below}" if below else f"{before} or more"


def _inputs(inputs: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [each["name"], f"{each['information_value']:.4f}", _number(each["weight"]), FATES[each["fate"]]]
        for each in inputs
    ]
    return _table(["input", "information value", "regression weight", "fate"], rows)


def _warnings(inputs: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    for each in inputs:
        if each["is_suspicious"]:
            yield (
                f"**Warning.** `{each['name']}` has an information value of {each['information_value']:.4f}, above "
                f"0.5. Somebody should make sure that it was known {words.known}, not learned from the outcome."
            )


def _metrics(metrics: Mapping[str, Any]) -> str:
    rows = [
        [METRICS[name], _number(found["value"]), _interval(found), _number(metrics["training"][name])]
        for name, found in metrics["hold_out"].items()
    ]
    return _table(["figure", "hold-out", "95% interval", "on the rows it learned from"], rows)


def _calibration(bands: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for band in bands:
        found = band["bad_rate"]
        rows.append(
            [_band(band), band["rows"], _share(band["expected_bad_rate"]), _share(found["value"]), _shares(found)]
        )
    return _table(["points", "rows", "promised bad", "came", "95% interval"], rows)


def _misses(bands: Sequence[Mapping[str, Any]]) -> str:
    """Name the bands whose promise lies outside of what came."""
    missed = [f"{_band(band)} ({miss})" for band in bands if (miss := _miss(band))]
    return f"**Outside the interval:** {'; '.join(missed)}." if missed else "Every promise lies within its interval."


def _miss(found: Mapping[str, Any]) -> str | None:
    """Say how the promised share of bad loans lies outside the interval of what came; None where it does not."""
    promised, bounds = found["expected_bad_rate"], found["bad_rate"]["interval"]
    if bounds is None or bounds[0] <= promised <= bounds[1]:
        return None
    return "promised too many bad" if promised > bounds[1] else "promised too few bad"


def _band(band: Mapping[str, Any]) -> str:
    lower, upper = band["from"], band["below"]
    if lower is None:
        return "any" if upper is None else f"below {upper}"
    return f"{lower} or more" if upper is None else f"{lower} to {upper - 1}"


def _fairness(fairness: Mapping[str, Any], words: Words) -> Iterator[str]:
    yield (
        f"By groups of what the scorecard cannot see, on the hold-out; {words.approved} from {fairness['cut_off']} "
        f"points on. The adverse impact ratio is the {words.approval_rate} against that of the group "
        f"{words.approved_most_often}. "
        f"Groups of fewer than {FEWEST_IN_GROUP} say little and are no measure for others."
    )
    low, missed = [], []
    for name, groups in fairness["attributes"].items():
        rows = []
        for group in groups:
            approved, area, ratio = group["approval_rate"], group["auc"], group["adverse_impact_ratio"]
            if ratio is not None and ratio < LEAST_IMPACT_RATIO and group["rows"] >= FEWEST_IN_GROUP:
                low.append(f"{name.replace('_', ' ')} {group['group']} ({ratio:.2f})")
            if (miss := _miss(group)) and group["rows"] >= FEWEST_IN_GROUP:
                missed.append(f"{name.replace('_', ' ')} {group['group']} ({miss})")
            rows.append(
                [
                    group["group"],
                    group["rows"],
                    _share(group["expected_bad_rate"]),
                    f"{_share(group['bad_rate']['value'])} ({_shares(group['bad_rate'])})",
                    group["mean_points"],
                    f"{_share(approved['value'])} ({_shares(approved)})",
                    _number(ratio),
                    f"{_number(area['value'])} ({_interval(area)})",
                ]
            )
        heads = ["group", "rows", "promised bad", "came (95% interval)", "mean points"]
        heads += [f"{words.approved} (95% interval)", "adverse impact ratio", "AUC (95% interval)"]
        yield f"### {name.replace('_', ' ').capitalize()}\n\n{_table(heads, rows)}"
    if low:
        yield (
            f"**Below {LEAST_IMPACT_RATIO}:** {'; '.join(low)}. The attribute is no input, so other "
            "facts carry its effect. Before use somebody must decide whether these are needed, and write down why."
        )
    if missed:
        yield (
            f"**Outside the interval:** {'; '.join(missed)}. The score is not equally right about all groups; of one "
            f"of which it promised too many bad loans {words.approves}."
        )


def _monitoring(stability: Mapping[str, Any], words: Words) -> str:
    rows = [["score", f"{stability['score']['hold_out_psi']:.4f}"]]
    rows += [[name, f"{each['hold_out_psi']:.4f}"] for name, each in stability["characteristics"].items()]
    return (
        "The artifact keeps how the training rows spread over the bands of the score and the bins of each "
        f"characteristic. {words.many.capitalize()} of later months are held against them by the population stability "
        f"index: below {WATCH_FROM:.2f} stable, up to {ACT_ABOVE:.2f} to be watched, above it somebody must act. "
        "Every input should be kept with the version of the scorecard, so that the next can be trained on the "
        "lender's own book. "
        "For measure, the index of the hold-out:\n\n" + _table(["of", "index"], rows)
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _interval(found: Mapping[str, Any]) -> str:
    return " to ".join(f"{bound:.4f}" for bound in found["interval"]) if found["interval"] else "–"


def _shares(found: Mapping[str, Any]) -> str:
    return " to ".join(f"{bound:.1%}" for bound in found["interval"]) if found["interval"] else "–"


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)
