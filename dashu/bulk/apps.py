from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BulkConfig(AppConfig):
    name = "dashu.bulk"
    verbose_name = _("Bulk jobs")

    def ready(self) -> None:
        from dashu.bulk.files import reseal_files
        from dashu.users.services.rotate_field_keys import register_files

        register_files(reseal_files)
