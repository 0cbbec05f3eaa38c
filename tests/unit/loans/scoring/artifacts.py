"""Where the project's own scorecards and their cards lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
SCORECARDS = ROOT / "loans" / "scoring" / "scorecards"
CARDS = ROOT / "docs" / "scorecards"
MAPPING_OF = {"applications-2": "credit_applications", "applications-3": "credit_applications_longer"}
BEHAVIOR_OF = {"behavior-1": "behavior", "behavior-2": "behavior_cards"}
APPLICATIONS = SCORECARDS / "applications-2.json"
