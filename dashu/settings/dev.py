"""One machine: what `script/server` runs, with the embedded servers and a secret of its own."""

import secrets

from .base import *  # noqa: F403
from .base import DASHU_HOME, SANDBOX, WEBHOOKS
from .env import derived_key, field_keys, flag, index_key, is_given, words

DEBUG = flag("DASHU_DEBUG", default=False)
ALLOWED_HOSTS = words("DASHU_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
INTERNAL_IPS = ["127.0.0.1"]


def _own_secret() -> str:
    """Return this home's signing secret, made on first use; two processes that race keep the first one written."""
    path = DASHU_HOME / "secret_key"
    DASHU_HOME.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text(encoding="utf-8")


SECRET_KEY = _own_secret()
# The last key follows from the secret and opens what was sealed before others were given.
FIELD_KEYS = [
    *(field_keys("DASHU_FIELD_KEYS") if is_given("DASHU_FIELD_KEYS") else []),
    ("own", derived_key(SECRET_KEY, "fields")),
]
FIELD_INDEX_KEY = (
    index_key("DASHU_FIELD_INDEX_KEY") if is_given("DASHU_FIELD_INDEX_KEY") else derived_key(SECRET_KEY, "index")
)
# Without a mail server, what accounts send (confirmations, new passwords) lies in files.
if not is_given("DASHU_SMTP_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DASHU_HOME / "mail"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost
# In a sandbox a partner's program may run beside it.
WEBHOOKS = {**WEBHOOKS, "ALLOW_LOOPBACK": flag("DASHU_WEBHOOKS_ALLOW_LOOPBACK", default=SANDBOX)}
# Of a demonstration everybody knows the passwords, so a second factor would protect nothing; see docs/accounts.md.
STAFF_NEED_SECOND_FACTOR = STEP_UP = flag("DASHU_STAFF_SECOND_FACTOR", default=False)
