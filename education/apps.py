from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EducationConfig(AppConfig):
    name = "education"
    verbose_name = _("Education")

    def ready(self) -> None:
        from dashu.approvals.acts import register
        from education import messages as _messages  # noqa: F401 – registers what they say
        from education import workshop_messages as _workshop_messages  # noqa: F401 – the same
        from education.approvals import KINDS

        for kind in KINDS:
            register(kind)
