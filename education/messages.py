"""
What is said of a lesson that fits a moment. It names neither the moment nor the lesson nor a loan: whoever else reads
the message learns nothing from it.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

LESSON_FITS = "education.lesson_fits"
register(
    MessageTemplate(
        LESSON_FITS,
        _("A short lesson for you"),
        (
            _("%(lender)s: a lesson of a few minutes may be useful to you now. Nothing needs to be done."),
            _("Read it when it suits you: %(lesson_link)s"),
            _("No more such messages: %(opt_out_link)s"),
        ),
    )
)
