"""
What is kept of people, for how long, and what ends it: the schedule, as data.

Deleted is what nobody needs any more; frozen is what a law says must be kept, which then lies sealed and is used for
nothing else. Days and years are rules of the policy pack. `docs/retention.md` says the same in words.
"""

from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    """What happens when the time is over."""

    DELETE = "delete"
    FREEZE = "freeze, then delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Kept:
    """
    :param what: in plain words.
    :param tables: the models it lies in.
    :param job: the entry of the timetable (`CELERY_BEAT_SCHEDULE`) that ends it; "" where nothing does.
    :param until: when, in words, with the rule of the policy pack where one says it.
    """

    what: str
    tables: tuple[str, ...]
    end: End
    job: str
    until: str


SCHEDULE = (
    Kept(
        "account, addresses, wishes, consents of programs, what was learned",
        (
            "users.User",
            "users.Borrower",
            "users.SignInPhone",
            "messaging.ContactPoint",
            "messaging.ContactPreference",
            "messaging.OptOut",
            "collections_mgmt.Vulnerability",
            "education.LessonProgress",
            "education.QuizAnswer",
            "education.Repeat",
            "education.LearningWish",
        ),
        End.DELETE,
        "finish-closures",
        "`privacy.closure` `undo_days` after the account was closed",
    ),
    Kept(
        "accounts that nobody uses, with nothing open",
        ("privacy.AccountClosure",),
        End.FREEZE,
        "keep-no-longer",
        "`privacy.retention` `unused_years` after the last use; closed then, with `notice_days` to keep it",
    ),
    Kept(
        "name, number and phone of contracts, sealed",
        ("users.Identity",),
        End.FREEZE,
        "finish-closures",
        "`privacy.closure` `keep_years` IDENTITY after the latest contract",
    ),
    Kept(
        "what applications stated, papers, credit reports, guarantors",
        (
            "loans.Application",
            "loans.ApplicationDocument",
            "loans.CreditReport",
            "loans.Guarantor",
            "loans.Business",
            "loans.CardToPay",
        ),
        End.FREEZE,
        "finish-closures",
        "`keep_years` APPLICATIONS",
    ),
    Kept(
        "messages, complaints, requests for help, disputes, notes of staff",
        (
            "messaging.OutboxMessage",
            "messaging.ContactAttempt",
            "messaging.Representative",
            "collections_mgmt.Complaint",
            "collections_mgmt.ComplaintMessage",
            "collections_mgmt.HardshipRequest",
            "collections_mgmt.Dispute",
            "collections_mgmt.CaseFileEvent",
            "collections_mgmt.FileAttachment",
        ),
        End.FREEZE,
        "finish-closures",
        "`keep_years` MESSAGES",
    ),
    Kept(
        "contracts, schedules, payments, the ledger",
        ("loans.Loan", "loans.LoanContract", "repayments.Payment", "repayments.LoanEvent", "ledger.JournalEntry"),
        End.KEEP,
        "",
        "rows that are never edited and name loans, not people; `keep_years` CONTRACTS and PAYMENTS is the earliest",
    ),
    Kept(
        "the audit log",
        ("audit.AuditRecord",),
        End.KEEP,
        "",
        "it is a chain and names people by number; what made the number a person is deleted above",
    ),
    Kept(
        "what was told to a credit bureau",
        ("credit_reporting.ReportedRecord",),
        End.KEEP,
        "",
        "it proves what was told; a bad month is told for five years and no longer (docs/credit-reporting.md)",
    ),
    Kept(
        "papers taken back or refused, files without a row",
        ("loans.ApplicationDocument",),
        End.DELETE,
        "sweep-lost-files",
        "at once, and by a nightly sweep what a crash left",
    ),
    Kept(
        "copies of own data",
        ("privacy.DataExport",),
        End.DELETE,
        "sweep-exports",
        "`privacy.export` `keep_days`",
    ),
    Kept(
        "codes on their way",
        ("messaging.SecretText",),
        End.DELETE,
        "sweep-secret-texts",
        "when they left, or are no good any more",
    ),
    Kept(
        "sessions, and accounts whose phone was never verified",
        ("sessions.Session", "users.User"),
        End.DELETE,
        "tidy-accounts",
        "when a session is over; a day after such an account was begun",
    ),
    Kept(
        "tries to sign in, devices of sessions that are over",
        ("axes.AccessAttempt", "axes.AccessLog", "axes.AccessFailureLog", "usersessions.UserSession"),
        End.DELETE,
        "keep-no-longer",
        "`privacy.retention` `sign_in_days`",
    ),
    Kept(
        "visitors of workshops",
        ("education.WorkshopRegistration",),
        End.DELETE,
        "tidy-workshops",
        "after the workshop (docs/editing-lessons.md)",
    ),
    Kept(
        "answers kept for repeated calls of partners",
        ("api.StoredAnswer",),
        End.DELETE,
        "forget-old-answers",
        "30 days",
    ),
    Kept("calls of partners", ("api.ApiCall",), End.DELETE, "forget-old-calls", "90 days; the logs are kept elsewhere"),
    Kept("files of partners", ("bulk.BulkJob",), End.DELETE, "forget-old-job-files", "see docs/api/bulk-jobs.md"),
    Kept(
        "events for partners",
        ("webhooks.PartnerEvent",),
        End.DELETE,
        "tidy-events",
        "see docs/api/events-and-webhooks.md",
    ),
)
