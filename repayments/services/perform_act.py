"""
Preview an act, and book it as it was seen, or ask another person for it.

What a person confirms is a token of what the preview was made from: the act, its values, and the state of each loan
that it touches. If a loan has changed meanwhile, nothing is booked and the person sees the new preview.

An act that the table of authority rules goes through `dashu.approvals`, which books it at once within the person's own
authority and else keeps it for another person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import act_kind
from dashu.approvals.authority import may_do_alone, refuse_unless_may_ask
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.models import Loan
from repayments.models import LoanBalance, LoanEvent
from repayments.services.acts import Act, Doing, Values
from repayments.services.approved_acts import amount_of, kind_of, preview_of, request_of
from repayments.services.booking import lock_loans
from repayments.services.previewing import Preview

State = dict[str, list[Any]]
_SIGNER = Signer(salt="repayments.acts")


class LoanChanged(DomainError):
    """The loan is no longer as the preview showed it."""

    code = "loan_changed"
    http_status = 409


class NeedsApproval(DomainError):
    """The act is above what the person may do alone, and here nobody can be asked for it."""

    code = "needs_approval"
    http_status = 403


@dataclass(frozen=True, slots=True)
class Stake:
    """What an act is about for the table of authority: a kind of `dashu.approvals`, and an amount in minor units."""

    kind: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Seen:
    """
    A preview and the token that confirms it.

    :param needs: what another person has to approve; None where confirming books.
    """

    preview: Preview
    token: str
    needs: Stake | None


@transaction.atomic
def preview_act(act: Act, *, loan: Loan, payload: Mapping[str, str], today: date, user: User) -> Seen:
    """
    Return what the act would do, and the token with which it is booked or asked for.

    :raises NotAuthorized: the table of authority does not let the person ask for it.
    :raises DomainError: a value does not fit, or the service refuses.
    """
    values = act.read(payload, loan)
    touched = act.loans(loan, values)
    lock_loans(touched)
    stake = _stake(act, loan, values, today=today, user=user)
    shown = preview_of(act, loan, values, today=today)
    needs = stake if stake and not _is_alone(stake, loan, today=today, user=user) else None
    return Seen(shown, _token(act, loan, payload, state_of(touched), today), needs)


@transaction.atomic
def book_or_submit(
    act: Act, *, loan: Loan, payload: Mapping[str, str], token: str, today: date, user: User
) -> ApprovalRequest | None:
    """
    Book an act that was previewed, or ask for it where another person has to approve it.

    The loans are locked before the request is written, and an approval locks the request first: neither waits for the
    other in a circle, because nobody else can reach a request that is not yet committed.

    :param payload: the values as plain text, as they were previewed.
    :returns: the request of an act that the table of authority rules: PENDING, or APPROVED and booked.
    :raises LoanChanged: a loan is no longer as the preview showed it, or something else was previewed; nothing is
        booked.
    :raises NotAuthorized: the table of authority does not let the person ask for it.
    :raises DomainError: the refusal of the service.
    """
    values = act.read(payload, loan)
    touched = act.loans(loan, values)
    lock_loans(touched)
    key = _key_of(token, _seen(act, loan, payload, state_of(touched), today))
    stake = _stake(act, loan, values, today=today, user=user)
    if stake is None:
        act.perform(loan, values, Doing(today, actor_of_user(user)))
        return None
    return _submit(act, stake, loan, values, payload=payload, today=today, user=user, key=f"act:{key}")


def perform_alone(act: Act, *, loan: Loan, payload: Mapping[str, str], today: date, user: User, key: str) -> list[int]:
    """
    Book an act within the person's own authority and return the ids of the events that it wrote.

    :param key: of the request that keeps it on record, where the table of authority rules the act.
    :raises NeedsApproval: another person has to approve it.
    :raises DomainError: a value does not fit, the person may not ask for it, or the service refuses.
    """
    values = act.read(payload, loan)
    lock_loans(act.loans(loan, values))
    stake = _stake(act, loan, values, today=today, user=user)
    if stake is None:
        return perform_act(act, loan=loan, payload=payload, doing=Doing(today, actor_of_user(user)))
    if not _is_alone(stake, loan, today=today, user=user):
        raise NeedsApproval(_("This needs another person. Do it on the page of the loan, where it is asked for."))
    done = _submit(act, stake, loan, values, payload=payload, today=today, user=user, key=key)
    return list(done.result["events"])


def perform_act(act: Act, *, loan: Loan, payload: Mapping[str, str], doing: Doing) -> list[int]:
    """Call the service of an act and return the ids of the events that it wrote, in order."""
    values = act.read(payload, loan)
    touched = act.loans(loan, values)
    lock_loans(touched)
    of_loans = LoanEvent.objects.filter(loan_id__in=touched)
    newest = of_loans.aggregate(newest=Max("pk"))["newest"] or 0
    act.perform(loan, values, doing)
    return list(of_loans.filter(pk__gt=newest).order_by("pk").values_list("pk", flat=True))


def booked_since(token: str) -> list[LoanEvent]:
    """Return what was booked on the loans of a token since its preview, oldest first; nothing for a broken token."""
    try:
        state: State = _SIGNER.unsign_object(token)["seen"]["state"]
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


def _stake(act: Act, loan: Loan, values: Values, *, today: date, user: User) -> Stake | None:
    """Return what the table of authority has to say about; None for an act that it does not rule."""
    kind = kind_of(act, loan, values)
    if kind is None:
        return None
    refuse_unless_may_ask(user, kind, act_kind(kind).permission, on=today)
    return Stake(kind, Money(amount_of(kind, act, loan, values, today=today), loan.currency))


def _is_alone(stake: Stake, loan: Loan, *, today: date, user: User) -> bool:
    return may_do_alone(user, stake.kind, stake.amount, loan_id=loan.pk, on=today)


def _submit(
    act: Act, stake: Stake, loan: Loan, values: Values, *, payload: Mapping[str, str], today: date, user: User, key: str
) -> ApprovalRequest:
    request = request_of(act, loan, values, payload, amount_minor=stake.amount.minor)
    preview = act_kind(stake.kind).preview
    shown: Sequence[dict[str, Any]] = preview(request, today) if preview else ()
    return submit(
        kind=stake.kind,
        payload=request,
        preview=shown,
        amount_minor=stake.amount.minor,
        currency=loan.currency,
        subject_type="loan",
        subject_id=loan.number,
        loan_id=loan.pk,
        reason=values["reason"],
        user=user,
        today=today,
        idempotency_key=key,
    )


def _seen(act: Act, loan: Loan, payload: Mapping[str, str], state: State, today: date) -> dict[str, Any]:
    given = {name: text for name, text in sorted(payload.items()) if text}
    return {"act": act.code, "loan": loan.pk, "payload": given, "state": state, "today": today.isoformat()}


def _token(act: Act, loan: Loan, payload: Mapping[str, str], state: State, today: date) -> str:
    """Sign what was seen, with a key of its own, so that what was declined can be asked for again."""
    return _SIGNER.sign_object({"seen": _seen(act, loan, payload, state, today), "key": uuid4().hex})


def _key_of(token: str, seen: Mapping[str, Any]) -> str:
    """:raises LoanChanged: the token is of something else."""
    try:
        signed = _SIGNER.unsign_object(token)
    except BadSignature:
        signed = {}
    if signed.get("seen") != seen:
        raise LoanChanged(
            _("Nothing was booked: the loan has changed since you saw the preview. This is how it would be now.")
        )
    key: str = signed["key"]
    return key
