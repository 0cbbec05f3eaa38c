from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    name = "dashu.messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from dashu.approvals.acts import register
        from dashu.messaging import consent_notices as _consents  # noqa: F401 – registers what they say
        from dashu.messaging import notices as _notices  # noqa: F401 – registers what they say
        from dashu.messaging.approvals import KINDS

        for kind in KINDS:
            register(kind)
