"""Sign-in rules of this lender, for django-allauth."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """
    Anyone may open an account to apply for a loan; it is a borrower's, whatever else the form says.

    Staff and partners are made by an administrator.
    """

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.language = get_language() or user.language
        return super().save_user(request, user, form, commit)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Send it; whoever opens an account can go on without it, so a mail server that is down stops nobody."""
        try:
            super().send_confirmation_mail(request, emailconfirmation, signup)
        except (SMTPException, OSError) as error:
            logger.error("No confirmation could be sent: %s", error)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index") if getattr(request.user, "is_staff", False) else "/"
