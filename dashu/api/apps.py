from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "dashu.api"
    verbose_name = _("Partner API")

    def ready(self) -> None:
        from dashu.api import schema, schema_shapes  # noqa: F401  tell the schema generator what it cannot see
