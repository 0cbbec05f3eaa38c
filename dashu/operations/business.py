"""Checks of what the installation does: nights closed, books that agree, messages that leave, alerts that wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min

from collections_mgmt.models import CloseRange, CloseRun
from dashu.alerts.models import Alert
from dashu.audit import chain
from dashu.messaging.models import OutboxMessage
from dashu.operations.findings import Finding, failed, ok, warning
from dashu.policy.models import PolicyRule
from dashu.webhooks.models import WebhookDelivery
from loans.models import Loan
from repayments.models import ReconciliationDay

STAFF_COME_HOUR = 6
LONGEST_IN_OUTBOX = timedelta(minutes=15)


def check_policy() -> Iterator[Finding]:
    rules = PolicyRule.objects.filter(pack=settings.LENDER_POLICY_PACK).count()
    if rules:
        yield ok("policy", f"the pack {settings.LENDER_POLICY_PACK} has {rules} rules")
    else:
        yield failed("policy", f"the pack {settings.LENDER_POLICY_PACK} is not loaded", "Run “manage.py load_policy”.")


def latest_close() -> CloseRun | None:
    return CloseRun.objects.filter(status=CloseRun.Status.CLOSED).order_by("-business_date").first()


def owed_dates(latest: CloseRun | None, now: datetime) -> int:
    """
    Return how many dates should be closed by now and are not; 1 where loans run and no date ever was.

    :param latest: see `latest_close`. :param now: in the lender's time zone. A book without loans owes none.
    """
    if latest is None:
        return int(Loan.objects.exclude(status__in=Loan.NOT_PAID_OUT).exists())
    expected = now.date() - timedelta(days=1 if now.hour >= STAFF_COME_HOUR else 2)
    return max(0, (expected - latest.business_date).days)


def check_close(now: datetime) -> Iterator[Finding]:
    """Say which dates are owed and which loans were left out. A book without loans owes none."""
    if not Loan.objects.exclude(status__in=Loan.NOT_PAID_OUT).exists():
        yield ok("close", "there is nothing to close yet")
        return
    latest = latest_close()
    fix = "Look at the nightly close in the back office: paused, failing ranges, no worker for the queue “close”?"
    if latest is None:
        yield failed("close", "no date was ever closed", fix)
    elif days := owed_dates(latest, now):
        yield failed("close", f"{days} dates are owed; the last closed one is {latest.business_date}", fix)
    else:
        yield ok("close", f"the last closed date is {latest.business_date}")
    left_out = CloseRange.objects.filter(status=CloseRange.Status.QUARANTINED)
    if loans := left_out.values("first_loan_id").distinct().count():
        yield warning(
            "close",
            f"{loans} loans were left out, the first is {left_out.order_by('pk')[0].first_loan_id}",
            "Open the loan, read the error, correct it; the next night takes it up again.",
        )


def check_books() -> Iterator[Finding]:
    day = ReconciliationDay.objects.order_by("-on").first()
    if day is None:
        yield ok("books", "they were not reconciled yet")
    elif day.differences or day.unbalanced:
        yield failed(
            "books",
            f"on {day.on}, {day.differences} loans differ from the ledger",
            "Open the reconciliation: it names the loans. Let nothing be paid out until the cause is known.",
        )
    else:
        yield ok("books", f"on {day.on}, {day.loans} loans agree with the ledger to the last unit")


def check_outbox(now: datetime) -> Iterator[Finding]:
    due = OutboxMessage.objects.filter(status=OutboxMessage.Status.PENDING, not_before__lt=now - LONGEST_IN_OUTBOX)
    waiting = due.aggregate(count=Count("pk"), since=Min("not_before"))
    if waiting["count"]:
        yield failed(
            "outbox",
            f"{waiting['count']} messages should have left, the oldest since {waiting['since']:%Y-%m-%d %H:%M} UTC",
            "Is there a worker for the queue “messages”, and does the provider answer? See the messages' errors.",
        )
    else:
        yield ok("outbox", "no message waits longer than it should")


def check_webhooks() -> Iterator[Finding]:
    dead = WebhookDelivery.objects.filter(status=WebhookDelivery.Status.DEAD).count()
    if dead:
        yield warning("webhooks", f"{dead} were given up", "Open the partners' endpoints; each can be sent again.")
    else:
        yield ok("webhooks", "none was given up")


def check_alerts() -> Iterator[Finding]:
    open_alerts = Alert.objects.filter(ended_at=None).order_by("first_at")
    for alert in open_alerts[:10]:
        yield warning("alerts", f"{alert.kind} {alert.subject}".strip(), str(alert.text))
    if not open_alerts:
        yield ok("alerts", "none is open")


def check_audit() -> Iterator[Finding]:
    """Say where the chain ends. Walking it is `manage.py verify_audit`, which takes longer on a large log."""
    head = chain.chain_head()
    yield ok("audit", f"the chain ends with link {head.number}: {head.digest[:12]}…")
