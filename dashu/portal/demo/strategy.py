"""What the desk of the demo follows: a strategy in use, a challenger beside it, and a draft to try out."""

from datetime import date

from collections_mgmt.domain.strategy import Act, Row, Step
from collections_mgmt.models import StrategyVersion
from collections_mgmt.services.strategies import (
    WHOLE,
    add_strategy,
    ask_publication,
    digest_of,
    new_draft,
    save_draft,
)
from dashu.approvals.services.decide import approve
from dashu.portal.demo.logins import DOMAIN
from dashu.users.models import User

_PEACE = Row(steps=(Step(0, Act.NOTHING),))
_CARE = Row(care="CARE", steps=(Step(0, Act.TASK),))
_EARLY = Row(to_days=7, steps=(Step(2, Act.MESSAGE), Step(3, Act.DAY)))
_CHAMPION = (
    _CARE,
    _EARLY,
    Row(8, 30, capacity="NONE", steps=(Step(0, Act.HELP), Step(5, Act.TASK))),
    Row(8, 30, steps=(Step(0, Act.MESSAGE), Step(4, Act.HELP), Step(5, Act.TASK))),
    Row(31, 90, steps=(Step(0, Act.HELP), Step(7, Act.TASK), Step(14, Act.HELP))),
    _PEACE,
)
_CHALLENGER = (*_CHAMPION[:2], Row(8, 30, steps=(Step(0, Act.HELP), Step(7, Act.DAY))), *_CHAMPION[4:])
_DRAFT = (*_CHAMPION[:2], Row(8, 60, steps=(Step(0, Act.DAY), Step(5, Act.HELP), Step(7, Act.TASK))), _PEACE)


def make_strategy(*, today: date) -> None:
    """Write the strategy as the supervisor and publish it as the administrator; the logins must be there."""
    writer = User.objects.get(email=f"supervisor@{DOMAIN}")
    first = add_strategy(code="quiet-first", name="先轻后助", product="", user=writer)
    _save(first, _CHAMPION, WHOLE, "先提醒，再提供帮助，最后才请同事查看。", writer, today)
    _publish(first, writer, today)
    second = new_draft(version_id=first.pk, user=writer)
    _save(second, _CHALLENGER, 2_000, "第 8 天起直接提供帮助，不再提醒。", writer, today)
    _publish(second, writer, today)
    third = new_draft(version_id=first.pk, user=writer)
    _save(third, _DRAFT, WHOLE, "", writer, today)


def _save(
    version: StrategyVersion, rows: tuple[Row, ...], share_bps: int, note: str, writer: User, today: date
) -> None:
    save_draft(
        version_id=version.pk,
        rows=rows,
        share_bps=share_bps,
        note=note,
        seen=digest_of(version),
        user=writer,
        today=today,
    )


def _publish(version: StrategyVersion, writer: User, today: date) -> None:
    asked = ask_publication(
        version_id=version.pk,
        reason="演示",
        user=writer,
        today=today,
        idempotency_key=f"demo-strategy:{version.number}",
    )
    approve(request_id=asked.pk, user=User.objects.get(email=f"admin@{DOMAIN}"), today=today)
