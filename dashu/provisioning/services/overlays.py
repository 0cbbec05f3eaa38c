"""Overlays: enter one with its reason, and take it back."""

from datetime import date
from decimal import Decimal

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.services.submit import checked_reason
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.kernel.money import MAX_MINOR
from dashu.provisioning.models import STAGES, Overlay
from dashu.users.actors import actor_of_user
from dashu.users.models import User

WRITE = "provisioning.write_overlay"
MOST_SHARE = Decimal(10)

_LOCK = 4_711_022


class InvalidOverlay(DomainError):
    """An overlay cannot be entered like this; the field says what to change."""

    code = "invalid_overlay"


class OverlayNotFound(DomainError):
    """There is no such overlay."""

    code = "overlay_not_found"
    http_status = 404


@transaction.atomic
def enter_overlay(
    *,
    currency: str,
    product: str,
    bucket: str,
    stage: str,
    amount_minor: int | None,
    share: Decimal | None,
    reason: str,
    from_on: date,
    to_on: date,
    user: User,
) -> Overlay:
    """
    Set something aside on top for the runs of months that end from `from_on` to `to_on`; the same again adds nothing.

    :param amount_minor, share: one of the two; a share is of the expected loss of the loans it is for.
    :raises NotAuthorized: the person may not. :raises ReasonMissing: no reason.
    :raises InvalidOverlay: both or no size, a size that is not positive or too large, days that do not follow.
    """
    _refuse_unless_writes(user)
    if (amount_minor is None) == (share is None):
        raise InvalidOverlay(_("Give an amount or a share, one of the two."), field="amount")
    if amount_minor is not None and not 0 < amount_minor <= MAX_MINOR:
        raise InvalidOverlay(_("The amount lies above 0 and below the bound of amounts."), field="amount")
    if share is not None and not 0 < share <= MOST_SHARE:
        raise InvalidOverlay(_("The share lies above 0 and up to 1,000%."), field="share")
    if stage not in ("", *STAGES):
        raise InvalidOverlay(_("The stages are 1, 2 and 3."), field="stage")
    if to_on < from_on:
        raise InvalidOverlay(_("The last day lies before the first."), field="to_on")
    size = {"amount_minor": amount_minor, "share": share}
    given = {"currency": currency, "product": product, "bucket": bucket, "stage": stage, **size}
    days = {"reason": checked_reason(reason), "from_on": from_on, "to_on": to_on}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])  # the same pressed twice at once is entered once
    if same := Overlay.objects.filter(**given, **days, author=user, ended_at=None).first():
        return same
    overlay = Overlay.objects.create(**given, **days, author=user)
    _witness("provisioning.overlay_entered", overlay, user)
    return overlay


@transaction.atomic
def end_overlay(*, overlay_id: int, user: User) -> Overlay:
    """
    Take an overlay back, for all runs to come; again changes nothing.

    :raises NotAuthorized: the person may not. :raises OverlayNotFound: there is none.
    """
    _refuse_unless_writes(user)
    overlay = Overlay.objects.select_for_update(of=("self",)).filter(pk=overlay_id).first()
    if overlay is None:
        raise OverlayNotFound(_("There is no such overlay."))
    if overlay.ended_at is None:
        overlay.ended_at, overlay.ended_by = Now(), user
        overlay.save(update_fields=["ended_at", "ended_by"])
        overlay.refresh_from_db()
        _witness("provisioning.overlay_ended", overlay, user)
    return overlay


def _refuse_unless_writes(user: User) -> None:
    if not user.has_perm(WRITE):
        raise NotAuthorized(_("Your role may not do this."))


def _witness(action: str, overlay: Overlay, user: User) -> None:
    audit.record(
        action=action,
        subject_type="overlay",
        subject_id=overlay.pk,
        actor=actor_of_user(user),
        data={
            "product": overlay.product,
            "bucket": overlay.bucket,
            "stage": overlay.stage,
            "amount_minor": overlay.amount_minor,
            "share": None if overlay.share is None else str(overlay.share),
            "from_on": overlay.from_on,
            "to_on": overlay.to_on,
            "reason": overlay.reason,
        },
    )
