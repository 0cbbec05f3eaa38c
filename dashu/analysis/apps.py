from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AnalysisConfig(AppConfig):
    name = "dashu.analysis"
    verbose_name = _("Analysis")

    def ready(self) -> None:
        from dashu.analysis.views import drop_before_migrate, write_after_migrate

        pre_migrate.connect(drop_before_migrate, sender=self, dispatch_uid="dashu.analysis.drop_views")
        post_migrate.connect(write_after_migrate, sender=self, dispatch_uid="dashu.analysis.write_views")
