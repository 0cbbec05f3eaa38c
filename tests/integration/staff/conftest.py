"""A loan with a past, and staff of each role at their pages."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from collections_mgmt.services.close_day import close_date
from dashu.users.models import Borrower, User
from loans.models import Loan
from repayments.models import Checkout
from tests import factories

DAY = date(2026, 3, 20)


def as_role(role: str) -> Client:
    """Sign a person with this role in, who reads English."""
    user = factories.staff(role.capitalize(), role)
    user.language = "en"
    user.is_superuser = role == User.Role.ADMIN
    user.save()
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def close(day: date) -> None:
    close_date(business_date=day, today=day + timedelta(days=1))


def behind(owner: Borrower) -> Loan:
    """A loan that paid its first installment three days late, and not its second, which was due on 15 March."""
    loan = factories.running_loan(owner)
    factories.pay(loan, 1100_16, date(2026, 2, 18), today=DAY)
    Checkout.objects.create(loan=loan, token=uuid4(), amount_minor=1100_16)
    return loan


@pytest.fixture
def late_loan(amina: Borrower) -> Loan:
    loan = behind(amina)
    close(DAY)
    return loan
