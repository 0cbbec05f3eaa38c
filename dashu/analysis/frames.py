"""
The frames of the book, one for each view of the schema `analysis`.

Amounts are whole minor units of the row's currency, rates fractions, days the lender's. No column may hold what names a
person: no name, phone, address, number of a contract or of a payment, no free text, nobody of staff, nothing sealed.
"""

from collections.abc import Mapping

from dashu.analysis.columns import Frame, day, moment, rate, text, whole, whole_or_none, word, yes_no
from dashu.analysis.pseudonyms import pseudonym_sql

BORROWER = "the borrower's pseudonym"
_LOAN_ID = whole("loan_id", "number of the loan within this book")
_PARTS = (
    ("interest_due_minor", "interest demanded and unpaid, on the balance sheet"),
    ("fee_due_minor", "fees demanded and unpaid, on the balance sheet"),
    ("penalty_minor", "penalty charged and unpaid, on the balance sheet"),
    ("suspended_minor", "interest and penalty that are no longer accrued as income"),
    ("accrued_minor", "interest earned that is not yet due"),
    ("overdue_minor", "principal, interest and fees past due"),
)
_MOVED = (
    ("disbursed_minor", "paid out within the month"),
    (
        "expected_minor",
        "principal, interest and fees that were to be paid within the month by the plan of its beginning",
    ),
    ("paid_principal_minor", "principal paid, net of what was taken back"),
    ("paid_interest_minor", "interest paid, net of what was taken back"),
    ("paid_fee_minor", "fees paid, net of what was taken back"),
    ("paid_penalty_minor", "penalty paid, net of what was taken back"),
    ("prepaid_minor", "the part of the principal paid that fell due only after the month"),
    ("waived_minor", "waived, all components together"),
    ("written_off_minor", "written off, all components together"),
    ("recovered_minor", "came in after the write-off"),
)

LOANS = Frame(
    "loans",
    "Each contract as it was agreed, and its status now.",
    "loans_loan AS row JOIN loans_productterms AS terms ON terms.id = row.product_terms_id"
    " JOIN loans_product AS product ON product.id = terms.product_id"
    " LEFT JOIN users_partner AS partner ON partner.id = row.partner_id"
    " LEFT JOIN collections_mgmt_borrowerplace AS place ON place.borrower_id = row.borrower_id",
    (
        whole("loan_id", _LOAN_ID.note, "row.id"),
        text("borrower", BORROWER, pseudonym_sql("row.borrower_id")),
        word("product", "code of the product", "product.code"),
        word("kind", "kind of the product", "product.kind"),
        whole("terms_version", "version of the product's terms", "terms.version"),
        word("partner", "code of the partner who brought it; empty for none", "coalesce(partner.code, '')"),
        word("region", "where the borrower earns their money; empty where unknown", "coalesce(place.region, '')"),
        word("sector", "in what the borrower earns their money; empty where unknown", "coalesce(place.sector, '')"),
        word("source", "the tape it came from; empty for our own"),
        word("status", "of `Loan.Status`, now"),
        word("currency", "ISO code"),
        whole("principal_minor", "what was lent by the contract"),
        rate("annual_rate", "nominal rate of the contract"),
        word("method", "how it is repaid"),
        whole("installment_count", "installments of the contract"),
        day("starts_on", "day of payout, or of takeover from another lender"),
        day("lent_on", "day of payout by the lender it was taken over from; none for our own"),
        day("first_due_on", "agreed first due date; none where it follows from the start"),
    ),
    ("loan_id",),
    time="starts_on",
)

INSTALLMENTS = Frame(
    "installments",
    "The rows of every version of every schedule, with what was paid and waived of those in force.",
    "repayments_installment AS row",
    (
        _LOAN_ID,
        whole("version", "version of the schedule"),
        whole("number", "number of the installment within it"),
        day("due_on", "due date"),
        whole("principal_minor", "principal demanded"),
        whole("interest_minor", "interest demanded"),
        whole("fee_minor", "fees demanded"),
        whole("paid_principal_minor", "principal paid"),
        whole("paid_interest_minor", "interest paid"),
        whole("paid_fee_minor", "fees paid"),
        whole("waived_principal_minor", "principal waived"),
        whole("waived_interest_minor", "interest waived"),
        whole("waived_fee_minor", "fees waived"),
        whole("unpaid_minor", "open of it; 0 where the version is not in force"),
        yes_no("is_current", "its version is in force"),
    ),
    ("loan_id", "version", "number"),
    time="due_on",
)

PAYMENTS = Frame(
    "payments",
    "Money received, and what it paid on the books as far as known today; the five parts sum to the amount.",
    "repayments_payment AS row",
    (
        whole("payment_id", "number of the payment, and of its event", "row.event_id"),
        _LOAN_ID,
        word("channel", "how it came in"),
        day("received_on", "value date"),
        moment("posted_at", "when it was written, UTC"),
        whole("amount_minor", "what came in"),
        whole("principal_minor", "of it: principal"),
        whole("interest_minor", "of it: interest"),
        whole("fee_minor", "of it: fees"),
        whole("penalty_minor", "of it: penalty"),
        whole("unapplied_minor", "of it: credit of the borrower"),
        yes_no("is_returned", "it went back; its parts then count for nothing"),
    ),
    ("payment_id",),
    time="received_on",
)

ALLOCATIONS = Frame(
    "allocations",
    "How much of a payment counts towards one installment of the schedule in force.",
    "repayments_paymentallocation AS row",
    (
        whole("payment_id", "number of the payment"),
        whole("number", "number of the installment"),
        whole("principal_minor", "principal"),
        whole("interest_minor", "interest"),
        whole("fee_minor", "fees"),
    ),
    ("payment_id", "number"),
)

EVENTS = Frame(
    "events",
    "What happened to each loan; its whole position follows from them.",
    "repayments_loanevent AS row",
    (
        whole("event_id", "number of the event", "row.id"),
        _LOAN_ID,
        word("kind", "of `LoanEvent.Kind`"),
        day("effective_on", "when it counts"),
        moment("posted_at", "when it was written, UTC"),
        whole("amount_minor", "its amount; 0 where it has none"),
    ),
    ("event_id",),
    time="effective_on",
)

OVERDUE_CHANGES = Frame(
    "overdue_changes",
    "Each change of bucket, classification or stage that a nightly close found.",
    "collections_mgmt_overduechange AS row",
    (
        _LOAN_ID,
        day("changed_on", "the business date at whose end it was found"),
        whole("days_past_due", "days past due"),
        word("bucket_before", "bucket before"),
        word("bucket", "bucket"),
        word("classification_before", "five-tier class before"),
        word("classification", "five-tier class"),
        word("stage_before", "impairment stage before"),
        word("stage", "impairment stage"),
    ),
    ("loan_id", "changed_on"),
    time="changed_on",
)

LOAN_MONTHS = Frame(
    "loan_months",
    "Each loan at the end of a month, as the close kept it.",
    "collections_mgmt_loanmonth AS row",
    (
        day("month", "first day of the month"),
        _LOAN_ID,
        word("product", "code of the product"),
        word("kind", "kind of the product"),
        word("currency", "ISO code"),
        word("region", "region; empty where unknown"),
        word("sector", "sector; empty where unknown"),
        word("channel", "how it was brought; empty where unknown"),
        word("risk_band", "risk band of the decision; empty where unknown"),
        word("cause", "why it is behind; empty for a loan that is not"),
        day("vintage", "first day of the month of the payout"),
        whole("months_on_book", "0 for the month of the payout"),
        word("status", "status at the end of the month"),
        word("bucket_before", "bucket at the end of the month before; `NEW` for a new loan"),
        word("bucket", "bucket; the status of a loan that no longer runs"),
        word("classification", "five-tier class"),
        word("stage", "impairment stage"),
        whole("days_past_due", "days past due"),
        whole("effective_days_past_due", "days past due without pauses"),
        whole("worst_days_past_due", "the most that a close ever found"),
        yes_no("is_restructured", "a plan of relief was accepted and not taken back"),
        yes_no("is_prepaid", "settled within the month, before its last due date"),
        rate("annual_rate", "nominal rate in force"),
        rate("all_in_rate", "effective rate of everything it costs, as disclosed; none where none was"),
        whole("original_minor", "what was lent by the contract"),
        whole("principal_before_minor", "principal at the end of the month before"),
        whole("principal_minor", "principal"),
        *(whole(name, note) for name, note in _PARTS),
        whole("overdue_principal_minor", "the part of `overdue_minor` that is principal"),
        *(whole(name, note) for name, note in _MOVED),
    ),
    ("loan_id",),
    time="month",
)

PORTFOLIO_MONTHS = Frame(
    "portfolio_months",
    "The sums of `loan_months`, split by one dimension and by the buckets at both ends of the month.",
    "collections_mgmt_portfoliomonth AS row",
    (
        day("month", "first day of the month"),
        word("product", "code of the product"),
        word("currency", "ISO code"),
        word("dimension", "by what it is split; empty for the whole book"),
        word("value", "of the dimension; empty for the whole book, and for unknown"),
        word("bucket_before", "bucket at the end of the month before"),
        word("bucket", "bucket"),
        whole("loans", "loans"),
        whole("ever_30", "of them ever more than 30 days past due"),
        whole("ever_60", "of them ever more than 60 days past due"),
        whole("ever_90", "of them ever more than 90 days past due"),
        whole("prepaid_loans", "of them settled early within the month"),
        whole("restructured_loans", "of them restructured"),
        whole("original_minor", "what was lent by the contracts"),
        whole("ever_30_original_minor", "lent to those ever more than 30 days past due"),
        whole("ever_60_original_minor", "lent to those ever more than 60 days past due"),
        whole("ever_90_original_minor", "lent to those ever more than 90 days past due"),
        whole("principal_before_minor", "principal at the end of the month before"),
        whole("principal_minor", "principal"),
        *(whole(name, note) for name, note in _PARTS),
        *(whole(name, note) for name, note in _MOVED),
    ),
    ("product", "currency", "dimension", "value", "bucket_before", "bucket"),
    time="month",
)

PORTFOLIO_DAYS = Frame(
    "portfolio_days",
    "The running loans of one state at the end of each business date.",
    "collections_mgmt_portfolioday AS row",
    (
        day("business_date", "business date"),
        word("product", "code of the product"),
        word("currency", "ISO code"),
        word("bucket", "bucket"),
        word("classification", "five-tier class"),
        word("stage", "impairment stage"),
        whole("loans", "loans"),
        whole("principal_minor", "principal"),
        *(whole(name, note) for name, note in _PARTS),
        whole("provision_minor", "set aside for loss"),
    ),
    ("business_date", "product", "currency", "bucket", "classification", "stage"),
    time="business_date",
)

PORTFOLIO_SLICES = Frame(
    "portfolio_slices",
    "The running loans at the end of each business date, split by one dimension and by bucket.",
    "collections_mgmt_portfolioslice AS row",
    (
        day("business_date", "business date"),
        word("product", "code of the product"),
        word("currency", "ISO code"),
        word("dimension", "by what it is split; empty for the whole book"),
        word("value", "of the dimension; empty for the whole book, and for unknown"),
        word("bucket", "bucket"),
        whole("loans", "loans"),
        whole("principal_minor", "principal"),
        whole("exposure_minor", "principal, and what is due or earned and on the balance sheet"),
        whole("overdue_minor", "principal, interest and fees past due"),
    ),
    ("business_date", "product", "currency", "dimension", "value", "bucket"),
    time="business_date",
)

WARNINGS = Frame(
    "warnings",
    "Each early warning of a borrower, and what came of it.",
    "collections_mgmt_warninglead AS row LEFT JOIN LATERAL ("
    "SELECT min(change.changed_on) AS behind_on FROM loans_loan AS loan"
    " JOIN collections_mgmt_overduechange AS change ON change.loan_id = loan.id"
    " WHERE loan.borrower_id = row.borrower_id AND change.changed_on > row.opened_on AND change.days_past_due > 0"
    ") AS outcome ON true",
    (
        whole("warning_id", "number of the warning", "row.id"),
        text("borrower", BORROWER, pseudonym_sql("row.borrower_id")),
        day("opened_on", "business date that noticed enough"),
        word("state", "where it stands"),
        day("offered_on", "help was offered; none where it was not"),
        day("held_out_on", "in the comparison group since; none where it is not"),
        day("closed_on", "closed; none where it is open"),
        word("ending", "why it was closed; empty where it is open"),
        day("behind_on", "first business date after it on which a loan was found past due; none where none was",
            "outcome.behind_on"),
    ),
    ("warning_id",),
    time="opened_on",
)  # fmt: skip

WARNING_TRIGGERS = Frame(
    "warning_triggers",
    "Each thing that was noticed of a borrower.",
    "collections_mgmt_warningtrigger AS row",
    (
        whole("trigger_id", "number of the trigger", "row.id"),
        text("borrower", BORROWER, pseudonym_sql("row.borrower_id")),
        whole_or_none("loan_id", "the loan; none for what is about the person"),
        word("kind", "what was noticed"),
        day("fired_on", "noticed on"),
        day("ends_on", "counts until"),
        day("ended_on", "ended on; none while it counts"),
        yes_no("is_strong", "enough by itself"),
    ),
    ("trigger_id",),
    time="fired_on",
)

FRAMES: Mapping[str, Frame] = {
    frame.name: frame
    for frame in (
        LOANS,
        INSTALLMENTS,
        PAYMENTS,
        ALLOCATIONS,
        EVENTS,
        OVERDUE_CHANGES,
        LOAN_MONTHS,
        PORTFOLIO_MONTHS,
        PORTFOLIO_DAYS,
        PORTFOLIO_SLICES,
        WARNINGS,
        WARNING_TRIGGERS,
    )
}
