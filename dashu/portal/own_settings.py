"""What the borrower has settled about themselves: language, consents, and what is known of them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from dashu.consents.models import ConsentEntry, ConsentText
from dashu.consents.selectors import all_consents_held, consents_held, latest_texts
from dashu.consents.services import ledger
from dashu.kernel.dates import lender_now
from dashu.kernel.errors import DomainError
from dashu.kernel.masking import masked_phone
from dashu.policy.early_warning import WITH_CONSENT
from dashu.portal.own_borrower import own_borrower
from dashu.users.actors import actor_of
from dashu.users.models import Borrower, Identity
from loans.domain.application_consents import NEEDED
from loans.domain.applications import Status
from loans.models import Application, Loan
from loans.services.withdraw_consent import withdraw_consent
from repayments.models import AutopayMandate

MOST_LINES = 200
EARLY_HELP = sorted(set(WITH_CONSENT.values()))


@login_required
@require_GET
def language(request: HttpRequest) -> HttpResponse:
    """The three languages; what is chosen is kept with the person, so that messages come in it, too."""
    offered = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
    return render(request, "portal/language.html", {"languages": offered, "current": get_language()})


@login_required
@require_http_methods(["GET", "POST"])
def consents(request: HttpRequest) -> HttpResponse:
    """Everything that was agreed to, for whichever application or account, and the way to take it back."""
    borrower = own_borrower(request)
    if request.method == "POST":
        try:
            about = request.POST.get("about", "").replace("\0", "")  # which PostgreSQL does not take
            if request.POST.get("give"):
                _give_early_help(borrower, request.POST["give"], actor_of(request))
                messages.success(request, _("Thank you. You can take it back here at any time."))
            else:
                _take_back(borrower, about, request.POST.get("purpose", "")[:24], actor_of(request))
                messages.success(request, _("You have taken this consent back."))
        except DomainError as error:
            messages.error(request, error.user_message)
        return redirect("portal:consents")
    held = all_consents_held(borrower_id=borrower.pk)
    applications = {
        application.reference: application
        for application in _applications(borrower).filter(reference__in={line.about for line in held})
    }
    lines = ConsentEntry.objects.filter(borrower=borrower).select_related("text").order_by("-pk")
    person: Any = request.user
    mandates = AutopayMandate.objects.visible_to(person).filter(loan__borrower=borrower).select_related("loan")
    return render(
        request,
        "portal/consents.html",
        {
            "held": [(line, applications.get(line.about), _may_take_back(line, applications)) for line in held],
            "needed": NEEDED,
            "offered": _offered(borrower),
            "mandates": mandates.exclude(status=AutopayMandate.Status.CANCELLED),
            "lines": lines[:MOST_LINES],
        },
    )


@login_required
@require_GET
def details(request: HttpRequest) -> HttpResponse:
    """What we know about the borrower, masked: the page may be seen over a shoulder. The export has it in full."""
    borrower = own_borrower(request)
    person: Any = request.user
    identity = Identity.objects.visible_to(person).filter(borrower=borrower).first()
    return render(
        request,
        "portal/details.html",
        {"borrower": borrower, "identity": identity, "phone": masked_phone(borrower.phone) if borrower.phone else ""},
    )


def _offered(borrower: Borrower) -> list[ConsentText]:
    """Return what the borrower of a running loan may agree to, so that help comes early; never a condition."""
    if not Loan.objects.filter(borrower=borrower, status=Loan.Status.ACTIVE).exists():
        return []
    held = consents_held(borrower_id=borrower.pk, about="")
    return [text for text in latest_texts(EARLY_HELP) if text.purpose not in held]


def _give_early_help(borrower: Borrower, text_id: str, actor: str) -> None:
    """:raises ConsentTextOutdated: it is no text of early help that is in use."""
    offered = [text.pk for text in latest_texts(EARLY_HELP) if str(text.pk) == text_id]
    ledger.give_consents(borrower_id=borrower.pk, text_ids=offered or [0], about="", now=lender_now(), actor=actor)


def _take_back(borrower: Borrower, about: str, purpose: str, actor: str) -> None:
    application = _applications(borrower).filter(reference=about).first()
    if application:
        withdraw_consent(application_id=application.pk, purpose=purpose, now=lender_now(), actor=actor)
    else:
        ledger.withdraw_consent(
            borrower_id=borrower.pk, purpose=purpose, about=about[:40], now=lender_now(), actor=actor
        )


def _may_take_back(line: ConsentEntry, applications: dict[str, Application]) -> bool:
    application = applications.get(line.about)
    return application is None or application.status not in (Status.SIGNED, Status.PAID_OUT)


def _applications(borrower: Borrower) -> Any:
    return Application.objects.filter(borrower=borrower).select_related("product")
