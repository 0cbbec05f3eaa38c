"""
What participants of workshops are told. Values: title, when, place, link; for one that is called off also reason.

The same words go to a borrower, through the outbox, and to a visitor, by `education.services.workshops.guests`.
"""

from django.utils.translation import gettext_lazy as _

from dashu.messaging.templates import MessageTemplate, register

for _template in (
    MessageTemplate(
        "education.workshop_registered",
        _("Your seat is kept: %(title)s"),
        (
            _("Your seat is kept: %(title)s, %(when)s. %(place)s."),
            _("Your code for the door and the entry for your calendar: %(link)s"),
            _("If you cannot come, give the seat back there. Somebody else will be glad of it."),
        ),
    ),
    MessageTemplate(
        "education.workshop_waiting",
        _("You are on the waiting list: %(title)s"),
        (
            _("You are on the waiting list of %(title)s, %(when)s."),
            _("If a seat becomes free, it is yours by itself and we tell you. Your place on the list: %(link)s"),
        ),
    ),
    MessageTemplate(
        "education.workshop_moved_up",
        _("A seat became free for you: %(title)s"),
        (
            _("You have a seat now: %(title)s, %(when)s. %(place)s."),
            _("Your code for the door: %(link)s"),
            _("If it does not suit you any more, decline there, and the next person moves up."),
        ),
    ),
    MessageTemplate(
        "education.workshop_changed",
        _("Changed: %(title)s"),
        (
            _("Time or place have changed. %(title)s is now on %(when)s. %(place)s."),
            _("Your place stays yours. If it does not suit you any more, give it back here: %(link)s"),
        ),
    ),
    MessageTemplate(
        "education.workshop_called_off",
        _("Does not take place: %(title)s"),
        (
            _("%(title)s on %(when)s does not take place. We are sorry."),
            _("The reason: %(reason)s"),
            _("You need do nothing. Other workshops are here: %(link)s"),
        ),
    ),
    MessageTemplate(
        "education.workshop_tomorrow",
        _("Soon: %(title)s"),
        (
            _("A reminder: %(title)s, %(when)s. %(place)s."),
            _("Your code for the door: %(link)s"),
            _("If you cannot come, give the seat back there."),
        ),
    ),
    MessageTemplate(
        "education.workshop_soon",
        _("In two hours: %(title)s"),
        (_("%(title)s begins at %(clock)s. %(place)s."), _("Your code for the door: %(link)s")),
    ),
):
    register(_template)
