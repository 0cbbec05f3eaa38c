"""
The training command on the two published sets of applications; skipped where they are absent.

Few rounds of the bootstrap: here the figures count, not their intervals. Refusals are tried without these sets.
"""

import json

import pandas as pd
import pytest
from django.core.management import call_command

from loans.domain.scorecards import parse_artifact
from loans.scoring.mapping import FOLDER
from tests.integration.tapes.books import FOLDER as BOOKS
from tests.unit.loans.scoring.artifacts import APPLICATIONS, BEHAVIOR_OF, MAPPING_OF, SCORECARDS

needs_applications = [
    pytest.mark.realbook,
    pytest.mark.skipif(not BOOKS.is_dir(), reason=f"the published applications are not at {BOOKS}"),
]
HEAD = "outcome,income\n"
MAPPING = """
name: tiny
scorecard: tiny
target: {column: outcome, good: [good], bad: [bad]}
cut_off: 520
protected: {}
fields: {income: {}}
inputs: {income: {label: {en: Income}, help: {en: Show it.}}}
card: {purpose: a, data: b, not_inputs: c, limits: d}
"""


def trained(tmp_path, mapping, file, **options):
    out = tmp_path / "card.json"
    call_command("train_scorecard", mapping, str(file), out=out, **{"rounds": 20, **options})
    return out.read_bytes()


def refusal_of(capsys, tmp_path, mapping, file, **options):
    with pytest.raises(SystemExit):
        trained(tmp_path, str(mapping), file, **options)
    assert not (tmp_path / "card.json").exists()
    return json.loads(capsys.readouterr().out)["error"]


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(MAPPING)
    return path


class TestApplications:
    pytestmark = needs_applications

    def test_tells_good_from_bad_and_two_runs_give_the_same_bytes(self, tmp_path):
        file = BOOKS / "credit_applications.csv"

        first, again = (trained(tmp_path, "credit_applications", file, card=tmp_path / "card.md") for _run in range(2))

        found = json.loads(first)["metrics"]["hold_out"]
        assert first == again
        assert 0.80 <= found["auc"]["value"] <= 0.88
        assert 0.45 <= found["ks"]["value"] <= 0.65
        assert "# Scorecard applications, version 1" in (tmp_path / "card.md").read_text()

    @pytest.mark.parametrize(("name", "mapping"), MAPPING_OF.items())
    def test_the_scorecards_of_the_project_are_what_their_mapping_and_the_file_give(self, tmp_path, name, mapping):
        kept = json.loads((SCORECARDS / f"{name}.json").read_bytes())
        number = kept["scorecard"]["version"]

        found = json.loads(trained(tmp_path, mapping, BOOKS / "credit_applications.csv", number=number))

        assert name == f"applications-{number}"
        assert found["scorecard"] == kept["scorecard"]
        assert found["training"]["mapping_sha256"] == kept["training"]["mapping_sha256"]
        assert found["metrics"]["hold_out"]["auc"]["value"] == kept["metrics"]["hold_out"]["auc"]["value"]

    def test_other_ages_and_marriages_give_the_same_scorecard(self, tmp_path):
        table = pd.read_csv(BOOKS / "credit_applications.csv", dtype=str, keep_default_na=False)
        table["Age"], table["Marital"] = table["Age"][::-1].to_numpy(), "married"
        table.to_csv(tmp_path / "others.csv", index=False)

        found = json.loads(trained(tmp_path, "credit_applications", tmp_path / "others.csv", number=2))

        assert found["scorecard"] == json.loads(APPLICATIONS.read_bytes())["scorecard"]

    def test_a_suspicious_characteristic_is_told(self, tmp_path, capsys):
        trained(tmp_path, "credit_applications_longer", BOOKS / "credit_applications.csv")

        assert "years_in_job has an information value of 0.6" in capsys.readouterr().err


class TestBehavior:
    pytestmark = needs_applications
    file = BOOKS / "uci_taiwan_cards_6k.csv"

    @pytest.mark.parametrize(("name", "mapping"), BEHAVIOR_OF.items())
    def test_the_scorecards_of_the_project_are_what_their_mapping_and_the_file_give(self, tmp_path, name, mapping):
        kept = json.loads((SCORECARDS / f"{name}.json").read_bytes())
        number = kept["scorecard"]["version"]

        found = json.loads(trained(tmp_path, mapping, self.file, number=number, card=tmp_path / "card.md"))

        assert name == f"behavior-{number}"
        assert found["scorecard"] == kept["scorecard"]
        assert found["training"]["mapping_sha256"] == kept["training"]["mapping_sha256"]
        assert found["metrics"]["hold_out"]["auc"]["value"] == kept["metrics"]["hold_out"]["auc"]["value"]
        assert 0.70 <= found["metrics"]["hold_out"]["auc"]["value"] <= 0.80
        assert "1,846 histories that were held out" in (tmp_path / "card.md").read_text()

    def test_another_person_with_the_same_months_gives_the_same_scorecard(self, tmp_path):
        table = pd.read_csv(self.file, dtype=str, keep_default_na=False)
        for column in ("AGE", "SEX", "EDUCATION", "MARRIAGE"):
            table[column] = table[column][::-1].to_numpy()
        table.to_csv(tmp_path / "others.csv", index=False)

        found = json.loads(trained(tmp_path, "behavior", tmp_path / "others.csv"))

        assert found["scorecard"] == json.loads((SCORECARDS / "behavior-1.json").read_bytes())["scorecard"]


class TestGermanCredit:
    pytestmark = needs_applications

    def test_needs_only_a_mapping(self, tmp_path):
        file = BOOKS / "german_credit_1000.csv"

        first, again = (trained(tmp_path, "german_credit", file, number=3) for _run in range(2))

        artifact = json.loads(first)
        assert first == again
        assert 0.70 <= artifact["metrics"]["hold_out"]["auc"]["value"] <= 0.85
        assert 0.30 <= artifact["metrics"]["hold_out"]["ks"]["value"] <= 0.60
        assert parse_artifact(artifact).version == 3
        assert set(artifact["fairness"]["attributes"]) == {"age", "sex", "marital_status", "origin"}

    def test_a_protected_attribute_as_an_input_is_refused(self, tmp_path, capsys):
        path = tmp_path / "german.yaml"
        text = (FOLDER / "german_credit.yaml").read_text()
        path.write_text(text.replace("credit_amount}", "age_in_years}"))

        error = refusal_of(capsys, tmp_path, path, BOOKS / "german_credit_1000.csv")

        assert (error["code"], error["field"]) == ("protected_input", "fields.amount")


class TestRefusals:
    @pytest.mark.parametrize(
        ("rows", "field", "words"),
        [
            ("outcome,wage\ngood,5\n", "income", "no column income"),
            (f"{HEAD}good,5\nmaybe,4\n", "outcome", "Line 3, column outcome"),
            (f"{HEAD}good,5\nbad,many\n", "income", "Line 3, column income"),
            (f"{HEAD}good,5\nbad,inf\n", "income", "Line 3, column income"),
            (f"{HEAD}good,5\nbad,4\n", "data", "at least 100"),
            ("", "data", "cannot be read"),
        ],
    )
    def test_a_file_that_is_not_what_the_mapping_says(self, tmp_path, capsys, tiny, rows, field, words):
        file = tmp_path / "data.csv"
        file.write_text(rows)

        error = refusal_of(capsys, tmp_path, tiny, file)

        assert (error["code"], error["field"]) == ("bad_training_file", field)
        assert words in error["message"]

    def test_inputs_that_say_nothing(self, tmp_path, capsys, tiny):
        file = tmp_path / "data.csv"
        file.write_text(HEAD + "good,5\nbad,5\n" * 150)

        assert refusal_of(capsys, tmp_path, tiny, file)["code"] == "nothing_to_learn"

    def test_too_few_rounds(self, tmp_path, capsys, tiny):
        assert refusal_of(capsys, tmp_path, tiny, tmp_path / "data.csv", rounds=1)["code"] == "invalid_input"

    def test_a_mapping_that_nobody_wrote(self, tmp_path, capsys):
        assert refusal_of(capsys, tmp_path, "nowhere", tmp_path / "data.csv")["code"] == "unknown_mapping"
