"""The WSGI entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")
application = get_wsgi_application()

# Read before the server forks its workers, so that one which replaces a dead one answers at once.
assert get_resolver().url_patterns
