"""Ask another person to approve that loans go to an agency; both see how many, why others stay, and what it costs."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from collections_mgmt.domain.placing import rate_at
from collections_mgmt.models import Agency
from collections_mgmt.selectors.scrub import Scrub, scrub_book, scrub_loans
from collections_mgmt.services.agencies import AgencyRefused, refuse_agency
from collections_mgmt.services.placements import PlacementRefused
from dashu.approvals.acts import Preview
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.policy import rules as policy
from dashu.users.models import User
from dashu.web.templatetags.dashu import money

PLACE = "agency.place"


def propose(
    *, agency_id: int, from_days: int, to_days: int | None, least_minor: int, most: int | None, today: date
) -> Scrub:
    """
    Return the loans that could go, the largest amounts first and no more than the rule lets go at once.

    :raises AgencyRefused: the agency may get none on this day.
    :raises PolicyRuleMissing: there are no rules for agencies here.
    """
    refuse_agency(agency_of(agency_id), on=today)
    bound = policy.agency_terms(today).most_loans
    found = scrub_book(agency_id=agency_id, from_days=from_days, to_days=to_days, least_minor=least_minor, on=today)
    return Scrub(found.fit[: min(most or bound, bound)], found.unfit, found.by_reason)


@transaction.atomic
def ask_placement(
    *, agency_id: int, loan_ids: list[int], reason: str, user: User, today: date, idempotency_key: str
) -> ApprovalRequest:
    """
    Ask for a placement of these loans.

    :raises AgencyRefused: the agency may get none on this day.
    :raises PlacementRefused: one of the loans may not go.
    :raises NotAuthorized: the person may not ask for this. :raises ReasonMissing: no reason is given.
    """
    agency = agency_of(agency_id)
    refuse_agency(agency, on=today)
    scrub = scrub_loans(loan_ids, agency_id=agency.pk, on=today)
    if scrub.unfit or not scrub.fit or len(scrub.fit) > policy.agency_terms(today).most_loans:
        raise PlacementRefused(_("What may go has changed meanwhile. Look at it once more."), field="loans")
    currency = policy.agency_terms(today).currency
    payload = {
        "agency_id": agency.pk,
        "agency": agency.name,
        "loan_ids": sorted(row.loan_id for row in scrub.fit),
        "total_minor": scrub.owed_minor,
        "currency": currency,
    }
    return submit(
        kind=PLACE,
        payload=payload,
        preview=preview_tables(payload, today),
        amount_minor=scrub.owed_minor,
        currency=currency,
        subject_type="agency",
        subject_id=agency.code,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


def agency_of(agency_id: int) -> Agency:
    """:raises AgencyRefused: there is none."""
    agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        raise AgencyRefused(_("There is no such agency."), field="agency")
    return agency


def preview_tables(payload: Mapping[str, Any], today: date) -> Preview:
    """Return what would go as things are on this day, as plain texts."""
    scrub = scrub_loans(payload["loan_ids"], agency_id=payload["agency_id"], on=today)
    agency = agency_of(payload["agency_id"])
    return [by_age_table(scrub, agency, payload["currency"]), *([reasons_table(scrub)] if scrub.unfit else [])]


def by_age_table(scrub: Scrub, agency: Agency, currency: str) -> dict[str, Any]:
    """Return how much goes at which commission."""
    rates = list(agency.rates.values_list("from_days", "bps"))
    count: Counter[int] = Counter()
    minor: Counter[int] = Counter()
    for row in scrub.fit:
        bps = rate_at(row.days, rates)
        count[bps] += 1
        minor[bps] += row.owed_minor
    rows = [[percent(bps), str(count[bps]), money(minor[bps], currency)] for bps in sorted(count)]
    return {
        "title": _("What would go"),
        "columns": [
            _("commission"),
            {"title": _("loans"), "is_number": True},
            {"title": _("overdue"), "is_number": True},
        ],
        "rows": [*rows, [_("together"), str(len(scrub.fit)), money(scrub.owed_minor, currency)]],
        "note": _("Each is looked at once more when it goes; what may not go any more stays with us."),
    }


def reasons_table(scrub: Scrub) -> dict[str, Any]:
    return {
        "title": _("What stays with us"),
        "columns": [_("because"), {"title": _("loans"), "is_number": True}],
        "rows": [[str(reason.label), str(count)] for reason, count in scrub.by_reason.most_common()],
        "note": _("A loan with several reasons counts at each of them. Loans that stay: %(count)s.")
        % {"count": len(scrub.unfit)},
    }


def percent(bps: int) -> str:
    """Return bps as a percentage, exactly: 1250 is 12.5%."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"
