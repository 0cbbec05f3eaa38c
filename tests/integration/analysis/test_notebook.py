"""The example of docs/notebooks runs to its end on a book whose cause is known, and names that cause."""

import json
from fractions import Fraction
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from collections_mgmt.models import PortfolioMonth
from dashu.analysis.analysts import make_analyst, revoke_analyst
from dashu.analysis.exporting import export_snapshot
from tests.integration.analysis import months
from tests.integration.analysis.test_analysts import address_of

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "docs" / "notebooks" / "why-overdue-rises.ipynb"
TOLD = "import json; print(json.dumps(conclusion))"


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Run the notebook on a book; return what it concludes."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)

    def run(place: str) -> dict[str, str]:
        monkeypatch.setenv("DASHU_BOOK", place)
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(TOLD))
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
        return json.loads(notebook.cells[-1].outputs[0]["text"])

    return run


def percent(share: Fraction) -> str:
    return f"{float(share * 100):.2f}%"


def par_30(number: int, region: str | None = None) -> tuple[int, int]:
    """Computed from the months themselves, without any frame: (principal more than 30 days behind, principal)."""
    rows = [row for row in months.loan_months() if row.month == months.month_of(number)]
    rows = [row for row in rows if region is None or row.region == region]
    return sum(row.principal_minor for row in rows if row.days_past_due > 30), sum(row.principal_minor for row in rows)


def share(number: int, region: str | None = None) -> Fraction:
    return Fraction(*par_30(number, region))


def mix() -> Fraction:
    found = Fraction(0)
    for region in months.REGIONS:
        weights = [Fraction(par_30(number, region)[1], par_30(number)[1]) for number in (1, 5)]
        found += (weights[1] - weights[0]) * (share(1, region) + share(5, region)) / 2
    return found


@pytest.mark.django_db(transaction=True)
class TestNotebook:
    def test_names_the_region_that_got_worse_from_the_database(self, kept, runs, worker_id):
        role, password = make_analyst(f"notebook_{worker_id}", actor="system:test")
        try:
            concluded = runs(address_of(role, password))
        finally:
            revoke_analyst(f"notebook_{worker_id}", actor="system:test")

        change = share(5) - share(1)
        assert change > Fraction(5, 100)
        assert concluded == {
            "driver": months.SHOCK_REGION,
            "change": percent(change),
            "rate": percent(change - mix()),
            "mix": percent(mix()),
        }

    def test_fails_where_the_sums_do_not_agree_with_the_loans(self, kept, runs, tmp_path):
        PortfolioMonth.objects.filter(dimension="", bucket="M1").update(principal_minor=1)
        export_snapshot(tmp_path / "book", actor="user:1")

        with pytest.raises(CellExecutionError, match="add up to its sums"):
            runs(str(tmp_path / "book"))


class TestFile:
    def test_holds_no_output_and_nothing_of_a_machine(self):
        notebook = nbformat.read(NOTEBOOK, as_version=4)

        nbformat.validate(notebook)
        assert [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []
        assert {cell.execution_count for cell in notebook.cells if cell.cell_type == "code"} == {None}
        assert NOTEBOOK.stat().st_size < 20_000
