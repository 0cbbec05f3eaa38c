"""Layouts are data: what they say is what the documentation says, and what a line has to keep to."""

from pathlib import Path

import pytest

from dashu.credit_reporting.domain.layouts import layout, layout_of

DOCS = (Path(__file__).parents[3] / "docs" / "credit-reporting.md").read_text(encoding="utf-8")
LAYOUT = layout("account_month")


@pytest.mark.parametrize(
    ("name", "record"), [("account_month", "base"), ("account_month", "header"), ("metro2_426", "base")]
)
def test_every_field_is_documented_with_its_type_and_length(name, record):
    for place, field in enumerate(layout(name).records[record].fields, start=1):
        row = f"| `{field.code}` | {field.start or place} | {field.kind} | {field.length} |"
        assert row in DOCS


@pytest.mark.parametrize("name", ["account_month", "metro2_426"])
def test_what_is_told_has_a_name_in_each_language(name):
    for field in layout(name).told("base"):
        assert set(field.names or {}) == {"en", "zh-hans", "zh-hant"}, field.code


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("account", "", "missing"),
        ("account", "x" * 61, "too_long"),
        ("state", "9", "not_a_choice"),
        ("lent", "12000", "wrong_form"),
        ("lent", "-0.05", ""),
        ("opened_on", "2026-1-5", "wrong_form"),
        ("statement", "银行当天关门", ""),
        ("periods_left", "-1", "wrong_form"),
    ],
)
def test_a_value_is_held_against_its_field(field, value, problem):
    found = {each.code: each for each in LAYOUT.records["base"].fields}[field]

    assert found.problem(value) == problem


def test_a_separator_within_a_text_shifts_nothing():
    line = LAYOUT.line("base", {"account": "DS1", "statement": "a|b\nc"})

    assert LAYOUT.read("base", line)["statement"] == "a b c"
    assert line.count("|") == len(LAYOUT.records["base"].fields) - 1


def test_fields_that_overlap_are_refused():
    given = {
        "name": "x",
        "version": 1,
        "encoding": "ascii",
        "newline": "lf",
        "length": 10,
        "date_format": "%Y",
        "records": {
            "base": [
                {"code": "a", "start": 1, "length": 5, "type": "A"},
                {"code": "b", "start": 5, "length": 5, "type": "A"},
            ]
        },
    }

    with pytest.raises(ValueError, match=r"base\.b"):
        layout_of(given)
