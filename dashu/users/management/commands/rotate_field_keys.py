"""`manage.py rotate_field_keys`: after a new key was put in front of DASHU_FIELD_KEYS, seal every field with it."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashu.users.services.rotate_field_keys import rotate_field_keys


class Command(BaseCommand):
    help = "Seal every protected field anew with the first key; one JSON line. Cut short, it is run again."

    def handle(self, *args: Any, **options: Any) -> None:
        rotated = rotate_field_keys(actor="system:rotate_field_keys")
        self.stdout.write(json.dumps(asdict(rotated)))
        if rotated.unreadable:
            raise CommandError(f"{len(rotated.unreadable)} values cannot be read with the keys that are set up.")
