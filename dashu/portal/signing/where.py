"""From where somebody signs, as the evidence keeps it: their own address, not that of our proxies."""

from django.http import HttpRequest

from dashu.api.callers import client_ip
from loans.services.draft_contract import Where


def where_of(request: HttpRequest) -> Where:
    return Where(client_ip(request) or "", request.headers.get("User-Agent", ""))
