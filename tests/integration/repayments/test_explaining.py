"""
Why an amount is what it is: the summands add up to the figure that the page of the loan shows.

`test_past_days` holds the same of random lives, which it has lived through anyway.
"""

from datetime import date

from repayments.domain.explaining import Of
from repayments.selectors.explaining import explained
from repayments.selectors.standings import standings_of
from repayments.services.restructure_loan import restructure_loan
from repayments.services.return_payment import return_payment
from repayments.services.waive_amount import waive_amount
from tests.factories import ACTOR, pay


def why(loan, today):
    loan.refresh_from_db()
    standing = standings_of([loan], today=today)[loan.pk]
    return standing, explained(loan, standing, today=today)


def assert_adds_up(loan, today):
    standing, found = why(loan, today)
    assert found.principal is not None
    assert found.principal.total == standing.principal
    assert (found.penalty.total if found.penalty else 0) == standing.penalty
    assert (found.due.total if found.due else 0) == standing.due_now
    assert {row.number: row.total for row in standing.rows} == {number: row.total for number, row in found.rows.items()}


def summands(explanation):
    return [(each.of, each.minor) for each in explanation.summands]


class TestExplained:
    def test_penalty_names_days_base_and_rate_and_what_was_paid_of_it(self, loan):
        today = date(2026, 3, 1)
        pay(loan, 300_00, date(2026, 2, 20))

        standing, found = why(loan, today)

        assert standing.penalty == sum(each.minor for each in found.penalty.summands)
        first, second = found.penalty.summands
        assert (first.facts["base"], first.facts["days"], first.facts["first"]) == (920_16, 4, date(2026, 2, 16))
        assert (second.facts["base"], second.facts["days"], second.facts["last"]) == (800_16, 9, date(2026, 2, 28))
        exact = 920_16 * 4 * 240_000 + 800_16 * 9 * 240_000
        assert standing.penalty == exact // (1_000_000 * 360)

    def test_a_returned_payment_is_told_as_such(self, loan):
        payment = pay(loan, 1_100_16, date(2026, 2, 15))
        return_payment(
            reference=payment.reference,
            returned_on=date(2026, 2, 18),
            today=date(2026, 2, 18),
            reason="bounced",
            actor=ACTOR,
        )

        standing, found = why(loan, date(2026, 2, 18))

        assert standing.principal == 12_000_00
        assert summands(found.principal) == [(Of.BEGINNING, 12_000_00), (Of.EVENT, -920_16), (Of.EVENT, 920_16)]
        (since_due,) = found.penalty.summands
        assert (since_due.facts["base"], since_due.facts["days"]) == (920_16, 2)

    def test_a_waiver_is_taken_off(self, loan):
        today = date(2026, 3, 1)
        waive_amount(
            loan_id=loan.pk,
            component="penalty",
            amount_minor=5_00,
            waived_on=today,
            today=today,
            reason="test",
            actor=ACTOR,
        )

        standing, found = why(loan, today)

        assert summands(found.penalty)[-1] == (Of.PENALTY_WAIVED, -5_00)
        assert found.penalty.total == standing.penalty

    def test_new_terms_demand_what_was_earned_before_them(self, loan):
        on = date(2026, 1, 25)
        restructure_loan(loan_id=loan.pk, terms={"count": 6}, restructured_on=on, today=on, reason="test", actor=ACTOR)

        standing, found = why(loan, on)

        first = found.rows[standing.rows[0].number]
        assert [of for of, _minor in summands(first)] == [Of.INTEREST, Of.INTEREST_BEFORE, Of.PRINCIPAL]
        assert first.total == standing.rows[0].total
