"""Strategies for tests: written, published, and followed by a night."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import connection

from collections_mgmt.domain.strategy import Act, Row, Step
from collections_mgmt.models import StrategyVersion
from collections_mgmt.services.close_range import morning_of
from collections_mgmt.services.strategies import WHOLE, add_strategy, digest_of, new_draft, publish, save_draft
from collections_mgmt.services.strategies_sql import Night, follow_strategies
from dashu.policy import rules as policy
from dashu.users.models import User
from tests import factories
from tests.integration.collections_mgmt.desk_cases import TODAY, refresh

DAY = timedelta(days=1)
PEACE = Row(steps=(Step(0, Act.NOTHING),))
REMIND = Row(to_days=30, steps=(Step(0, Act.MESSAGE), Step(3, Act.HELP), Step(4, Act.TASK)))


def supervisor(name: str = "Sara") -> User:
    return User.objects.filter(email=f"{name.lower()}@example.com").first() or factories.staff(name, "SUPERVISOR")


def drafted(
    rows: Sequence[Row], *, share_bps: int = WHOLE, source: StrategyVersion | None = None, user: User | None = None
) -> StrategyVersion:
    """A draft of the strategy "early", or another one from `source`."""
    user = user or supervisor()
    if source is None:
        version = add_strategy(code="early", name="Early", product="", user=user)
    else:
        version = new_draft(version_id=source.pk, user=user)
    return save_draft(
        version_id=version.pk,
        rows=rows,
        share_bps=share_bps,
        note="",
        seen=digest_of(version),
        user=user,
        today=TODAY,
    )


def published(rows: Sequence[Row], **more: object) -> StrategyVersion:
    """A version in use, as if another person had approved it."""
    version = drafted(rows, **more)  # type: ignore[arg-type]
    StrategyVersion.objects.filter(pk=version.pk).update(status="SUBMITTED")
    return publish(version_id=version.pk, digest=digest_of(version), actor="user:2")


def follow(on: date = TODAY, *, acts: bool = True) -> dict[str, int]:
    """Weigh the files and follow the strategies, as the end of a night does."""
    refresh(on)
    with connection.cursor() as cursor:
        night = Night(on, on + DAY, morning_of(on + DAY))
        return dict(follow_strategies(cursor, night, rules=policy.strategy_rules(on), acts=acts))
