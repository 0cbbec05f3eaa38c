import pytest

from dashu.privacy.archive import readme, safe_cell


class TestSafeCell:
    @pytest.mark.parametrize("text", ["=1+1", "+86 138", "-x", "@SUM(A1)", "\tcmd", " =A1", "＝A1", "-1+1", "-2.5x"])
    def test_a_formula_becomes_a_text(self, text):
        assert safe_cell(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["-12.50", "3", "1,000", "张三", "a=b", "2026-05-01", "", "'x"])
    def test_what_is_none_stays(self, text):
        assert safe_cell(text) == text

    def test_values_that_are_no_text_are_written_plainly(self):
        assert safe_cell(None) == ""
        assert safe_cell(-3) == -3
        assert safe_cell({"name": "=A1"}) == '{"name": "=A1"}'


class TestReadme:
    def test_speaks_three_languages(self):
        text = readme(made_on="2026-05-01")

        assert "Your data at Dashu, as of 2026-05-01" in text
        assert text.count("2026-05-01") == 3
        assert len({part.splitlines()[0] for part in text.split("\n----\n\n")}) == 3
