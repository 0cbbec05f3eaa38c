from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BreakGlassConfig(AppConfig):
    name = "dashu.break_glass"
    verbose_name = _("Emergencies")
