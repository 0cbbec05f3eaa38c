"""Keep what an applicant answers to one step. Going back and answering again replaces it, until it is handed in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu.consents.models import ConsentText
from dashu.consents.selectors import consents_held
from dashu.consents.services.ledger import give_consents, withdraw_consent
from dashu.kernel.dates import lender_date
from dashu.kernel.documents import Document
from dashu.kernel.errors import DomainError, InvalidInput
from dashu.kernel.money import format_minor
from dashu.users.id_numbers import credit_code, legal_name, mobile_phone, resident_id
from dashu.users.models import Identity
from dashu.users.selectors import number_index
from dashu.users.services.record_identity import record_identity
from loans.domain.application_consents import EVERY
from loans.domain.application_facts import Step, read_step, steps_of
from loans.domain.applications import Status
from loans.domain.tranches import parts_of_json, refuse_parts_outside
from loans.models import Application, Business, Guarantor
from loans.selectors.products import product_terms
from loans.selectors.same_person import settled_identity
from loans.services.application_rows import lock_applicant, lock_application, refuse_unless_in
from loans.services.cards_to_pay import keep_card
from loans.services.create_loan import OutsideProduct, refuse_amount_outside, refuse_count_outside

MOST_GUARANTORS = 10
# A consent that a partner took is not older than the draft it is for.
CONSENTS_HOLD_FOR = timedelta(days=30)
CLOCKS_DIFFER = timedelta(minutes=2)


class Language(StrEnum):
    """In which a text was read."""

    ZH_HANS = "zh-hans"
    ZH_HANT = "zh-hant"
    EN = "en"


class StepUnknown(DomainError):
    """This product does not ask that step."""

    code = "application_step_unknown"
    http_status = 404


@transaction.atomic
def answer_step(*, application_id: int, step: str, answer: Mapping[str, Any], now: datetime, actor: str) -> Application:
    """
    Keep the answer to a step. The same answer again changes nothing.

    :param answer: a plain document, see `loans.domain.application_facts`; what is personal in it is kept sealed, apart.
    :raises StepUnknown: see there.
    :raises ApplicationStateChanged: it was handed in.
    :raises DomainError: the answer is not well-formed; `field` says where.
    """
    lock_applicant(application_id)
    application = lock_application(application_id)
    kind = application.product.kind
    if step not in steps_of(kind):
        raise StepUnknown(_("This product does not ask that."), field="step")
    refuse_unless_in(application, Status.DRAFT)
    asked = Step(step)
    plain = dict(answer)
    if keep := _APART.get(asked):
        keep(application, plain, now, actor)
    facts = read_step(asked, kind, plain, application.currency)
    if asked is Step.LOAN:
        _refuse_outside_product(application, facts, now)
        application.amount_minor, application.months = facts["amount_minor"], facts["months"]
        application.purpose = facts["purpose"]
    application.facts = {**application.facts, asked.value: facts}
    _refuse_more_than_the_card(application, asked)
    if asked.value not in application.steps_done:
        application.steps_done = [*application.steps_done, asked.value]
    application.save(update_fields=["facts", "steps_done", "amount_minor", "months", "purpose"])
    return application


def _refuse_outside_product(application: Application, facts: Mapping[str, Any], now: datetime) -> None:
    """A loan that the product does not offer is said at once, not after all questions."""
    rules = product_terms(application.product.code, on=lender_date(now)).rules
    refuse_amount_outside(rules, facts["amount_minor"], field="amount")
    refuse_count_outside(rules, facts["months"], field="months")
    refuse_parts_outside(
        parts_of_json(facts.get("tranches", ())),
        most=rules.max_tranches,
        least=rules.min_principal,
        within_days=rules.tranche_within_days,
        today=lender_date(now),
    )


def _refuse_more_than_the_card(application: Application, asked: Step) -> None:
    """Nothing beyond what the card asks for goes to its bank; either of the two answers may come last."""
    card = application.answers.get(Step.CARD)
    if card is None or application.amount_minor is None or application.amount_minor <= card["statement_minor"]:
        return
    raise OutsideProduct(
        _("This loan pays off a card: it is at most the balance on the statement, %(statement)s."),
        field="amount" if asked is Step.LOAN else "statement",
        params={"statement": format_minor(card["statement_minor"])},
    )


def _keep_person(application: Application, plain: dict[str, Any], now: datetime, actor: str) -> None:
    """An identity is the borrower's, for all their applications: it stays what those in our hands were decided on."""
    document = _taken(plain, "name", "number", "phone")
    record_identity(
        borrower_id=application.borrower_id,
        kind=Identity.Kind.CN_ID,
        name=document.text("name", longest=200),
        number=document.text("number", longest=40),
        phone=document.text("phone", longest=40),
        recorded_at=now,
        actor=actor,
        settled=settled_identity(application),
    )


def _keep_business(application: Application, plain: dict[str, Any], now: datetime, _actor: str) -> None:
    code = credit_code(_taken(plain, "credit_code").text("credit_code", longest=40), field="credit_code")
    guarantors = _guarantors(_taken(plain, "guarantors"), now)
    name = Document({"name": plain.get("name")}).text("name", longest=120)
    Business.objects.update_or_create(application=application, defaults={"name": name, "credit_code": code})
    Guarantor.objects.filter(application=application).delete()
    for guarantor in guarantors:
        guarantor.application = application
    Guarantor.objects.bulk_create(guarantors)


def _guarantors(document: Document, now: datetime) -> list[Guarantor]:
    """:raises InvalidInput: a person or a phone is named twice, or all answer for more than the whole."""
    guarantors: list[Guarantor] = []
    for entry in document.children("guarantors", most=MOST_GUARANTORS, default=[]):
        number = resident_id(entry.text("number", longest=40), on=lender_date(now), field=entry.field("number"))
        guarantors.append(
            Guarantor(
                name=legal_name(entry.text("name", longest=200), field=entry.field("name")),
                number=number,
                number_index=number_index(number),
                phone=mobile_phone(entry.text("phone", longest=40), field=entry.field("phone")),
                share_bps=entry.whole("share_bps", low=1, high=10_000),
            )
        )
        entry.done()
    if len({guarantor.number_index for guarantor in guarantors}) < len(guarantors):
        raise InvalidInput(_("Each guarantor is named once."), field="guarantors")
    if len({guarantor.phone for guarantor in guarantors}) < len(guarantors):
        raise InvalidInput(
            _("Each guarantor needs a phone of their own: they sign by a code that is sent to it."), field="guarantors"
        )
    if sum(guarantor.share_bps for guarantor in guarantors) > 10_000:
        raise InvalidInput(_("Together the guarantors answer for at most the whole loan, 100%%."), field="guarantors")
    return guarantors


def _keep_card(application: Application, plain: dict[str, Any], _now: datetime, _actor: str) -> None:
    keep_card(application, _taken(plain, "issuer", "other_issuer", "card_number"))


def _keep_consents(application: Application, plain: dict[str, Any], now: datetime, actor: str) -> None:
    """
    The answer is all that is agreed to: what was agreed to before and is not in it any more is withdrawn.

    A partner shows the texts on pages of its own, and says when and in which language.
    """
    document = _taken(plain, "texts", "language", "given_at")
    text_ids = document.wholes("texts", most=20, low=1, high=2**31 - 1)
    shown: dict[str, Any] = {"now": now}
    if application.partner_id:
        shown = {"language": document.choice("language", Language), "now": _given_at(document, text_ids, now)}
    document.done()
    _refuse_texts_for_others(text_ids)
    whose: dict[str, Any] = {"borrower_id": application.borrower_id, "about": application.reference}
    for purpose, text in consents_held(**whose).items():
        if text.pk not in text_ids:
            withdraw_consent(**whose, purpose=purpose, now=now, actor=actor)
    give_consents(**whose, text_ids=text_ids, actor=actor, **shown)


def _refuse_texts_for_others(text_ids: Sequence[int]) -> None:
    """:raises InvalidInput: a text is not for applicants, such as one that a guarantor agrees to."""
    if ConsentText.objects.filter(pk__in=text_ids).exclude(purpose__in=EVERY).exists():
        raise InvalidInput(_("This text is not for applicants."), field="texts")


def _given_at(document: Document, text_ids: Sequence[int], now: datetime) -> datetime:
    """:raises InvalidInput: no moment with its offset, or one at which nobody can have agreed to these texts."""
    field = document.field("given_at")
    try:
        given_at = datetime.fromisoformat(document.text("given_at", longest=40))
    except ValueError:
        given_at = None
    if given_at is None or given_at.tzinfo is None:
        raise InvalidInput(_("Write the moment with its offset, such as 2026-01-31T09:30:00+08:00."), field=field)
    if not now - CONSENTS_HOLD_FOR <= given_at <= now + CLOCKS_DIFFER:
        raise InvalidInput(_("Consents are given within the last 30 days before they are sent."), field=field)
    if ConsentText.objects.filter(pk__in=text_ids, loaded_at__gt=given_at + CLOCKS_DIFFER).exists():
        raise InvalidInput(_("At that moment this text was not in use yet."), field=field)
    return min(given_at, now)


def _taken(plain: dict[str, Any], *names: str) -> Document:
    """Take these fields out of an answer, since they are kept apart from the rest of it."""
    return Document({name: plain.pop(name) for name in names if name in plain})


_APART: Mapping[Step, Callable[[Application, dict[str, Any], datetime, str], None]] = {
    Step.PERSON: _keep_person,
    Step.BUSINESS: _keep_business,
    Step.CARD: _keep_card,
    Step.CONSENTS: _keep_consents,
}
