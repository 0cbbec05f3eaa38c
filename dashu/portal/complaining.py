"""How to complain, for everyone to read, signed in or not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from dashu.policy.complaints import ComplaintWords


@require_GET
def complaints(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/complaints.html", {"complaints": complaints_shown()})


def complaints_shown() -> ComplaintWords:
    """Return today's words in the reader's language, as `components/complaints.html` takes them."""
    return policy.complaints(lender_today()).told(get_language() or "zh-hans")
