"""Reliefs, offers and refusals as plain JSON: what the command answers, and what is kept of an offer."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from collections_mgmt.domain.relief.demands import Plan
from collections_mgmt.domain.relief.joining import Joined
from collections_mgmt.domain.relief.offers import Carried, Number, Offer, Options, Proposal, Refusal, Standing
from dashu.finance.installments import Component
from dashu.finance.relief import Act, Relief, ReliefMethod
from dashu.finance.terms import MOST_INSTALLMENTS, Method
from dashu.kernel.documents import Document
from dashu.kernel.errors import InvalidInput, _
from dashu.kernel.money import format_minor

_INTERESTS = ("parked", "paid")


def relief_json(relief: Relief, currency: str) -> dict[str, Any]:
    """Return a relief with what it says and nothing that it leaves out; `read_relief` reads it."""
    said: dict[str, Any] = {"method": relief.method.value}
    for name in ("count", "arrears_over", "due_day"):
        if getattr(relief, name) is not None:
            said[name] = getattr(relief, name)
    if relief.months:
        said["months"] = relief.months
    if relief.method is ReliefMethod.PAYMENT_HOLIDAY:
        said["interest"] = relief.interest
    for name in ("step", "annual_rate"):
        if getattr(relief, name) is not None:
            said[name] = f"{getattr(relief, name):f}"
    if relief.waived:
        said["waived"] = {part.value: format_minor(minor, currency) for part, minor in relief.waived.items()}
    if relief.repays is not None:
        said["repays"] = relief.repays.value
    return said


def read_relief(raw: object, currency: str, *, path: str = "") -> Relief:
    """
    Read what `relief_json` writes, strictly.

    :raises DomainError: with the field that is to blame.
    """
    document = Document(raw, path=path)
    waived = document.child("waived", {})
    parts = {part: waived.amount(part.value, currency) for part in Component if waived.has(part.value)}
    waived.done()
    interest = document.text("interest", "parked", longest=10)
    if interest not in _INTERESTS:
        raise InvalidInput(_("Interest of a holiday is parked or paid."), field=document.field("interest"))
    relief = Relief(
        method=document.choice("method", ReliefMethod),
        count=document.whole("count", None, low=1, high=MOST_INSTALLMENTS),
        months=document.whole("months", 0, high=120),
        interest="paid" if interest == "paid" else "parked",
        step=document.rate("step", None),
        annual_rate=document.rate("annual_rate", None, decimals=6),
        arrears_over=document.whole("arrears_over", None, low=1, high=MOST_INSTALLMENTS),
        waived=parts,
        due_day=document.whole("due_day", None, low=1, high=31),
        repays=document.choice("repays", Method, None),
    )
    document.done()
    return relief


def act_json(act: Act, currency: str) -> dict[str, Any]:
    """Return an act as the event of a replay document."""
    amount = {"amount": format_minor(act.amount, currency)} if act.amount else {}
    return {"type": act.kind.value, "on": act.event.on.isoformat(), **amount, **act.data}


def options_json(options: Options, currency: str) -> dict[str, Any]:
    return {
        "present": standing_json(options.present, currency),
        "offers": [offer_json(offer, options.present, currency) for offer in options.offers],
        "recommended": options.recommended.method.value if options.recommended else None,
        "not_offered": [refusal_json(refusal, currency) for refusal in options.not_offered],
        "needs_person": options.needs_person,
        "settlement": options.settlement and proposal_json(options.settlement, currency),
    }


def proposal_json(proposal: Proposal, currency: str) -> dict[str, Any]:
    return {
        "owed": format_minor(proposal.owed, currency),
        "pays": format_minor(proposal.pays, currency),
        "given_up": format_minor(proposal.given_up, currency),
        "share": f"{proposal.share:f}",
        "expected_without": format_minor(proposal.expected, currency),
    }


def offer_json(offer: Offer, present: Standing, currency: str) -> dict[str, Any]:
    """Return an offer with all its figures; `present` is what it is compared with, of a consolidation all its loans."""
    joined = {}
    if isinstance(offer, Joined):
        joined = {"consolidation": consolidation_json(offer, currency)}
        present = offer.present
    return {
        "method": offer.method.value,
        "recommended": offer.why is not None,
        "why": offer.why.value if offer.why else None,
        "relief": relief_json(offer.relief, currency),
        **_plan_figures(offer.plan, currency),
        "extra_cost": format_minor(offer.extra_cost, currency),
        "given_up": format_minor(offer.given_up, currency),
        "annual_rate": f"{offer.annual_rate:f}",
        "all_in_rate": _rate(offer.all_in_rate),
        "npv": {
            "present": format_minor(present.worth.value, currency),
            "offer": format_minor(offer.worth.value, currency),
            "loss": f"{offer.worth.loss:f}",
        },
        "expected": {
            "present": format_minor(present.worth.expected, currency),
            "offer": format_minor(offer.worth.expected, currency),
        },
        "affordability": {
            "before": carried_json(present.carried, currency),
            "after": carried_json(offer.carried, currency),
        },
        "credit_record": {"effect": offer.effect.value, "mark": offer.mark or None},
        "if_missed": {"broken_after_days": offer.broken_after_days, "cure_days": offer.cure_days},
        "schedule": schedule_json(offer.plan, currency),
        "acts": [act_json(act, currency) for act in offer.acts],
        **joined,
    }


def consolidation_json(offer: Joined, currency: str) -> dict[str, Any]:
    """Return which loans end, what begins in their place, and what that costs."""
    return {
        "ends": [
            {
                "loan": each.number,
                "amount": format_minor(each.minor, currency),
                "annual_rate": f"{each.annual_rate:f}",
            }
            for each in offer.ended
        ],
        "principal": format_minor(offer.principal, currency),
        "annual_rate_before": f"{offer.annual_rate_before:f}",
        "all_in_rate": _rate(offer.own_rate),
        "cost": format_minor(offer.cost, currency),
        "present": standing_json(offer.present, currency),
    }


def standing_json(standing: Standing, currency: str) -> dict[str, Any]:
    return {
        **_plan_figures(standing.plan, currency),
        "overdue": format_minor(standing.plan.overdue, currency),
        "all_in_rate": _rate(standing.all_in_rate),
        "npv": format_minor(standing.worth.value, currency),
        "expected": format_minor(standing.worth.expected, currency),
        "affordability": carried_json(standing.carried, currency),
    }


def refusal_json(refusal: Refusal, currency: str) -> dict[str, Any]:
    return {
        "method": refusal.method.value,
        "reason": refusal.code.value,
        "found": _number(refusal.found, refusal, currency),
        "limit": _number(refusal.limit, refusal, currency),
        "instead": refusal.instead.value if refusal.instead else None,
        "needs_person": refusal.needs_person,
    }


def carried_json(carried: Carried, currency: str) -> dict[str, Any]:
    """Return the tightest month: what is left of it, and what all debts take of the income."""
    debts = carried.burden.debt_bps
    return {
        "month": f"{carried.month:%Y-%m}",
        "payment": format_minor(carried.payment, currency),
        "surplus": format_minor(carried.burden.surplus, currency),
        "debt_share": None if debts is None else f"{Decimal(debts).scaleb(-4):f}",
        "fits": carried.fits,
        "watched": carried.is_watched,
    }


def schedule_json(plan: Plan, currency: str) -> list[dict[str, Any]]:
    """Return what is left to pay of each installment; penalty that is due is a row of its own, without a number."""
    penalty: Mapping[str, Any] = {
        "number": None,
        "due_on": plan.on.isoformat(),
        **_parts(currency, principal=0, interest=0, fee=0, penalty=plan.penalty, total=plan.penalty),
    }
    rows = [
        {
            "number": row.number,
            "due_on": row.due_on.isoformat(),
            **_parts(currency, principal=row.principal, interest=row.interest, fee=row.fee, penalty=0, total=row.total),
        }
        for row in plan.rows
    ]
    return [dict(penalty), *rows] if plan.penalty else rows


def _plan_figures(plan: Plan, currency: str) -> dict[str, Any]:
    first_on, first = plan.first
    return {
        "first_payment": {"on": first_on.isoformat(), "amount": format_minor(first, currency)},
        "monthly_payment": format_minor(plan.usual, currency),
        "highest_payment": format_minor(plan.highest, currency),
        "payments": len(plan.payments),
        "ends_on": plan.ends_on.isoformat(),
        "total_to_pay": format_minor(plan.total, currency),
    }


def _parts(currency: str, **minor: int) -> dict[str, str]:
    return {name: format_minor(value, currency) for name, value in minor.items()}


def _rate(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate:f}"


def _number(value: Number | None, refusal: Refusal, currency: str) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return format_minor(value, currency) if value is not None and refusal.is_money else value
