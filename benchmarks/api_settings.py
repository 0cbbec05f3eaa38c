"""One machine as `script/server` runs it, with an address that does nothing beside those of the site."""

import os

from dashu.settings.dev import *  # noqa: F403

ROOT_URLCONF = "api_floors"
RECORD_API_CALLS = os.environ.get("BENCHMARK_RECORDS_CALLS", "1") == "1"
