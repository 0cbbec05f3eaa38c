"""Arrangements: several payments as one plan, made by staff or, inside narrower limits, by the borrower."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.agreeing import Due, is_in_order
from collections_mgmt.domain.because import Because
from collections_mgmt.models import Arrangement, ArrangementPart, PromiseToPay, Settlement
from collections_mgmt.services.placements import bring_back_of
from dashu.audit import services as audit
from dashu.kernel.dates import add_months
from dashu.kernel.errors import DomainError
from dashu.messaging.services import enqueue as messaging
from dashu.policy import rules as policy
from dashu.web.templatetags.dashu import lender_date, money
from loans.models import Loan
from repayments.domain.standing import Standing
from repayments.selectors.newest_events import newest_event
from repayments.selectors.standings import standings_of
from repayments.services.booking import lock_loan


class ArrangementRefused(DomainError):
    """An arrangement cannot be made or ended like this; `field` says what is wrong."""

    code = "arrangement_refused"


@transaction.atomic
def make_arrangement(
    *, loan_id: int, parts: Sequence[Due], today: date, actor: str, note: str = "", is_own: bool = False
) -> Arrangement:
    """
    Agree on several payments beside the schedule; a promise that is open is part of it from now on.

    Making the same one again on the same day changes nothing.

    :param parts: rising days from today on; together no more than all that is left to pay.
    :param is_own: by the borrower, within the narrower limits of the rule `arrangement.terms`; it brings the loan up to
        date, so its parts add up to what is due now.
    :raises LoanNotFound: there is no such loan.
    :raises ArrangementRefused: nothing is to be paid, another one or a settlement runs, or the parts do not fit.
    """
    loan = lock_loan(loan_id)
    running = Arrangement.objects.running().filter(loan=loan).first()
    if running and running.made_on == today and _parts_of(running) == list(parts):
        found: Arrangement = running
        return found
    if loan.status not in (Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF):
        raise ArrangementRefused(_("Nothing is to be paid on this loan."), field="loan")
    if running or Settlement.objects.running().filter(loan=loan).exists():
        raise ArrangementRefused(_("Something is agreed on this loan already. End that first."), field="loan")
    _refuse_parts(parts, today=today, is_own=is_own)
    _refuse_amount(loan, sum(part.minor for part in parts), today=today, is_own=is_own)
    PromiseToPay.objects.filter(loan=loan, status=PromiseToPay.Status.OPEN).update(
        status=PromiseToPay.Status.CANCELLED, decided_on=today, end_reason=Because.ARRANGEMENT.value
    )
    made = Arrangement.objects.create(
        loan=loan,
        total_minor=sum(part.minor for part in parts),
        made_on=today,
        after_event=newest_event(loan.pk),
        is_own=is_own,
        note=note,
        actor=actor,
    )
    ArrangementPart.objects.bulk_create(
        ArrangementPart(arrangement=made, number=number, due_on=part.on, amount_minor=part.minor)
        for number, part in enumerate(parts, start=1)
    )
    bring_back_of(loan.borrower_id, today=today, actor=actor)
    _note("collections.arrangement_made", made, actor, total_minor=made.total_minor, parts=len(parts))
    _tell(made, "arrangement_made", amount_minor=made.total_minor, due_on=parts[-1].on, parts=len(parts))
    return made


@transaction.atomic
def cancel_arrangement(*, arrangement_id: int, reason: str, today: date, actor: str) -> Arrangement:
    """
    Take a running arrangement back, with a reason that stays with it; the loan goes on as before.

    :raises ArrangementRefused: there is none, it has ended, or no reason is given.
    """
    found = Arrangement.objects.filter(pk=arrangement_id).first()
    if found is None:
        raise ArrangementRefused(_("There is no such arrangement."), field="arrangement")
    lock_loan(found.loan_id)
    plan: Arrangement = Arrangement.objects.select_for_update(no_key=True).get(pk=arrangement_id)
    if plan.status not in Arrangement.RUNNING:
        raise ArrangementRefused(_("This has ended already."), field="arrangement")
    if not reason.strip():
        raise ArrangementRefused(_("Say why, so that those who come after you can understand it."), field="reason")
    plan.status, plan.decided_on, plan.end_reason = Arrangement.Status.CANCELLED, today, reason.strip()
    plan.save(update_fields=["status", "decided_on", "end_reason"])
    _note("collections.arrangement_cancelled", plan, actor, reason=plan.end_reason)
    return plan


def _parts_of(plan: Arrangement) -> list[Due]:
    return [Due(part.due_on, part.amount_minor) for part in plan.parts.order_by("number")]


def _refuse_parts(parts: Sequence[Due], *, today: date, is_own: bool) -> None:
    terms = policy.arrangement_terms(today)
    most, months = (terms.own_parts, terms.own_months) if is_own else (terms.most_parts, terms.longest_months)
    if not 2 <= len(parts) <= most:
        raise ArrangementRefused(
            _("A plan has from 2 to %(most)s payments. For a single one, note a promise."),
            field="parts",
            params={"most": most},
        )
    if not is_in_order(parts):
        raise ArrangementRefused(_("Each payment is for more than 0 and later than the one before."), field="parts")
    latest = add_months(today, months)
    if not today <= parts[0].on or parts[-1].on > latest:
        raise ArrangementRefused(
            _("The payments lie from today up to %(latest)s. What takes longer is a new schedule."),
            field="parts",
            params={"latest": lender_date(latest)},
        )


def _refuse_amount(loan: Loan, total: int, *, today: date, is_own: bool) -> None:
    standing: Standing | None = standings_of([loan], today=today).get(loan.pk)
    if is_own:
        due = standing.due_now if standing else 0
        if not due:
            raise ArrangementRefused(
                _("Nothing is due on this loan now, so there is nothing to arrange."), field="loan"
            )
        if total != due:
            raise ArrangementRefused(
                _("The payments must add up to what is due now, %(amount)s; these add up to %(total)s."),
                field="parts",
                params={"amount": money(due, loan.currency), "total": money(total, loan.currency)},
            )
    elif standing is not None and total > standing.left_to_pay:
        raise ArrangementRefused(
            _("The payments add up to more than is left to pay, %(amount)s."),
            field="parts",
            params={"amount": money(standing.left_to_pay, loan.currency)},
        )


def _note(action: str, plan: Arrangement, actor: str, **data: object) -> None:
    audit.record(
        action=action,
        subject_type="loan",
        subject_id=plan.loan_id,
        actor=actor,
        data={"arrangement": plan.reference, **data},
    )


def _tell(plan: Arrangement, what: str, **values: object) -> None:
    messaging.enqueue(
        dedupe_key=f"collections.{what}:{plan.pk}",
        borrower_id=plan.loan.borrower_id,
        loan_id=plan.loan_id,
        template=f"collections.{what}",
        params={"loan_number": plan.loan.number, "currency": plan.loan.currency, **values},
    )
