"""Where the project's own scorecard and its card lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
APPLICATIONS = ROOT / "loans" / "scoring" / "scorecards" / "applications-1.json"
CARD = ROOT / "docs" / "scorecards" / "applications.md"
