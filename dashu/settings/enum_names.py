"""
What the OpenAPI document calls the sets of choices that several resources share.

One that is used under a name like `status`, as others are, would be named by a digest of its values. With a new value
it would have another name, and so would the class in a partner's generated client.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from importlib import import_module
from operator import attrgetter


def _values(of: str) -> Callable[[], list[str]]:
    """
    Return what lists the values of an enumeration, to be called once apps can be imported.

    :param of: module and name, such as "loans.models:Loan.Status".
    """
    module, _colon, name = of.partition(":")

    def values() -> list[str]:
        found: type[Enum] = attrgetter(name)(import_module(module))
        return [each.value for each in found]

    return values


def _event_types() -> list[str]:
    return sorted(import_module("dashu.webhooks.catalog").CATALOG)


ENUM_NAMES: Mapping[str, Callable[[], list[str]]] = {
    "ApplicationPaperKindEnum": _values("loans.models:ApplicationDocument.Kind"),
    "ApplicationStatusEnum": _values("loans.models:Application.State"),
    "DeliveryStatusEnum": _values("dashu.webhooks.models:WebhookDelivery.Status"),
    "DocumentKindEnum": _values("repayments.models:IssuedDocument.Kind"),
    "EventTypeEnum": _event_types,
    "JobFormatEnum": _values("dashu.bulk.models:BulkJob.Format"),
    "LoanStatusEnum": _values("loans.models:Loan.Status"),
    "PenaltyBaseEnum": _values("dashu.finance.penalty:PenaltyBase"),
    "ProductKindEnum": _values("loans.models:Product.Kind"),
    "ReliefMethodEnum": _values("dashu.finance.relief:ReliefMethod"),
    "ScheduleReasonEnum": _values("repayments.models:ScheduleVersion.Reason"),
}
