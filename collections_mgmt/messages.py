"""
What this app tells borrowers about what they asked or objected to: that it arrived and that there is an answer. The
words of the answer are on the page only, for whoever is signed in.

Values: reference; due_on, the day of the answer. Before a report: loan_number, amount_minor, due_on, report_on, code.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

for _template in (
    MessageTemplate(
        "collections.help_received",
        _("We have your request for help"),
        (
            _("Your request %(reference)s has arrived. A person reads it and answers by %(due_on)s."),
            _("Until then we do not remind you of these loans, and no penalty interest is added."),
        ),
    ),
    MessageTemplate(
        "collections.help_answered",
        _("There is an answer to your request for help"),
        (_("A person has answered your request %(reference)s. Sign in to read it, and what you can do next."),),
    ),
    MessageTemplate(
        "collections.complaint_received",
        _("We have your complaint"),
        (
            _("Your complaint has the number %(reference)s. A person answers it by %(due_on)s."),
            _("It costs you nothing and is not held against you."),
        ),
    ),
    MessageTemplate(
        "collections.complaint_written_to",
        _("We have a question about your complaint"),
        (_("We wrote to you about your complaint %(reference)s. Sign in to read it and to answer."),),
    ),
    MessageTemplate(
        "collections.complaint_answered",
        _("There is an answer to your complaint"),
        (
            _("A person has answered your complaint %(reference)s. Sign in to read it."),
            _("If it does not help you, you can say so there, or turn to the regulator."),
        ),
    ),
    MessageTemplate(
        "collections.dispute_received",
        _("We look into your credit record"),
        (
            _("Your objection %(reference)s to the record of loan %(loan_number)s has arrived and is marked there."),
            _("You have our answer by %(due_on)s."),
        ),
    ),
    MessageTemplate(
        "collections.dispute_answered",
        _("There is an answer about your credit record"),
        (
            _("A person has looked into your objection %(reference)s to the record of loan %(loan_number)s."),
            _("Sign in to read the answer."),
        ),
    ),
    MessageTemplate(
        "collections.before_report",
        _("Before your credit record changes: loan %(loan_number)s"),
        (
            _("The installment of %(due_on)s on loan %(loan_number)s is not paid yet; %(amount)s is open in all."),
            _(
                "If what is due is paid by %(report_on)s, the month is not noted as overdue. Otherwise it is noted with"
                " the code %(code)s."
            ),
            _("If you cannot pay by then, tell us. On the loan's page you can choose a day or ask for a plan."),
            _("If you think that this is wrong, you can object on the page of your credit record."),
        ),
    ),
):
    register(_template)
