from typing import Any

from django.http import HttpRequest


def kept_input(request: HttpRequest) -> dict[str, Any]:
    """Tell the page whether something was typed into its form before the session was over."""
    return {"kept_input": getattr(request, "kept_input", None)}
