#!/usr/bin/env python
"""Run a management command: `manage.py help` lists them."""

import json
import os
import sys

# They answer in JSON, refusals included.
JSON_COMMANDS = {
    "annual_rate",
    "check_contact",
    "classify",
    "close_day",
    "import_bank_statement",
    "import_tape",
    "quote",
    "replay",
    "restructure_options",
}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from dashu.runtime.database_down import refusal_for

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if not (refusal := refusal_for(error)):
            raise
        if JSON_COMMANDS & set(sys.argv[1:2]):
            sys.stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False) + "\n")
        else:
            refusal.tell()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
