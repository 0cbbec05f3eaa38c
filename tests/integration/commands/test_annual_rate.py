import pytest


def monthly(amount: str, count: int) -> list[dict]:
    return [{"on": f"{2026 + month // 12}-{month % 12 + 1:02}-15", "amount": amount} for month in range(1, count + 1)]


PBC = {
    "advances": [{"on": "2026-01-15", "amount": "99000.00"}],
    "payments": monthly("8833.30", 12),
    "basis": "irr_effective",
    "unit_period": None,
}
COUNTED = {
    "advances": [{"after": 0, "amount": "99000.00"}],
    "payments": [{"after": number, "amount": "8833.30"} for number in range(1, 13)],
    "basis": "irr_effective",
}


class TestAnnualRate:
    @pytest.mark.parametrize(
        ("basis", "rate"),
        [
            ("irr_nominal", "0.128038"),
            ("irr_effective", "0.135826"),
            ("us_appendix_j", "0.128038"),
            ("eu_aprc", "0.135826"),
        ],
    )
    @pytest.mark.parametrize("document", [PBC, COUNTED], ids=["by date", "by count"])
    def test_answers_the_official_example_on_every_basis(self, run, document, basis, rate):
        (answer,), code = run("annual_rate", document | {"basis": basis})

        assert code == 0
        assert set(answer) == {"annual_rate", "basis", "iterations"}
        assert (answer["annual_rate"], answer["basis"]) == (rate, basis)
        assert 0 < answer["iterations"] < 50

    def test_takes_several_advances_and_fractions_of_periods(self, run):
        document = {
            "advances": [{"after": "0", "amount": "500.00"}, {"after": "2.5", "amount": "500.00"}],
            "payments": [{"after": 5.5, "amount": "1020.00"}],
            "basis": "irr_nominal",
            "unit_period": "2 weeks",
        }

        (answer,), code = run("annual_rate", document)

        rate = float(answer["annual_rate"]) / 26
        assert code == 0
        assert abs(500 * (1 + rate) ** 5.5 + 500 * (1 + rate) ** 3 - 1020) < 0.001

    def test_in_days_is_the_xirr_of_spreadsheets(self, run):
        # The example of Microsoft's and LibreOffice's documentation of XIRR: 37.34%.
        document = {
            "advances": [{"on": "2008-01-01", "amount": "10000"}],
            "payments": [
                {"on": "2008-03-01", "amount": "2750"},
                {"on": "2008-10-30", "amount": "4250"},
                {"on": "2009-02-15", "amount": "3250"},
                {"on": "2009-04-01", "amount": "2750"},
            ],
            "basis": "irr_effective",
            "unit_period": "day",
        }

        (answer,), _code = run("annual_rate", document)

        assert answer["annual_rate"] == "0.373363"

    def test_counts_in_the_period_that_is_asked_for(self, run):
        document = PBC | {"basis": "eu_aprc", "advances": [{"on": "1994-01-01", "amount": "1000.00"}]}
        document |= {"payments": [{"on": "1995-07-01", "amount": "1200.00"}]}

        answers, _code = run("annual_rate", document | {"unit_period": "year"}, document | {"unit_period": "month"})

        assert [answer["annual_rate"] for answer in answers] == ["0.129620", "0.129243"]

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"basis": "apr"}, "invalid_input", "basis"),
            ({"basis": None}, "missing_field", "basis"),
            ({"advances": []}, "missing_field", "advances"),
            ({"payments": None}, "missing_field", "payments"),
            ({"payments": [{"on": "2026-02-15", "amount": 5}]}, "invalid_amount", "payments[0].amount"),
            ({"payments": [{"on": "2026-02-30", "amount": "5.00"}]}, "invalid_date", "payments[0].on"),
            ({"payments": [{"after": 1, "amount": "5.00"}]}, "invalid_input", "payments[0].after"),
            ({"payments": [{"amount": "5.00"}]}, "missing_field", "payments[0].on"),
            ({"payments": [{"on": "2026-02-15", "after": 1, "amount": "5.00"}]}, "invalid_input", "payments[0].after"),
            ({"payments": [{"on": "2026-02-15", "amount": "0"}]}, "invalid_amount", "payments[0].amount"),
            ({"payments": [{"on": "2025-02-15", "amount": "99999.00"}]}, "no_annual_rate", None),
            ({"unit_period": "fortnight"}, "invalid_input", "unit_period"),
            ({"unit_period": "0 weeks"}, "invalid_input", "unit_period"),
            ({"unit_period": "2 weeks", "basis": "eu_aprc"}, "invalid_input", "unit_period"),
            ({"unit_period": "13 months", "basis": "us_appendix_j"}, "invalid_input", "unit_period"),
            ({"currency": "XXX"}, "currency_mismatch", "currency"),
            ({"speed": 1}, "unknown_field", "speed"),
        ],
    )
    def test_refuses_at_the_field(self, run, change, code, field):
        (answer,), exit_code = run("annual_rate", PBC | change)

        assert exit_code == 1
        assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)

    @pytest.mark.parametrize("after", [-1, "-1", True, "x", "1e3", 12_001, None, "0.1234567890123"])
    def test_refuses_a_count_of_periods_that_is_none(self, run, after):
        (answer,), _code = run("annual_rate", COUNTED | {"payments": [{"after": after, "amount": "99999.00"}]})

        assert answer["error"]["field"] == "payments[0].on" if after is None else "payments[0].after"
        assert answer["error"]["code"] in ("invalid_input", "missing_field")

    def test_refuses_payments_that_two_rates_explain(self, run):
        document = {
            "advances": [{"after": 0, "amount": "100.00"}, {"after": 2, "amount": "132.00"}],
            "payments": [{"after": 1, "amount": "230.00"}],
            "basis": "irr_effective",
        }

        (answer,), _code = run("annual_rate", document)

        assert answer["error"]["code"] == "no_annual_rate"
