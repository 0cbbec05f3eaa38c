"""The test suite: real Postgres and Redis-protocol servers, cheap password hashes, nothing sent."""

import os
from urllib.parse import urlsplit

from .base import *  # noqa: F403
from .base import API_LIMITS, CACHES, REDIS_URL, STORAGES
from .env import derived_key

# Each process of a parallel run has a Redis database of its own, as it has a Postgres database of its own.
REDIS_URL = urlsplit(REDIS_URL)._replace(path=f"/{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:]}").geturl()
CELERY_BROKER_URL = REDIS_URL
CACHES["default"]["LOCATION"] = REDIS_URL

LANGUAGE_CODE = "en"  # tests read the words of the code; a test of another language asks for it
SECRET_KEY = "a-key-for-tests-only"  # noqa: S105
FIELD_KEYS = [("test", derived_key(SECRET_KEY, "fields"))]
FIELD_INDEX_KEY = derived_key(SECRET_KEY, "index")
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
SIMULATED_BUREAU_DELAY_MS = 0
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES["private"] = {"BACKEND": "django.core.files.storage.InMemoryStorage", "OPTIONS": {}}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost
# A test of the log or of the limits switches them on; elsewhere they would change what others count.
RECORD_API_CALLS = False
API_LIMITS.update(dict.fromkeys(API_LIMITS, 1_000_000))
# Tests sign in without a second factor and prove nothing again, but for those of just that.
STAFF_NEED_SECOND_FACTOR = STEP_UP = False
