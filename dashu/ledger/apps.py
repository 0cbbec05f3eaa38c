from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "dashu.ledger"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from dashu.ledger.chart import load_chart_after_migrate

        post_migrate.connect(load_chart_after_migrate, sender=self, dispatch_uid="dashu.ledger.load_chart")
