"""
A borrower closes their account, or takes that back.

From the closing on nobody can sign in. For some days it can be taken back by a link that the borrower gets: whoever has
closed it by mistake, or did not do it, loses nothing. Then `finish_closure` deletes what may be deleted.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.messaging.links import public_address
from dashu.messaging.models import OutboxMessage
from dashu.messaging.services.enqueue import enqueue
from dashu.messaging.services.secret_texts import queue_secret_text
from dashu.policy.privacy import Kept
from dashu.policy.rules import privacy_closure
from dashu.privacy.closing import kept_of, obstacles
from dashu.privacy.links import undo_token
from dashu.privacy.models import AccountClosure
from dashu.privacy.templates import CLOSING
from dashu.users.models import Borrower, SignInPhone, User
from dashu.users.phones import at_home

Status = AccountClosure.Status


class AccountInUse(DomainError):
    """
    Something is open that has to end before: a loan, an application, a payout, money that is to be sent back, or what
    the borrower asked or objected to.
    """

    code = "account_in_use"
    http_status = 409


class TooLateToUndo(DomainError):
    """The days in which the closing could be taken back are over."""

    code = "too_late_to_undo"
    http_status = 410


@transaction.atomic
def close_account(*, borrower_id: int, now: datetime, actor: str) -> AccountClosure:
    """
    Close the account of a borrower: nobody signs in from now on. Again returns the first closing.

    :raises AccountInUse: see there.
    """
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    if earlier := AccountClosure.objects.filter(borrower=borrower).exclude(status=Status.UNDONE).first():
        return earlier
    if obstacles(borrower):
        raise AccountInUse(_("Something is still open. The page says what, and what you can do."))
    today = lender_date(now)
    days = privacy_closure(today).undo_days
    closure = begin_closing(borrower, days=days, kept=kept_of(borrower, today=today), now=now, actor=actor)
    _tell_the_way_back(closure, borrower, now)
    return closure


def begin_closing(
    borrower: Borrower, *, days: int, kept: Mapping[Kept, date], now: datetime, actor: str
) -> AccountClosure:
    """Close the account of this locked borrower, who has so many days to take it back; they are not told here."""
    closure = AccountClosure.objects.create(
        borrower=borrower,
        asked_at=now,
        undo_until=now + timedelta(days=days),
        kept=[{"what": what.value, "until": day.isoformat()} for what, day in kept.items()],
    )
    User.objects.filter(borrower=borrower).update(is_active=False)
    audit.record(action="privacy.account_closed", subject_type="borrower", subject_id=borrower.pk, actor=actor)
    return closure


def _tell_the_way_back(closure: AccountClosure, borrower: Borrower, now: datetime) -> None:
    """A text message goes past the outbox, which keeps what was said: whoever reads it there could open the account."""
    with override(borrower.language):
        text = gettext(
            "Your Dashu account is closed on %(day)s. If you change your mind before, or did not ask for it, open"
            " it again here: %(link)s"
        )
    tell_the_way_back(closure, borrower, template=CLOSING, text=text, params={}, now=now)


def tell_the_way_back(
    closure: AccountClosure, borrower: Borrower, *, template: str, text: str, params: Mapping[str, str], now: datetime
) -> None:
    """
    Send the link that opens the account again: by mail with this template or, without an address, to the phone.

    :param text: in the borrower's language, with places for `day` and `link` besides `params`.
    """
    until_on = lender_date(closure.undo_until)
    link = public_address(reverse("portal:undo_closing", args=[undo_token(closure.pk)]))
    if borrower.email:
        enqueue(
            dedupe_key=f"{CLOSING}:{closure.pk}",
            borrower_id=borrower.pk,
            template=template,
            params={"until_on": until_on.isoformat(), "link": link, **params},
            channel=OutboxMessage.Channel.EMAIL,
        )
    elif phone := _phone_of(borrower):
        with override(borrower.language):
            said = text % {"day": date_format(until_on, "DATE_FORMAT"), "link": link, **params}
        queue_secret_text(phone=phone, text=said, now=now, lasts=closure.undo_until - now)


def _phone_of(borrower: Borrower) -> str:
    """Return the phone that they sign in with, else the one that they gave; "" without any."""
    verified = SignInPhone.objects.filter(user=borrower.user_id, verified_at__isnull=False).first()
    return at_home(verified.phone) if verified else borrower.phone


@transaction.atomic
def undo_closure(*, closure_id: int, now: datetime, actor: str) -> AccountClosure:
    """
    Open a closed account again; taken back already, nothing changes.

    :raises TooLateToUndo: see there.
    """
    borrower_id = AccountClosure.objects.values_list("borrower_id", flat=True).get(pk=closure_id)
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    closure = AccountClosure.objects.select_for_update().get(pk=closure_id)
    if closure.status == Status.UNDONE:
        return closure
    if closure.status == Status.CLOSED or now >= closure.undo_until:
        raise TooLateToUndo(_("This account is closed for good. You can open a new one at any time."))
    closure.status, closure.ended_at = Status.UNDONE, now
    closure.save(update_fields=["status", "ended_at"])
    User.objects.filter(borrower=borrower).update(is_active=True)
    OutboxMessage.objects.filter(dedupe_key=f"{CLOSING}:{closure.pk}", status=OutboxMessage.Status.PENDING).update(
        status=OutboxMessage.Status.CANCELLED
    )
    audit.record(action="privacy.account_reopened", subject_type="borrower", subject_id=borrower_id, actor=actor)
    return closure
