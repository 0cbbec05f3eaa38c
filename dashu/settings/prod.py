"""Production: every secret and address comes from the environment, and a missing one refuses the start."""

from typing import Any

from . import env
from .base import *  # noqa: F403
from .base import LOGGING

SANDBOX = env.sandbox()
SECRET_KEY = env.secret("DASHU_SECRET_KEY")
if SANDBOX:  # what a sandbox signs opens nothing where loans are real, even if both were given one secret
    SECRET_KEY = env.derived_key(SECRET_KEY, "sandbox").hex()
FIELD_KEYS = env.field_keys("DASHU_FIELD_KEYS")
FIELD_INDEX_KEY = env.index_key("DASHU_FIELD_INDEX_KEY")
ALLOWED_HOSTS = env.words("DASHU_ALLOWED_HOSTS") or [env.text("DASHU_ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = env.words("DASHU_TRUSTED_ORIGINS")
# Behind PgBouncer in transaction mode: nothing of a session is there for the next statement.
POOLED = env.flag("DASHU_POOLED", default=False)
DATABASES = {"default": env.database(env.secret("DATABASE_URL"), is_pooled=POOLED)}
if POOLED:
    STATEMENT_SECONDS = 0
REDIS_URL = env.secret("REDIS_URL")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("DASHU_SSL_REDIRECT", default=True)
# The load balancer asks from inside, without TLS; a program that calls without it is refused, not led on.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$", r"^(api/v|oauth/)"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# A cookie of such a name is taken by browsers from this very host alone, over TLS.
SESSION_COOKIE_NAME, SESSION_COOKIE_SECURE = "__Host-session", True
CSRF_COOKIE_NAME, CSRF_COOKIE_SECURE = "__Host-csrf", True
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_SECURE = "__Host-language", True
SIMULATED_GATEWAY = SANDBOX or env.flag("DASHU_SIMULATED_GATEWAY", default=False)
SIMULATED_BUREAU = SANDBOX or env.flag("DASHU_SIMULATED_BUREAU", default=False)
JSON_LOGS = True
_handlers: Any = LOGGING["handlers"]
_handlers["console"]["formatter"] = "json"
