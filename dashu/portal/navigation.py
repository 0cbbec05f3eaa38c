"""The side menu of the back office: what a person may see, grouped as they work, and nothing else."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import works_files
from dashu.break_glass.backends import unnoted


class Entry(NamedTuple):
    """
    :param model: `app.model`; the entry is shown to those who may view it.
    :param page: name of an address that is not the list of the model.
    :param own_title: what it is called for whoever works on files one by one; "" for the same.
    """

    title: str | Promise
    icon: str
    model: str
    query: str = ""
    page: str = ""
    own_title: str | Promise = ""


MENU: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (
        _("Collections"),
        (
            Entry(
                _("Overview"),
                "monitoring",
                "collections_mgmt.portfolioday",
                page="admin:collections_mgmt_deskday_changelist",
            ),
            Entry(_("Reports"), "query_stats", "insight.report", page="admin:insight_reports"),
            Entry(_("The desk"), "inbox", "collections_mgmt.casefile", own_title=_("My desk")),
            Entry(_("Early warnings"), "notification_important", "collections_mgmt.warninglead"),
            Entry(_("The economy"), "show_chart", "collections_mgmt.economicindicator"),
            Entry(_("Shocks"), "flood", "collections_mgmt.shockentry"),
            Entry(_("Overdue loans"), "hourglass_bottom", "collections_mgmt.overduestatus"),
            Entry(_("Cases"), "support", "collections_mgmt.collectioncase", "?status__exact=OPEN"),
            Entry(
                _("Training"),
                "school",
                "collections_mgmt.casefile",
                page="admin:collections_mgmt_casefile_training",
            ),
            Entry(_("Collectors"), "groups", "collections_mgmt.collectorprofile"),
            Entry(_("Teams"), "diversity_3", "collections_mgmt.team"),
            Entry(_("Strategies"), "account_tree", "collections_mgmt.strategyversion"),
            Entry(_("Settlements"), "handshake", "collections_mgmt.settlement"),
            Entry(_("Payment plans"), "event_note", "collections_mgmt.arrangement"),
            Entry(_("Offers of relief"), "redeem", "collections_mgmt.offerset"),
            Entry(_("Plans of relief"), "spa", "collections_mgmt.restructuringplan"),
            Entry(_("Campaigns of relief"), "forward_to_inbox", "collections_mgmt.reliefcampaign"),
            Entry(_("Effect of relief"), "balance", "collections_mgmt.campaignmember"),
            Entry(_("Agencies"), "domain", "collections_mgmt.agency"),
            Entry(_("Placements"), "move_up", "collections_mgmt.placement"),
            Entry(_("Files for agencies"), "folder_shared", "collections_mgmt.agencyfile"),
            Entry(_("At court"), "gavel", "collections_mgmt.legalcase"),
            Entry(_("Losses and recoveries"), "trending_down", "collections_mgmt.lossclaim"),
            Entry(_("Holds"), "pause_circle", "collections_mgmt.hold"),
            Entry(_("Special care"), "volunteer_activism", "collections_mgmt.vulnerability"),
            Entry(_("Scripts"), "speaker_notes", "collections_mgmt.scriptversion"),
            Entry(_("Quality reviews"), "grading", "collections_mgmt.qualityreview"),
        ),
    ),
    (
        _("Requests and complaints"),
        (
            Entry(_("Requests for help"), "volunteer_activism", "collections_mgmt.hardshiprequest"),
            Entry(_("Complaints"), "campaign", "collections_mgmt.complaint"),
            Entry(_("Disputes of credit records"), "balance", "collections_mgmt.dispute"),
        ),
    ),
    (
        _("Messages"),
        (
            Entry(_("Messages"), "mail", "messaging.outboxmessage"),
            Entry(
                _("Given up"), "unsubscribe", "messaging.outboxmessage", page="admin:messaging_outboxmessage_given_up"
            ),
            Entry(_("Texts of messages"), "edit_note", "messaging.wordingversion"),
            Entry(_("Effect of reminders"), "monitoring", "messaging.reminderline"),
            Entry(_("Refused contacts"), "do_not_disturb_on", "messaging.contactrefusal"),
            Entry(_("Decisions on contacts"), "shield_person", "messaging.guarddecision"),
            Entry(_("Calls and visits"), "call_log", "messaging.contactattempt"),
            Entry(_("Opt-outs"), "notifications_off", "messaging.optout"),
            Entry(_("Addresses"), "contact_mail", "messaging.contactpoint"),
        ),
    ),
    (
        _("Learning"),
        (
            Entry(_("Lessons"), "menu_book", "education.lessonversion"),
            Entry(_("Words on lessons"), "rate_review", "education.lessonfeedback"),
            Entry(_("Workshops"), "event", "education.workshop"),
            Entry(_("Partner organizations"), "groups_3", "education.partnerorganization"),
            Entry(_("Lessons at the right moment"), "school", "education.learningmoment"),
        ),
    ),
    (
        _("Lending"),
        (
            Entry(_("Applications"), "assignment", "loans.application"),
            Entry(_("Watch over the scorecards"), "query_stats", "loans.scorecardwatch"),
            Entry(_("Loans"), "request_quote", "loans.loan"),
            Entry(_("Borrowers"), "person", "users.borrower"),
            Entry(_("Payouts"), "outbound", "repayments.payout"),
            Entry(_("Payments"), "payments", "repayments.payment"),
            Entry(_("Online payments"), "shopping_cart_checkout", "repayments.checkout"),
            Entry(_("Payoff quotes"), "price_check", "repayments.payoffquote"),
            Entry(_("Issued documents"), "verified", "repayments.issueddocument"),
            Entry(_("Provider's messages"), "sync_alt", "repayments.gatewaycallback"),
            Entry(_("Autopay"), "event_repeat", "repayments.autopaymandate"),
            Entry(_("Autopay collections"), "currency_exchange", "repayments.autopayattempt"),
            Entry(_("Corrections by file"), "playlist_add_check", "repayments.correctionbatch"),
            Entry(_("Signed contracts"), "contract", "loans.loancontract"),
            Entry(_("Promises of businesses"), "event_available", "loans.covenant", "?status__exact=OPEN"),
            Entry(_("Products"), "category", "loans.product"),
            Entry(_("Product versions"), "history_edu", "loans.productterms"),
            Entry(_("Partners"), "handshake", "users.partner"),
        ),
    ),
    (
        _("Decisions"),
        (
            Entry(_("Approvals"), "approval", "approvals.approvalrequest"),
            Entry(_("Delegations"), "supervisor_account", "approvals.delegation"),
            Entry(_("Emergencies"), "emergency", "break_glass.emergencygrant"),
        ),
    ),
    (
        _("Bank"),
        (
            Entry(_("Unmatched lines"), "rule", "repayments.bankline", "unmatched/"),
            Entry(_("Bank statements"), "receipt_long", "repayments.bankstatement"),
            Entry(_("Our accounts"), "account_balance_wallet", "repayments.bankaccount"),
        ),
    ),
    (
        _("Books"),
        (
            Entry(_("Nightly closes"), "nightlight", "collections_mgmt.closerun"),
            Entry(_("Regulatory packs"), "account_balance", "regulatory.packmonth"),
            Entry(_("Reconciliations"), "rule", "repayments.reconciliationday"),
            Entry(_("The book on a past day"), "history", "repayments.loanbalance"),
            Entry(_("Provisions"), "savings", "provisioning.provisionrun"),
            Entry(_("Overlays of provisions"), "layers", "provisioning.overlay"),
            Entry(_("Loans taken over"), "move_to_inbox", "tapes.handover"),
            Entry(_("Bulk jobs"), "upload_file", "bulk.bulkjob"),
            Entry(_("Trial balance"), "balance", "ledger.account", page="admin:ledger_account_trial_balance"),
            Entry(_("Chart of accounts"), "account_balance", "ledger.account"),
            Entry(_("Accounting periods"), "lock_clock", "ledger.accountingperiod"),
            Entry(_("Entries"), "menu_book", "ledger.journalentry"),
            Entry(_("Postings"), "format_list_numbered", "ledger.posting"),
        ),
    ),
    (
        _("Credit bureau"),
        (
            Entry(_("Files for credit bureaus"), "contact_page", "credit_reporting.reportingfile"),
            Entry(_("Told and held back"), "fact_check", "credit_reporting.reportedrecord"),
            Entry(_("Consents to be reported"), "verified_user", "credit_reporting.reportingconsent"),
        ),
    ),
    (
        _("Rules and records"),
        (
            Entry(_("Policy rules"), "gavel", "policy.policyrule"),
            Entry(_("Audit log"), "fact_check", "audit.auditrecord"),
            Entry(_("Alerts"), "notifications", "alerts.alert"),
        ),
    ),
    (
        _("People and access"),
        (
            Entry(_("Users"), "group", "users.user"),
            Entry(_("Roles"), "badge", "auth.group"),
            Entry(_("API clients"), "key", "oauth2_provider.application"),
            Entry(_("Webhook endpoints"), "webhook", "webhooks.webhookendpoint"),
            Entry(_("Webhook deliveries"), "send", "webhooks.webhookdelivery", "?status__exact=DEAD"),
            Entry(_("Scheduled jobs"), "schedule", "django_celery_beat.periodictask"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = []
    is_own = works_files(request.user)
    with unnoted(request.user):
        for title, entries in MENU:
            items = [_item(entry, is_own=is_own) for entry in entries if _may_view(request, entry.model)]
            if items:
                groups.append({"title": title, "separator": bool(groups), "items": items})
    _mark_where_one_is(request.path, [item for group in groups for item in group["items"]])
    return groups


def _mark_where_one_is(path: str, items: list[dict[str, Any]]) -> None:
    """Of the entries that the page lies below, the one with the longest address is active."""
    addresses = [item["link"].partition("?")[0] for item in items]
    here = max((address for address in addresses if path.startswith(address)), key=len, default=None)
    for item, address in zip(items, addresses, strict=True):
        item["active"] = address == here


def _may_view(request: HttpRequest, model: str) -> bool:
    app, _dot, name = model.partition(".")
    return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")


def _item(entry: Entry, *, is_own: bool) -> dict[str, Any]:
    address = reverse(entry.page or f"admin:{entry.model.replace('.', '_')}_changelist")
    return {"title": (is_own and entry.own_title) or entry.title, "icon": entry.icon, "link": address + entry.query}
