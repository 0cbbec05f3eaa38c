"""
Strategies from the draft to use: written, asked for, published by another person, replaced or stopped.

A champion is for everybody whom no challenger has. A new champion ends the challenger that stood beside the one before:
against another table the comparison would say nothing.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.strategy import Act, Known, Problem, Row, Step, plain_of, problems_of
from collections_mgmt.models import WRITE_STRATEGY, Strategy, StrategyRow, StrategyVersion
from collections_mgmt.models.strategies import known_languages, known_products
from collections_mgmt.services.leave_strategy import leave_stopped
from dashu.approvals.acts import act_kind
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import checked_reason, submit
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User

PUBLISH = "strategy.publish"
Status, Role = StrategyVersion.Status, StrategyVersion.Role
WHOLE = 10_000


class End(StrEnum):
    """Why a version ended by itself; people write theirs in words."""

    NEW_CHAMPION = "NEW_CHAMPION"
    CHAMPION_STOPPED = "CHAMPION_STOPPED"
    WORSE_CURE = "WORSE_CURE"
    MORE_COMPLAINTS = "MORE_COMPLAINTS"


class StrategyRefused(DomainError):
    """The table could not be followed as it is. :ivar problems: all that is wrong, each with its place."""

    code = "strategy_refused"

    def __init__(self, message: Any, *, problems: Sequence[Problem] = (), **more: Any) -> None:
        super().__init__(message, **more)
        self.problems = tuple(problems)


class StrategyFixed(DomainError):
    """What was submitted or published is no longer changed; a new version can be written."""

    code = "strategy_fixed"
    http_status = 409


class DraftChanged(DomainError):
    """Somebody else saved the draft since it was opened."""

    code = "draft_changed"
    http_status = 409


class NothingToCompareWith(DomainError):
    """A challenger needs a champion, and one stands beside it at a time."""

    code = "nothing_to_compare_with"
    http_status = 409


def known_codes(on: date) -> Known:
    """Return what conditions may name on this day."""
    levels = [int(band.code) for band in policy.case_levels(on).bands]
    return Known(products=known_products(), languages=known_languages(), levels=levels)


@transaction.atomic
def add_strategy(*, code: str, name: str, product: str, user: User) -> StrategyVersion:
    """
    Begin a strategy for a kind of product; its first draft leaves everybody in peace.

    :raises StrategyRefused: the code or the product is taken.
    """
    refuse_unless_writes(user)
    for field, value in (("code", code), ("product", product)):
        if Strategy.objects.filter(**{field: value}).exists():
            raise StrategyRefused(_("There is a strategy for this already."), field=field)
    strategy = Strategy.objects.create(code=code, name=name.strip(), product=product)
    return _added(strategy, [Row(steps=(Step(0, Act.NOTHING),))], user)


@transaction.atomic
def new_draft(*, version_id: int, user: User) -> StrategyVersion:
    """Write a new draft with the rows of this version."""
    refuse_unless_writes(user)
    source = StrategyVersion.objects.select_related("strategy").get(pk=version_id)
    return _added(source.strategy, source.table(), user)


@transaction.atomic
def save_draft(
    *, version_id: int, rows: Sequence[Row], share_bps: int, note: str, seen: str, user: User, today: date
) -> StrategyVersion:
    """
    Write a draft anew. One whose publication was declined, withdrawn or has expired is a draft again.

    :param share_bps: 10,000 for a champion, less for a challenger.
    :param seen: the digest of the draft that was opened.
    :raises StrategyRefused: it could not be followed. :raises StrategyFixed: it is no draft any more.
    :raises DraftChanged: somebody else saved it meanwhile.
    """
    refuse_unless_writes(user)
    version = _draft(version_id)
    if digest_of(version) != seen:
        raise DraftChanged(_("Somebody else saved this draft meanwhile. Open it again; nothing of yours is stored."))
    _refuse_unsound(rows, share_bps, today)
    # Rows are open to change only while the version is a draft, so that comes first.
    version.status, version.request_id, version.made_by = Status.DRAFT, None, user
    version.role = Role.CHAMPION if share_bps == WHOLE else Role.CHALLENGER
    version.share_bps, version.note = share_bps, note.strip()
    version.save()
    version.rows.all().delete()
    _write_rows(version, rows)
    _witness("collections.strategy_drafted", version, user)
    return version


@transaction.atomic
def ask_publication(*, version_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask another person to publish a draft; again with the same key returns the first request.

    :raises StrategyFixed: it is no draft. :raises NotAuthorized: somebody else wrote it.
    :raises StrategyRefused, NothingToCompareWith: it could not be followed as things are.
    """
    version = _locked(version_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    _refuse_fixed(version)
    if version.made_by_id != user.pk:
        raise NotAuthorized(_("Only the person who wrote it asks for its publication, so that another decides."))
    _refuse_unsound(version.table(), version.share_bps, today)
    _refuse_alone(version)
    payload = {
        "version_id": version.pk,
        "number": version.number,
        "strategy": version.strategy.name,
        "share_bps": version.share_bps,
        "digest": digest_of(version),
    }
    preview = act_kind(PUBLISH).preview
    asked = submit(
        kind=PUBLISH,
        payload=payload,
        preview=preview(payload, today) if preview else (),
        amount_minor=0,
        currency=policy.approval_authority(today).currency,
        subject_type="strategy",
        subject_id=f"{version.strategy.code} v{version.number}",
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )
    version.status, version.request_id = Status.SUBMITTED, asked.pk
    version.save(update_fields=["status", "request_id"])
    return asked


@transaction.atomic
def publish(*, version_id: int, digest: str, actor: str) -> StrategyVersion:
    """
    Put a submitted version in use; the night follows it from then on.

    :raises StrategyFixed: it is not waiting, or is not what was submitted.
    :raises NothingToCompareWith: see there.
    """
    version = _locked(version_id)
    if version.status != Status.SUBMITTED or digest_of(version) != digest:
        raise StrategyFixed(_("This version is no longer the one that was submitted."))
    _refuse_alone(version)
    if version.role == Role.CHAMPION:
        for other in StrategyVersion.objects.published().filter(strategy=version.strategy):
            _retire(other, End.NEW_CHAMPION, actor)
    version.status, version.published_at = Status.PUBLISHED, Now()
    version.save(update_fields=["status", "published_at"])
    _witness("collections.strategy_published", version, actor)
    return version


@transaction.atomic
def stop_version(*, version_id: int, reason: str, user: User, now: datetime) -> StrategyVersion:
    """
    Take a version out of use at once; again changes nothing. Whoever followed a challenger follows the champion from
    the next night on, and nothing more is done by a strategy that has no version in use: its people have the reminders
    of the schedule from this day on.

    :raises StrategyFixed: it is not in use. :raises NotAuthorized: the role does not reach it.
    :raises ReasonMissing: no reason is given.
    """
    refuse_unless_writes(user)
    version = _locked(version_id)
    if version.status == Status.RETIRED:
        return version
    why = checked_reason(reason)
    if version.status != Status.PUBLISHED:
        raise StrategyFixed(_("This version is not in use."))
    _retire(version, why, actor_of_user(user))
    if version.role == Role.CHAMPION:
        for other in StrategyVersion.objects.published().filter(strategy=version.strategy):
            _retire(other, End.CHAMPION_STOPPED, actor_of_user(user))
        leave_stopped(now=now)
    return version


def stop_unsafe(*, version_id: int, why: End, actor: str) -> bool:
    """Take a challenger out of use because of what its trial shows; return whether it was in use."""
    version = _locked(version_id)
    if version.status != Status.PUBLISHED:
        return False
    _retire(version, why, actor)
    return True


def digest_of(version: StrategyVersion) -> str:
    told = [[plain_of(row) for row in version.table()], version.share_bps, version.note]
    return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def refuse_unless_writes(user: User) -> None:
    """:raises NotAuthorized: the role does not reach strategies."""
    if not (user.is_active and user.is_staff and user.has_perm(WRITE_STRATEGY)):
        raise NotAuthorized(_("Your role may not change strategies."))


def _refuse_unsound(rows: Sequence[Row], share_bps: int, today: date) -> None:
    if problems := problems_of(rows, known_codes(today)):
        raise StrategyRefused(
            _("The table cannot be followed as it is. What is wrong stands below."), problems=problems
        )
    most = policy.strategy_rules(today).trial.most_share_bps
    if share_bps != WHOLE and not 1 <= share_bps <= most:
        raise StrategyRefused(
            _("A challenger has at most %(most)s%% of the borrowers; 100%% makes it the champion."),
            field="share",
            params={"most": most // 100},
        )


def _refuse_alone(version: StrategyVersion) -> None:
    if version.role == Role.CHAMPION:
        return
    roles = set(StrategyVersion.objects.published().filter(strategy=version.strategy_id).values_list("role", flat=True))
    if Role.CHAMPION not in roles:
        raise NothingToCompareWith(_("A challenger needs a champion beside it. Publish one for everybody first."))
    if Role.CHALLENGER in roles:
        raise NothingToCompareWith(_("Another challenger is on trial. Wait for its end, or stop it first."))


def _added(strategy: Strategy, rows: Sequence[Row], user: User) -> StrategyVersion:
    # Two drafts that are begun at once get two numbers: the constraint refuses one, who then tries again.
    latest = strategy.versions.aggregate(latest=Max("number"))["latest"] or 0
    version = StrategyVersion.objects.create(strategy=strategy, number=latest + 1, made_by=user)
    _write_rows(version, rows)
    _witness("collections.strategy_drafted", version, user)
    return version


def _write_rows(version: StrategyVersion, rows: Sequence[Row]) -> None:
    StrategyRow.objects.bulk_create(
        StrategyRow(version=version, place=place, **plain_of(row)) for place, row in enumerate(rows)
    )


def _locked(version_id: int) -> StrategyVersion:
    """Lock the strategy first: what is in use of it is one at a time."""
    version = StrategyVersion.objects.get(pk=version_id)
    Strategy.objects.select_for_update().get(pk=version.strategy_id)
    return StrategyVersion.objects.select_for_update(of=("self",)).select_related("strategy").get(pk=version_id)


def _draft(version_id: int) -> StrategyVersion:
    version = _locked(version_id)
    _refuse_fixed(version)
    return version


def _refuse_fixed(version: StrategyVersion) -> None:
    if not may_be_edited(version):
        raise StrategyFixed(_("This version is no draft any more. Write a new one from it."))


def _retire(version: StrategyVersion, why: str, actor: str) -> None:
    version.status, version.retired_at, version.end_reason = Status.RETIRED, Now(), why
    version.save(update_fields=["status", "retired_at", "end_reason"])
    _witness("collections.strategy_retired", version, actor, why=why)


def _witness(action: str, version: StrategyVersion, by: User | str, **more: str) -> None:
    actor = by if isinstance(by, str) else actor_of_user(by)
    data: Mapping[str, Any] = {"strategy": version.strategy.code, "version": version.number, **more}
    audit.record(action=action, subject_type="strategy", subject_id=version.pk, actor=actor, data=data)
