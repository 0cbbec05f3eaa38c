"""
The people of the demo who can sign in, and the partner's program.

Their password follows from this installation's secret key, so it can be shown at every start without being kept, and
another installation has another one. It exists only where a demo book was seeded.
"""

import base64
import hashlib
import hmac
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from oauth2_provider.models import Application

from dashu.portal.demo.applicants import APPLICANTS
from dashu.portal.demo.book import CAST
from dashu.users.models import Borrower, Partner, User

DOMAIN = "demo.example.com"
PARTNER_CODE = CLIENT_ID = "demo-partner"

_STAFF = (
    (User.Role.COLLECTOR, "collector", "周敏", "zh-hans"),
    (User.Role.SUPERVISOR, "supervisor", "梁婉婷", "zh-hant"),
    (User.Role.UNDERWRITER, "underwriter", "孙博", "zh-hans"),
    (User.Role.ACCOUNTANT, "accountant", "Helen Tan", "en"),
    (User.Role.ADMIN, "admin", "Ada Lau", "en"),
)
_STATES = {
    "on-time": "Borrower, pays on time",
    "due-soon": "Borrower, payment due in 3 days",
    "overdue": "Borrower, 5 days overdue",
    "deep-arrears": "Borrower, 130 days overdue",
}


@dataclass(frozen=True, slots=True)
class Login:
    """One way in. `password` is None once it was changed; a program has a client id and secret instead of both."""

    who: str
    role: str
    email: str = ""
    password: str | None = None
    client_id: str = ""
    client_secret: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value != ""}


def staff_user(key: str) -> User:
    """Return the login of somebody of staff, such as "supervisor"."""
    return User.objects.get(email=f"{key}@{DOMAIN}")


def create() -> None:
    """Make the logins; the borrowers of the cast must be there."""
    encoded = make_password(_secret("password"))
    for role, key, name, language in _STAFF:
        _user(key, name, language, role, encoded, is_superuser=role == User.Role.ADMIN)
    for person in CAST:
        user = _user(person.key, person.name, person.language, User.Role.BORROWER, encoded)
        Borrower.objects.filter(email=f"borrower.{person.key}@example.com").update(user=user, email=user.email)
    for applicant in APPLICANTS:
        if applicant.listed_as:
            _user(applicant.key, applicant.name, applicant.language, User.Role.BORROWER, encoded)
    partner = _user("partner", "青禾优选", "zh-hans", User.Role.PARTNER, encoded)
    Partner.objects.create(code=PARTNER_CODE, name="青禾优选", user=partner)
    Application.objects.create(
        name="青禾优选",
        user=partner,
        client_id=CLIENT_ID,
        client_secret=_secret("client"),
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )


def demo_logins() -> list[Login]:
    """Return the logins of the demo book of this database; none where there is no demo book."""
    users = {user.email: user for user in User.objects.filter(email__endswith=f"@{DOMAIN}", is_active=True)}
    known: dict[str, bool] = {}
    found = []
    for who, key, role in _people():
        user = users.get(f"{key}@{DOMAIN}")
        if user is not None:
            if user.password not in known:
                known[user.password] = check_password(_secret("password"), user.password)
            password = _secret("password") if known[user.password] else None
            found.append(Login(who, role, email=user.email or "", password=password))
    application = Application.objects.filter(client_id=CLIENT_ID).first()
    if application is not None:
        secret = _secret("client") if check_password(_secret("client"), application.client_secret) else None
        found.append(Login("Partner's program (OAuth)", "PARTNER", client_id=CLIENT_ID, client_secret=secret))
    return found


def _people() -> list[tuple[str, str, str]]:
    return [
        *((_STATES[person.key], person.key, str(User.Role.BORROWER)) for person in CAST),
        *((each.listed_as, each.key, str(User.Role.BORROWER)) for each in APPLICANTS if each.listed_as),
        *((role.name.capitalize(), key, str(role)) for role, key, _name, _language in _STAFF),
        ("Partner", "partner", str(User.Role.PARTNER)),
    ]


def _user(key: str, name: str, language: str, role: str, encoded: str, *, is_superuser: bool = False) -> User:
    user = User(
        email=f"{key}@{DOMAIN}", name=name, language=language, role=role, password=encoded, is_superuser=is_superuser
    )
    user.save()
    return user


def _secret(purpose: str) -> str:
    """Return four groups of four characters that follow from the secret key."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"demo {purpose}".encode(), hashlib.sha256).digest()
    text = base64.b32encode(digest).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))
