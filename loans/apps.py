from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoansConfig(AppConfig):
    name = "loans"
    verbose_name = _("Loans")

    def ready(self) -> None:
        import loans.messages  # noqa: F401 – registers its templates
        from dashu.approvals.acts import register
        from loans.approvals import KINDS

        for kind in KINDS:
            register(kind)
