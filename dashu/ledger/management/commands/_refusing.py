"""What the commands of the ledger share: a refusal is one JSON document and exit code 1."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dashu.kernel.errors import DomainError


@contextmanager
def refusing(stdout: Any) -> Iterator[None]:
    try:
        yield
    except DomainError as refusal:
        stdout.write(json.dumps({"error": refusal.as_json()}, ensure_ascii=False))
        sys.exit(1)
