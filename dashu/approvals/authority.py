"""
Whose authority a person may decide by: their own role's, and that of whoever lent it to them.

The same bounds answer for one request (`power_over`) and for a whole list (`decidable_by`), so that the inbox shows
exactly what the decision will accept.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashu.approvals.models import ApprovalRequest, Delegation
from dashu.kernel.errors import DomainError
from dashu.policy.authority import Authority
from dashu.policy.rules import approval_authority
from dashu.users.models import User


class NotAuthorized(DomainError):
    """The person's role, permissions and lent authority do not reach this act."""

    code = "not_authorized"
    http_status = 403


@dataclass(frozen=True, slots=True)
class Power:
    """
    Authority to approve. It never reaches a request of anyone in `not_of`.

    :param lent_by: who lent it; None when it is the person's own.
    """

    role: str
    lent_by: User | None
    not_of: frozenset[int]

    def reaches(self, request: ApprovalRequest, authority: Authority) -> bool:
        return request.maker_id not in self.not_of and authority.may_approve(request.kind, self.role, request.amount)

    def condition(self, authority: Authority) -> Q:
        """`reaches` for the database."""
        within = Q(pk__in=[])
        for code, kind in authority.kinds.items():
            bounds = kind.roles.get(self.role)
            if bounds is None or bounds.approves_up_to == 0:
                continue
            if bounds.approves_up_to is None:
                within |= Q(kind=code)
            else:
                within |= Q(kind=code, currency=authority.currency, amount_minor__lte=bounds.approves_up_to)
        return within & ~Q(maker_id__in=self.not_of)


def powers_of(user: User, *, on: date) -> list[Power]:
    """
    Return the authority that a person has on a day, their own first.

    Lent authority reaches neither requests of the one who lent it nor of the one who entered the loan of it, who would
    else choose their own checker. It cannot be lent on.
    """
    if not (user.is_active and user.is_staff):
        return []
    lent = Delegation.objects.in_force(on).filter(to_user=user).select_related("from_user").order_by("pk")
    return [
        Power(user.role, None, frozenset({user.pk})),
        *(
            Power(row.from_user.role, row.from_user, frozenset({user.pk, row.from_user_id, row.made_by_id}))
            for row in lent
        ),
    ]


def power_over(request: ApprovalRequest, user: User, *, on: date) -> Power | None:
    """Return the authority by which this person may decide the request on this day, their own before lent one."""
    authority = approval_authority(on)
    return next((power for power in powers_of(user, on=on) if power.reaches(request, authority)), None)


def decidable_by(user: User, *, on: date) -> Q:
    """Return the condition on requests that `power_over` is not None."""
    authority = approval_authority(on)
    condition = Q(pk__in=[])
    for power in powers_of(user, on=on):
        condition |= power.condition(authority)
    return condition


def refuse_unless_may_ask(user: User, kind: str, permission: str, *, on: date) -> None:
    """:raises NotAuthorized: the role is not named for this kind, or the permission is lacking."""
    is_named = approval_authority(on).may_ask(kind, user.role)
    if not (user.is_active and user.is_staff and is_named and user.has_perm(permission)):
        raise NotAuthorized(_("Your role may not ask for this."))
