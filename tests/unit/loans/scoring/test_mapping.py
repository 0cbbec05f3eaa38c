"""What a training mapping may say, and that nothing protected gets into a score."""

import copy

import pytest

from dashu.kernel.documents import MissingField, UnknownField
from dashu.kernel.errors import DomainError
from loans.scoring.mapping import FOLDER, ProtectedInput, Subject, UnknownMapping, load_mapping, read_mapping

WORDS = {"label": {"en": "Income"}, "help": {"en": "Show it."}}
MAPPING = {
    "name": "example",
    "scorecard": "example",
    "target": {"column": "outcome", "good": ["good"], "bad": ["bad"]},
    "cut_off": 520,
    "protected": {"sex": {"column": "salutation"}},
    "fields": {"income": {}, "debt": {}, "job": {"kind": "category"}},
    "inputs": {"income": {"better": "higher", **WORDS}, "debt_to_income": {"of": ["debt", "income"], **WORDS}},
    "card": {"purpose": "a", "data": "b", "not_inputs": "c", "limits": "d"},
}


def read(part=None, **changes):
    """Read the example with keys of one part, or of the whole, changed."""
    mapping = copy.deepcopy(MAPPING)
    (mapping[part] if part else mapping).update(changes)
    return read_mapping(mapping, digest="")


MONTHS = {"behind": ["late_1", "late_2", "late_3"], "limit": "limit"}


def read_months(history=MONTHS, **changes):
    """Read the example as one of histories of months."""
    mapping = {name: part for name, part in copy.deepcopy(MAPPING).items() if name != "fields"}
    return read_mapping(
        {**mapping, "history": history, "inputs": {"behind_now": {"better": "lower", **WORDS}}, **changes}, digest=""
    )


class TestHistories:
    def test_are_read_by_the_fields_that_a_running_loan_has(self):
        found = read_months()

        assert found.subject is Subject.HISTORY
        assert found.history.all == ("late_1", "late_2", "late_3", "limit")
        assert found.inputs[0].fields == ("behind_now",)

    @pytest.mark.parametrize("column", ["salutation", "age_in_years", "outcome"])
    def test_a_month_is_no_protected_column_and_not_the_outcome(self, column):
        with pytest.raises(DomainError) as refusal:
            read_months({**MONTHS, "paid": [column]})

        assert refusal.value.field in ("history", "target.column")

    def test_an_input_is_a_field_of_a_history(self):
        with pytest.raises(DomainError) as refusal:
            read_months(inputs={"income": WORDS})

        assert refusal.value.field == "inputs.income.of"

    def test_fields_of_an_application_beside_them_are_refused(self):
        with pytest.raises(UnknownField):
            read_months(fields={"income": {}})


class TestReadMapping:
    @pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
    def test_every_mapping_of_the_project_can_be_read(self, name):
        assert load_mapping(name).name == name

    def test_a_quotient_is_data(self):
        assert read().inputs[1].fields == ("debt", "income")

    @pytest.mark.parametrize(
        ("fields", "at"),
        [
            ({"title": {"column": "salutation", "kind": "category"}}, "fields.title"),
            ({"years": {"column": "age_in_years"}}, "fields.years"),
            ({"where": {"column": "HomeRegion", "kind": "category"}}, "fields.where"),
            ({"Age": {}}, "fields.Age"),
        ],
    )
    def test_a_protected_column_as_an_input_is_refused(self, fields, at):
        with pytest.raises(ProtectedInput) as refusal:
            read("fields", **fields)

        assert refusal.value.field == at

    def test_an_input_that_calls_itself_protected_is_refused(self):
        with pytest.raises(ProtectedInput) as refusal:
            read("inputs", sex={"of": ["income"], **WORDS})

        assert refusal.value.field == "inputs.sex"

    def test_words_that_only_hold_a_protected_one_are_none(self):
        assert read("fields", mortgage_percentage={}).fields[-1].name == "mortgage_percentage"

    @pytest.mark.parametrize(
        ("part", "changes", "kind"),
        [
            ("inputs", {"debt": {"better": "lower", "bins": 3, **WORDS}}, UnknownField),
            ("inputs", {"debt": {"better": "lower"}}, MissingField),
            ("inputs", {"wealth": {"of": ["assets"], **WORDS}}, DomainError),
            ("inputs", {"job_share": {"of": ["job", "income"], **WORDS}}, DomainError),
            ("target", {"bad": ["bad", "good"]}, DomainError),
            ("target", {"column": "income"}, DomainError),
            (None, {"protected": None}, DomainError),
            (None, {"notes": "none"}, UnknownField),
        ],
    )
    def test_slips_are_refused(self, part, changes, kind):
        with pytest.raises(kind):
            read(part, **changes)

    def test_a_mapping_that_is_not_there_is_refused(self):
        with pytest.raises(UnknownMapping):
            load_mapping("nowhere")
