from django import forms
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# In our words: what to do, in each language alike. Here, because a field takes it over when its form is written down.
forms.Field.default_error_messages = {"required": _("Please fill this in.")}


class WebConfig(AppConfig):
    name = "dashu.web"
    verbose_name = _("Web parts")

    def ready(self) -> None:
        # Every process that runs Django queues tasks on our Celery application, not on Celery's default one.
        from django.utils.translation import gettext

        from dashu import celery  # noqa: F401
        from dashu.kernel import errors
        from dashu.web.logs import print_plain_tracebacks

        errors.translate = gettext
        print_plain_tracebacks()
