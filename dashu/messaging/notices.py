"""
What an e-mail says that only points to a message in the borrower's own account.

It names the topic, never an amount, a date, a loan or a name: whoever else reads the e-mail learns nothing from it.
Values: link, wishes_link.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

PREFIX = "notice."
SEVERAL = "notice.several"
# By the beginning of the code of the message's template; the longest that fits counts.
TOPICS: dict[str, str] = {
    "": "notice.other",
    "autopay.": "notice.payments",
    "collections.": "notice.answer",
    "collections.before_report": "notice.loan",
    "credit_reporting.month_held": "notice.loan",
    "loans.": "notice.application",
    "loans.contract_signed": "notice.loan",
    "privacy.": "notice.data",
    "repayments.": "notice.loan",
    "repayments.charged_back": "notice.payments",
    "repayments.receipt": "notice.payments",
    "repayments.refunded": "notice.payments",
}
_SUBJECTS: dict[str, Promise] = {
    SEVERAL: _("There are unread messages in your account"),
    "notice.other": _("There is an unread message in your account"),
    "notice.answer": _("Unread in your account: about what you wrote to us"),
    "notice.application": _("Unread in your account: about your application"),
    "notice.data": _("Unread in your account: about your data"),
    "notice.loan": _("Unread in your account: about your loan"),
    "notice.payments": _("Unread in your account: about your payments"),
}
for _code, _subject in _SUBJECTS.items():
    register(
        MessageTemplate(
            _code,
            _subject,
            (
                _("Something in your account has not been opened for an hour. For your privacy, it stands only there."),
                _("Read it here: %(link)s"),
                _("An e-mail like this one comes at most once a day. You can turn it off here: %(wishes_link)s"),
            ),
        )
    )
