from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Signing in, and what guards it. Its rows are those of `dashu.users` and of allauth."""

    name = "dashu.accounts"
    verbose_name = _("Signing in")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from dashu.accounts.authenticators import reseal_authenticators
        from dashu.accounts.idle import begin
        from dashu.users.services.rotate_field_keys import register_files

        user_logged_in.connect(begin, dispatch_uid="dashu.accounts.begin")
        register_files(reseal_authenticators)
