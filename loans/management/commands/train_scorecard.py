"""`manage.py train_scorecard MAPPING DATA --out FILE`: a scorecard from a file whose outcomes are known."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dashu.kernel.errors import DomainError, _
from loans.scoring.card import model_card
from loans.scoring.mapping import load_mapping

try:
    from loans.scoring.training import as_bytes, train
except ModuleNotFoundError as error:
    if error.name not in ("sklearn", "scipy"):
        raise
    train = None  # type: ignore[assignment]


class TrainingNotInstalled(DomainError):
    """The packages of training are not there, as in an installation that only scores."""

    code = "training_not_installed"


class Command(BaseCommand):
    help = "Train a scorecard; the same file, mapping, seed and packages give the same bytes. See docs/scorecards.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mapping", help="a name in loans/scoring/mappings, or a YAML file")
        parser.add_argument("data", type=Path, help="the CSV file with the outcomes")
        parser.add_argument("--out", type=Path, required=True, help="where to write the artifact, JSON")
        parser.add_argument("--card", type=Path, help="where to write the model card, Markdown")
        parser.add_argument("--seed", type=int, default=7, help="of the split and the bootstrap (default 7)")
        parser.add_argument("--rounds", type=int, default=1_000, help="of the bootstrap (default 1000)")
        parser.add_argument("--number", type=int, default=1, help="the version of the scorecard (default 1)")

    def handle(
        self,
        *args: Any,
        mapping: str,
        data: Path,
        out: Path,
        card: Path | None,
        seed: int,
        rounds: int,
        number: int,
        **options: Any,
    ) -> None:
        try:
            if train is None:
                raise TrainingNotInstalled(
                    _("Training needs packages that are not installed here. Run script/setup --dev.")
                )
            described = load_mapping(mapping)
            artifact = train(described, data, seed=seed, rounds=rounds, version=number)
        except DomainError as refusal:
            self.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
            sys.exit(1)
        _write(out, as_bytes(artifact))
        if card:
            _write(card, model_card(artifact, described.card, described.subject).encode())
        for each in artifact["training"]["inputs"]:
            if each["is_suspicious"]:
                self.stderr.write(f"warning: {each['name']} has an information value of {each['information_value']}")
        self.stdout.write(
            json.dumps(
                {
                    "scorecard": f"{described.scorecard}-{number}",
                    "rows": artifact["training"]["rows"],
                    "characteristics": len(artifact["scorecard"]["characteristics"]),
                    **artifact["metrics"]["hold_out"],
                    "out": str(out),
                }
            )
        )


def _write(path: Path, content: bytes) -> None:
    """Put a whole file in place or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
