"""The installments of a loan's schedule versions, in order."""

from dataclasses import dataclass

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from dashu.kernel.errors import DomainError
from loans.models import Loan
from repayments.models import Installment, LoanBalance, ScheduleVersion


class ScheduleNotFound(DomainError):
    """The loan has no schedule yet, or no version with this number."""

    code = "schedule_not_found"
    http_status = 404


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    One version of a loan's schedule.

    :param versions: the numbers of all versions in order; the last one is in force.
    :param installments: with `total_minor`, `paid_minor` and `waived_minor` over their three parts.
    :param balance: where the loan stands today, whatever version is shown.
    """

    loan: Loan
    shown: ScheduleVersion
    versions: list[int]
    installments: list[Installment]
    balance: LoanBalance


def schedule_of(loan: Loan, *, version: int | None = None) -> QuerySet[Installment]:
    """Return the rows of one version, by default the one in force; empty where there is no such version."""
    rows = Installment.objects.filter(loan_id=loan.pk).order_by("number")
    return rows.filter(is_current=True) if version is None else rows.filter(version=version)


def full_schedule(loan: Loan, *, version: int | None = None) -> Schedule:
    """
    Return one version with its sums, by default the one in force, in three queries whatever its length.

    :raises ScheduleNotFound: the loan is not paid out, or there is no such version.
    """
    versions = list(ScheduleVersion.objects.filter(loan_id=loan.pk).order_by("version"))
    if not versions:
        raise ScheduleNotFound(_("This loan has no schedule yet: it has not been paid out."), field="loan")
    shown = next((one for one in versions if one.version == version), None) if version else versions[-1]
    if shown is None:
        raise ScheduleNotFound(
            _("This loan has no schedule version %(version)s. The newest is %(newest)s."),
            field="version",
            params={"version": version, "newest": versions[-1].version},
        )
    return Schedule(
        loan=loan,
        shown=shown,
        versions=[one.version for one in versions],
        installments=list(_with_sums(schedule_of(loan, version=shown.version))),
        balance=LoanBalance.objects.get(pk=loan.pk),
    )


def _with_sums(rows: QuerySet[Installment]) -> QuerySet[Installment]:
    return rows.annotate(
        total_minor=F("principal_minor") + F("interest_minor") + F("fee_minor"),
        paid_minor=F("paid_principal_minor") + F("paid_interest_minor") + F("paid_fee_minor"),
        waived_minor=F("waived_principal_minor") + F("waived_interest_minor") + F("waived_fee_minor"),
    )
