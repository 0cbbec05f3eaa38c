"""What each scope lets a program do, in words for the people who choose."""

from django.utils.translation import gettext_lazy as _

SAYS = {
    "quotes": _("Calculate schedules and annual rates"),
    "borrowers:read": _("Read your borrowers, with names and phones masked"),
    "borrowers:personal": _("Read names and phones of your borrowers in full"),
    "loans:read": _("Read the loans that you brought"),
    "payments:read": _("Read payments and refunds of the loans that you brought"),
    "payments:write": _("Record payments on the loans that you brought, and ask for refunds"),
    "overdue:read": _("Read how far behind the loans that you brought are and were"),
    "relief:read": _("Read the restructuring offers for the loans that you brought"),
    "relief:write": _("Tell the budget of a borrower and ask for restructuring offers"),
    "documents:write": _("Issue statements and settlement certificates of the loans that you brought"),
    "applications:read": _("Read the applications that you brought, and what can be applied for"),
    "applications:write": _("Apply for people, with their consent, and withdraw"),
    "events:read": _("Read what happened, event by event"),
    "webhooks:read": _("Read your webhook endpoints and deliveries"),
    "webhooks:write": _("Change webhook endpoints and send deliveries again"),
    "jobs:read": _("Read bulk jobs and their result files"),
    "jobs:write": _("Upload files of quotes, payments or loans as bulk jobs"),
    "reports:read": _("Read reports on the loans that you brought"),
}
