from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoansConfig(AppConfig):
    name = "loans"
    verbose_name = _("Loans")

    def ready(self) -> None:
        import loans.messages  # noqa: F401 – registers its templates
        from dashu.approvals.acts import register
        from dashu.users.services.rotate_field_keys import register_files
        from loans.approvals import KINDS
        from loans.services.document_contents import reseal_contents

        for kind in KINDS:
            register(kind)
        register_files(reseal_contents)
