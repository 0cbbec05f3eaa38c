"""Workshops for tests, always through the real services."""

from datetime import datetime, timedelta
from typing import Any

from dashu.kernel.dates import lender_now
from education.models import Workshop, WorkshopCode, WorkshopRegistration
from education.services.workshops.keep import Plan, make_workshop, open_workshop
from education.services.workshops.sign_up import ask_to_sign_up, confirm_visitor
from tests import factories


def plan(*, now: datetime | None = None, starts_in: timedelta = timedelta(days=7), **changed: Any) -> Plan:
    """A workshop of two hours in Shanghai, two seats and two places on the waiting list, sign-up open now."""
    at = now or lender_now()
    begins = at + starts_in
    return Plan(
        **{
            "title": {"zh-hans": "看懂年化利率", "zh-hant": "看懂年化利率", "en": "What a loan really costs"},
            "description": {"zh-hans": "带上一份合同。", "en": "Bring a contract along."},
            "starts_at": begins,
            "ends_at": begins + timedelta(hours=2),
            "time_zone": "Asia/Shanghai",
            "registration_from": min(at, begins) - timedelta(days=1),
            "registration_until": begins + timedelta(hours=2),
            "capacity": 2,
            "waitlist_size": 2,
            "organizer": "大树金融",
            "region": "SH",
            "place": "人民广场图书馆 3 楼",
            "lessons": ("annual-rate",),
            **changed,
        }
    )


def draft(**changed: Any) -> Workshop:
    now = changed.get("now") or lender_now()
    return make_workshop(plan=plan(**changed), now=now, actor=factories.ACTOR)


def opened(**changed: Any) -> Workshop:
    """One that anybody can sign up for; one that has begun already was opened in time."""
    now = changed.get("now") or lender_now()
    made = draft(**changed)
    return open_workshop(workshop_id=made.pk, now=min(now, made.starts_at - timedelta(hours=1)), actor=factories.ACTOR)


def visitor(
    workshop: Workshop, contact: str = "vera@example.org", *, now: datetime | None = None
) -> WorkshopRegistration:
    """Somebody without an account who confirmed the address."""
    at = now or lender_now()
    asked = ask_to_sign_up(
        workshop_id=workshop.pk, name="Vera", contact=contact, has_agreed=True, language="en", now=at
    )
    return confirm_visitor(registration_id=asked.pk, typed=code_of(asked), now=at)


def code_of(registration: WorkshopRegistration) -> str:
    code = WorkshopCode.objects.filter(registration=registration).latest("pk")
    assert code.sealed_code
    return code.sealed_code
