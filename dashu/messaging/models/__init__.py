from dashu.messaging.models.contact import ContactPoint, ContactPreference, DeliveryReceipt, OptOut
from dashu.messaging.models.guarding import (
    ContactAttempt,
    ContactAttemptQuerySet,
    ContactChannel,
    ContactParty,
    ContactPurposeChoice,
    ContactRefusal,
    GuardDecision,
)
from dashu.messaging.models.outbox import OutboxMessage, OutboxMessageQuerySet, Purpose
from dashu.messaging.models.reminders import ReminderLine
from dashu.messaging.models.representatives import Representative, RepresentativeQuerySet
from dashu.messaging.models.secret import SecretText
from dashu.messaging.models.wording import WordingVersion

__all__ = [
    "ContactAttempt",
    "ContactAttemptQuerySet",
    "ContactChannel",
    "ContactParty",
    "ContactPoint",
    "ContactPreference",
    "ContactPurposeChoice",
    "ContactRefusal",
    "DeliveryReceipt",
    "GuardDecision",
    "OptOut",
    "OutboxMessage",
    "OutboxMessageQuerySet",
    "Purpose",
    "ReminderLine",
    "Representative",
    "RepresentativeQuerySet",
    "SecretText",
    "WordingVersion",
]
