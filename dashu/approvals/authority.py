"""
Whose authority a person may decide by: their own role's, and that of whoever lent it to them.

The same bounds answer for one request (`power_over`) and for a whole list (`decidable_by`), so that the inbox shows
what the decision will accept. Only what a request is about may have grown since, and only the decision looks at that.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from dashu.approvals.acts import act_kind, codes_on_line, line_of_rule
from dashu.approvals.models import ApprovalRequest, Delegation
from dashu.kernel.dates import midnight
from dashu.kernel.errors import DomainError
from dashu.kernel.money import Money
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

    def reaches(self, request: ApprovalRequest, amount: Money, authority: Authority) -> bool:
        line = line_of_rule(request.kind)
        return request.maker_id not in self.not_of and authority.may_approve(line, self.role, amount)

    def condition(self, authority: Authority) -> Q:
        """`reaches` for the database, of the amounts that were asked for."""
        within = Q(pk__in=[])
        for line, kind in authority.kinds.items():
            bounds = kind.roles.get(self.role)
            if bounds is None or bounds.approves_up_to == 0:
                continue
            of_line = Q(kind__in=codes_on_line(line))
            if bounds.approves_up_to is None:
                within |= of_line
            else:
                within |= of_line & Q(currency=authority.currency, amount_minor__lte=bounds.approves_up_to)
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
    """
    Return the authority by which this person may decide the request on this day, their own before lent one.

    None reaches what its kind bars the person from.
    """
    bars = act_kind(request.kind).bars
    if bars and bars(request.payload, user):
        return None
    authority = approval_authority(on)
    amount = amount_at_stake(request, on=on)
    return next((power for power in powers_of(user, on=on) if power.reaches(request, amount, authority)), None)


def amount_at_stake(request: ApprovalRequest, *, on: date) -> Money:
    """Return the amount over which a decision needs authority: what was asked for, or what it is by now if more."""
    amount_now = act_kind(request.kind).amount
    try:
        now = amount_now(request.payload, on) if amount_now else 0
    except DomainError:
        now = 0  # It can no longer be done.
    return Money(max(request.amount_minor, now), request.currency)


def decidable_by(user: User, *, on: date) -> Q:
    """Return the condition on requests that `power_over` is not None, as long as no amount has grown."""
    authority = approval_authority(on)
    condition = Q(pk__in=[])
    for power in powers_of(user, on=on):
        condition |= power.condition(authority)
    return condition


def refuse_unless_may_ask(user: User, kind: str, permission: str, *, on: date) -> None:
    """:raises NotAuthorized: the role is not named for this kind, or the permission is lacking."""
    if user.is_active and user.role == User.Role.PARTNER and act_kind(kind).is_for_partners:
        return
    is_named = approval_authority(on).may_ask(line_of_rule(kind), user.role)
    if not (user.is_active and user.is_staff and is_named and user.has_perm(permission)):
        raise NotAuthorized(_("Your role may not ask for this."))


def may_do_alone(user: User, kind: str, amount: Money, *, loan_id: int | None, on: date) -> bool:
    """
    Whether the person needs nobody else for this.

    What they did alone of the same kind on the same loan that day counts with it, or a bound would be passed in parts.
    """
    total = Money(amount.minor + _done_alone(user, kind, loan_id, on), amount.currency)
    return approval_authority(on).may_do_alone(line_of_rule(kind), user.role, total)


def last_moment(kind: str, *, on: date) -> datetime:
    """Return when a request of this day can no longer be decided."""
    return midnight(on + timedelta(days=approval_authority(on).kinds[line_of_rule(kind)].expires_days + 1))


def _done_alone(user: User, kind: str, loan_id: int | None, on: date) -> int:
    if loan_id is None:
        return 0
    # Of one kind, what ends at the same moment was asked for on the same day.
    that_day = ApprovalRequest.objects.filter(expires_at=last_moment(kind, on=on))
    alone = that_day.filter(loan_id=loan_id, maker=user, kind=kind, is_alone=True)
    return alone.order_by().aggregate(minor=Sum("amount_minor"))["minor"] or 0
