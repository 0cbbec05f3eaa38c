"""The test suite: real Postgres and Redis-protocol servers, cheap password hashes, nothing sent."""

from .base import *  # noqa: F403

SECRET_KEY = "a-key-for-tests-only"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
