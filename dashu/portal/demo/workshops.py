"""Two workshops of the demo: one to come, full and with a waiting list, and one that was held, with feedback."""

from datetime import date, datetime, time, timedelta
from typing import Any

from dashu.kernel.dates import LENDER_ZONE
from dashu.portal.demo import ACTOR
from dashu.portal.demo.logins import DOMAIN
from dashu.users.models import User
from education.models import PartnerOrganization, Workshop, WorkshopCode, WorkshopRegistration
from education.services.workshops.check_in import check_in
from education.services.workshops.give_feedback import give_feedback
from education.services.workshops.keep import Plan, make_workshop, open_workshop
from education.services.workshops.materials import add_lesson_sheet
from education.services.workshops.sign_up import ask_to_sign_up, confirm_visitor, sign_up
from education.services.workshops.tidy import tidy_workshops

AHEAD, AGO = timedelta(days=9), timedelta(days=12)
LASTS = timedelta(hours=2)
# Invented; their addresses are of a domain that nobody has.
_VISITORS = ("林晓", "陳怡君", "王海", "Mei Wong")
_SAID = (
    ({"useful": 5, "clear": 5, "place": 4}, "第一次看懂了合同上的年化利率。"),
    ({"useful": 4, "clear": 5, "place": 3}, "希望多留一点时间提问。"),
    ({"useful": 5, "clear": 4, "place": 4}, ""),
)


def make_workshops(*, today: date) -> None:
    """Have both planned, signed up for and, the past one, held. The logins must be there."""
    partner = PartnerOrganization.objects.create(
        name="社区图书馆联盟", address="上海市黄浦区人民大道 200 号", website="https://library.example.org"
    )
    _held(partner, datetime.combine(today - AGO, time(14), LENDER_ZONE))
    _to_come(partner, datetime.combine(today + AHEAD, time(14), LENDER_ZONE))
    tidy_workshops(now=datetime.combine(today, time(0), LENDER_ZONE))


def _to_come(partner: PartnerOrganization, starts_at: datetime) -> None:
    now = starts_at - AHEAD - timedelta(days=3)
    workshop = _opened(
        partner,
        starts_at,
        now=now,
        capacity=3,
        lessons=("annual-rate", "money-up-front"),
        title={
            "zh-hans": "看懂年化利率：带上您的合同",
            "zh-hant": "看懂年化利率：帶上您的合約",
            "en": "What a loan really costs: bring your contract",
        },
        description={
            "zh-hans": "两小时，用您自己的合同算一遍：每月还多少、一共还多少、真实的年化利率是多少。不推销任何产品。",
            "zh-hant": "兩小時，用您自己的合約算一遍：每月還多少、一共還多少、真實的年化利率是多少。不推銷任何產品。",
            "en": "Two hours with your own contract: what you pay a month, in all, and by the year. Nothing is sold.",
        },
    )
    for user in _users()[:3]:
        sign_up(workshop_id=workshop.pk, user=user, now=now)
    for name in _VISITORS[:2]:
        _visitor(workshop, name, now=now)


def _held(partner: PartnerOrganization, starts_at: datetime) -> None:
    now = starts_at - timedelta(days=7)
    workshop = _opened(
        partner,
        starts_at,
        now=now,
        capacity=20,
        lessons=("overdue", "asking-for-help"),
        title={"zh-hans": "还款有困难时可以怎么办", "zh-hant": "還款有困難時可以怎麼辦"},
        description={"zh-hans": "逾期第一天会发生什么，您有哪些权利，怎样尽早求助。"},
    )
    seats = [sign_up(workshop_id=workshop.pk, user=user, now=now) for user in _users()[:2]]
    seats += [_visitor(workshop, name, now=now) for name in _VISITORS]
    add_lesson_sheet(workshop_id=workshop.pk, lesson="overdue", now=now, actor=ACTOR)
    for seat in seats[:-1]:
        check_in(registration_id=seat.pk, actor=ACTOR, now=starts_at)
    for seat, (ratings, words) in zip(seats, _SAID, strict=False):
        give_feedback(registration_id=seat.pk, ratings=ratings, words=words, now=starts_at + LASTS)


def _opened(partner: PartnerOrganization, starts_at: datetime, *, now: datetime, **about: Any) -> Workshop:
    plan = Plan(
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
        time_zone=LENDER_ZONE.key,
        registration_from=now - timedelta(days=1),
        registration_until=starts_at,
        organizer="大樹金融",
        waitlist_size=5,
        region="SH",
        place="人民大道 200 号，图书馆三楼报告厅",
        partner_id=partner.pk,
        **about,
    )
    made = make_workshop(plan=plan, now=now, actor=ACTOR)
    return open_workshop(workshop_id=made.pk, now=now, actor=ACTOR)


def _users() -> list[User]:
    people = User.objects.filter(role=User.Role.BORROWER, email__endswith=f"@{DOMAIN}", borrower__isnull=False)
    return list(people.order_by("pk"))


def _visitor(workshop: Workshop, name: str, *, now: datetime) -> WorkshopRegistration:
    contact = f"visitor{_VISITORS.index(name) + 1}-{workshop.pk}@visitors.example.org"
    asked = ask_to_sign_up(
        workshop_id=workshop.pk, name=name, contact=contact, has_agreed=True, language="zh-hans", now=now
    )
    code = WorkshopCode.objects.get(registration=asked)
    return confirm_visitor(registration_id=asked.pk, typed=code.sealed_code or "", now=now)
