from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CollectionsMgmtConfig(AppConfig):
    name = "collections_mgmt"
    verbose_name = _("Collections")
