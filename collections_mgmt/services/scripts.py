"""Scripts from the draft to use: written, submitted, approved by another person, replaced by the next or withdrawn."""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.scripts import (
    LANGUAGES,
    Script,
    missing_in,
    needed_by,
    scripts,
    step_without_disclosure,
    unknown_value,
    with_newer,
    words_refused,
)
from collections_mgmt.models import ScriptVersion
from collections_mgmt.selectors.scripts import script_of, scripts_in_use
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.dates import lender_date
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.case_desk import Step
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from dashu.web.writing import named

SCRIPT, WITHDRAWAL = "collections.script", "collections.script_withdrawal"
WRITE = "collections_mgmt.write_scriptversion"
LONGEST_TITLE, LONGEST_TEXT = 80, 1500
Status = ScriptVersion.Status


class ScriptRefused(DomainError):
    """A text is missing, names an unknown value, leaves out what has to be said, or holds a word that shames."""

    code = "script_refused"


class ScriptFixed(DomainError):
    """What was submitted or used is no longer changed; a new version can be written."""

    code = "script_fixed"
    http_status = 409


@transaction.atomic
def save_script_draft(
    *,
    code: str,
    steps: Collection[str],
    title: Mapping[str, str],
    texts: Mapping[str, str],
    user: User,
    now: datetime,
    version_id: int | None = None,
) -> ScriptVersion:
    """
    Write a draft: a new version of the script `code`, or the draft `version_id` anew.

    A submitted text whose approval was declined, withdrawn or has expired is a draft again.

    :raises NotAuthorized: the person may not write scripts.
    :raises ScriptRefused: it could not be said as it is; `field` is `steps`, or `title_` or `text_` with the language.
    :raises ScriptFixed: the version is no draft any more.
    """
    _refuse_others(user)
    if version_id is None:
        version = ScriptVersion(code=code, version=_next_version(code), made_at=now)
        before = next((script for script in scripts_in_use() if script.code == code), None)
        version.is_disclosure = before is not None and before.is_disclosure
    else:
        version = _locked(version_id)
        _refuse_fixed(version)
    version.steps = [step.value for step in Step if step in steps]
    version.title = {language: title.get(language, "").strip() for language in LANGUAGES}
    version.texts = {language: texts.get(language, "").replace("\0", "").strip() for language in LANGUAGES}
    check_script(version, on=lender_date(now))
    version.status, version.request_id, version.made_by, version.made_at = Status.DRAFT, None, user, now
    # Two drafts that are begun at once get two numbers: the constraint refuses one, whose writer tries again.
    version.save()
    _witness("script_drafted", version, actor_of_user(user))
    return version


@transaction.atomic
def submit_script(*, version_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask another person to approve a draft; again with the same key returns the first request.

    :raises ScriptFixed: it is no draft.
    :raises NotAuthorized: somebody else wrote it.
    :raises ScriptRefused: what has to be said has changed since it was written.
    :raises DomainError: see `dashu.approvals.services.submit.submit`.
    """
    version = _locked(version_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    _refuse_fixed(version)
    if version.made_by_id != user.pk:
        raise NotAuthorized(_("Only the person who wrote the text asks for its approval, so that another decides."))
    check_script(version, on=today)
    asked = submit(
        kind=SCRIPT,
        payload={
            "version_id": version.pk,
            "code": version.code,
            "version": version.version,
            "digest": _digest(version),
        },
        amount_minor=0,
        currency="CNY",
        subject_type="script",
        subject_id=f"{version.code} v{version.version}",
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
        preview=preview_tables(version),
    )
    version.status, version.request_id = Status.SUBMITTED, asked.pk
    version.save(update_fields=["status", "request_id"])
    return asked


@transaction.atomic
def approve_script(*, version_id: int, digest: str, actor: str, today: date) -> ScriptVersion:
    """
    Put a submitted script in use and retire the one before it.

    :raises ScriptFixed: it is not waiting for approval, or is not the text that was submitted.
    :raises ScriptRefused: what has to be said has changed since.
    """
    version = _locked(version_id)
    if version.status != Status.SUBMITTED or _digest(version) != digest:
        raise ScriptFixed(_("This text is no longer the one that was submitted."))
    check_script(version, on=today)
    before = ScriptVersion.objects.select_for_update().filter(code=version.code, status=Status.APPROVED)
    before.update(status=Status.RETIRED, retired_at=Now())
    version.status, version.approved_at = Status.APPROVED, Now()
    version.save(update_fields=["status", "approved_at"])
    _witness("script_approved", version, actor)
    return version


@transaction.atomic
def ask_withdrawal(*, version_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask another person to take a script out of use without another in its place; the same key returns the request.

    :raises NotAuthorized: the person may not write scripts.
    :raises ScriptFixed: it is not in use, or its withdrawal was asked for already.
    :raises ScriptRefused: it says what has to be said.
    """
    _refuse_others(user)
    version = _locked(version_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    if withdrawal_waits(version):
        raise ScriptFixed(_("Somebody asked for this already. Another person decides."))
    _check_withdrawal(version, on=today)
    asked = submit(
        kind=WITHDRAWAL,
        payload={"version_id": version.pk, "code": version.code, "version": version.version},
        amount_minor=0,
        currency="CNY",
        subject_type="script",
        subject_id=f"{version.code} v{version.version}",
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
        preview=withdrawal_tables(version),
    )
    version.withdrawal_id = asked.pk
    version.save(update_fields=["withdrawal_id"])
    return asked


@transaction.atomic
def withdraw_script(*, version_id: int, actor: str, today: date) -> ScriptVersion:
    """
    Take a script out of use: from now on no case shows it, nor the text before it. Again changes nothing.

    :raises ScriptFixed: it is not in use.
    :raises ScriptRefused: it says what has to be said.
    """
    version = _locked(version_id)
    if version.status == Status.WITHDRAWN:
        return version
    _check_withdrawal(version, on=today)
    version.status, version.retired_at = Status.WITHDRAWN, Now()
    version.save(update_fields=["status", "retired_at"])
    _witness("script_withdrawn", version, actor)
    return version


def withdrawal_waits(version: ScriptVersion) -> bool:
    """Whether somebody asked to withdraw it and nobody decided yet."""
    asked = ApprovalRequest.objects.filter(pk=version.withdrawal_id or 0, status=ApprovalRequest.Status.PENDING)
    return version.status == Status.APPROVED and asked.exists()


def withdrawal_tables(version: ScriptVersion) -> list[dict[str, Any]]:
    """Return the text that would be said no more, as whoever decides sees it."""
    rows = [
        [str(name), f"{version.title[language]}\n{version.texts[language]}"] for language, name in settings.LANGUAGES
    ]
    note = str(_("No case shows it from then on, and no text takes its place. Its versions stay on record."))
    return [
        {"title": str(_("What would be said no more")), "columns": ["", str(_("In use"))], "rows": rows, "note": note}
    ]


def _check_withdrawal(version: ScriptVersion, *, on: date) -> None:
    if version.status != Status.APPROVED:
        raise ScriptFixed(_("This text is not in use."))
    if needed := needed_by(version.code, policy.script_contents(on)):
        raise ScriptRefused(
            _("This script has to say: %(what)s. Write a new version of it instead."),
            params={"what": named(needed.name)},
        )
    if step_without_disclosure([script for script in scripts_in_use() if script.code != version.code]):
        raise ScriptRefused(_("At one of these steps nothing would be said of what has to be disclosed."))


def check_script(version: ScriptVersion, *, on: date) -> None:
    """:raises ScriptRefused: naming the field and what to change."""
    if not version.steps:
        raise ScriptRefused(_("Choose at which steps it is said."), field="steps")
    for language in LANGUAGES:
        _check_length(version.title[language], LONGEST_TITLE, f"title_{language}")
        _check_length(version.texts[language], LONGEST_TEXT, f"text_{language}")
        if found := unknown_value(version.texts[language]):
            raise ScriptRefused(
                _("“%(found)s” is no value that is filled in. Look at the list of values."),
                field=f"text_{language}",
                params={"found": found},
            )
    script = script_of(version)
    if missing := missing_in(script, policy.script_contents(on)):
        language, required = missing
        raise ScriptRefused(
            _("This text has to say: %(what)s."), field=f"text_{language}", params={"what": named(required.name)}
        )
    if word := words_refused(script, policy.forbidden_words(on)):
        field = next(f"text_{language}" for language in LANGUAGES if word in script.texts[language].casefold())
        raise ScriptRefused(_("“%(word)s” is not said to anybody."), field=field, params={"word": word})
    if step_without_disclosure(with_newer(scripts_in_use(), [script])):
        raise ScriptRefused(
            _("At one of these steps nothing would be said of what has to be disclosed."), field="steps"
        )


def preview_tables(version: ScriptVersion) -> list[dict[str, Any]]:
    """Return the text as whoever decides sees it, beside the one in use."""
    now = next((script for script in scripts_in_use() if script.code == version.code), None)
    rows = [[str(name), *_beside(now, version, language)] for language, name in settings.LANGUAGES]
    columns = ["", str(_("In use")), str(_("New"))]
    return [{"title": str(_("What would be said")), "columns": columns, "rows": rows, "note": ""}]


def _beside(now: Script | None, version: ScriptVersion, language: str) -> list[str]:
    before = f"{now.title[language]}\n{now.texts[language]}" if now else "–"
    return [before, f"{version.title[language]}\n{version.texts[language]}"]


def _check_length(text: str, longest: int, field: str) -> None:
    if not text or len(text) > longest:
        raise ScriptRefused(
            _("Write something, in at most %(longest)s characters."), field=field, params={"longest": longest}
        )


def _next_version(code: str) -> int:
    written = ScriptVersion.objects.filter(code=code).aggregate(latest=Max("version"))["latest"] or 0
    return max(written, *(script.version for script in scripts() if script.code == code), 0) + 1


def _locked(version_id: int) -> ScriptVersion:
    version = ScriptVersion.objects.select_for_update().filter(pk=version_id).first()
    if version is None:
        raise ScriptFixed(_("There is no such text."))
    return version


def _refuse_others(user: User) -> None:
    if not (user.is_active and user.is_staff and user.has_perm(WRITE)):
        raise NotAuthorized(_("Your role does not write scripts."))


def _refuse_fixed(version: ScriptVersion) -> None:
    if not may_be_edited(version):
        raise ScriptFixed(_("This text is no draft any more. Write a new version of it."))


def _digest(version: ScriptVersion) -> str:
    said = [version.code, version.version, version.steps, version.is_disclosure, version.title, version.texts]
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _witness(what: str, version: ScriptVersion, actor: str) -> None:
    audit.record(
        action=f"collections.{what}",
        subject_type="script",
        subject_id=version.pk,
        actor=actor,
        data={"code": version.code, "version": version.version},
    )
