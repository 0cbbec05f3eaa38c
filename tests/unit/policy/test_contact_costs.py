import pytest

from dashu.policy.contact_costs import contact_costs_of

RATES = {"EMAIL": "0.00", "SMS": "0.05", "CALL": "1.20", "AI_CALL": "0.30", "VISIT": "60.00", "LETTER": "4.00"}


class TestContactCosts:
    def test_are_whole_minor_units_by_channel(self):
        costs = contact_costs_of({"currency": "CNY", "rates": RATES})

        assert costs.currency == "CNY"
        assert costs.rates == {"EMAIL": 0, "SMS": 5, "CALL": 120, "AI_CALL": 30, "VISIT": 60_00, "LETTER": 4_00}

    @pytest.mark.parametrize("rates", [{**RATES, "FAX": "1.00"}, {"CALL": "1.20"}, {}])
    def test_name_every_channel_and_no_other(self, rates):
        with pytest.raises(ValueError, match="each of EMAIL"):
            contact_costs_of({"currency": "CNY", "rates": rates})

    @pytest.mark.parametrize("rate", ["-1.00", "0.005", "much"])
    def test_are_amounts_of_the_currency(self, rate):
        with pytest.raises(ValueError):
            contact_costs_of({"currency": "CNY", "rates": {**RATES, "CALL": rate}})
