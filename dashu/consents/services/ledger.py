"""Give and withdraw consents."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.consents.models import ConsentEntry, ConsentText
from dashu.consents.selectors import consents_held, latest_texts
from dashu.kernel.errors import DomainError
from dashu.users.models import Borrower

Kind = ConsentEntry.Kind


class ConsentTextOutdated(DomainError):
    """Another text is in use since the page was opened; nobody agrees to words that they did not see."""

    code = "consent_text_outdated"
    http_status = 409


class ConsentTakenBack(DomainError):
    """The consent was taken back after the moment at which it is said to have been given; it has to be asked anew."""

    code = "consent_taken_back"
    http_status = 409


class ConsentNotHeld(DomainError):
    """There is no such consent to withdraw."""

    code = "consent_not_held"
    http_status = 409


@transaction.atomic
def give_consents(
    *,
    text_ids: Collection[int],
    about: str,
    now: datetime,
    actor: str,
    borrower_id: int | None = None,
    person: str = "",
    language: str | None = None,
) -> Sequence[ConsentEntry]:
    """
    Write down that a person agrees to these texts. What is held already is not written again.

    :param about: what it is for, such as an application's reference.
    :param now: when it was given.
    :param person: in place of a borrower's id, somebody who is none, such as "guarantor:12"; the caller has locked what
        they belong to, so that one comes after the other.
    :param language: in which the text was read; None: the language of the moment.
    :raises ConsentTextOutdated: a text is not the latest of its purpose.
    :raises ConsentTakenBack: what is given now was withdrawn after this moment.
    """
    whose = _locked(borrower_id, person, about)
    latest = {text.pk: text for text in latest_texts()}
    if any(text_id not in latest for text_id in text_ids):
        raise ConsentTextOutdated(_("The text has changed since you opened this page. Please read it again."))
    held = {text.pk for text in consents_held(**whose).values()}
    new = [latest[text_id] for text_id in sorted(text_ids) if text_id not in held]
    _refuse_taken_back(new, whose, given_at=now)
    return _write(Kind.GIVEN, new, whose, now=now, actor=actor, language=language)


@transaction.atomic
def withdraw_consent(
    *, purpose: str, about: str, now: datetime, actor: str, borrower_id: int | None = None, person: str = ""
) -> ConsentEntry:
    """
    Write down that a person takes a consent back. What was done while it held stays lawful.

    :param person: see `give_consents`.
    :raises ConsentNotHeld: it was not given, or was withdrawn before.
    """
    whose = _locked(borrower_id, person, about)
    text = consents_held(**whose).get(purpose)
    if text is None:
        raise ConsentNotHeld(_("You have not given this consent, or have withdrawn it before."), field="purpose")
    return _write(Kind.WITHDRAWN, [text], whose, now=now, actor=actor)[0]


def _locked(borrower_id: int | None, person: str, about: str) -> dict[str, Any]:
    if borrower_id is not None:
        Borrower.objects.select_for_update().get(pk=borrower_id)
    return {"borrower_id": borrower_id, "person": person, "about": about}


def _refuse_taken_back(texts: Sequence[ConsentText], whose: dict[str, Any], *, given_at: datetime) -> None:
    purposes = [text.purpose for text in texts]
    later = ConsentEntry.objects.filter(**whose, kind=Kind.WITHDRAWN, text__purpose__in=purposes, at__gt=given_at)
    if purposes and later.exists():
        raise ConsentTakenBack(_("This consent was taken back after that moment. Ask for it again."), field="given_at")


def _write(
    kind: str,
    texts: Sequence[ConsentText],
    whose: dict[str, Any],
    *,
    now: datetime,
    actor: str,
    language: str | None = None,
) -> Sequence[ConsentEntry]:
    language = language or get_language() or ""
    entries = [ConsentEntry(**whose, text=text, kind=kind, language=language, at=now, actor=actor) for text in texts]
    entries = ConsentEntry.objects.bulk_create(entries)
    subject_type, _colon, subject_id = (whose["person"] or f"borrower:{whose['borrower_id']}").partition(":")
    for entry in entries:
        audit.record(
            action=f"consents.consent_{kind.lower()}",
            subject_type=subject_type,
            subject_id=subject_id,
            actor=actor,
            data={"purpose": entry.text.purpose, "version": entry.text.version, "about": whose["about"]},
        )
    return entries
