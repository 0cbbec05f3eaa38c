"""What a borrower promises to pay by a day, as staff note it or as they say it themselves."""

from datetime import date, timedelta
from decimal import ROUND_UP

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import PromiseToPay
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan

LONGEST = timedelta(days=60)


class PromiseRefused(DomainError):
    """A promise cannot be noted like this; `field` says what is wrong."""

    code = "promise_refused"


@transaction.atomic
def note_promise(
    *, loan_id: int, amount_minor: int, due_on: date, today: date, actor: str, note: str = ""
) -> PromiseToPay:
    """
    Note a promise; one that is still open is taken back by the new one.

    :param due_on: from today, at most 60 days ahead.
    :raises LoanNotFound: there is no such loan.
    :raises PromiseRefused: the loan is not running, the amount is not positive, or the day is out of reach.
    """
    loan = lock_loan(loan_id)
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise PromiseRefused(_("Nothing is to be paid on this loan."), field="loan")
    if amount_minor <= 0:
        raise PromiseRefused(_("A promise is for more than 0."), field="amount")
    if not today <= due_on <= today + LONGEST:
        raise PromiseRefused(_("A promise is for a day from today, at most 60 days ahead."), field="due_on")
    PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).update(
        status=PromiseToPay.Status.CANCELLED, decided_on=today
    )
    promise = PromiseToPay.objects.create(
        loan=loan, amount_minor=amount_minor, made_on=today, due_on=due_on, note=note, actor=actor
    )
    audit.record(
        action="collections.promise_noted",
        subject_type="loan",
        subject_id=loan.pk,
        actor=actor,
        data={"promise": promise.pk, "amount_minor": amount_minor, "due_on": due_on},
    )
    return promise


@transaction.atomic
def make_promise(*, loan_id: int, amount_minor: int, due_on: date, today: date, actor: str) -> PromiseToPay:
    """
    Keep what a borrower promises by themselves, within the rule `promise.own`; saying the same again changes nothing.

    :raises LoanNotFound: there is no such loan.
    :raises PromiseRefused: nothing is due, or amount or day are outside what can be promised without asking.
    """
    loan = lock_loan(loan_id)
    running = PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).first()
    if running and (running.amount_minor, running.due_on, running.made_on) == (amount_minor, due_on, today):
        return running
    limits = policy.own_promise(today)
    standing = standings_of([loan], today=today).get(loan.pk)
    if standing is None or not standing.due_now:
        raise PromiseRefused(_("Nothing is due on this loan now, so there is nothing to promise."), field="loan")
    least = int((standing.due_now * limits.least_share).to_integral_value(ROUND_UP))
    if not least <= amount_minor <= standing.due_now:
        raise PromiseRefused(
            _("Promise an amount from %(least)s up to what is due now, %(most)s."),
            field="amount",
            params={"least": money(least, loan.currency), "most": money(standing.due_now, loan.currency)},
        )
    latest = today + timedelta(days=limits.longest_days)
    if not today < due_on <= latest:
        raise PromiseRefused(
            _("Choose a day after today, up to %(latest)s. If you need longer, ask for a plan."),
            field="due_on",
            params={"latest": lender_date(latest)},
        )
    return note_promise(loan_id=loan_id, amount_minor=amount_minor, due_on=due_on, today=today, actor=actor)
