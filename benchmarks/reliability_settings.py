"""One machine with the logs of production and a clock that knows of nothing but the sweeps of receipts."""

from dashu.settings.dev import *  # noqa: F403

JSON_LOGS = True
STATEMENT_SECONDS = 4  # so that nobody waits for the 20 of production
