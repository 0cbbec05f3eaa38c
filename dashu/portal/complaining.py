"""How to complain, for everyone to read, signed in or not; and to whom is signed in, their own complaints."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from collections_mgmt.models import Complaint
from dashu.kernel.dates import lender_today
from dashu.policy import rules as policy
from dashu.policy.complaints import ComplaintWords
from dashu.users.models import User

SHOWN = 50


@require_GET
def complaints(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    is_borrower = user.is_authenticated and user.role == User.Role.BORROWER
    own = Complaint.objects.visible_to(user).filter(borrower__user=user).order_by("-pk")[:SHOWN] if is_borrower else []
    context = {
        "complaints": complaints_shown(),
        "is_borrower": is_borrower,
        "own": own,
        "days": policy.answer_clock("complaint", lender_today()).days,
    }
    return render(request, "portal/complaints.html", context)


def complaints_shown() -> ComplaintWords:
    """Return today's words in the reader's language, as `components/complaints.html` takes them."""
    return policy.complaints(lender_today()).told(get_language() or "zh-hans")
