"""
What a borrower reads in their account of what staff noted that they agreed to, asked for or said. Whoever did not can
say so at once.

Values: the day it was noted (`noted_on`); hours (`opens`, `closes`); `home_on` and `work_on` where that was agreed.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

_OBJECT = _("If that is not so, take it back under “How we may reach you”, or complain. A person looks into it.")

for _template in (
    MessageTemplate(
        "messaging.contact_agreed",
        _("What we noted that you agreed to"),
        (
            _("On %(noted_on)s one of us noted that you allow more than our rules do."),
            _("You may also be called or visited from %(opens)s to %(closes)s."),
            _("You may be visited at home, as noted on %(home_on)s."),
            _("You may be contacted at work, as noted on %(work_on)s."),
            _OBJECT,
        ),
    ),
    MessageTemplate(
        "messaging.call_asked_for",
        _("A call that you asked for, as we noted"),
        (
            _("On %(noted_on)s one of us noted that you asked for a call, and began it."),
            _("If you did not ask for it, complain on these pages. A person looks into it."),
        ),
    ),
    MessageTemplate(
        "messaging.calls_again",
        _("We noted that we may call you again"),
        (
            _("You once said that you want no more contact. On %(noted_on)s one of us noted that this has changed."),
            _("If that is not so, say so when we call, or complain. A person looks into it."),
        ),
    ),
    MessageTemplate(
        "messaging.representative_noted",
        _("Somebody speaks for you, as we noted"),
        (
            _("On %(noted_on)s one of us noted that somebody speaks for you. We contact them now, and not you."),
            _("Please confirm it under “How we may reach you”, or say there that it is not so."),
        ),
    ),
):
    register(_template)
