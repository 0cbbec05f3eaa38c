from collections import Counter
from datetime import date

from dashu.portal.demo.book import plan_book
from dashu.portal.demo.lives import Life

TODAY = date(2026, 11, 23)


class TestPlan:
    def test_follows_from_seed_and_date(self):
        first = plan_book(loans=60, months=4, seed=7, today=TODAY)

        assert plan_book(loans=60, months=4, seed=7, today=TODAY) == first
        assert plan_book(loans=60, months=4, seed=8, today=TODAY) != first

    def test_a_full_book_has_believable_shares(self):
        plan = plan_book(loans=2_000, months=18, seed=2026, today=TODAY)
        lives = Counter(loan.life for loan in plan.loans)
        products = Counter(loan.product for loan in plan.loans)
        languages = Counter(person.language for person in plan.borrowers)

        assert len(plan.loans) == 2_000
        assert set(lives) == set(Life)
        assert 0.55 < lives[Life.PUNCTUAL] / 2_000 < 0.8
        assert 0.02 < lives[Life.STOPPED] / 2_000 < 0.08
        assert all(share > 200 for share in products.values())
        assert len(products) == 3
        assert languages["zh-hans"] > languages["zh-hant"] > languages["en"] > 50
        assert len({person.number for person in plan.borrowers}) == len(plan.borrowers)

    def test_business_loans_have_a_season(self):
        plan = plan_book(loans=4_000, months=24, seed=1, today=TODAY)
        shares = {
            month: Counter(loan.product for loan in plan.loans if loan.starts_on.month == month) for month in (2, 10)
        }

        assert shares[10]["sme"] / shares[10].total() > 2 * shares[2]["sme"] / shares[2].total()
