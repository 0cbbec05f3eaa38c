from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RepaymentsConfig(AppConfig):
    name = "repayments"
    verbose_name = _("Repayments")

    def ready(self) -> None:
        import repayments.messages  # noqa: F401 – registers its templates
        from dashu.approvals.acts import register
        from repayments.approvals import KINDS

        for kind in KINDS:
            register(kind)
