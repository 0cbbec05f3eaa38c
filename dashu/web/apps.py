from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebConfig(AppConfig):
    name = "dashu.web"
    verbose_name = _("Web parts")

    def ready(self) -> None:
        # Every process that runs Django queues tasks on our Celery application, not on Celery's default one.
        from django.utils.translation import gettext

        from dashu import celery  # noqa: F401
        from dashu.kernel import errors

        errors.translate = gettext
