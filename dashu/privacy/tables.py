"""
What a copy of somebody's data holds, table by table.

Each table says which rows are theirs and how a row is written: amounts as decimal text beside their currency, moments
and dates in ISO form, codes as they are stored. The rows are read one after the other, however many there are.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model, QuerySet

from collections_mgmt.models import (
    Arrangement,
    ArrangementPart,
    BorrowerPlace,
    Budget,
    BureauWatch,
    CampaignMember,
    CaseFile,
    CaseFileEvent,
    CollectionCase,
    Complaint,
    ComplaintMessage,
    CreditRecordMonth,
    Dispute,
    FileAttachment,
    FileWork,
    HardshipLoan,
    HardshipRequest,
    Hold,
    IncomeObservation,
    LegalCase,
    LoanSignal,
    OfferLoan,
    OfferSet,
    OverdueStatus,
    Placement,
    PromiseToPay,
    ReliefLink,
    RestructuringOffer,
    RestructuringPlan,
    RevenueObservation,
    ScoreObservation,
    Settlement,
    SettlementPart,
    StrategyAct,
    StrategyDraw,
    StrategyPlace,
    Vulnerability,
    WarningLead,
    WarningTrigger,
)
from dashu.consents.models import ConsentEntry
from dashu.credit_reporting.models import RecordCorrection, ReportedRecord, ReportingConsent
from dashu.kernel.money import format_minor
from dashu.messaging.models import (
    ContactAttempt,
    ContactPoint,
    ContactPreference,
    GuardDecision,
    OptOut,
    OutboxMessage,
    Representative,
)
from dashu.privacy.models import AccountClosure, DataExport
from dashu.tapes.models import Handover
from dashu.users.models import Borrower, Identity, SignInPhone
from education.models import (
    LearningCertificate,
    LearningMoment,
    LearningWish,
    LessonFeedback,
    LessonProgress,
    QuizAnswer,
    Repeat,
    WorkshopRegistration,
)
from loans.models import (
    Application,
    ApplicationDocument,
    ApplicationEvent,
    Business,
    CardToPay,
    CreditReport,
    CreditReview,
    Disclosure,
    GuaranteeAnswer,
    Guarantor,
    Loan,
    LoanContract,
    Offer,
    ReviewRequest,
    SignatureLink,
    Tranche,
)
from repayments.models import (
    AutopayAttempt,
    AutopayMandate,
    Checkout,
    Disbursement,
    Installment,
    IssuedDocument,
    LoanBalance,
    LoanEvent,
    Payment,
    PaymentGroup,
    PayoffQuote,
    Payout,
    ScheduleVersion,
    VirtualAccount,
    Withdrawal,
)

BATCH = 500
Column = Callable[[Any], Any]
Rows = Callable[[Borrower], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """:param rows: the borrower's rows, in their order. :param columns: what is written of each, by name."""

    name: str
    rows: Rows
    columns: Mapping[str, Column]

    def written(self, borrower: Borrower) -> Iterator[dict[str, Any]]:
        for row in self.rows(borrower).iterator(chunk_size=BATCH):
            yield {name: plain(column(row)) for name, column in self.columns.items()}


def plain(value: Any) -> Any:
    """Return what JSON can hold."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Model):
        raise TypeError(f"a row is no value: {value!r}")
    return value


def _fields(*names: str) -> dict[str, Column]:
    """Columns named as the attribute, its dots as underlines."""
    return {name.replace(".", "_"): attrgetter(name) for name in names}


def _amounts(*names: str, currency: str = "loan.currency") -> dict[str, Column]:
    """Columns of minor units as decimal text, named without the ending."""
    return {name.removesuffix("_minor"): _amount(attrgetter(name), attrgetter(currency)) for name in names}


def _amount(minor: Column, currency: Column) -> Column:
    def written(row: Any) -> str | None:
        value = minor(row)
        return None if value is None else format_minor(value, currency(row))

    return written


def _of_loans(model: type[Any], *order: str) -> Rows:
    """Rows that belong to the borrower's loans."""
    return lambda borrower: (
        model.objects.filter(loan__borrower=borrower).select_related("loan").order_by(*(order or ("pk",)))
    )


def _of_borrower(model: type[Any]) -> Rows:
    """Rows that name the borrower."""
    return lambda borrower: model.objects.filter(borrower=borrower).order_by("pk")


def _parts(model: type[Any], plan: str) -> Rows:
    """Payments of what was agreed on the borrower's loans."""
    return lambda borrower: (
        model.objects.filter(**{f"{plan}__loan__borrower": borrower}).select_related(f"{plan}__loan").order_by("pk")
    )


def _part_columns(plan: str) -> dict[str, Column]:
    return {
        **_fields(f"{plan}.reference", "number", "due_on"),
        **_amounts("amount_minor", currency=f"{plan}.loan.currency"),
    }


def _of_login(model: type[Any]) -> Rows:
    """Rows that hang on the borrower's login."""
    return lambda borrower: model.objects.filter(user__borrower=borrower).order_by("pk")


def _of_applications(model: type[Any], **more: Any) -> Rows:
    """Rows that belong to the borrower's applications."""
    return lambda borrower: (
        model.objects.filter(application__borrower=borrower, **more).select_related("application").order_by("pk")
    )


TABLES: tuple[Table, ...] = (
    Table(
        "profile",
        lambda borrower: Borrower.objects.filter(pk=borrower.pk).select_related("user"),
        {
            **_fields("number", "name", "kind", "language", "phone", "email", "created_at"),
            "sign_in_email": lambda row: row.user.email if row.user else "",
        },
    ),
    Table(
        "phone_to_sign_in",
        _of_login(SignInPhone),
        _fields("phone", "given_at", "verified_at"),
    ),
    Table("addresses_to_sign_in", _of_login(EmailAddress), _fields("email", "verified", "primary")),
    # What proves a factor is a secret, also here.
    Table("second_factors", _of_login(Authenticator), _fields("type", "created_at", "last_used_at")),
    Table("devices", _of_login(UserSession), _fields("user_agent", "ip", "created_at", "last_seen_at")),
    Table(
        "identity",
        lambda borrower: Identity.objects.filter(borrower=borrower),
        _fields("kind", "name", "number", "phone", "recorded_at", "verified_at"),
    ),
    Table(
        "consents",
        lambda borrower: ConsentEntry.objects.filter(borrower=borrower).select_related("text").order_by("pk"),
        {
            **_fields("text.purpose", "text.version", "kind", "about", "language", "at"),
            "text_in_english": lambda row: row.text.text.get("en", ""),
        },
    ),
    Table(
        "contact_preferences",
        lambda borrower: ContactPreference.objects.filter(borrower=borrower),
        {
            **_fields("channel", "time_zone", "paused_until", "wants_notices", "agreed_until"),
            **_fields("home_agreed_at", "home_agreed_until", "work_agreed_at", "work_agreed_until", "calls_wanted_at"),
            "hours_from": lambda row: row.hours_from and f"{row.hours_from:%H:%M}",
            "hours_to": lambda row: row.hours_to and f"{row.hours_to:%H:%M}",
            "agreed_from": lambda row: row.agreed_from and f"{row.agreed_from:%H:%M}",
            "agreed_to": lambda row: row.agreed_to and f"{row.agreed_to:%H:%M}",
        },
    ),
    Table(
        "representatives",
        _of_borrower(Representative),
        _fields("role", "name", "phone", "paper", "since", "recorded_at", "confirmed_at", "ended_at"),
    ),
    Table(
        "opt_outs",
        lambda borrower: OptOut.objects.filter(borrower=borrower).order_by("pk"),
        _fields("channel", "purpose", "source", "made_at", "ended_at"),
    ),
    Table(
        "addresses_that_work",
        _of_borrower(ContactPoint),
        _fields("channel", "delivered_at", "failed_at", "failures", "invalid_since"),
    ),
    Table(
        "contacts_decided",
        _of_borrower(GuardDecision),
        _fields("at", "channel", "party", "purpose", "verdict", "reasons", "conditions", "next_allowed_at"),
    ),
    # The number of somebody else is theirs.
    Table(
        "calls_and_visits",
        _of_borrower(ContactAttempt),
        {
            **_fields(
                "started_at", "ended_at", "direction", "channel", "party", "purpose", "outcome", "seconds", "note"
            ),
            **_fields("is_consented", "consent_words", "visitors"),
        },
    ),
    Table(
        "messages",
        lambda borrower: OutboxMessage.objects.filter(borrower=borrower, status=OutboxMessage.Status.SENT).order_by(
            "pk"
        ),
        _fields(
            "sent_at",
            "channel",
            "purpose",
            "template",
            "address",
            "subject",
            "body",
            "delivery",
            "delivery_at",
            "read_at",
        ),
    ),
    Table(
        "applications",
        lambda borrower: Application.objects.filter(borrower=borrower).select_related("product").order_by("pk"),
        {
            **_fields("reference", "product.code", "status", "currency"),
            **_amounts("amount_minor", currency="currency"),
            **_fields("months", "purpose", "facts", "verified", "created_at", "submitted_at", "decided_at", "ended_at"),
        },
    ),
    Table(
        "businesses",
        _of_applications(Business),
        _fields("application.reference", "name", "credit_code"),
    ),
    # Others' names and numbers are theirs: enough to know who was meant.
    Table(
        "guarantors",
        _of_applications(Guarantor),
        _fields("application.reference", "masked_name", "masked_number", "share_bps"),
    ),
    Table(
        "guarantors_answers",
        lambda borrower: (
            GuaranteeAnswer.objects.filter(guarantor__application__borrower=borrower)
            .select_related("guarantor__application")
            .order_by("pk")
        ),
        _fields("guarantor.application.reference", "guarantor.masked_name", "kind", "at"),
    ),
    Table(
        "signature_links",
        _of_applications(SignatureLink),
        _fields("application.reference", "phone_shown", "made_at", "opened_at", "confirmed_at", "declined_at"),
    ),
    Table("cards", _of_applications(CardToPay), _fields("application.reference", "issuer", "number")),
    Table(
        "credit_reports",
        _of_applications(CreditReport),
        _fields("application.reference", "bureau", "asked_at", "answered_at", "content"),
    ),
    Table(
        "decisions",
        _of_applications(CreditReview),
        _fields("application.reference", "outcome", "facts", "findings", "note", "decided_at"),
    ),
    Table(
        "reviews_asked_for",
        _of_applications(ReviewRequest),
        _fields("application.reference", "words", "asked_at", "outcome"),
    ),
    Table(
        "application_events",
        _of_applications(ApplicationEvent, is_internal=False),
        _fields("application.reference", "kind", "at"),
    ),
    Table(
        "offers",
        _of_applications(Offer),
        {
            **_fields("application.reference", "position"),
            **_amounts("principal_minor", currency="application.currency"),
            **_fields("installment_count", "annual_rate", "made_at"),
        },
    ),
    Table(
        "cost_sheets_read",
        _of_applications(Disclosure),
        _fields("application.reference", "opened_at", "confirmed_at", "passed_at", "tries"),
    ),
    Table(
        "papers_sent_in",
        _of_applications(ApplicationDocument),
        _fields("application.reference", "kind", "name", "size", "scan", "added_at", "removed_at", "erased_at"),
    ),
    Table(
        "contracts",
        lambda borrower: (
            LoanContract.objects.filter(application__borrower=borrower).select_related("application").order_by("pk")
        ),
        _fields(
            "number",
            "application.reference",
            "language",
            "facts",
            "sha256",
            "signed_at",
            "bank",
            "account_number",
            "withdrawn_at",
        ),
    ),
    Table(
        "parts_of_contracts",
        _of_loans(Tranche, "contract_id", "number"),
        _fields("contract.number", "number", "loan.number", "agreed_on", "cooling_off_until", "ended_at"),
    ),
    Table(
        "loans",
        lambda borrower: Loan.objects.filter(borrower=borrower).select_related("product_terms__product").order_by("pk"),
        {
            **_fields("number", "product_terms.product.code", "status", "currency"),
            **_amounts("principal_minor", currency="currency"),
            **_fields("annual_rate", "method", "installment_count", "starts_on", "lent_on", "first_due_on"),
            **_fields("penalty_annual_rate", "disclosed_fees"),
        },
    ),
    Table(
        "balances",
        _of_loans(LoanBalance),
        {**_fields("loan.number", "accrued_through"), **_amounts("principal_minor", "unapplied_minor")},
    ),
    Table(
        "taken_over",
        _of_loans(Handover),
        {
            **_fields("loan.number", "source", "taken_over_on", "days_past_due"),
            **_amounts("principal_minor", "interest_minor", "fee_minor", "penalty_minor", "credit_minor"),
        },
    ),
    Table(
        "schedule_versions",
        _of_loans(ScheduleVersion, "loan_id", "version"),
        _fields("loan.number", "version", "reason", "effective_on", "created_at"),
    ),
    Table(
        "schedules",
        _of_loans(Installment, "loan_id", "version", "number"),
        {
            **_fields("loan.number", "version", "is_current", "number", "due_on"),
            **_amounts("principal_minor", "interest_minor", "fee_minor"),
            **_amounts("paid_principal_minor", "paid_interest_minor", "paid_fee_minor"),
            **_amounts("waived_principal_minor", "waived_interest_minor", "waived_fee_minor", "unpaid_minor"),
        },
    ),
    Table(
        "loan_events",
        _of_loans(LoanEvent),
        {**_fields("loan.number", "kind", "effective_on", "posted_at"), **_amounts("amount_minor")},
    ),
    Table(
        "disbursements",
        _of_loans(Disbursement),
        {**_fields("loan.number", "reference", "disbursed_on"), **_amounts("amount_minor")},
    ),
    Table(
        "payouts",
        _of_loans(Payout),
        {
            **_fields("loan.number", "number", "status"),
            **_amounts("amount_minor"),
            **_fields("destination", "bank", "account_number", "requested_at", "sent_at", "arrived_on"),
        },
    ),
    Table(
        "given_back",
        _of_loans(Withdrawal),
        _fields("loan.number", "status", "asked_at", "pay_by", "ended_at"),
    ),
    Table("accounts_to_pay_into", _of_loans(VirtualAccount), _fields("loan.number", "number", "created_at")),
    Table(
        "payments",
        _of_loans(Payment),
        {
            **_fields("loan.number", "reference", "channel", "received_on", "posted_at", "loan.currency"),
            **_amounts("amount_minor", "fee_minor", "penalty_minor", "interest_minor", "principal_minor"),
            **_amounts("unapplied_minor"),
            **_fields("is_returned"),
        },
    ),
    Table(
        "payments_for_several_loans",
        _of_borrower(PaymentGroup),
        {
            **_fields("reference", "channel", "received_on", "posted_at", "currency"),
            **_amounts("total_minor", currency="currency"),
        },
    ),
    Table(
        "payments_begun",
        _of_loans(Checkout),
        {**_fields("loan.number", "purpose", "status", "created_at"), **_amounts("amount_minor", "received_minor")},
    ),
    Table(
        "payoff_quotes",
        _of_loans(PayoffQuote),
        {**_fields("loan.number", "quoted_on", "pays_on", "valid_to", "status"), **_amounts("total_minor")},
    ),
    Table(
        "autopay",
        _of_loans(AutopayMandate),
        _fields(
            "loan.number",
            "account_label",
            "status",
            "timing",
            "timing_number",
            "consent_version",
            "consent_text",
            "consented_at",
            "ended_at",
        ),
    ),
    Table(
        "autopay_attempts",
        _of_loans(AutopayAttempt),
        {
            **_fields("loan.number", "due_on", "try_number", "scheduled_on", "status", "answered_on", "failure"),
            **_amounts("amount_minor"),
        },
    ),
    Table(
        "overdue",
        _of_loans(OverdueStatus),
        {
            **_fields("loan.number", "as_of", "days_past_due", "oldest_due_on", "bucket", "classification"),
            **_amounts("principal_minor", "interest_minor", "fee_minor", "penalty_minor"),
        },
    ),
    Table(
        "early_signs",
        _of_loans(LoanSignal),
        _fields("loan.number", "as_of", "days_late", "days_late_before", "partial_payments", "failed_collections"),
    ),
    Table(
        "early_warnings",
        _of_borrower(WarningLead),
        _fields("opened_on", "state", "cause", "offered_on", "closed_on", "ending"),
    ),
    Table(
        "triggers_of_early_warnings",
        lambda borrower: WarningTrigger.objects.filter(borrower=borrower).select_related("loan").order_by("pk"),
        {
            **_fields("kind", "fired_on", "ends_on", "ended_on", "is_strong", "facts"),
            "loan_number": lambda row: row.loan.number if row.loan else "",
        },
    ),
    Table(
        "places_of_work", lambda borrower: BorrowerPlace.objects.filter(borrower=borrower), _fields("region", "sector")
    ),
    Table(
        "incomes_seen",
        _of_borrower(IncomeObservation),
        {**_fields("credited_on", "source", "reference"), **_amounts("amount_minor", currency="currency")},
    ),
    Table(
        "revenues_seen",
        _of_borrower(RevenueObservation),
        {**_fields("month", "source"), **_amounts("amount_minor", currency="currency")},
    ),
    Table("behavior_scores", _of_borrower(ScoreObservation), _fields("scored_on", "scorecard", "points", "behind")),
    Table(
        "credit_reports_while_a_loan_runs",
        _of_borrower(BureauWatch),
        _fields("asked_at", "answered_at", "inquiry_days", "worst_days", "overdue_lenders"),
    ),
    Table("cases", _of_loans(CollectionCase), _fields("loan.number", "status", "level", "opened_on", "closed_on")),
    Table(
        "files",
        _of_borrower(CaseFile),
        {
            **_fields("number", "opened_on", "closed_on", "state", "waits_for", "facts", "days", "is_care"),
            **_amounts("value_minor", currency="currency"),
            **_fields("cure_bps", "harm_bps", "weighed_on", "contacted_at"),
        },
    ),
    Table(
        "work_on_files",
        lambda borrower: FileWork.objects.filter(borrower=borrower).select_related("file").order_by("since"),
        _fields("file.number", "since", "until", "team", "strategy"),
    ),
    Table(
        "strategies_followed",
        lambda borrower: (
            StrategyPlace.objects.filter(borrower=borrower)
            .select_related("file", "version__strategy", "row")
            .order_by("pk")
        ),
        {
            **_fields("file.number", "version.strategy.code", "version.number", "row.place", "since", "paused"),
            **_fields("capacity", "readiness", "opened", "kept", "broken", "paid"),
            **_amounts("surplus_minor", "asked_minor", currency="file.currency"),
        },
    ),
    Table(
        "steps_of_strategies",
        lambda borrower: StrategyAct.objects.filter(file__borrower=borrower).select_related(
            "file", "version__strategy"
        ),
        _fields("file.number", "version.strategy.code", "version.number", "act", "channel", "outcome", "done_on"),
    ),
    Table(
        "trials_of_strategies",
        lambda borrower: (
            StrategyDraw.objects.filter(borrower=borrower).select_related("version__strategy").order_by("pk")
        ),
        _fields("version.strategy.code", "version.number", "is_challenger", "drawn_on"),
    ),
    Table(
        "notes_in_files",
        # Who of us wrote it is theirs.
        lambda borrower: (
            CaseFileEvent.objects.filter(file__borrower=borrower)
            .exclude(words="")
            .select_related("file")
            .order_by("pk")
        ),
        _fields("file.number", "kind", "at", "words"),
    ),
    Table(
        "attachments_of_files",
        # Who of us added it is theirs.
        lambda borrower: (
            FileAttachment.objects.filter(file__borrower=borrower)
            .select_related("file")
            .defer("content")
            .order_by("pk")
        ),
        _fields("file.number", "name", "about", "size", "added_at", "removed_at", "removed_because"),
    ),
    Table(
        "credit_record_months",
        _of_loans(CreditRecordMonth, "loan_id", "month"),
        {
            **_fields("loan.number", "month", "code", "days_past_due", "special_event"),
            **_amounts("balance_minor", "overdue_minor"),
        },
    ),
    Table(
        "promises",
        _of_loans(PromiseToPay),
        {
            **_fields("loan.number", "made_on", "due_on", "status"),
            **_amounts("amount_minor", "paid_minor"),
        },
    ),
    Table(
        "payment_plans",
        _of_loans(Arrangement),
        {
            **_fields("reference", "loan.number", "made_on", "is_own", "status", "decided_on"),
            **_amounts("total_minor", "paid_minor"),
        },
    ),
    Table("payments_of_plans", _parts(ArrangementPart, "arrangement"), _part_columns("arrangement")),
    Table(
        "settlements",
        _of_loans(Settlement),
        {
            **_fields("reference", "loan.number", "offered_on", "accept_by", "accepted_at", "status", "ended_on"),
            **_amounts("penalty_minor", "fee_minor", "interest_minor", "principal_minor"),
            **_amounts("total_minor", "paid_minor", "waived_minor"),
        },
    ),
    Table(
        "budgets",
        _of_borrower(Budget),
        {
            **_fields("reference", "made_at", "household", "cause", "lasts"),
            **_fields("income", "verified", "expenses", "debts", "words"),
            "surplus": _amount(attrgetter("surplus_minor"), attrgetter("currency")),
            "lump_sum": _amount(attrgetter("lump_sum_minor"), attrgetter("currency")),
        },
    ),
    Table(
        "offers_of_relief",
        _of_borrower(OfferSet),
        _fields("reference", "source", "cause", "made_at", "last_day", "status", "ended_on", "facts", "not_offered"),
    ),
    Table(
        "links_to_offers_of_relief",
        lambda borrower: (
            ReliefLink.objects.filter(offer_set__borrower=borrower).select_related("offer_set").order_by("pk")
        ),
        _fields("offer_set.reference", "phone_shown", "made_at", "opened_at", "confirmed_at"),
    ),
    Table(
        "campaigns_of_relief",
        lambda borrower: (
            CampaignMember.objects.filter(borrower=borrower).select_related("campaign", "loan").order_by("pk")
        ),
        _fields("campaign.reference", "campaign.name", "loan.number", "state", "on", "code"),
    ),
    Table(
        "loans_of_offers_of_relief",
        lambda borrower: (
            OfferLoan.objects.filter(offer_set__borrower=borrower).select_related("offer_set", "loan").order_by("pk")
        ),
        _fields("offer_set.reference", "loan.number"),
    ),
    Table(
        "ways_of_offers_of_relief",
        lambda borrower: (
            RestructuringOffer.objects.filter(offer_set__borrower=borrower)
            .select_related("offer_set", "loan")
            .order_by("pk")
        ),
        _fields(
            "offer_set.reference",
            "number",
            "loan.number",
            "method",
            "status",
            "relief",
            "figures",
            "rows",
            "is_recommended",
            "reason",
        ),
    ),
    Table(
        "plans_of_relief",
        _of_loans(RestructuringPlan),
        {
            **_fields("reference", "loan.number", "method", "status", "accepted_at", "withdraw_until"),
            **_fields("first_due_on", "last_due_on", "broken_on", "cure_until", "ended_on"),
            **_fields("flag", "observed_from", "observed_until", "forborne_until", "credit_event", "evidence"),
        },
    ),
    Table("payments_of_settlements", _parts(SettlementPart, "settlement"), _part_columns("settlement")),
    Table(
        "placements_with_agencies",
        lambda borrower: _of_loans(Placement)(borrower).select_related("agency", "loan"),
        {
            **_fields("reference", "loan.number", "agency.name", "placed_on", "ends_on", "recalled_on"),
            **_amounts("owed_minor"),
        },
    ),
    Table(
        "claims_at_court",
        _of_loans(LegalCase),
        {
            **_fields("reference", "loan.number", "status", "opened_on", "court", "court_number"),
            **_fields("filed_on", "judged_on", "stayed_on", "ended_on"),
            **_amounts("claim_minor", "judged_minor"),
        },
    ),
    Table(
        "special_care",
        _of_borrower(Vulnerability),
        _fields("category", "is_specialist", "consented_on", "noted_on", "review_on", "ended_on"),
    ),
    Table(
        "holds",
        # One for fraud warns nobody whom it may be about.
        lambda borrower: _of_loans(Hold)(borrower).exclude(kind=Hold.Kind.FRAUD),
        _fields("loan.number", "kind", "starts_on", "ends_on", "ended_on", "mark"),
    ),
    Table(
        "requests_for_help",
        _of_borrower(HardshipRequest),
        {
            **_fields("reference", "asked_at", "due_on", "cause", "lasts", "words"),
            # What they can pay is asked for in yuan, whatever the loans are in.
            "can_pay": _amount(attrgetter("can_pay_minor"), lambda _row: "CNY"),
            **_fields("outcome", "answer", "answered_at"),
        },
    ),
    Table(
        "loans_of_requests_for_help",
        lambda borrower: (
            HardshipLoan.objects.filter(request__borrower=borrower).select_related("request", "loan").order_by("pk")
        ),
        _fields("request.reference", "loan.number"),
    ),
    Table(
        "complaints",
        lambda borrower: Complaint.objects.filter(borrower=borrower).select_related("loan").order_by("pk"),
        {
            **_fields("reference", "asked_at", "due_on", "about"),
            "loan_number": lambda row: row.loan.number if row.loan else "",
            **_fields("words", "wish", "answer", "answered_at", "reopened_at", "closed_at"),
        },
    ),
    Table(
        "complaint_messages",
        lambda borrower: (
            ComplaintMessage.objects.filter(complaint__borrower=borrower).select_related("complaint").order_by("pk")
        ),
        # Who of us wrote it is theirs.
        _fields("complaint.reference", "written_at", "is_ours", "words"),
    ),
    Table(
        "told_to_credit_bureau",
        lambda borrower: (
            ReportedRecord.objects.filter(loan__borrower=borrower).select_related("loan", "file").order_by("pk")
        ),
        {
            **_fields(
                "loan.number",
                "bureau",
                "month",
                "status",
                "code",
                "grid",
                "notice_at",
                "held_for",
                "told",
            ),
            # What was held back stands beside a file that was sent without it.
            "sent_at": lambda row: row.file.sent_at if row.line is not None else None,
        },
    ),
    Table(
        "corrections_for_credit_bureau",
        lambda borrower: RecordCorrection.objects.filter(loan__borrower=borrower).select_related("loan").order_by("pk"),
        _fields("loan.number", "month", "cause", "cause_reference", "changed", "found_at"),
    ),
    Table(
        "consents_to_be_reported",
        lambda borrower: ReportingConsent.objects.filter(loan__borrower=borrower).select_related("loan").order_by("pk"),
        _fields("loan.number", "reference", "given_on", "ended_on"),
    ),
    Table(
        "disputes",
        lambda borrower: Dispute.objects.filter(borrower=borrower).select_related("loan").order_by("pk"),
        _fields(
            "reference",
            "loan.number",
            "month",
            "asked_at",
            "due_on",
            "words",
            "outcome",
            "answer",
            "answered_at",
            "statement",
            "stated_at",
        ),
    ),
    Table(
        "copies_of_data",
        _of_borrower(DataExport),
        _fields("asked_at", "status", "ready_at", "delete_after", "fetched_at"),
    ),
    Table("closings", _of_borrower(AccountClosure), _fields("asked_at", "status", "undo_until", "ended_at", "kept")),
    Table(
        "issued_papers",
        _of_loans(IssuedDocument),
        _fields("number", "loan.number", "kind", "language", "issued_at", "as_of", "facts", "revoked_at"),
    ),
    Table(
        "lessons",
        lambda borrower: LessonProgress.objects.filter(user__borrower=borrower).order_by("pk"),
        _fields("lesson", "started_at", "mastered_at"),
    ),
    Table(
        "answers_in_lessons",
        lambda borrower: (
            QuizAnswer.objects.filter(progress__user__borrower=borrower).select_related("progress").order_by("pk")
        ),
        _fields("progress.lesson", "question", "option", "is_right", "answered_at"),
    ),
    Table(
        "questions_that_come_again",
        lambda borrower: (
            Repeat.objects.filter(progress__user__borrower=borrower).select_related("progress").order_by("pk")
        ),
        _fields("progress.lesson", "question", "stage", "due_on", "repeated_on"),
    ),
    Table(
        "certificates_of_learning",
        _of_login(LearningCertificate),
        _fields("level", "name", "code", "language", "facts", "issued_at"),
    ),
    Table(
        "lessons_pointed_out",
        _of_borrower(LearningMoment),
        {
            **_fields("moment", "lesson", "happened_on", "experiment", "is_held_out", "is_told", "opened_at"),
            **_fields("put_away_until", "days_late", "due_before", "late_before"),
        },
    ),
    Table("no_lessons_wanted", lambda borrower: LearningWish.objects.filter(pk=borrower.pk), _fields("stopped_at")),
    # Feedback is kept apart from who gave it, so nobody can say which is theirs.
    Table(
        "workshops",
        lambda borrower: (
            WorkshopRegistration.objects.filter(user__borrower=borrower).select_related("workshop").order_by("pk")
        ),
        {
            "title": lambda row: str(row.workshop),
            **_fields("workshop.starts_at", "workshop.place", "status", "made_at", "joined_at", "moved_up_at"),
            **_fields("cancelled_at", "checked_in_at"),
        },
    ),
    Table(
        "words_on_lessons",
        lambda borrower: LessonFeedback.objects.filter(user__borrower=borrower).order_by("pk"),
        _fields("lesson", "is_helpful", "words", "said_at"),
    ),
)
