"""Messages that were given up: staff try them again, or cancel them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.messaging.models import OutboxMessage

Status = OutboxMessage.Status


class NotGivenUp(DomainError):
    """The message is not among those that were given up."""

    code = "not_given_up"
    http_status = 409


@transaction.atomic
def try_again(*, message_id: int, reason: str, now: datetime, actor: str) -> OutboxMessage:
    """
    Put a message that was given up back into the queue, with all its tries; one that waits already stays as it is.

    It keeps its key, and is judged and filled anew: what is paid by now is not sent. When the provider may have it
    already, the provider is asked first.

    :raises NotGivenUp: it was sent, cancelled or blocked.
    """
    message = OutboxMessage.objects.select_for_update(no_key=True).get(pk=message_id)
    if message.status == Status.PENDING:
        return message
    _refuse_unless_given_up(message)
    message.status, message.attempts, message.not_before = Status.PENDING, 0, now
    message.save(update_fields=["status", "attempts", "not_before"])
    _witness("messaging.tried_again", message, reason, actor)
    return message


@transaction.atomic
def cancel_message(*, message_id: int, reason: str, actor: str) -> OutboxMessage:
    """
    Let a message that was given up rest for good; again changes nothing.

    :raises NotGivenUp: it is waiting or was sent.
    """
    message = OutboxMessage.objects.select_for_update(no_key=True).get(pk=message_id)
    if message.status == Status.CANCELLED:
        return message
    _refuse_unless_given_up(message)
    message.status = Status.CANCELLED
    message.save(update_fields=["status"])
    _witness("messaging.cancelled", message, reason, actor)
    return message


def _refuse_unless_given_up(message: OutboxMessage) -> None:
    if message.status != Status.FAILED:
        raise NotGivenUp(_("This message is not among those that were given up."))


def _witness(action: str, message: OutboxMessage, reason: str, actor: str) -> None:
    data = {"error": message.error, "reason": reason}
    audit.record(action=action, subject_type="message", subject_id=message.pk, actor=actor, data=data)
