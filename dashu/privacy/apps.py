from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "dashu.privacy"
    verbose_name = _("Own data")

    def ready(self) -> None:
        from dashu.messaging.guard import register_hold
        from dashu.privacy import templates as _templates  # noqa: F401 – registers what it says

        register_hold("closed", "SELECT borrower_id FROM privacy_accountclosure WHERE status <> 'UNDONE'")
