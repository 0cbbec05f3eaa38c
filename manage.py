#!/usr/bin/env python
"""Run a management command: `manage.py help` lists them."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashu.settings.dev")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from dashu.runtime.database_down import refusal_for

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if refusal := refusal_for(error):
            refusal.tell()
            return 1
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
