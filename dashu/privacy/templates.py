"""What people are told about copies of their data and about closing their account."""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

EXPORT_READY = "privacy.export_ready"
EXPORT_FAILED = "privacy.export_failed"
CLOSING = "privacy.closing"
UNUSED = "privacy.unused"

# Values: until_on; for a closing also link, for one that was not asked for also years.
for _template in (
    MessageTemplate(
        EXPORT_READY,
        _("The copy of your data is ready"),
        (
            _("You can fetch it in your account until %(until_on)s; then it is deleted."),
            _("If you did not ask for it, change your password and tell us."),
        ),
    ),
    MessageTemplate(
        EXPORT_FAILED,
        _("The copy of your data could not be made"),
        (_("Please ask for it again in your account. If it fails again, tell us."),),
    ),
    MessageTemplate(
        CLOSING,
        _("Your account is closed on %(until_on)s"),
        (
            _("Nobody can sign in to it from now on. On %(until_on)s, what we need not keep is deleted."),
            _("If you change your mind before, or did not ask for it, open it again here: %(link)s"),
        ),
    ),
    MessageTemplate(
        UNUSED,
        _("Your account is closed on %(until_on)s unless you keep it"),
        (
            _(
                "You have not used it for %(years)s years, and nothing is open. On %(until_on)s, what we need not keep"
                " is deleted."
            ),
            _("To keep it, open it again here: %(link)s"),
        ),
    ),
):
    register(_template)
