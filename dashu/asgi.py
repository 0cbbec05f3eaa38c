"""The ASGI entry point of the web server."""

import os

from django.core.asgi import get_asgi_application

from dashu.passing import limit_statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")
application = get_asgi_application()
limit_statements()
