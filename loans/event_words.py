"""What happened to an application, in words."""

from django.utils.translation import gettext

from loans.models import ApplicationEvent


def event_in_words(event: ApplicationEvent) -> str:
    """Return what happened, with the part of the contract that it is about where the contract has several."""
    what = str(event.get_kind_display())
    if "part" not in event.data:
        return what
    return gettext("Part %(number)s: %(what)s") % {"number": event.data["part"], "what": what}
