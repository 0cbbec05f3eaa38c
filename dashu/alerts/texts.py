"""What each kind of alert says: what happened, what the program does about it, and what a person can do."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: Mapping[str, Promise] = {
    "audit.chain_broken": _(
        "The audit log is not as it was written: %(fault)s at link %(number)s, record %(record)s; %(count)s faults in"
        " all. Somebody changed it past the program, or a restore lost rows. Keep the database as it is, run"
        " “manage.py verify_audit” for the whole list, and compare with a backup."
    ),
    "api.no_limits": _(
        "The server that counts the calls of partners does not answer: %(error)s. Calls go on without a limit until it"
        " does. Look at the Redis-protocol server, through which jobs go as well."
    ),
    "break_glass.taken": _(
        "%(actor)s took the rights of %(role)s in an emergency, for %(minutes)s minutes. If nobody knows of one, make"
        " the login inactive. It is over once somebody else has looked into it, at “Emergencies”."
    ),
    "break_glass.not_reviewed": _(
        "Nobody has looked into emergency %(number)s within a day of its end. Open it at “Emergencies” and say what was"
        " found."
    ),
    "documents.not_scanned": _(
        "Document %(document)s could not be looked at for harmful software: %(error)s. Nobody can open it, or those"
        " behind it, until then; every five minutes it is tried again."
    ),
    "bulk.job_failed": _(
        "The bulk job %(job)s of %(name)s failed, and nothing of it was done: %(error)s. The partner is told. Ask them"
        " to send the file again, once the cause is mended."
    ),
    "bulk.line_fails": _(
        "The bulk job %(job)s fails again and again at the same line (%(error)s). After five attempts the line is left"
        " out and the others go on. Look at the log for the cause; nothing of the line was written."
    ),
    "bulk.job_waits": _(
        "%(count)s loans of %(name)s wait in the bulk job %(job)s. Look at them and approve or decline; until then"
        " nothing of them is in the book."
    ),
    "bulk.not_scanned": _(
        "The file of the bulk job %(job)s could not be looked at for harmful software: %(error)s. It waits, and is"
        " tried again every minute."
    ),
    "insight.report_not_sent": _(
        "The report %(report)s could not be sent by mail after five attempts: %(error)s. Look at the mail server; the"
        " next one goes out at its own time."
    ),
    "clock.differs": _(
        "The clock of a host is %(seconds)s seconds away from the database's. It closes no dates until they agree. Set"
        " the clock by NTP, on the host or on the database's."
    ),
    "close.range_fails": _(
        "The nightly close of %(date)s failed %(attempts)s times at the loans %(loans)s: %(error)s. It is tried again"
        " at growing intervals and closes nothing half. Mend the cause; the date stays open until then."
    ),
    "close.loan_quarantined": _(
        "The nightly close of %(date)s left out loan %(loan)s, whose rows cannot be closed: %(error)s. All other loans"
        " are closed. It is tried again every night; open the loan and correct it."
    ),
    "close.is_late": _(
        "The nightly close of %(date)s is not done, although the day has begun. Look at its page: are ranges failing,"
        " is it paused, does a worker read the queue “close”?"
    ),
    "asked.help_waits": _(
        "The request for help %(reference)s has to be answered by %(due_on)s. Take it up; the borrower is left in peace"
        " until then."
    ),
    "asked.complaint_waits": _(
        "The complaint %(reference)s has to be answered by %(due_on)s. Take it up, and answer it to the borrower."
    ),
    "asked.dispute_waits": _(
        "The dispute %(reference)s of a credit record has to be answered by %(due_on)s, as the law asks. Take it up."
    ),
    "hold.to_review": _(
        "A hold on loan %(loan)s is to be looked at by %(review_on)s: is it still right? Say so on the page of holds,"
        " or end it."
    ),
    "care.to_review": _(
        "That borrower %(borrower)s needs special care was noted a while ago. Ask by %(review_on)s whether it still"
        " holds, and say so on the page of special care, or end it."
    ),
    "strategy.less_cure": _(
        "Version %(version)s of the strategy %(strategy)s was stopped: fewer of its people are free of arrears than of"
        " the champion's. They follow the champion from this morning on. Look at its results before another trial."
    ),
    "strategy.more_complaints": _(
        "Version %(version)s of the strategy %(strategy)s was stopped: more of its people complain than of the"
        " champion's. They follow the champion from this morning on. Look at the complaints and its results."
    ),
    "agency.to_evaluate": _(
        "The agency %(name)s has to be evaluated by %(due_on)s, as is done at least once a year. Note the outcome on"
        " its page; past that day it gets no more loans."
    ),
    "claim.limitation_near": _(
        "Claims that can soon no longer be enforced: %(count)s. The first is that of loan %(loan)s, on %(due_on)s. Look"
        " at the list of limitation periods, and decide what is right for each borrower."
    ),
    "education.facts_to_review": _(
        "The legal facts of the lesson %(lesson)s were last checked on %(checked_on)s and are due on %(due_on)s. Look"
        " at its sources; then publish a version that says when they were checked."
    ),
    "education.lesson_broken": _(
        "The published version of the lesson %(lesson)s cannot be read by this release: %(error)s. Readers get the one"
        " that comes with the program, where there is one. Publish a version that names what there is."
    ),
    "education.lesson_not_published": _(
        "The lesson %(lesson)s, version %(version)s, was to be published by now and cannot be: %(error)s. Readers keep"
        " the one before. Take it back, mend it, and ask for its review again."
    ),
    "quality.critical": _(
        "Review %(review)s of work from the week of %(week)s failed on something critical. Talk with the person, see"
        " whether the borrower has to be told, and note at the review what was done."
    ),
    "settlement.does_not_fit": _(
        "The last payment of settlement %(reference)s on loan %(loan)s is here, but the rest could not be given up:"
        " %(error)s. It is booked as an ordinary payment. Open the loan, waive what was agreed, and tell the borrower."
    ),
    "relief.not_reverted": _(
        "The relief plan %(reference)s on loan %(loan)s was broken, but what it gave up could not be made owed again:"
        " %(error)s. It is tried again every few minutes. Open the loan, and see what stands in the way."
    ),
    "relief.put_aside": _(
        "The relief campaign %(reference)s could not do anything for borrower %(borrower)s: %(error)s. They were put"
        " aside, and it goes on with the others. Look at the error, and whether relief can be offered to them by hand."
    ),
    "covenant.missed": _(
        "By %(due_on)s a business had promised: %(promise)s (loan %(loan)s). Nothing is recorded of it. Ask for it, and"
        " record that it was kept, or that it is not asked for."
    ),
    "application.undecided": _(
        "An application cannot be decided: %(error)s. Its applicant waits for an answer, and it is tried again every"
        " minute. Mend the cause; it is decided then."
    ),
    "payout.failed": _(
        "The payout of loan %(loan)s did not arrive (%(failure)s). The borrower is told and can name another account;"
        " open the payout to try it again. If it does not arrive within the days of the policy, the contract is"
        " cancelled."
    ),
    "payout.held": _(
        "The payout of loan %(loan)s, a later part of its contract, is held back because a condition of the contract is"
        " not met. The borrower is told, and it is looked at again and again; open the payout to see what it waits for."
    ),
    "payout.unknown": _(
        "It has not been known for an hour whether the payout of loan %(loan)s arrived. The provider is asked again and"
        " again under the same token, and nothing is sent twice. Ask the provider."
    ),
    "payout.no_provider": _("Payouts wait, because nobody is set up who can send money: %(error)s"),
    "webhook.dead": _(
        "Events for the partner %(partner)s could not be delivered to the endpoint %(endpoint)s within a day and were"
        " given up. The partner was told by e-mail, and finds them in the events feed. Look at the endpoint's"
        " deliveries; send them again when the partner says that the receiver works."
    ),
    "webhook.disabled": _(
        "The endpoint %(endpoint)s of the partner %(partner)s was disabled, because its receiver is gone or has failed"
        " for days. The partner was told by e-mail and can enable it again. Until then the events feed has everything."
    ),
    "broker.unreachable": _(
        "The broker could not be reached: %(error)s. Nothing that was booked is lost; what should follow it, such as"
        " receipts and the nightly close, waits until it is back and is then made good by itself."
    ),
    "database.unreachable": _(
        "The nightly close could not reach the database: %(error)s. It tries again at growing intervals; no date looks"
        " closed that is not."
    ),
    "close.books_differ": _(
        "After the nightly close of %(date)s, %(count)s accounts of loans differ from their postings, loan %(loan)s"
        " first. Nothing was changed. Look at the reconciliation before anyone is told these figures."
    ),
    "credit_reporting.month_due": _(
        "The credit bureau has not been told of %(month)s, which is in time until %(due_on)s. Open the files for credit"
        " bureaus: have the file of the month approved, and take it to the bureau."
    ),
    "credit_reporting.corrections_due": _(
        "Corrections for the credit bureau should be with it by %(due_on)s; %(count)s wait for a file. Open the files"
        " for credit bureaus, have the file of corrections approved, and take it to the bureau."
    ),
    "credit_reporting.not_compared": _(
        "%(count)s loans could not be held against what the credit bureau was told of them; the first is loan %(loan)s."
        " The log says why. They are tried again every hour, and for ten days; mend the cause before."
    ),
    "credit.scorecard_drifts": _(
        "The applicants up to %(date)s are no longer like those the scorecard %(scorecard)s was trained on: the index"
        " of %(name)s is %(index)s, above %(bar)s. Nothing was changed. Look at the watch over the scorecards, and"
        " decide whether to train it anew."
    ),
    "credit.behavior_drifts": _(
        "The running loans at the end of %(date)s are not like those the scorecard %(scorecard)s was trained on: the"
        " index of %(name)s is %(index)s, above %(bar)s. Nothing was changed, and the score opens no early warning by"
        " itself. Look at the watch over the scorecards, and decide whether to train it anew on our own months."
    ),
    "credit.group_fares_worse": _(
        "Up to %(date)s, the group %(group)s by %(attribute)s was approved %(ratio)s times as often as the group that"
        " is approved most often; the bar is %(bar)s. No decision knows the group. Look at the watch over the"
        " scorecards for what may stand behind it."
    ),
}


def text_of(kind: str, params: Mapping[str, Any]) -> str:
    """Return an alert in the reader's language; one of a kind that no longer exists is its values."""
    return str(KINDS[kind]) % params if kind in KINDS else ", ".join(f"{key}: {value}" for key, value in params.items())
