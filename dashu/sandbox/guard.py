"""The one question that everything here asks first."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError


class NotASandbox(DomainError):
    """This installation is no sandbox: what is here is real."""

    code = "not_a_sandbox"
    http_status = 409


def require_sandbox() -> None:
    """:raises NotASandbox: here loans are real."""
    if not settings.SANDBOX:
        raise NotASandbox(
            _("This installation is no sandbox. Start one with DASHU_SANDBOX=1 and a database of its own.")
        )
