"""Agencies and loans that may go to one, for tests."""

from datetime import date

from collections_mgmt.models import Agency, AgencyRate, OverdueStatus, Placement
from collections_mgmt.services.close_day import close_date
from collections_mgmt.services.placements import place_loans
from loans.models import Loan
from tests import factories

# The loan of 15 January 2026 has missed its first five installments; 119 days is what the oldest one is late.
TODAY = date(2026, 6, 15)
ACTOR = "user:1"


def agency(code: str = "north", **fields: object) -> Agency:
    given = {
        "name": f"{code.capitalize()} Collections",
        "license": "L-1",
        "contract_from": date(2026, 1, 1),
        "contract_to": date(2027, 12, 31),
    }
    made = Agency.objects.create(code=code, **{**given, **fields})
    AgencyRate.objects.create(agency=made, from_days=0, bps=1_000)
    AgencyRate.objects.create(agency=made, from_days=91, bps=1_500)
    return made


def late_loan(name: str = "Amina", **fields: object) -> Loan:
    """A loan that nobody has paid anything on. Until `closed`, nothing of it is counted."""
    return factories.running_loan(factories.borrower(name, phone="13800000001", **fields))


def closed(on: date = TODAY) -> None:
    """Let the night before a day find what is late."""
    night = date.fromordinal(on.toordinal() - 1)
    close_date(business_date=night, today=on)


def placed(loan: Loan, to: Agency, *, today: date = TODAY) -> Placement:
    place_loans(agency_id=to.pk, loan_ids=[loan.pk], today=today, actor=ACTOR)
    return Placement.objects.get(loan=loan, recalled_on=None)


def set_back(loan: Loan, **fields: object) -> None:
    OverdueStatus.objects.filter(loan=loan).update(**fields)
