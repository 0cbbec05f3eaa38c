"""What an applicant and those tied to them owe this lender already."""

from datetime import date, datetime

from django.db.models import Q, QuerySet, Sum

from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower, Identity
from loans.domain.fees import demanded_rows
from loans.models import Application, Business, Guarantor, Loan, Tranche

# An application that was paid out is a loan; one that ended otherwise ties nobody.
_TIES = ("SIGNED", "PAID_OUT")
OWED = (Loan.Status.APPROVED, Loan.Status.ACTIVE, Loan.Status.CHARGED_OFF)


def group_of(application: Application) -> QuerySet[Borrower]:
    """
    Return the borrowers who stand or fall together with the applicant, the applicant included.

    They are those with the same ID number, those whose business is the same, and, both ways, guarantors: who answers
    for the applicant's loans, and for whose loans the applicant answers.
    """
    indexes = set(Identity.objects.filter(borrower=application.borrower_id).values_list("number_index", flat=True))
    codes = Business.objects.filter(application__borrower=application.borrower_id).values("credit_code")
    mine = Guarantor.objects.filter(
        Q(application=application) | Q(application__borrower=application.borrower_id, application__status__in=_TIES)
    )
    answered_for = Guarantor.objects.filter(number_index__in=indexes, application__status__in=_TIES)
    return Borrower.objects.filter(
        Q(pk=application.borrower_id)
        | Q(identity__number_index__in=indexes)
        | Q(identity__number_index__in=mine.values("number_index"))
        | Q(pk__in=answered_for.values("application__borrower"))
        | Q(
            pk__in=Application.objects.filter(business__credit_code__in=codes, status__in=_TIES).values("borrower"),
        )
    ).distinct()


def exposure_of(application: Application) -> int:
    """
    Return what was lent to the group and may still be owed, minor units.

    What was repaid since is not taken off: this app knows contracts, and a limit that is a little too strict is safe.
    """
    owed = Loan.objects.filter(borrower__in=group_of(application), status__in=OWED)
    return owed.aggregate(sum=Sum("principal_minor"))["sum"] or 0


def owed_to_us_a_month(application: Application, *, on: date) -> int:
    """
    Return what the applicant owes this lender a month on running loans, minor units: the highest month still to come.

    :param on: installments due before it are over. Contracts are known here, and not what was paid ahead of them.
    """
    owed = Loan.objects.filter(borrower__in=same_person(application), status__in=OWED).select_related("product_terms")
    return sum(_highest_month(loan, on=on) for loan in owed)


def _highest_month(loan: Loan, *, on: date) -> int:
    try:
        rows = demanded_rows(loan.schedule_terms)
    except DomainError:  # a loan that was taken over may have a plan that no terms lead to
        return -(-loan.principal_minor // loan.installment_count)
    return max((row.total for row in rows if row.due_on >= on), default=0)


def signed_since(application: Application, moment: datetime) -> bool:
    """Whether the applicant signed for another loan since then, which no decision made then can have counted."""
    others = Tranche.objects.filter(contract__signed_at__gte=moment, loan__status__in=OWED)
    of_them = others.filter(loan__borrower__in=same_person(application))
    return of_them.exclude(contract__application=application).exists()


def same_person(application: Application) -> QuerySet[Borrower]:
    """Return the applicant, under each record with their ID number."""
    indexes = Identity.objects.filter(borrower=application.borrower_id).values("number_index")
    return Borrower.objects.filter(Q(pk=application.borrower_id) | Q(identity__number_index__in=indexes))


def seen_before(application: Application) -> bool:
    """
    Whether the same person, phone, card or paper stands in an open application of somebody else's login.

    It is no proof of anything; a person looks at it.
    """
    others = Application.objects.open().exclude(borrower=application.borrower_id)
    identity = Identity.objects.filter(borrower=application.borrower_id).first()
    same = Q()
    if identity:
        same |= Q(borrower__identity__number_index=identity.number_index)
        same |= Q(borrower__identity__phone_index=identity.phone_index)
    card = getattr(application, "card", None)
    if card:
        same |= Q(card__number_index=card.number_index)
    digests = list(application.documents.filter(removed_at=None).values_list("sha256", flat=True))
    if digests:
        same |= Q(documents__sha256__in=digests, documents__removed_at=None)
    return _has_twin(identity) or (bool(same) and others.filter(same).exists())


def _has_twin(identity: Identity | None) -> bool:
    """Whether another borrower gave the same ID number."""
    if identity is None:
        return False
    same = Identity.objects.filter(number_index=identity.number_index)
    return same.exclude(borrower=identity.borrower_id).exists()
