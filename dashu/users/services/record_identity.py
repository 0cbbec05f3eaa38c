"""Who a borrower says they are, and who has compared that with the paper. The audit log learns that, but not what."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import LENDER_ZONE
from dashu.kernel.errors import DomainError
from dashu.users.id_numbers import credit_code, legal_name, mobile_phone, resident_id
from dashu.users.indexes import number_index, phone_index
from dashu.users.models import Borrower, Identity

KIND_OF = {Borrower.Kind.PERSON: Identity.Kind.CN_ID, Borrower.Kind.ENTITY: Identity.Kind.USCC}


class IdentityVerified(DomainError):
    """The name or the number differs from those that were verified."""

    code = "identity_already_verified"
    http_status = 409


class IdentityInUse(DomainError):
    """What is decided or signed at present is so for the person who was named first."""

    code = "identity_in_use"
    http_status = 409


class IdentityOfAnotherKind(DomainError):
    """A person has an ID number, a company a credit code."""

    code = "identity_of_another_kind"


class NoIdentity(DomainError):
    """The borrower has not said who they are."""

    code = "no_identity"


@transaction.atomic
def record_identity(
    *,
    borrower_id: int,
    kind: str,
    name: str,
    number: str,
    phone: str,
    recorded_at: datetime,
    actor: str,
    settled: Collection[str] = (),
) -> Identity:
    """
    Note who a borrower is. The same again changes nothing; until it is verified it can be corrected.

    A new phone alone leaves what was verified as it is.

    :param settled: of name, number and phone, what something else relies on by now, so that it does not change.
    :raises InvalidLegalName, InvalidIdNumber, InvalidCreditCode, InvalidPhone: see `dashu.users.id_numbers`.
    :raises IdentityOfAnotherKind: see there.
    :raises IdentityVerified, IdentityInUse: see there.
    """
    borrower = Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    if kind != KIND_OF[Borrower.Kind(borrower.kind)]:
        raise IdentityOfAnotherKind(
            _("A person is known by an ID number, a company by its unified social credit code."), field="kind"
        )
    given = {
        "name": legal_name(name),
        "number": resident_id(number, on=recorded_at.astimezone(LENDER_ZONE).date())
        if kind == Identity.Kind.CN_ID
        else credit_code(number),
        "phone": mobile_phone(phone),
    }
    identity = Identity.objects.filter(borrower=borrower).first()
    changed = sorted(field for field in given if identity is None or getattr(identity, field) != given[field])
    if identity is not None and not changed:
        return identity
    if identity is not None and identity.verified_at is not None:
        _refuse_another_person(changed)
    if identity is not None:
        _refuse_settled(changed, settled)

    identity = identity or Identity(borrower=borrower, kind=kind)
    identity.name, identity.number, identity.phone = given["name"], given["number"], given["phone"]
    identity.number_index, identity.phone_index = number_index(given["number"]), phone_index(given["phone"])
    identity.recorded_at = recorded_at
    identity.save()
    _witness("users.identity_recorded", borrower_id, actor, kind=str(kind), changed=changed)
    return identity


@transaction.atomic
def verify_identity(*, borrower_id: int, verified_at: datetime, actor: str) -> Identity:
    """
    Note that `actor` compared a borrower's identity with the paper or a register. Again keeps the first time.

    :raises NoIdentity: see there.
    """
    Borrower.objects.select_for_update(no_key=True).get(pk=borrower_id)
    identity = Identity.objects.filter(borrower_id=borrower_id).first()
    if identity is None:
        raise NoIdentity(_("There is no name and number to verify yet."))
    if identity.verified_at is not None:
        return identity
    identity.verified_at, identity.verified_by = verified_at, actor
    identity.save(update_fields=["verified_at", "verified_by"])
    _witness("users.identity_verified", borrower_id, actor, kind=identity.kind)
    return identity


def _refuse_another_person(changed: list[str]) -> None:
    for field in ("number", "name"):
        if field in changed:
            raise IdentityVerified(
                _("Name and number were verified before and differ from these. Write to us if they have changed."),
                field=field,
            )


def _refuse_settled(changed: list[str], settled: Collection[str]) -> None:
    for field in changed:
        if field in settled:
            raise IdentityInUse(
                _("Another application or contract of yours names this otherwise. Write to us if it has changed."),
                field=field,
            )


def _witness(action: str, borrower_id: int, actor: str, **data: object) -> None:
    audit.record(action=action, subject_type="borrower", subject_id=borrower_id, actor=actor, data=data)
