from typing import Any

from django.http import HttpRequest


def kept_input(request: HttpRequest) -> dict[str, Any]:
    """Give the page what was typed into its form before the session was over, see `dashu.accounts.kept_input`."""
    return {"kept_input": getattr(request, "kept_input", None)}
