from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "dashu.api"
    verbose_name = _("Partner API")

    def ready(self) -> None:
        from dashu.api import schema  # noqa: F401  tells the schema generator how partners authenticate
