"""All applications of the borrower, each with how it stands and what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dashu.web.templatetags.dashu import lender_date, money
from loans.domain.applications import Status
from loans.models import Application

PAGE = 20
_TONES = {
    Status.DRAFT: ("calm", "pencil"),
    Status.SUBMITTED: ("calm", "clock"),
    Status.REFERRED: ("calm", "clock"),
    Status.OFFERED: ("soon", "arrow-right"),
    Status.ACCEPTED: ("soon", "arrow-right"),
    Status.SIGNED: ("calm", "clock"),
    Status.PAID_OUT: ("good", "check"),
}


@dataclass(frozen=True, slots=True)
class ApplicationShown:
    reference: str
    product: str
    asked_for: str
    begun_at: datetime
    status: Any
    tone: str
    icon: str
    next_step: str


@login_required
@require_GET
def own_applications(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    mine = Application.objects.visible_to(person).filter(borrower__user=person).select_related("product")
    page = Paginator(mine.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    shown = [_shown(application) for application in page]
    return render(request, "portal/applications.html", {"page": page, "applications": shown})


def _shown(application: Application) -> ApplicationShown:
    tone, icon = _TONES.get(Status(application.status), ("plain", "circle"))
    return ApplicationShown(
        reference=application.reference,
        product=str(application.product.label),
        asked_for=money(application.amount_minor, application.currency) if application.amount_minor else "",
        begun_at=application.created_at,
        status=application.get_status_display(),
        tone=tone,
        icon=icon,
        next_step=_next_step(application),
    )


def _next_step(application: Application) -> str:
    """Say what comes next and whose turn it is; "" where it is over."""
    day = lender_date(application.expires_on)
    match application.status:
        case Status.DRAFT:
            return _("Your turn: your answers are kept, go on where you stopped.")
        case Status.SUBMITTED:
            return _("Our turn: we are working out what fits.")
        case Status.REFERRED if application.due_at:
            return _("Our turn: you will hear from us by %(day)s.") % {"day": lender_date(application.due_at)}
        case Status.REFERRED:
            return _("Our turn: somebody is looking at it.")
        case Status.OFFERED:
            return _("Your turn: compare the offers. They hold until %(day)s.") % {"day": day}
        case Status.ACCEPTED:
            return _("Your turn: read what it costs and sign. The offer holds until %(day)s.") % {"day": day}
        case Status.SIGNED:
            return _("Our turn: the money is on its way.")
        case Status.REFUSED:
            return _("The page says why, what would help, and how to ask for a person.")
    return ""
