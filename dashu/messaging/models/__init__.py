from dashu.messaging.models.contact import ContactPoint, ContactPreference, ContactRefusal, DeliveryReceipt, OptOut
from dashu.messaging.models.outbox import OutboxMessage, OutboxMessageQuerySet, Purpose
from dashu.messaging.models.reminders import ReminderLine
from dashu.messaging.models.secret import SecretText
from dashu.messaging.models.wording import WordingVersion

__all__ = [
    "ContactPoint",
    "ContactPreference",
    "ContactRefusal",
    "DeliveryReceipt",
    "OptOut",
    "OutboxMessage",
    "OutboxMessageQuerySet",
    "Purpose",
    "ReminderLine",
    "SecretText",
    "WordingVersion",
]
