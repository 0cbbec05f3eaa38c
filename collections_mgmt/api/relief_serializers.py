"""A budget that a partner states for a borrower, and the offers that come of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from collections_mgmt.domain.relief.offers import Code
from collections_mgmt.models import HardshipRequest, OfferSet, RestructuringOffer, RestructuringPlan
from collections_mgmt.selectors.relief_of_partner import ways_told
from dashu.api.bulk_reading import BulkQuery, IdsField
from dashu.api.fields import (
    MOMENT_SHAPE,
    ByCodeField,
    LenderDateField,
    MoneyField,
    MoneyShape,
    SignedMoneyField,
    SignedMoneyShape,
    StrictSerializer,
    money_json,
)
from dashu.api.pagination import PageQuery
from dashu.api.reading import ReadQuery
from dashu.finance.relief import ReliefMethod
from dashu.users.models import Partner

LANGUAGES = [code for code, _name in settings.LANGUAGES]
METHODS = [method.value for method in ReliefMethod]
REASONS = [code.value for code in Code]


class AmountsField(ByCodeField):
    """Amounts of a month, such as `{"SALARY": {"amount": "5000.00", "currency": "CNY"}}`; leave out what is 0."""

    child = MoneyField()


@extend_schema_field(MOMENT_SHAPE)
class MomentField(serializers.DateTimeField):
    """A moment with its offset: without one nobody knows when it was."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2199:
            raise serializers.ValidationError(
                _("Write the moment with its offset, such as 2026-01-31T09:30:00+08:00."), code="invalid"
            )
        return moment


class ReliefConsentIn(StrictSerializer):
    """The borrower's own consent: show them the whole text, and send this after they agreed."""

    text = serializers.IntegerField(min_value=1, help_text="`id` of the text, as the relief form has it.")
    language = serializers.ChoiceField(choices=LANGUAGES, help_text="In which they read it.")
    given_at = MomentField(help_text="When they agreed, at most 30 days ago.")


class ReliefBudgetIn(StrictSerializer):
    """What a borrower has and needs a month, net, in the loan's currency."""

    consent = ReliefConsentIn(required=False, help_text="Leave out where this borrower agreed before.")
    household = serializers.IntegerField(min_value=1, max_value=20, help_text="People who live on this income.")
    income = AmountsField(help_text="By codes of the partner's own, such as SALARY.")
    expenses = AmountsField(help_text="By the codes of `categories` of the relief form.")
    debts = AmountsField(default=dict, help_text="Payments on debts with others, by codes of the partner's own.")
    words = ByCodeField(
        child=serializers.CharField(max_length=500),
        default=dict,
        help_text="What the borrower says of an amount, by its code; the answer's `asks` say where it would help.",
    )
    cause = serializers.ChoiceField(choices=HardshipRequest.Cause.values)
    lasts = serializers.ChoiceField(choices=HardshipRequest.Lasts.values, default=HardshipRequest.Lasts.UNKNOWN.value)
    income_later = MoneyField(required=False, help_text="All income expected again from `income_later_from` on.")
    income_later_from = LenderDateField(required=False)
    payday = serializers.IntegerField(min_value=1, max_value=31, required=False)
    lump_sum = MoneyField(required=False, help_text="What could be paid at once.")


class ReliefBudgetOut(serializers.Serializer):
    """A month as it was stated. What is left is before anything of ours, after a buffer."""

    id = serializers.CharField(source="reference")
    loan = serializers.CharField()
    made_at = serializers.DateTimeField()
    household = serializers.IntegerField()
    cause = serializers.CharField()
    left_of_a_month = SignedMoneyField()
    asks = serializers.ListField(
        child=serializers.CharField(),
        help_text="Codes of spending of which a word would help us; nobody is refused for leaving it out.",
    )


class ReliefCodeOut(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField(help_text="In the language asked for.")


class ReliefConsentTextOut(serializers.Serializer):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    title = serializers.DictField(child=serializers.CharField(), help_text="By language: zh-Hans, zh-Hant, en.")
    text = serializers.DictField(child=serializers.CharField(), help_text="Likewise.")


class ReliefFormOut(serializers.Serializer):
    """What a partner asks a borrower before it asks for relief in their name."""

    consent_text = ReliefConsentTextOut()
    categories = ReliefCodeOut(many=True, help_text="Of spending.")
    causes = ReliefCodeOut(many=True)
    lasts = ReliefCodeOut(many=True, help_text="How long it may last.")


class ReliefFormQuery(ReadQuery):
    shape = ReliefFormOut


class ReliefRowOut(serializers.Serializer):
    """One installment as it would be in force."""

    number = serializers.IntegerField(allow_null=True)
    due_on = serializers.DateField()
    principal = MoneyShape()
    interest = MoneyShape()
    fee = MoneyShape()
    total = MoneyShape()


class ReliefMonthOut(serializers.Serializer):
    """The tightest month: what is paid, what is left of it, and what all debts take of the income."""

    month = serializers.CharField()
    payment = MoneyShape()
    surplus = SignedMoneyShape()
    debt_share = serializers.CharField(allow_null=True, help_text="A fraction as text.")
    fits = serializers.BooleanField()


class ReliefAffordabilityOut(serializers.Serializer):
    before = ReliefMonthOut(help_text="With the present schedule.")
    after = ReliefMonthOut(help_text="With this one.")


class ReliefFiguresOut(serializers.Serializer):
    """What a borrower compares; null where it is not known of a way that a person made."""

    monthly = MoneyShape(allow_null=True, help_text="The usual payment.")
    highest = MoneyShape(allow_null=True)
    first = MoneyShape(allow_null=True)
    first_due_on = serializers.DateField(allow_null=True)
    payments = serializers.IntegerField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    ends_on_before = serializers.DateField(allow_null=True)
    total = MoneyShape(allow_null=True)
    total_before = MoneyShape(allow_null=True)
    extra = SignedMoneyShape(allow_null=True, help_text="Paid more in all; less than 0 where it is less.")
    extra_interest = SignedMoneyShape(allow_null=True)
    given_up = MoneyShape(allow_null=True, help_text="By the lender.")
    penalty = MoneyShape(allow_null=True)
    annual_rate = serializers.CharField(allow_null=True, help_text="A fraction as text.")
    all_in_rate = serializers.CharField(allow_null=True)


class ReliefWayOut(serializers.Serializer):
    """One way that was offered."""

    number = serializers.IntegerField()
    loan = serializers.CharField()
    method = serializers.ChoiceField(choices=METHODS)
    status = serializers.ChoiceField(choices=RestructuringOffer.Status.values)
    is_recommended = serializers.BooleanField()
    is_own = serializers.BooleanField(help_text="The borrower moved its figures.")
    figures = ReliefFiguresOut()
    affordability = ReliefAffordabilityOut(
        allow_null=True, help_text="Only of a month that this partner stated, while the borrower's consent holds."
    )
    credit_effect = serializers.CharField(allow_null=True, help_text="What it does to the credit record.")
    schedule = ReliefRowOut(many=True)


class ReliefNotOfferedOut(serializers.Serializer):
    """A method that is none of the ways, and why."""

    method = serializers.ChoiceField(choices=METHODS)
    reason = serializers.ChoiceField(choices=REASONS, help_text="Stable; branch on it.")
    needs_person = serializers.BooleanField(help_text="Whether a person of the lender may decide otherwise.")


class ReliefPlanOut(serializers.Serializer):
    """The plan that came of the accepted way."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=RestructuringPlan.Status.values)
    accepted_on = serializers.DateField()
    ended_on = serializers.DateField(allow_null=True)


class RestructuringOfferOut(serializers.Serializer):
    """Up to three ways, side by side, of which the borrower can accept one. Figures are those of `quoted_on`."""

    id = serializers.CharField()
    loans = serializers.ListField(child=serializers.CharField(), help_text="Of this partner.")
    status = serializers.ChoiceField(choices=OfferSet.Status.values)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=OfferSet.Source.values, allow_null=True, help_text="Who began; only while the borrower's consent holds."
    )
    made_at = serializers.DateTimeField()
    quoted_on = serializers.DateField()
    last_day = serializers.DateField(help_text="On which one can still be accepted.")
    ended_on = serializers.DateField(allow_null=True)
    budget = serializers.CharField(allow_null=True, help_text="Where this partner stated it and the consent holds.")
    accept_at = serializers.CharField(
        allow_null=True,
        help_text="Where the borrower signs in, reads and accepts; nobody can do it for them. null once it has ended, "
        "and where they have no login: make a link for them then.",
    )
    ways = ReliefWayOut(many=True)
    not_offered = ReliefNotOfferedOut(
        many=True, help_text="Only of a month that this partner stated, while the borrower's consent holds."
    )
    plan = ReliefPlanOut(allow_null=True)


class OfferSetQuery(ReadQuery):
    shape = RestructuringOfferOut


class OfferSetsQuery(PageQuery):
    """The query parameters of the offers on a loan."""

    shape = RestructuringOfferOut

    status = serializers.ChoiceField(choices=OfferSet.Status.values, required=False)


class AllOfferSetsQuery(OfferSetsQuery, BulkQuery):
    """Likewise of the offers on all loans."""

    ids = IdsField(longest=16)


class RestructuringOfferPage(serializers.Serializer):
    results = RestructuringOfferOut(many=True)
    next_cursor = serializers.CharField(allow_null=True, help_text="null on the last page.")


class ReliefRequestIn(StrictSerializer):
    budget = serializers.CharField(
        max_length=16, default="", help_text="`id` of a budget that this partner stated; without it the latest."
    )


class ReliefRequestOut(serializers.Serializer):
    """What the same question of the borrower would have been answered."""

    loan = serializers.CharField()
    budget = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["OFFERED", "NOTHING_TO_OFFER"])
    offers = RestructuringOfferOut(allow_null=True)
    not_offered = ReliefNotOfferedOut(many=True)
    needs_person = serializers.BooleanField(help_text="Whether a person of the lender may find a way.")


def offer_set_json(offered: OfferSet, *, partner: Partner, is_agreed: bool, accept_at: str | None) -> dict[str, Any]:
    """:param is_agreed: whether the borrower lets this partner know of their month."""
    ways = ways_told(offered, partner)
    is_theirs = is_agreed and offered.budget is not None and offered.budget.actor == f"partner:{partner.code}"
    return {
        "id": offered.reference,
        "loans": [about.loan.number for about in offered.loans.all() if about.loan.partner_id == partner.pk],
        "status": offered.status,
        "source": offered.source if is_agreed else None,
        "made_at": serializers.DateTimeField().to_representation(offered.made_at),
        "quoted_on": offered.quoted_on.isoformat(),
        "last_day": offered.last_day.isoformat(),
        "ended_on": offered.ended_on and offered.ended_on.isoformat(),
        "budget": offered.budget.reference if is_theirs and offered.budget else None,
        "accept_at": accept_at,
        "ways": [_way_json(way, with_month=is_theirs) for way in ways],
        "not_offered": not_offered_json(offered.not_offered) if is_theirs else [],
        "plan": _plan_json(ways),
    }


def not_offered_json(refusals: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the reasons without the figures behind them: those are of the borrower's month."""
    return [
        {"method": one["method"], "reason": one["reason"], "needs_person": bool(one.get("needs_person"))}
        for one in refusals
    ]


_MONEY = (
    "monthly",
    "highest",
    "first",
    "total",
    "total_before",
    "extra",
    "extra_interest",
    "given_up",
    "penalty",
)
_PLAIN = ("first_due_on", "payments", "ends_on", "ends_on_before", "annual_rate", "all_in_rate")


def _way_json(way: RestructuringOffer, *, with_month: bool) -> dict[str, Any]:
    currency, figures = way.loan.currency, way.figures
    carried = figures.get("affordability") if with_month else None
    return {
        "number": way.number,
        "loan": way.loan.number,
        "method": way.method,
        "status": way.status,
        "is_recommended": way.is_recommended,
        "is_own": way.is_own,
        "figures": {
            **{name: _amount(figures.get(f"{name}_minor"), currency) for name in _MONEY},
            **{name: figures.get(name) for name in _PLAIN},
        },
        "affordability": carried and {when: _carried_json(carried[when], currency) for when in ("before", "after")},
        "credit_effect": figures.get("credit_effect"),
        "schedule": [_row_json(row, currency) for row in way.rows],
    }


def _row_json(row: list[Any], currency: str) -> dict[str, Any]:
    number, due_on, principal, interest, fee = row
    parts = {"principal": principal, "interest": interest, "fee": fee, "total": principal + interest + fee}
    return {"number": number, "due_on": due_on, **{name: money_json(part, currency) for name, part in parts.items()}}


def _carried_json(carried: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "month": carried["month"],
        "payment": {"amount": carried["payment"], "currency": currency},
        "surplus": {"amount": carried["surplus"], "currency": currency},
        "debt_share": carried["debt_share"],
        "fits": carried["fits"],
    }


def _amount(minor: int | None, currency: str) -> dict[str, str] | None:
    return None if minor is None else money_json(minor, currency)


def _plan_json(ways: Iterable[RestructuringOffer]) -> dict[str, Any] | None:
    for way in ways:
        plan: RestructuringPlan | None = getattr(way, "plan", None)
        if plan is not None:
            return {
                "id": plan.reference,
                "status": plan.status,
                "accepted_on": plan.accepted_on.isoformat(),
                "ended_on": plan.ended_on and plan.ended_on.isoformat(),
            }
    return None
