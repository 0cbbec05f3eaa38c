"""SuperLender's book through the live services, 563 nights; skipped where the published books are absent."""

from datetime import date

from dashu.tapes.models import AgeingNight
from dashu.tapes.reconciling import payments_refused
from dashu.tapes.services.replay_tape import replay_tape
from repayments.selectors.reconciliation import differences
from tests.integration.tapes.books import compare, load, needs_real_books

pytestmark = needs_real_books


class TestSuperLender:
    def test_every_night_has_the_ageing_of_the_book(self, rules):
        file = "superlender_prev_loans.csv"
        report = load("superlender", file)
        assert (report.loans_new, report.errors) == (18_183, [])

        replay_tape(source="superlender")

        ageing = compare("superlender", "ageing", file)["ageing of a night"]
        assert (ageing.agree, ageing.total) == (563, 563)
        nights = dict(AgeingNight.objects.values_list("as_of", "by_days"))
        assert nights[date(2016, 12, 31)] == {"0": 562, "1-29": 42, "30-59": 2, "60-89": 1, "90+": 4}
        assert nights[date(2017, 3, 31)] == {"0": 991, "1-29": 41, "30-59": 5, "60-89": 1, "90+": 1}
        assert payments_refused("superlender").disagreements == ()
        assert differences() == []
