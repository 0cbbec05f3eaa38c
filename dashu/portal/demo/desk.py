"""Who works at the collections desk of the demo: a team for most files, one for care or law, and an agency."""

from datetime import date, timedelta

from collections_mgmt.models import Agency, AgencyRate, CollectorProfile, Skill, Team
from dashu.portal.demo.logins import staff_user

ALL_LANGUAGES = ["zh-hans", "zh-hant", "en"]


def make_teams() -> None:
    """Make the teams; the logins must be there."""
    first = Team.objects.create(code="first-help", name="先行协助组", last_level=3, skills=[Skill.SME])
    care = Team.objects.create(code="care-and-law", name="关怀与法务组", skills=list(Skill.values))
    for key, team, capacity in (("collector", first, 40), ("supervisor", care, 20)):
        CollectorProfile.objects.create(
            user=staff_user(key),
            team=team,
            languages=ALL_LANGUAGES,
            skills=team.skills,
            capacity=capacity,
        )


def make_agency(*, today: date) -> None:
    """Make an agency that may get loans; it has none until two people have agreed on that."""
    agency = Agency.objects.create(
        code="linqiao",
        name="邻桥服务",
        license="示例-0001",
        contract_from=today - timedelta(days=200),
        contract_to=today + timedelta(days=530),
        evaluated_on=today - timedelta(days=40),
        score=86,
    )
    AgencyRate.objects.bulk_create(
        AgencyRate(agency=agency, from_days=from_days, bps=bps) for from_days, bps in ((91, 1_500), (181, 2_250))
    )
