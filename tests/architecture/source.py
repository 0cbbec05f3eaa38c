"""The files of the project, for tests that read them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", ".dashu", ".hypothesis", "node_modules", "test-artifacts"}
PACKAGES = ("dashu", "loans", "repayments", "collections_mgmt", "education")


def text_files() -> Iterator[tuple[Path, str]]:
    """Yield each file of the project that is text, with its path from the root."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if not path.is_file() or NOT_OURS & set(inside.parts) or any(part.endswith("_cache") for part in inside.parts):
            continue
        try:
            yield inside, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def python_files() -> Iterator[tuple[Path, str]]:
    for path, text in text_files():
        if path.suffix == ".py" and path.parts[0] in PACKAGES:
            yield path, text
