from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "dashu.users"
    verbose_name = _("People")

    def ready(self) -> None:
        from dashu.users.roles import sync_roles_after_migrate

        post_migrate.connect(sync_roles_after_migrate, dispatch_uid="dashu.users.sync_roles")
