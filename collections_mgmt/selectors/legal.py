"""Whether a claim may be taken to court, line by line, and which claims can soon no longer be enforced."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from collections_mgmt.models.placing import Unfit
from collections_mgmt.selectors.limitation import Clock, Step, clock_of, clock_sql, parameters
from collections_mgmt.selectors.scrub import scrub_loans
from dashu.kernel.dates import add_months
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named
from loans.models import Loan

_PEACE = (Unfit.HOLD, Unfit.DECEASED, Unfit.COMPLAINT, Unfit.DISPUTE, Unfit.HELP_ASKED)
_DEMANDS = (Step.REMINDER, Step.CONTACT)


@dataclass(frozen=True, slots=True)
class Item:
    """
    One line of the checklist.

    :param by_person: somebody has to confirm it; the others are read from the book.
    """

    code: str
    label: str
    is_met: bool
    detail: str = ""
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Checklist:
    items: Sequence[Item]
    clock: Clock | None
    claim_minor: int

    @property
    def is_met(self) -> bool:
        return all(item.is_met for item in self.items)

    @property
    def missing(self) -> list[str]:
        return [item.code for item in self.items if not item.is_met]


def checklist_of(loan: Loan, *, on: date, confirmed: Collection[str] = ()) -> Checklist:
    """
    Look at every line for a loan as it stands on a day.

    :param confirmed: the codes that a person confirms.
    :raises PolicyRuleMissing: there are no rules for this here, so nothing goes to court.
    """
    terms = policy.legal_terms(on)
    scrub = scrub_loans([loan.pk], agency_id=None, on=on)
    (found,) = [*scrub.fit, *scrub.unfit]
    against, clock = set(found.reasons), clock_of(loan.pk, on=on)
    demands = [day for day, step in clock.steps if step in _DEMANDS] if clock else []
    latest = max(demands, default=None)
    is_heard = latest is not None and latest <= on - timedelta(days=terms.demand_days)
    items = [
        Item(
            "AMOUNT",
            _("At least %(amount)s is overdue, for %(days)s days or longer")
            % {"amount": money(terms.least_minor, terms.currency), "days": terms.least_days_past_due},
            loan.currency == terms.currency
            and found.owed_minor >= terms.least_minor
            and found.days >= terms.least_days_past_due
            and not against & {Unfit.ENDED, Unfit.PAID},
            _("%(amount)s, %(days)s days") % {"amount": money(found.owed_minor, loan.currency), "days": found.days},
        ),
        Item(
            "DEMANDS",
            _("At least %(count)s demands reached the borrower, the latest %(days)s days ago or longer")
            % {"count": terms.demands, "days": terms.demand_days},
            len(demands) >= terms.demands and is_heard,
            _("%(count)s, the latest on %(day)s") % {"count": len(demands), "day": date_format(latest)}
            if latest
            else _("none"),
        ),
        Item(
            "PEACE",
            _("No hold, complaint, dispute or request for help is open"),
            not against.intersection(_PEACE),
            ", ".join(str(reason.label) for reason in _PEACE if reason in against),
        ),
        Item("AGREED", _("No promise, plan or settlement runs"), Unfit.AGREED not in against),
        Item("PLACED", _("No agency has the loan"), Unfit.PLACED not in against),
        Item(
            "LIMITATION",
            _("The limitation period is not over"),
            clock is not None and clock.days_left(on) >= 0,
            _("up to %(day)s") % {"day": date_format(clock.last_day)} if clock else "",
        ),
        *(Item(code, named(names), code in confirmed, by_person=True) for code, names in terms.confirmed.items()),
    ]
    return Checklist(items, clock, found.owed_minor)


@dataclass(frozen=True, slots=True)
class Nearing:
    loan_id: int
    number: str
    currency: str
    owed_minor: int
    last_day: date


def nearing_limitation(*, on: date) -> list[Nearing]:
    """
    Return the claims whose limitation period ends within the days of the rule, the earliest first; those that a court
    has are left out, because filing keeps them.

    :raises PolicyRuleMissing: how long a claim can be enforced is not known.
    """
    rule = policy.limitation(on)
    given: dict[str, Any] = {
        **parameters(on=on),
        "until": on + timedelta(days=rule.warn_days),
        # Whatever began it anew, it runs for so long from the oldest unpaid due date at least.
        "oldest": add_months(on + timedelta(days=rule.warn_days), -rule.months),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH asked AS MATERIALIZED (
                SELECT status.loan_id FROM collections_mgmt_overduestatus AS status
                JOIN loans_loan AS late ON late.id = status.loan_id AND late.status IN ('ACTIVE', 'CHARGED_OFF')
                WHERE status.days_past_due > 0 AND status.oldest_due_on <= %(oldest)s
                  AND NOT EXISTS (
                      SELECT FROM collections_mgmt_legalcase AS court
                      WHERE court.loan_id = status.loan_id AND court.status IN ('FILED', 'JUDGMENT')
                  )
            )
            SELECT loan.id, loan.number, loan.currency,
                   status.principal_minor + status.interest_minor + status.fee_minor + status.penalty_minor,
                   clock.runs_out_on
            FROM ({clock_sql()}) AS clock
            JOIN loans_loan AS loan ON loan.id = clock.loan_id
            JOIN collections_mgmt_overduestatus AS status ON status.loan_id = loan.id
            WHERE clock.runs_out_on BETWEEN %(on)s AND %(until)s ORDER BY clock.runs_out_on, loan.id
            """,  # noqa: S608 – its parts are written here
            given,
        )
        return [Nearing(*row) for row in cursor.fetchall()]
