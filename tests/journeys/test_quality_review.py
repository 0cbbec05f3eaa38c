"""A supervisor reviews a contact that was drawn, and the collector reads the coaching note and answers it."""

from datetime import timedelta

import pytest

from collections_mgmt.models import CollectorProfile, QualityReview, Team
from collections_mgmt.services.draw_quality import draw_week, monday_of
from dashu.kernel.dates import lender_now, lender_today
from dashu.policy.selectors import forget_rules
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.quality_cases import ALL_WELL, WORDS, contact
from tests.journeys.test_collectors_morning import enter, press

REVIEWS = "/admin/collections_mgmt/qualityreview/"


@pytest.fixture
def people(transactional_db) -> tuple[User, User]:
    """Chidi, who called somebody last week, and Sun, who reviews."""
    forget_rules()
    chidi, sun = factories.staff("Chidi"), factories.staff("Sun", User.Role.SUPERVISOR)
    for user in (chidi, sun):
        user.language = "en"
        user.save()
    CollectorProfile.objects.create(
        user=chidi, team=Team.objects.create(code="early", name="Early"), languages=["zh-hans"]
    )
    contact(chidi, factories.borrower("Amina"), at=lender_now() - timedelta(days=7))
    draw_week(week=monday_of(lender_today()) - timedelta(days=7), now=lender_now())
    return chidi, sun


def test_from_the_draw_to_the_answer(open_browser, live_server, people):
    chidi, sun = people
    desk = open_browser("en")
    desk.set_viewport_size({"width": 1280, "height": 900})
    enter(desk, sun, live_server.url)
    desk.goto(REVIEWS)

    with desk.expect_navigation():
        desk.click("text=Next review")
    assert WORDS in desk.inner_text("#main, main")
    for code in ALL_WELL:
        desk.check(f"[name={code}][value={'NO' if code == 'HELP_OFFERED' else 'YES'}]")
    desk.check("[name=FIGURES][value=NO]")
    desk.fill("[name=coaching]", "Calm and clear. Ask what they can carry before an amount is named.")
    with desk.expect_navigation():
        desk.click("text=Keep this review")
    assert "To be improved" in desk.inner_text("#main, main")

    work = open_browser("en")
    work.set_viewport_size({"width": 768, "height": 1000})
    enter(work, chidi, live_server.url)
    work.goto("/admin/collections_mgmt/casefile/")
    with work.expect_navigation():
        work.click("text=Read what they found")
    assert "Calm and clear." in work.inner_text("#main, main")
    assert work.evaluate("document.documentElement.scrollWidth") <= 768
    press(work, "a")
    work.fill("[name=words]", "I will. They spoke of a new job at the end.")
    with work.expect_navigation():
        work.click("button:has-text('Answer the review')")

    desk.reload()
    assert "I will. They spoke of a new job at the end." in desk.inner_text("#main, main")
    review = QualityReview.objects.get()
    assert (review.result, review.score_bps, review.collector, review.reviewer) == ("FAILED", 6500, chidi, sun)
