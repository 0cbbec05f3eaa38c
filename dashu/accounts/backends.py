"""Who is known at the sign-in page."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend


class SignInBackend(AuthenticationBackend):
    """
    Knows by their password also whoever's account is closed, so that the page can say so to them, and to nobody else.

    They are not let in: allauth and the back office refuse whoever is not active, and no session of theirs opens.
    """

    def user_can_authenticate(self, _user: Any) -> bool:
        return True

    def get_user(self, user_id: Any) -> Any:
        user = super().get_user(user_id)
        return user if user is not None and user.is_active else None
