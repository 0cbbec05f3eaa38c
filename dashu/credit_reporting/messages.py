"""What borrowers are told of what goes to a credit bureau. Values: loan_number, report_on, told_from, code."""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

MONTH_HELD = "credit_reporting.month_held"
CORRECTED = "credit_reporting.corrected"

for _template in (
    MessageTemplate(
        MONTH_HELD,
        _("Before we report it: loan %(loan_number)s"),
        (
            _(
                "At the end of %(report_on)s, loan %(loan_number)s was noted with the code %(code)s. The credit bureau"
                " has not been told, because you were not told before."
            ),
            _("We report it from %(told_from)s on. Until then you can look at it on the page of your credit record."),
            _("If you think that this is wrong, object there: it is marked at once, and we look into it."),
            _("If paying is hard, tell us. Asking for help is never reported."),
        ),
    ),
    MessageTemplate(
        CORRECTED,
        _("Your credit record was corrected: loan %(loan_number)s"),
        (
            _(
                "What we had reported of loan %(loan_number)s was not right any more. The credit bureau has accepted"
                " what is right now."
            ),
            _("What was changed stands on the page of your credit record."),
        ),
    ),
):
    register(_template)
