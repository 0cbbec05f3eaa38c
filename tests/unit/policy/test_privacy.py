from datetime import date

import pytest

from dashu.policy.privacy import Kept, closure_rules_of, export_rules_of

YEARS = {"IDENTITY": 10, "APPLICATIONS": 3, "CONTRACTS": 10, "PAYMENTS": 30, "MESSAGES": 3}


class TestClosureRules:
    def test_count_whole_years(self):
        rules = closure_rules_of({"undo_days": 7, "keep_years": YEARS})

        assert rules.kept_until(Kept.PAYMENTS, date(2026, 5, 1)) == date(2056, 5, 1)
        assert rules.kept_until(Kept.APPLICATIONS, date(2024, 2, 29)) == date(2027, 2, 28)

    @pytest.mark.parametrize(
        "value",
        [
            {"undo_days": 61, "keep_years": YEARS},
            {"undo_days": -1, "keep_years": YEARS},
            {"undo_days": 7, "keep_years": {"IDENTITY": 10}},
            {"undo_days": 7, "keep_years": {**YEARS, "PAYMENTS": -1}},
            {"undo_days": 7, "keep_years": {**YEARS, "DREAMS": 1}},
        ],
    )
    def test_that_make_no_sense_are_refused(self, value):
        with pytest.raises(ValueError):
            closure_rules_of(value)

    def test_of_another_form_are_refused(self):
        with pytest.raises(TypeError):
            closure_rules_of({"undo_days": "7", "keep_years": YEARS})


class TestExportRules:
    @pytest.mark.parametrize("value", [{"keep_days": 0, "every_hours": 24}, {"keep_days": 7, "every_hours": 0}])
    def test_that_make_no_sense_are_refused(self, value):
        with pytest.raises(ValueError):
            export_rules_of(value)
