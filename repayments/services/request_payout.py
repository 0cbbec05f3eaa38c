"""
Order the payouts of a signed contract, and approve one that is too large to leave by itself.

The first part of a contract is ordered at the signature, a later one some days before its own day, so that there is
time to approve it; and only when nothing before it waits any more. The limit above which a person approves is held
against the whole contract: what is cut into parts does not slip below it.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.models import Identity, User
from loans.domain.card_issuers import Belonging
from loans.models import CardToPay, Loan, LoanContract, Product, Tranche
from loans.services.contract_progress import change_account, contract_of
from loans.services.signing_codes import PayoutAccount
from repayments.models import Payout
from repayments.services.booking import LoanNotFound, lock_loan
from repayments.services.disburse_loan import NotWaitingForPayout

ACTOR = "system:payouts"
PAYOUT = "loan.payout"
AHEAD = timedelta(days=3)
Status = Payout.Status


class PayoutNotFound(DomainError):
    """There is no such payout."""

    code = "payout_not_found"
    http_status = 404


class PayoutStateChanged(DomainError):
    """The payout is no longer in a state in which this can be done."""

    code = "payout_state"
    http_status = 409


class IdentityNotCompared(DomainError):
    """A payout of this size waits until somebody has compared the borrower's identity with the card."""

    code = "identity_not_compared"
    http_status = 409


class WrongDestination(DomainError):
    """The money of a card-repayment loan goes to the issuer of its card and to nobody else."""

    code = "payout_destination_wrong"
    http_status = 409


@transaction.atomic
def request_payout(*, contract_id: int, now: datetime, actor: str = ACTOR) -> Payout | None:
    """
    Order the payout of the part of a contract whose turn it is; None where there is none, or its day is still far.

    Ordered before, it is returned. Up to the amount of the policy `credit.payout` it may be sent at once; above it, a
    person asks and another approves, once the borrower's identity was compared with the card.

    :raises WrongDestination: see there.
    """
    tranche = Tranche.objects.waiting().filter(contract=contract_id).order_by("number").first()
    if tranche is None:
        return Payout.objects.filter(loan__tranche__contract=contract_id).first()
    loan = lock_loan(tranche.loan_id)
    if latest := Payout.objects.filter(loan=loan).first():
        return latest
    is_far = tranche.agreed_on > lender_date(now) + AHEAD
    return None if is_far or loan.status != Loan.Status.APPROVED else _order(loan, now=now, actor=actor)


@transaction.atomic
def retry_payout(*, loan_id: int, now: datetime, actor: str, account: PayoutAccount | None = None) -> Payout:
    """
    Order another payout after one that failed. One that is under way is returned, and nothing changes.

    :param account: another account of the borrower's; the same one unless given.
    :raises PayoutStateChanged: none has failed.
    :raises NotWaitingForPayout: the loan is paid out or cancelled.
    :raises WrongDestination: another account is named for a card.
    """
    loan = lock_loan(loan_id)
    latest = Payout.objects.filter(loan=loan).first()
    if latest is not None and latest.status not in Payout.OVER:
        return latest
    if loan.status != Loan.Status.APPROVED:
        raise NotWaitingForPayout(_("This loan does not wait for its payout."), field="loan")
    if latest is None or latest.status != Status.FAILED:
        raise PayoutStateChanged(_("There is no payout that failed."), field="payout")
    if account is not None:
        if latest.destination == Payout.Destination.ISSUER_CARD:
            raise WrongDestination(_("This loan is paid out to the bank of the card only."), field="number")
        change_account(loan, account, now=now, actor=actor)
    return _order(loan, now=now, actor=actor)


def ask_payout(*, payout_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask that a payout above the automatic limit be sent; another person decides, with authority for the whole contract.

    :raises PayoutNotFound, PayoutStateChanged, IdentityNotCompared: see there.
    :raises NotAuthorized, ReasonMissing, RequestKeyReused: see `submit`.
    """
    payout = Payout.objects.select_related("loan").filter(pk=payout_id).first()
    if payout is None:
        raise PayoutNotFound(_("There is no such payout."), field="payout")
    _refuse_unless(payout, Status.REQUESTED)
    _refuse_unknown_borrower(payout)
    contract = contract_of(payout.loan)
    assert contract is not None, "a payout is made on a contract"
    return submit(
        kind=PAYOUT,
        payload={
            "payout_id": payout.pk,
            "loan_id": payout.loan_id,
            "loan_number": payout.loan.number,
            "amount_minor": payout.amount_minor,
            "contract_minor": contract.offer.principal_minor,
            "currency": payout.loan.currency,
            "to": f"{payout.bank} {payout.account_shown}",
        },
        amount_minor=contract.offer.principal_minor,
        currency=payout.loan.currency,
        subject_type="loan",
        subject_id=payout.loan.number,
        loan_id=payout.loan_id,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
def approve_payout(*, payout_id: int, actor: str) -> Payout:
    """
    Let an approved payout be sent. Approved before, nothing changes.

    :raises PayoutStateChanged: it was cancelled, or has ended otherwise.
    :raises IdentityNotCompared: see there.
    """
    found = Payout.objects.values_list("loan_id", flat=True).filter(pk=payout_id).first()
    if found is None:
        raise PayoutNotFound(_("There is no such payout."), field="payout")
    lock_loan(found)
    payout = Payout.objects.select_related("loan").get(pk=payout_id)
    if payout.status in (*Payout.TO_SEND, Status.SENT, Status.ARRIVED):
        return payout
    _refuse_unless(payout, Status.REQUESTED)
    _refuse_unknown_borrower(payout)
    payout.status, payout.approved_by = Status.APPROVED, actor
    payout.save(update_fields=["status", "approved_by"])
    _witness("approved", payout, actor=actor)
    events.publish("repayments.payout_approved", payout_id=payout.pk)
    return payout


def contracts_without_payout(*, today: date) -> list[int]:
    """Return the signed contracts with a part whose turn it is and whose payout was never ordered, for the sweep."""
    waiting = Tranche.objects.waiting()
    before = waiting.filter(contract=OuterRef("contract"), number__lt=OuterRef("number"))
    turn = waiting.filter(loan__payouts=None, agreed_on__lte=today + AHEAD).exclude(Exists(before))
    return list(turn.order_by("contract").values_list("contract", flat=True)[:200])


def _order(loan: Loan, *, now: datetime, actor: str) -> Payout:
    contract = contract_of(loan)
    if contract is None:
        raise LoanNotFound(_("This loan has no signed contract to pay out on."), field="loan")
    destination, bank, number, shown = _destination(contract)
    limit = policy.credit_payout(lender_date(contract.signed_at)).automatic_up_to
    is_automatic = contract.offer.principal_minor <= limit
    last = Payout.objects.filter(loan=loan).aggregate(last=Max("number"))["last"] or 0
    payout = Payout.objects.create(
        loan=loan,
        number=last + 1,
        amount_minor=loan.principal_minor,
        destination=destination,
        bank=bank,
        account_number=number,
        account_shown=shown,
        status=Status.APPROVED if is_automatic else Status.REQUESTED,
        approved_by=ACTOR if is_automatic else "",
        due_on=loan.starts_on,
    )
    _witness("requested", payout, actor=actor)
    if is_automatic:
        events.publish("repayments.payout_approved", payout_id=payout.pk)
    return payout


def _destination(contract: LoanContract) -> tuple[str, str, str, str]:
    """Return kind, bank, number and how it is shown. :raises WrongDestination: see there."""
    if contract.application.product.kind == Product.Kind.CARD_REPAYMENT:
        card = CardToPay.objects.filter(application_id=contract.application_id).first()
        if card is None or contract.account_number:
            raise WrongDestination(_("This loan is paid out to the bank of the card only."), field="number")
        _refuse_unless_its_issuers(card)
        return Payout.Destination.ISSUER_CARD, card.issuer, card.number, card.masked_number
    if not contract.account_number:
        raise WrongDestination(_("It is not known to which account this loan is paid out."), field="number")
    return Payout.Destination.BANK_ACCOUNT, contract.bank, contract.account_number, contract.masked_account


def _refuse_unless_its_issuers(card: CardToPay) -> None:
    """What the number alone does not confirm goes out only after a person has decided on the application."""
    if card.belonging is Belonging.UNKNOWN:
        latest = card.application.reviews.first()
        if latest is None or latest.decided_by_id is None:
            raise WrongDestination(_("Nobody has looked at the bank of this card yet."), field="number")
    elif card.belonging is not Belonging.CONFIRMED:
        raise WrongDestination(
            _("The number of this card is not one of the bank that is named for it."), field="number"
        )


def _refuse_unless(payout: Payout, status: str) -> None:
    if payout.status != status:
        raise PayoutStateChanged(
            _("This is not possible now: the payout is “%(state)s”."),
            field="payout",
            params={"state": payout.get_status_display()},
        )


def _refuse_unknown_borrower(payout: Payout) -> None:
    """:raises IdentityNotCompared: see there; whether it is asked for is a rule of the day of the signature."""
    contract = contract_of(payout.loan)
    if contract is None or not policy.credit_payout(lender_date(contract.signed_at)).compared_identity:
        return
    borrower_id = contract.application.borrower_id
    if not Identity.objects.filter(borrower=borrower_id, verified_at__isnull=False).exists():
        raise IdentityNotCompared(
            _(
                "Nobody has compared the borrower's identity with the card yet. Do it on the page of application"
                " %(application)s; then ask again."
            ),
            params={"application": contract.application.reference},
        )


def _witness(what: str, payout: Payout, *, actor: str) -> None:
    audit.record(
        action=f"repayments.payout_{what}",
        subject_type="loan",
        subject_id=payout.loan_id,
        actor=actor,
        data={"payout": str(payout.token), "amount_minor": payout.amount_minor, "to": payout.account_shown},
    )
