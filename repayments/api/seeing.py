"""What of the book a partner's program may see, and the ids by which it names payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter

from dashu.api.authentication import PartnerRequest
from dashu.api.compiled import CompiledRow
from dashu.kernel.money import CurrencyMismatch, Money
from dashu.users.models import Partner, User
from loans.models import Loan
from repayments.services.booking import LoanNotFound

# Eighty characters, each of which can be three bytes that are written `~E5`.
LONGEST_PUBLIC_ID = 720
NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="The loan number: `id` of the loan.")


@dataclass(frozen=True, slots=True)
class Specimen:
    """Stands for the request of any partner where a query is compiled before there is one."""

    user: User
    partner: Partner


def _specimen() -> Specimen:
    user = User(pk=-101, role=User.Role.PARTNER, is_active=True)
    return Specimen(user, Partner(pk=-102, code="specimen", user=user))


# Authentication lets only active logins of active partners through, so what they may see differs by who they are alone.
SPECIMEN = _specimen()


def loans_of(request: PartnerRequest) -> QuerySet[Loan]:
    # Naming the partner again, by its key, is what lets the index of a partner's loans find them.
    return Loan.objects.visible_to(request.user).filter(partner=request.partner)


def visible_loan(request: PartnerRequest, number: str) -> Loan:
    """
    Return the loan with this number; another partner's loan is as unknown as one that does not exist.

    :raises LoanNotFound: the partner sees no such loan.
    """
    found = None if "\0" in number else _VISIBLE.get(user=request.user.pk, number=number)
    if found is None:
        raise LoanNotFound(_("There is no such loan."), field="loan")
    return found


_VISIBLE = CompiledRow(
    lambda: Loan.objects.visible_to(SPECIMEN.user).filter(number="number"), user=SPECIMEN.user.pk, number="number"
)


def visible_loans(request: PartnerRequest, numbers: Sequence[str]) -> list[Loan]:
    """
    Return the loans with these numbers, in this order; one query.

    :raises LoanNotFound: one of them is not there to be seen.
    """
    found: dict[str, Loan] = {}
    if not any("\0" in number for number in numbers):
        found = {loan.number: loan for loan in Loan.objects.visible_to(request.user).filter(number__in=numbers)}
    if any(number not in found for number in numbers):
        raise LoanNotFound(_("There is no such loan."), field="loan")
    return [found[number] for number in numbers]


def in_currency_of(loan: Loan, amount: Money) -> Money:
    if amount.currency != loan.currency:
        raise CurrencyMismatch(
            _("This loan is in %(currency)s. Send the amount in that currency."),
            field="amount",
            params={"currency": loan.currency},
        )
    return amount


def public_id(reference: str) -> str:
    """Return a reference of ours so that it is one part of an address: all but plain characters as `~` and hex."""
    return quote(reference, safe=":").replace("~", "%7E").replace("%", "~")


def reference_of(public: str) -> str:
    """Return the reference that an id stands for; of an id that we never gave out, one that belongs to nothing."""
    return unquote(public.replace("~", "%")).replace("\0", "")
