"""A borrower's consent to autopay: given, its day chosen, paused, taken up again and ended, each by one service."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.messaging.services import enqueue as messaging
from loans.models import Loan
from repayments.domain.autopay import Timing
from repayments.gateways.base import Account
from repayments.gateways.choosing import provider
from repayments.models import AutopayAttempt, AutopayMandate
from repayments.services.booking import lock_loan
from repayments.services.receive_payment import LoanNotPayable

NOTICE = "autopay.notice"
Status = AutopayMandate.Status
_RANGES = {Timing.DAYS_BEFORE: range(1, 16), Timing.MONTH_DAY: range(1, 29)}


class AutopayNotOffered(DomainError):
    """The payment provider does not collect on a standing consent."""

    code = "autopay_not_offered"
    http_status = 409


class MandateInUse(DomainError):
    """The loan has autopay already; end it before another one is set up."""

    code = "mandate_in_use"
    http_status = 409


class MandateEnded(DomainError):
    """This autopay was ended, or there never was one."""

    code = "mandate_ended"
    http_status = 409


@transaction.atomic
def set_up_autopay(
    *,
    loan_id: int,
    account: Account,
    timing: str,
    timing_number: int | None,
    consent_version: str,
    consent_text: str,
    now: datetime,
    today: date,
    actor: str,
) -> AutopayMandate:
    """
    Keep a borrower's consent, with the words they agreed to, so that collections are planned from now on.

    Sent again with the same choice, it returns the mandate in use and changes nothing.

    :param timing_number: the day of the month of MONTH_DAY, the days of DAYS_BEFORE, None of DUE_DATE.
    :raises AutopayNotOffered: the provider does not do it.
    :raises LoanNotPayable: the loan is not running.
    :raises InvalidInput: the day is not possible, or no words were agreed to.
    :raises MandateInUse: there is another one.
    """
    chosen = provider()
    if not chosen.can_charge:
        raise AutopayNotOffered(_("Autopay is not offered here. You can pay online or by bank transfer."))
    _refuse_impossible_day(timing, timing_number)
    if not consent_text.strip():
        raise InvalidInput(_("Agree to the words of the consent first."), field="consent")
    loan = lock_loan(loan_id)
    if loan.status != Loan.Status.ACTIVE:
        raise LoanNotPayable(_("Only a running loan can have autopay."), field="loan")
    earlier = AutopayMandate.objects.filter(loan=loan).exclude(status=Status.CANCELLED).first()
    if earlier:
        same = (earlier.account_token, earlier.timing, earlier.timing_number, earlier.consent_version)
        if same != (account.token, timing, timing_number, consent_version):
            raise MandateInUse(_("Autopay is set up already. Change its day, or end it before you set up another."))
        return earlier
    mandate = AutopayMandate.objects.create(
        loan=loan,
        provider=chosen.name,
        account_token=account.token,
        account_label=account.label,
        timing=timing,
        timing_number=timing_number,
        day_chosen_on=today,
        consent_version=consent_version,
        consent_text=consent_text,
        consented_at=now,
        consented_by=actor,
    )
    _record("autopay_set_up", mandate, actor, timing=timing, number=timing_number, version=consent_version)
    return mandate


@transaction.atomic
def choose_collection_day(
    *, mandate_id: int, timing: str, timing_number: int | None, today: date, actor: str
) -> AutopayMandate:
    """
    Move the collections that are not yet planned to another day.

    :raises InvalidInput: the day is not possible.
    :raises MandateEnded: the mandate was ended.
    """
    _refuse_impossible_day(timing, timing_number)
    mandate = _locked(mandate_id)
    if (mandate.timing, mandate.timing_number) == (timing, timing_number):
        return mandate
    mandate.timing, mandate.timing_number, mandate.day_chosen_on = timing, timing_number, today
    mandate.save(update_fields=["timing", "timing_number", "day_chosen_on"])
    messaging.cancel_waiting(loan_id=mandate.loan_id, templates=[NOTICE])
    _record("autopay_day_chosen", mandate, actor, timing=timing, number=timing_number)
    return mandate


@transaction.atomic
def pause_autopay(*, mandate_id: int, actor: str) -> AutopayMandate:
    """
    Collect nothing until it is taken up again; what was asked of the provider before may still come.

    :raises MandateEnded: the mandate was ended.
    """
    mandate = _locked(mandate_id)
    if mandate.status != Status.PAUSED:
        mandate.status = Status.PAUSED
        mandate.save(update_fields=["status"])
        messaging.cancel_waiting(loan_id=mandate.loan_id, templates=[NOTICE])
        _record("autopay_paused", mandate, actor)
    return mandate


@transaction.atomic
def resume_autopay(*, mandate_id: int, today: date, actor: str) -> AutopayMandate:
    """
    Collect again. A collection day that is too near to be announced gives way to the due date.

    :raises MandateEnded: the mandate was ended.
    """
    mandate = _locked(mandate_id)
    if mandate.status != Status.ACTIVE:
        mandate.status, mandate.day_chosen_on = Status.ACTIVE, today
        mandate.save(update_fields=["status", "day_chosen_on"])
        _record("autopay_resumed", mandate, actor)
    return mandate


@transaction.atomic
def cancel_autopay(*, mandate_id: int, now: datetime, actor: str) -> AutopayMandate:
    """End the consent for good. Ending it again changes nothing."""
    mandate = _locked(mandate_id, ended_too=True)
    if mandate.status != Status.CANCELLED:
        end_mandate(mandate, now=now)
        _record("autopay_ended", mandate, actor)
    return mandate


@transaction.atomic
def end_autopay_of(*, loan_ids: Collection[int], because: str, now: datetime, actor: str) -> list[AutopayMandate]:
    """
    End what collects for locked loans that are no more, and return it. Each consent names its loan and covers no other.

    One that is paused collects nothing and stays.

    :param because: kept with each, so that `take_autopay_up_again` finds it.
    """
    active = AutopayMandate.objects.filter(loan__in=loan_ids, status=Status.ACTIVE).order_by("loan_id")
    ended = list(active.select_related("loan"))
    for mandate in ended:
        end_mandate(mandate, now=now, because=because)
        _record("autopay_ended", mandate, actor, because=because)
    return ended


@transaction.atomic
def take_autopay_up_again(*, loan_ids: Collection[int], because: str, today: date, actor: str) -> None:
    """
    Let collect again what ended with locked loans that run on after all, unless other autopay was set up since.

    What was planned and never asked for is planned anew, so that it is announced anew as well.
    """
    ended = AutopayMandate.objects.filter(loan__in=loan_ids, status=Status.CANCELLED, ended_because=because)
    busy = AutopayMandate.objects.filter(loan__in=loan_ids).exclude(status=Status.CANCELLED).values("loan")
    for mandate in ended.exclude(loan__in=busy).select_related("loan").order_by("loan_id"):
        mandate.status, mandate.ended_at, mandate.ended_because = Status.ACTIVE, None, ""
        mandate.day_chosen_on = today
        mandate.save(update_fields=["status", "ended_at", "ended_because", "day_chosen_on"])
        skipped = AutopayAttempt.objects.filter(mandate=mandate, status=AutopayAttempt.Status.SKIPPED, sent_at=None)
        skipped.filter(due_on__gte=today).delete()
        _record("autopay_resumed", mandate, actor)


@transaction.atomic
def hold_autopay(*, loan_id: int, through: date, reason: str, actor: str) -> None:
    """
    Ask for nothing up to and including `through`: for a hold on the loan, such as a complaint or a hardship review.

    A longer hold that is there already stays.
    """
    lock_loan(loan_id)
    for mandate in AutopayMandate.objects.filter(loan_id=loan_id).exclude(status=Status.CANCELLED):
        if mandate.held_through is None or mandate.held_through < through:
            mandate.held_through = through
            mandate.save(update_fields=["held_through"])
            messaging.cancel_waiting(loan_id=loan_id, templates=[NOTICE])
            _record("autopay_held", mandate, actor, through=through, reason=reason)


def end_mandate(mandate: AutopayMandate, *, now: datetime, because: str = "") -> None:
    """End a mandate of a locked loan, with what was planned on it."""
    mandate.status, mandate.ended_at, mandate.ended_because = Status.CANCELLED, now, because
    mandate.save(update_fields=["status", "ended_at", "ended_because"])
    planned = AutopayAttempt.objects.filter(mandate=mandate, status=AutopayAttempt.Status.PLANNED)
    planned.update(status=AutopayAttempt.Status.SKIPPED)
    messaging.cancel_waiting(loan_id=mandate.loan_id, templates=[NOTICE])


def _locked(mandate_id: int, *, ended_too: bool = False) -> AutopayMandate:
    loan_id = AutopayMandate.objects.values_list("loan_id", flat=True).filter(pk=mandate_id).first()
    mandate = None
    if loan_id is not None:
        lock_loan(loan_id)
        mandate = AutopayMandate.objects.get(pk=mandate_id)
    if mandate is None or (mandate.status == Status.CANCELLED and not ended_too):
        raise MandateEnded(_("This autopay is ended. You can set up a new one."))
    return mandate


def _refuse_impossible_day(timing: str, number: int | None) -> None:
    if timing == Timing.DUE_DATE and number is None:
        return
    if timing in _RANGES and number in _RANGES[Timing(timing)]:
        return
    raise InvalidInput(
        _("Choose the due date, 1 to 15 days before it, or a day of the month from 1 to 28."), field="timing"
    )


def _record(action: str, mandate: AutopayMandate, actor: str, **data: object) -> None:
    audit.record(
        action=f"repayments.{action}",
        subject_type="loan",
        subject_id=mandate.loan_id,
        actor=actor,
        data={"mandate": mandate.pk, **data},
    )
