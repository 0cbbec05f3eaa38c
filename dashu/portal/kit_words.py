"""Words of the admin's kit, which brings no translations of its own; our catalogs carry them."""

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Welcome back to"),
    _("Return to site"),
    _("Previous"),
    _("Next"),
    _("Filters"),
    _("Apply Filters"),
    _("Clear all filters"),
    _("Reset filters"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("No results found"),
    _("No data"),
    _("Type to search"),
    _("Close"),
    _("Go back"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Select value"),
    _("All"),
    _("Choose file to upload"),
    _("You don’t have permission to view or edit anything."),
)
