"""Staff plan a workshop; a visitor signs up, is let in by the code's address, and says how it was."""

import re
from datetime import timedelta

import pytest

from dashu.documents.codes import grouped
from dashu.kernel.dates import lender_now
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from education.models import Workshop, WorkshopFeedback, WorkshopRegistration
from education.selectors.workshops import registration_token
from education.services.workshops.check_in import check_in
from education.services.workshops.sign_up import ask_to_sign_up, sign_up
from tests import factories, workshops
from tests.journeys.browsing import enter, fits, follow, shown
from tests.journeys.looking import barriers, runs_out

PAGES = "/admin/education/workshop/"


@pytest.fixture
def sun(transactional_db, settings) -> User:
    settings.SIMULATED_GATEWAY = True
    forget_rules()
    sun = factories.staff("Sun", User.Role.SUPERVISOR)
    sun.language = "en"
    sun.save()
    return sun


def plan_and_open(desk) -> Workshop:
    """Fill in the form by the clock of Beijing, and open what was kept; it begins in half an hour."""
    begins = lender_now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    desk.goto(PAGES)
    follow(desk, "text=Plan a workshop")
    desk.fill("[name='title_zh-hans']", "看懂年化利率")
    desk.fill("[name=title_en]", "What a loan really costs")
    for name, moment in (
        ("starts_at", begins),
        ("ends_at", begins + timedelta(hours=2)),
        ("registration_from", begins - timedelta(days=2)),
        ("registration_until", begins + timedelta(hours=1)),
    ):
        desk.fill(f"[name={name}]", moment.strftime("%Y-%m-%dT%H:%M"))
    desk.select_option("[name=region]", "SH")
    desk.fill("[name=place]", "人民广场图书馆")
    desk.fill("[name=capacity]", "1")
    desk.fill("[name=organizer]", "大树金融")
    follow(desk, "button:has-text('Keep the workshop')")
    follow(desk, "a:has-text('Announce it')")
    follow(desk, "button:has-text('Announce it')")
    made = Workshop.objects.get()
    assert (made.status, made.starts_at) == ("OPEN", begins)
    return made


def test_from_the_plan_to_the_feedback(open_browser, live_server, sun):
    desk = open_browser("en")
    desk.set_viewport_size({"width": 1280, "height": 900})
    enter(desk, sun, live_server.url)
    workshop = plan_and_open(desk)

    phone = open_browser("zh-hans")
    phone.goto("/learn/workshops/")
    follow(phone, "text=看懂年化利率")
    phone.fill("[name=name]", "林晓")
    phone.fill("[name=contact]", "138 0000 1234")
    phone.check("[name=agree]")
    assert (fits(phone), barriers(phone), runs_out(phone)) == (True, [], [])
    follow(phone, "#sign-up button")
    code = re.search(r"验证码是 (\d{6})", shown(phone))
    assert code
    assert (fits(phone), barriers(phone)) == (True, [])
    phone.fill("[name=code]", code[1])
    follow(phone, "button:has-text('确认')")
    assert "名额已为您保留" in shown(phone)
    assert (fits(phone), barriers(phone), runs_out(phone)) == (True, [], [])

    with phone.expect_download() as download:
        phone.click("text=加入我的日历")
    assert download.value.suggested_filename == f"workshop-{workshop.code}.ics"

    mine = WorkshopRegistration.objects.get()
    door = open_browser("en")
    enter(door, sun, live_server.url)
    door.goto(f"/learn/workshops/check-in/{grouped(mine.code)}/")
    assert "林晓" in door.inner_text("#main, main")
    assert fits(door)
    follow(door, "button:has-text('Let in')")
    assert "Let in. Welcome!" in door.inner_text("#main, main")
    door.goto(f"/learn/workshops/check-in/{grouped(mine.code)}/")
    assert "Was let in before" in door.inner_text("#main, main")

    Workshop.objects.update(starts_at=lender_now() - timedelta(minutes=1))
    phone.reload()
    follow(phone, "text=说说感受")
    for part, value in (("useful", "5"), ("clear", "4"), ("place", "4")):
        phone.check(f"[name={part}][value='{value}']")
    phone.fill("[name=words]", "讲得清楚。")
    assert (fits(phone), barriers(phone), runs_out(phone)) == (True, [], [])
    follow(phone, "button:has-text('提交')")
    assert "已匿名保存" in shown(phone)
    assert WorkshopFeedback.objects.get().words == "讲得清楚。"

    desk.goto(f"{PAGES}{workshop.pk}/change/")
    said = desk.inner_text("#main, main")
    assert "林晓" in said
    assert "讲得清楚" not in said  # of fewer than three, nobody's words are shown


@pytest.mark.parametrize(("language", "scheme"), [("zh-hans", "light"), ("zh-hant", "dark"), ("en", "light")])
def test_no_state_of_a_seat_has_a_barrier(open_browser, sun, language, scheme):
    """The states that the errand above does not come by, in each language, in light and in dark."""
    now = lender_now()
    workshop = workshops.opened(capacity=1, title={"zh-hant": "看懂利率"})
    running = workshops.opened(starts_in=timedelta(minutes=-5))
    seat, waiting = (
        sign_up(workshop_id=workshop.pk, user=factories.borrower(name).user, now=now) for name in ("Amina", "Brook")
    )
    unconfirmed = ask_to_sign_up(
        workshop_id=workshop.pk, name="Vera", contact="vera@example.org", has_agreed=True, language=language, now=now
    )
    there = workshops.visitor(running, "there@example.org")
    check_in(registration_id=there.pk, actor="user:1", now=now)
    page = open_browser(language, color_scheme=scheme)
    wrong = {}
    for name, address in {
        "list": "/learn/workshops/",
        "full": f"/learn/workshops/{workshop.code}/",
        **{
            name: f"/learn/workshops/seats/{registration_token(row.pk)}/"
            for name, row in {"seat": seat, "waiting": waiting, "unconfirmed": unconfirmed, "there": there}.items()
        },
    }.items():
        page.goto(address)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if found := runs_out(page):
                wrong[f"{name} {width}"] = found
        if found := barriers(page):
            wrong[name] = found
        assert len(page.content().encode()) < 100_000

    assert wrong == {}
