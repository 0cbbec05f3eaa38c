"""Begin an application, or go on with the one that is open."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower, SignInPhone, User
from dashu.users.phones import at_home
from loans.models import Application
from loans.selectors.products import product_terms
from loans.services.application_rows import Kind, note

DRAFT_DAYS = 30


class NotAnApplicant(DomainError):
    """Staff and partners' logins do not borrow."""

    code = "not_an_applicant"
    http_status = 403


class AnotherOpen(DomainError):
    """Another application for the same product is open, and there is one at a time."""

    code = "another_application_open"
    http_status = 409


@transaction.atomic
def borrower_of(*, user_id: int) -> Borrower:
    """
    Return the borrower that a login stands for, made when it applies for the first time.

    :raises NotAnApplicant: the login is one of staff or of a partner.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    if user.role != User.Role.BORROWER:
        raise NotAnApplicant(_("Apply with a login of your own, not with one of staff or of a partner."))
    phone = SignInPhone.objects.filter(user=user, verified_at__isnull=False).first()
    borrower, _made = Borrower.objects.get_or_create(
        user=user,
        defaults={
            "name": user.name or user.email or (phone.shown if phone else str(user)),
            "language": user.language,
            "email": user.email or "",
            "phone": at_home(phone.phone) if phone else "",
        },
    )
    return borrower


@transaction.atomic
def start_application(
    *, borrower_id: int, product_code: str, now: datetime, actor: str, partner_id: int | None = None
) -> Application:
    """
    Return the applicant's open application for a product, or begin one.

    :param partner_id: who brings the applicant; None for applicants of their own.
    :raises AnotherOpen: the open one did not come through this partner, who learns nothing else of it.
    :raises UnknownProduct: no such product is offered today.
    """
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    product = product_terms(product_code, on=lender_date(now)).product
    if begun := Application.objects.open().filter(borrower=borrower, product=product).first():
        if partner_id is not None and begun.partner_id != partner_id:
            raise AnotherOpen(
                _("An application for this product that you did not bring is open. There is one at a time."),
                field="product",
            )
        return begun
    application = Application.objects.create(
        borrower=borrower,
        product=product,
        partner_id=partner_id,
        expires_on=lender_date(now) + timedelta(days=DRAFT_DAYS),
    )
    note(application, Kind.STARTED, now=now, actor=actor)
    return application
