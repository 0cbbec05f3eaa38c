"""What stands between a right password and being signed in, where allauth's own steps ask of more people than we do."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage

from dashu.users.models import SignInPhone, User


class ConfirmNewAddress(EmailVerificationStage):
    """
    Whoever opens an account with an e-mail address enters it only by a code that was sent there.

    Accounts made by an administrator, and those that somebody signed in to before, are not held up.
    """

    def handle(self) -> Any:
        user: Any = self.login.user
        if user is not None and not must_confirm_address(user):
            return None, True
        return super().handle()


def must_confirm_address(user: User) -> bool:
    if user.role != User.Role.BORROWER or user.last_login is not None:
        return False
    if SignInPhone.objects.filter(user=user, verified_at__isnull=False).exists():
        return False
    confirmed = EmailAddress.objects.filter(user=user).values_list("verified", flat=True)
    return bool(confirmed) and not any(confirmed)
