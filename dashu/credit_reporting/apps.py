from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CreditReportingConfig(AppConfig):
    name = "dashu.credit_reporting"
    label = "credit_reporting"
    verbose_name = _("Credit reporting")

    def ready(self) -> None:
        from dashu.approvals.acts import register
        from dashu.credit_reporting import messages as _messages  # noqa: F401 – registers what it says
        from dashu.credit_reporting.approvals import ACTS
        from dashu.credit_reporting.stored_files import reseal_files
        from dashu.users.services.rotate_field_keys import register_files

        for act in ACTS:
            register(act)
        register_files(reseal_files)
