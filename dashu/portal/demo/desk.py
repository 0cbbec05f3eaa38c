"""Who works at the collections desk of the demo: a team for most files, and one for those that need care or law."""

from collections_mgmt.models import CollectorProfile, Skill, Team
from dashu.portal.demo.logins import DOMAIN
from dashu.users.models import User

ALL_LANGUAGES = ["zh-hans", "zh-hant", "en"]


def make_teams() -> None:
    """Make the teams; the logins must be there."""
    first = Team.objects.create(code="first-help", name="先行协助组", last_level=3, skills=[Skill.SME])
    care = Team.objects.create(code="care-and-law", name="关怀与法务组", skills=list(Skill.values))
    for key, team, capacity in (("collector", first, 40), ("supervisor", care, 20)):
        CollectorProfile.objects.create(
            user=User.objects.get(email=f"{key}@{DOMAIN}"),
            team=team,
            languages=ALL_LANGUAGES,
            skills=team.skills,
            capacity=capacity,
        )
