from django import forms
from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

# In our words: what to do, in each language alike. Here, because a field takes it over when its form is written down.
forms.Field.default_error_messages = {"required": _("Please fill this in.")}


class WebConfig(AppConfig):
    name = "dashu.web"
    verbose_name = _("Web parts")

    def ready(self) -> None:
        # Every process that runs Django queues tasks on our Celery application, not on Celery's default one.
        from django.utils.translation import gettext
        from django_structlog.celery.signals import modify_context_before_task_publish

        from dashu import celery  # noqa: F401
        from dashu.kernel import errors
        from dashu.web.logs import only_what_jobs_may_say, print_plain_tracebacks, write_json

        errors.translate = gettext
        (write_json if settings.JSON_LOGS else print_plain_tracebacks)()
        modify_context_before_task_publish.connect(only_what_jobs_may_say, dispatch_uid="dashu.web.jobs_say")
        if settings.TRACES_ENDPOINT:  # else their libraries are not even read
            from dashu.web import traces

            traces.connect()
