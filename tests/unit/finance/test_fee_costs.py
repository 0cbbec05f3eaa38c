from datetime import date
from decimal import Decimal

from dashu.finance.annual_rates import all_in_rates
from dashu.finance.fee_costs import FeeCost, fee_costs
from dashu.finance.fees import Fee, FeeTiming
from dashu.finance.schedule import detailed_schedule
from dashu.finance.terms import Method, ScheduleTerms

ENTRY = Fee("entry", 1_000_00, FeeTiming.UPFRONT)
EACH = Fee("service", 50_00, FeeTiming.EACH)
FINANCED = Fee("insurance", 500_00, FeeTiming.FINANCED)
RETURNED = Fee("returned", 20_00, FeeTiming.ON_EVENT)


def costs(*fees: Fee) -> list[FeeCost]:
    terms = ScheduleTerms(100_000_00, Decimal("0.12"), Method.EQUAL_INSTALLMENT, 12, date(2026, 1, 15), fees=fees)
    schedule = detailed_schedule(terms)
    return fee_costs(schedule, all_in_rates(terms, schedule.rows))


class TestFeeCosts:
    def test_of_a_single_fee_is_all_that_lies_above_the_rate_without_it(self):
        (found,) = costs(ENTRY)

        # 12% nominal is 12.6825% effective; 99,000 received for 12 × 8,884.88 is 14.83%.
        assert (found.fee, found.minor) == (ENTRY, 1_000_00)
        assert f"{found.rate_points:.4f}" == "0.0215"

    def test_says_amount_and_points_of_every_fee(self):
        entry, each, financed, returned = costs(ENTRY, EACH, FINANCED, RETURNED)

        assert [cost.minor for cost in (entry, each, financed, returned)] == [1_000_00, 600_00, 500_00, 20_00]
        assert entry.rate_points > each.rate_points > financed.rate_points > 0
        assert returned.rate_points is None

    def test_of_no_fee_is_nothing(self):
        assert costs() == []
        assert costs(Fee("free", 0, FeeTiming.UPFRONT))[0].rate_points == 0
