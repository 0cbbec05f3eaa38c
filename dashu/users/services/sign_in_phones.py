"""The phone that somebody signs in with: typed, verified by a code, and forgotten where no code ever came back."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.users.indexes import sign_in_phone_index
from dashu.users.models import SignInPhone, User
from dashu.users.selectors import user_with_phone

UNFINISHED_LASTS = timedelta(days=1)


class PhoneTaken(DomainError):
    """Somebody else signs in with this phone."""

    code = "phone_taken"
    http_status = 409


@transaction.atomic
def note_phone(*, user_id: int, phone: str, now: datetime) -> SignInPhone:
    """
    Keep the phone that a login was opened with; until it is verified, nobody signs in with it.

    :param phone: as `dashu.users.phones.phone_to_sign_in` returns it.
    """
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    noted, _made = SignInPhone.objects.update_or_create(
        user_id=user_id,
        defaults={
            "phone": phone,
            "phone_index": sign_in_phone_index(phone),
            "given_at": now,
            "verified_at": None,
        },
    )
    return noted


@transaction.atomic
def verify_phone(*, user_id: int, phone: str, now: datetime, actor: str) -> str | None:
    """
    Let a login sign in with a phone from now on, in place of the one before. The same again changes nothing.

    :returns: the verified phone that it replaces, None if there was none.
    :raises PhoneTaken: another login has it verified.
    """
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    index = sign_in_phone_index(phone)
    present = SignInPhone.objects.filter(user_id=user_id).first()
    if present and present.phone_index == index and present.verified_at:
        return None
    if user_with_phone(phone) is not None:
        raise _taken()

    former = present.phone if present and present.verified_at else None
    try:
        with transaction.atomic():
            SignInPhone.objects.update_or_create(
                user_id=user_id,
                defaults={"phone": phone, "phone_index": index, "given_at": now, "verified_at": now},
            )
    except IntegrityError as error:
        # Two people can reach this line with one phone; the unique index decides.
        raise _taken() from error
    audit.record(
        action="users.sign_in_phone_verified",
        subject_type="user",
        subject_id=user_id,
        actor=actor,
        data={"replaces_another": former is not None},
    )
    return former


def forget_unfinished_accounts(*, now: datetime) -> int:
    """
    Delete the logins whose phone was never verified: nobody can have signed in with one. Return how many.

    What somebody typed who was not the owner of a phone is so kept for a day at most.
    """
    waiting = SignInPhone.objects.filter(verified_at=None, given_at__lt=now - UNFINISHED_LASTS)
    nobodys = User.objects.filter(
        sign_in_phone__in=waiting, email=None, last_login=None, role=User.Role.BORROWER, borrower=None
    )
    forgotten = 0
    for user_id in nobodys.values_list("pk", flat=True)[:1000]:
        with transaction.atomic():
            # Their code may come back at this very moment.
            user = nobodys.select_for_update(of=("self",)).filter(pk=user_id).first()
            if user is None:
                continue
            user.delete()
            audit.record(
                action="users.unfinished_account_forgotten",
                subject_type="user",
                subject_id=user_id,
                actor="system:tidy_accounts",
            )
            forgotten += 1
    return forgotten


def _taken() -> PhoneTaken:
    return PhoneTaken(_("Somebody signs in with this phone already."), field="phone")
