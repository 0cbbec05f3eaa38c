"""
Preview an act, and book it as it was seen.

What a person confirms is a token of what the preview was made from: the act, its values, and the state of each loan
that it touches. If a loan has changed meanwhile, nothing is booked and the person sees the new preview.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent
from repayments.services.acts import Act, Doing
from repayments.services.booking import lock_loans
from repayments.services.previewing import Preview, preview

State = dict[str, list[Any]]
_SIGNER = Signer(salt="repayments.acts")


class LoanChanged(DomainError):
    """The loan is no longer as the preview showed it."""

    code = "loan_changed"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Seen:
    """A preview and the token that confirms it."""

    preview: Preview
    token: str


def preview_act(act: Act, *, loan: Loan, payload: Mapping[str, str], today: date, actor: str) -> Seen:
    """
    Return what the act would do, and the token with which it is booked.

    :raises DomainError: a value does not fit, or the service refuses.
    """
    values = act.read(payload, loan)
    touched = act.loans(loan, values)
    with transaction.atomic():
        lock_loans(touched)
        state = state_of(touched)
        shown = preview(touched, lambda: act.perform(loan, values, Doing(today, actor)), today=today)
    return Seen(shown, _token(act, loan, payload, state, today))


def book_or_submit(act: Act, *, loan: Loan, payload: Mapping[str, str], token: str, today: date, actor: str) -> object:
    """
    Book an act that was previewed. This is the seam for approvals: an act that needs a second person is submitted
    here, with its code and its payload, instead of being booked.

    :param payload: the values as plain text, as they were previewed.
    :returns: what the service returns.
    :raises LoanChanged: a loan is no longer as the preview showed it, or something else was previewed; nothing is
        booked.
    :raises DomainError: the refusal of the service.
    """
    return book(act, loan=loan, payload=payload, token=token, today=today, actor=actor)


@transaction.atomic
def book(act: Act, *, loan: Loan, payload: Mapping[str, str], token: str, today: date, actor: str) -> object:
    values = act.read(payload, loan)
    touched = act.loans(loan, values)
    lock_loans(touched)
    if _token(act, loan, payload, state_of(touched), today) != token:
        raise LoanChanged(
            _("Nothing was booked: the loan has changed since you saw the preview. This is how it would be now.")
        )
    return act.perform(loan, values, Doing(today, actor))


def booked_since(token: str) -> list[LoanEvent]:
    """Return what was booked on the loans of a token since its preview, oldest first; nothing for a broken token."""
    try:
        state: State = _SIGNER.unsign_object(token)["state"]
    except (BadSignature, KeyError, TypeError):
        return []
    newer = [LoanEvent.objects.filter(loan_id=int(loan_id), pk__gt=seen[0]) for loan_id, seen in state.items()]
    return sorted((event for found in newer for event in found.select_related("loan")), key=lambda event: event.pk)


def state_of(loan_ids: Iterable[int]) -> State:
    """Return what changes with whatever changes a loan's figures: its newest event, and how far it is accrued."""
    ids = list(loan_ids)
    newest = dict(
        LoanEvent.objects.filter(loan_id__in=ids)
        .values("loan_id")
        .annotate(Max("pk"))
        .values_list("loan_id", "pk__max")
    )
    accrued = dict(LoanBalance.objects.filter(pk__in=ids).values_list("pk", "accrued_through"))
    return {
        str(loan_id): [newest.get(loan_id, 0), accrued[loan_id].isoformat() if loan_id in accrued else ""]
        for loan_id in sorted(ids)
    }


def _token(act: Act, loan: Loan, payload: Mapping[str, str], state: State, today: date) -> str:
    given = {name: text for name, text in sorted(payload.items()) if text}
    return _SIGNER.sign_object(
        {"act": act.code, "loan": loan.pk, "payload": given, "state": state, "today": today.isoformat()}
    )
