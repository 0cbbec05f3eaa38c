"""What a partner is told of the applications and loans that they brought, in the transaction of the write itself."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashu.webhooks.services import record
from loans.models import Application, ApplicationEvent, Loan

Kind = ApplicationEvent.Kind

_OF_APPLICATIONS: Mapping[str, tuple[str, ...]] = {
    Kind.SUBMITTED: ("application.submitted",),
    Kind.OFFERED: ("application.decided", "application.offered"),
    Kind.REFUSED: ("application.decided",),
    Kind.SIGNED: ("application.signed",),
    Kind.WITHDRAWN: ("application.withdrawn",),
    Kind.EXPIRED: ("application.expired",),
}
_OF_STATUSES: Mapping[str, str] = {
    Loan.Status.ACTIVE: "loan.reopened",
    Loan.Status.SETTLED: "loan.settled",
    Loan.Status.CHARGED_OFF: "loan.charged_off",
    Loan.Status.WRITTEN_OFF: "loan.written_off",
    Loan.Status.SOLD: "loan.sold",
    Loan.Status.CANCELLED: "loan.cancelled",
}


def tell_of_application(application: Application, kind: str, data: Mapping[str, Any]) -> None:
    """Tell of what was just noted on an application, where it is something that partners hear of."""
    if application.partner_id is None:
        return
    for type in _OF_APPLICATIONS.get(kind, ()):
        more = {"offers": data["offers"]} if type == "application.offered" else {}
        about = {"application": application.reference, "product": application.product.code}
        record(
            partner_id=application.partner_id,
            type=type,
            subject=application.reference,
            data={**about, "status": application.status, **more},
        )


def tell_of_loan(loan: Loan, type: str, data: Mapping[str, Any], *, on: date | None = None) -> None:
    """:param data: what the catalog asks for beside the loan. :param on: the day for which it counts."""
    record(
        partner_id=loan.partner_id,
        type=type,
        subject=loan.number,
        data={"loan": loan.number, **data},
        business_date=on,
    )


def tell_of_status(loan: Loan, before: str, *, on: date) -> None:
    """Tell that a locked loan has another status than before."""
    data = {"previous_status": str(before), "status": str(loan.status), "on": on}
    tell_of_loan(loan, _OF_STATUSES[loan.status], data, on=on)
