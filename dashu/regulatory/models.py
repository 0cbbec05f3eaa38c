"""The months that a pack can be made of. No table: a pack is made anew from what the closes kept."""

from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import CloseRun


class PackMonth(CloseRun):
    """The close of a month's last day, as what a pack is made from."""

    class Meta:
        proxy = True
        verbose_name = _("regulatory pack")
        verbose_name_plural = _("regulatory packs")
        default_permissions = ("view",)
        permissions = [("take_packmonth", "Can take the regulatory pack of a month")]
