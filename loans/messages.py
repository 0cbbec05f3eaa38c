"""
What this app tells applicants: that there is an answer, and where it can be read. Reasons and figures are said on the
page only, to whoever is signed in.

Values: reference; due_on of a promise, expires_on of offers; contract, a number.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

for _template in (
    MessageTemplate(
        "loans.offers_made",
        _("There are offers for you"),
        (
            _("Your application %(reference)s is decided, and you can choose among offers. Sign in to compare them."),
            _("They hold until %(expires_on)s. You can also choose none; that costs nothing."),
        ),
    ),
    MessageTemplate(
        "loans.application_referred",
        _("A member of our team looks at your application"),
        (
            _("Somebody is looking at your application %(reference)s. You need to do nothing until then."),
            _("You will hear from us by %(due_on)s."),
        ),
    ),
    MessageTemplate(
        "loans.application_refused",
        _("Your application is decided"),
        (
            _("We cannot offer a loan for application %(reference)s now."),
            _("Sign in to read the reasons, and what would help."),
            _("If you want a person to look at it again, you can ask for that there. It costs nothing."),
        ),
    ),
    MessageTemplate(
        "loans.guarantors_agreed",
        _("Your guarantors have agreed"),
        (
            _("Everyone who guarantees for application %(reference)s has agreed and signed."),
            _("Sign in to sign the contract yourself. The offer holds until %(expires_on)s."),
        ),
    ),
    MessageTemplate(
        "loans.guarantor_declined",
        _("A guarantor has declined"),
        (
            _("A guarantor of application %(reference)s has decided not to guarantee. That is their right."),
            _("With them this contract cannot be signed. Sign in to see what you can do instead; it costs nothing."),
        ),
    ),
    MessageTemplate(
        "loans.contract_signed",
        _("You have signed contract %(contract)s"),
        (
            _("You have signed contract %(contract)s. Sign in to keep a copy of it."),
            _("Until the payout you can withdraw without a reason and without cost."),
            _("If it was not you who signed, tell us at once."),
        ),
    ),
    MessageTemplate(
        "loans.refused_by_person",
        _("Your application is decided"),
        (
            _("A member of our team has looked at application %(reference)s. We cannot offer a loan now."),
            _("Sign in to read why, in that person's own words, and what would help."),
        ),
    ),
    MessageTemplate(
        "loans.review_changed",
        _("A person has looked again: there are offers for you"),
        (
            _("You asked for a person to look at application %(reference)s again. The answer has changed."),
            _("Sign in to compare the offers. They hold until %(expires_on)s; you can also choose none."),
        ),
    ),
    MessageTemplate(
        "loans.review_confirmed",
        _("A person has looked at your application again"),
        (
            _("You asked for a person to look at application %(reference)s again. We still cannot offer a loan now."),
            _("Sign in to read why, in that person's own words, and what would help."),
        ),
    ),
):
    register(_template)
