"""The WSGI entry point of the web server."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import reverse
from django.utils import translation

from dashu.passing import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")
application = get_wsgi_application()
limit_statements()

# Addresses and words are read before the server forks its workers, so that one which replaces a dead one answers at
# once. Django keeps the addresses of each language apart.
for _language, _name in settings.LANGUAGES:
    with translation.override(_language):
        assert reverse("live")

# What is there now stays: no request waits while the collector walks through it, and workers share its pages.
gc.collect()
gc.freeze()
