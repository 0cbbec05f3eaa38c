"""
Sending reports that are due: each moment of a schedule is claimed once, and owes each receiver one mail.

The mail leads to the report, where one has to sign in. Figures go with it only where the lender allows it
(`REPORT_MAIL_ATTACHMENT_BYTES`), below that size, and never with the name of a person.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext, override

from dashu.alerts.services import raise_alert
from dashu.audit import services as audit
from dashu.insight.domain.moments import next_moment
from dashu.insight.files import MEDIA_TYPES
from dashu.insight.handing_out import asked_words, file_of
from dashu.insight.links import report_address
from dashu.insight.models import ReportMail, ReportSchedule
from dashu.insight.reading import kept_months
from dashu.insight.registry import report_for
from dashu.insight.report import EXPORT, Report
from dashu.insight.scheduled import scope_of
from dashu.insight.scope import Scope
from dashu.messaging.links import public_address

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
WAITS = timedelta(minutes=10)  # after a failure, and until what was cut off midway is taken up again
AT_A_TIME = 100


def claim_due(*, now: datetime) -> int:
    """
    Write down what is owed of every schedule that is due, and move it on; return how many were.

    Moments that passed while nothing ran are not made up for one by one: the latest of them is sent.
    """
    due = ReportSchedule.objects.filter(stopped_at=None, next_at__lte=now).order_by("next_at", "pk")[:AT_A_TIME]
    return sum(_claim(schedule, now) for schedule in due)


@transaction.atomic
def _claim(schedule: ReportSchedule, now: datetime) -> bool:
    """Move the schedule on and owe its mails; False where somebody else did so first."""
    following = next_moment(schedule.every, schedule.day, schedule.hour, after=now)
    unclaimed = ReportSchedule.objects.filter(pk=schedule.pk, next_at=schedule.next_at, stopped_at=None)
    if unclaimed.update(next_at=following) != 1:
        return False
    ReportMail.objects.bulk_create(
        ReportMail(schedule=schedule, due_at=schedule.next_at, receiver=receiver)
        for receiver in schedule.receivers.order_by("pk")
    )
    return True


def send_owed(*, clock: Callable[[], datetime]) -> int:
    """
    Send what is owed, one that fails does not keep the others; return how many went out.

    :param clock: read anew for each, so that a mail that is sent late is not taken for one that was given up.
    """
    owed = ReportMail.objects.filter(_is_free(clock())).order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]
    return sum(send_report(mail_id=mail_id, now=clock()) for mail_id in list(owed))


def send_report(*, mail_id: int, now: datetime) -> bool:
    """
    Send one mail, unless somebody else has it in hand; return whether it went out now.

    Calls the mail server: not in a transaction. After `MOST_ATTEMPTS` it is given up and an alert says so.
    """
    free = ReportMail.objects.filter(_is_free(now), pk=mail_id)
    if free.update(claimed_at=now, attempts=F("attempts") + 1) != 1:
        return False
    mail = ReportMail.objects.select_related("schedule", "receiver").get(pk=mail_id)
    report = report_for(mail.receiver, mail.schedule.report) if mail.receiver.is_active else None
    if report is None or not mail.receiver.email or mail.schedule.stopped_at:
        _done(mail, ReportMail.State.DROPPED, now)
        return False
    try:
        with override(mail.receiver.language):
            _message(mail, report).send()
    except Exception as error:
        _failed(mail, error, now)
        return False
    _done(mail, ReportMail.State.SENT, now)
    return True


def _is_free(now: datetime) -> Q:
    return Q(state=ReportMail.State.OWED) & (Q(claimed_at=None) | Q(claimed_at__lte=now - WAITS))


def _message(mail: ReportMail, report: Report) -> EmailMessage:
    """Return the mail in the language of the moment."""
    scope = scope_of(mail.schedule, report, kept_months())
    message = EmailMessage(
        gettext("Report: %(title)s") % {"title": report.title},
        "\n\n".join([str(report.says), *_about(report, scope), _why()]),
        to=[str(mail.receiver.email)],
        headers={"Message-ID": f"<report-{mail.pk}@insight.dashu>", "Auto-Submitted": "auto-generated"},
    )
    if scope is not None and settings.REPORT_MAIL_ATTACHMENT_BYTES and mail.receiver.has_perm(EXPORT):
        _attach(message, mail, report, scope)
    return message


def _about(report: Report, scope: Scope | None) -> list[str]:
    if scope is None:
        return [
            gettext(
                "There is no snapshot yet. The first figures are here after the nightly close of the last day of a"
                " month."
            )
        ]
    asked = "\n".join(f"{head}: {words}" for head, words in asked_words(report, scope))
    address = public_address(report_address(report.code, scope))
    return [asked, gettext("Sign in to see it: %(address)s") % {"address": address}]


def _why() -> str:
    return gettext(
        "You get this because a colleague had it sent to you. Each of you can stop it on the page of reports sent by"
        " mail."
    )


def _attach(message: EmailMessage, mail: ReportMail, report: Report, scope: Scope) -> None:
    name, file = file_of(report, scope, report.read(scope), mail.schedule.file_format)
    with file:
        content = file.read(settings.REPORT_MAIL_ATTACHMENT_BYTES + 1)
    if len(content) <= settings.REPORT_MAIL_ATTACHMENT_BYTES:
        message.attach(name, content, MEDIA_TYPES[name.rpartition(".")[2]].partition(";")[0])
        audit.record(
            action="insight.report_exported",
            subject_type="report",
            subject_id=report.code,
            actor=f"user:{mail.receiver_id}",
            data={"schedule": mail.schedule_id, "file": name, **scope.parameters},
        )


def _done(mail: ReportMail, state: str, now: datetime) -> None:
    ReportMail.objects.filter(pk=mail.pk).update(state=state, done_at=now, error="")


@transaction.atomic
def _failed(mail: ReportMail, error: Exception, now: datetime) -> None:
    """Note why; the last attempt ends it and tells whoever is on call."""
    logger.warning("report mail %s was not sent: %s", mail.pk, type(error).__name__)
    reason = f"{type(error).__name__}: {error}"[:200]
    changes: dict[str, object] = {"error": reason}
    if mail.attempts >= MOST_ATTEMPTS:
        changes |= {"state": ReportMail.State.FAILED, "done_at": now}
        schedule = mail.schedule
        raise_alert("insight.report_not_sent", subject=str(schedule.pk), report=schedule.report, error=reason)
    ReportMail.objects.filter(pk=mail.pk).update(**changes)
