"""
A book of six loans that is small enough to be counted by hand.

All are of 12,000 yuan at 18%, lent on 15 January 2026 for twelve months, and due on the 15th: 1,100.16 a month, of
which 920.16 and then 933.96 is principal. The close of 28 February finds Amina, Brook and Eve 13 days behind (M1), Chen
and Dai in time. In March Amina pays everything after a person noted her promise, Brook pays it by himself, Eve pays
nothing, Chen misses March, Dai pays off his loan in full, and Fei borrows.
"""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.promises import note_promise
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from tests import factories
from tests.factories import pay, running_loan, yuan

JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
MONTH = 1_100_16  # an installment


def close(day: date) -> None:
    close_date(business_date=day, today=day + timedelta(days=1))


@pytest.fixture
def book(rules: None) -> SimpleNamespace:
    names = ["Amina", "Brook", "Chen", "Dai", "Eve"]
    loans = {name.lower(): running_loan(factories.borrower(name)) for name in names}
    close(JANUARY)
    for name in ("chen", "dai"):
        pay(loans[name], MONTH, date(2026, 2, 15))
    close(FEBRUARY)

    caller = factories.staff("Sun", User.Role.COLLECTOR)
    promise = {"loan_id": loans["amina"].pk, "amount_minor": MONTH, "today": date(2026, 3, 2)}
    note_promise(**promise, due_on=date(2026, 3, 6), actor=actor_of_user(caller))
    pay(loans["amina"], MONTH, date(2026, 3, 5))
    pay(loans["brook"], MONTH, date(2026, 3, 7))
    close(date(2026, 3, 10))
    for name in ("amina", "brook"):
        pay(loans[name], MONTH, date(2026, 3, 15))
    pay(loans["dai"], yuan(12_000), date(2026, 3, 15), kind="SETTLEMENT")
    loans["fei"] = running_loan(factories.borrower("Fei"), starts_on=date(2026, 3, 20))
    close(MARCH)
    for loan in loans.values():
        loan.refresh_from_db()
    return SimpleNamespace(**loans, caller=caller)
