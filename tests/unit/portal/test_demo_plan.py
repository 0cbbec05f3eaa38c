from collections import Counter
from datetime import date

from dashu.portal.demo.applicants import APPLICANTS
from dashu.portal.demo.book import plan_book
from dashu.portal.demo.lives import Life
from dashu.users.id_numbers import person_age, resident_id
from loans.bureaus.simulated import Fault, Persona, fault_of, persona_of

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


class TestApplicants:
    def test_are_adults_with_numbers_of_their_own_that_nobody_has(self):
        numbers = [applicant.id_number for applicant in APPLICANTS]

        assert [resident_id(number, on=TODAY) for number in numbers] == numbers
        assert len(set(numbers)) == len(numbers) == len({applicant.key for applicant in APPLICANTS})
        assert all(number.startswith("999999") for number in numbers)
        assert all(person_age(number, TODAY) >= 18 for number in numbers)

    def test_are_known_to_the_bureau_as_they_are_meant_and_without_a_fault(self):
        personas = Counter(persona_of(applicant.id_number) for applicant in APPLICANTS)

        assert personas == {
            Persona.CLEAN: 10,
            Persona.OVER_COMMITTED: 1,
            Persona.OVERDUE_ELSEWHERE: 1,
            Persona.MANY_INQUIRIES: 1,
        }
        assert {fault_of(applicant.id_number) for applicant in APPLICANTS} == {Fault.NONE}
