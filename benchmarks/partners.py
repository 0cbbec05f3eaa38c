"""A partner's login and its client of the API, for the programs that speak to it."""

from typing import Any

CLIENT = "benchmark"
SECRET = "only for a benchmark"  # noqa: S105


def partner_login() -> Any:
    from oauth2_provider.models import Application

    from dashu.users.models import User

    user = User.objects.create_user(
        email="partner@example.com", password=SECRET, name="Partner", role=User.Role.PARTNER
    )
    Application.objects.create(
        name="Partner",
        user=user,
        client_id=CLIENT,
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    return user
