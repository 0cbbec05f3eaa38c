"""
Every address of the site that is not of the API and not of the back office, with who may see what is there.

A new address that is not entered here fails `tests/integration/web/test_who_sees_what.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dashu.users.roles import STAFF_ROLES
from education.selectors.workshops import poster_token, registration_token
from tests.everyone import Everyone

Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Own:
    """
    Something of one person's: anybody else's eyes find nothing there.

    :param owner: the name of whose it is. :param readers: the roles of who works here and may look at it in the portal.
    :param is_page: whether its owner gets a page; otherwise a file, another address, or "only by POST".
    """

    owner: str
    words: Callable[[Everyone], Words]
    is_page: bool = True
    readers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Open:
    """Anybody's. :param is_page: whether a visitor gets a page."""

    words: Callable[[Everyone], Words] = lambda _world: {}
    is_page: bool = True


@dataclass(frozen=True, slots=True)
class SignedIn:
    """For whoever has signed in; each sees their own there. :param role: the only ones who do, where it is not all."""

    words: Callable[[Everyone], Words] = lambda _world: {}
    is_page: bool = True
    role: str = ""


EVERY_ROLE = frozenset(STAFF_ROLES)
# A collector sees what is agreed with somebody whose file they hold.
SEES_ALL_FILES = EVERY_ROLE - {"COLLECTOR"}


def _loan(world: Everyone) -> Words:
    return {"number": world.late.number}


def _draft(world: Everyone) -> Words:
    return {"reference": world.draft.reference}


def _chosen(world: Everyone) -> Words:
    return {"reference": world.chosen.reference}


def _signed(world: Everyone) -> Words:
    return {"reference": world.of_contract.reference}


def _guarantor(world: Everyone) -> Words:
    return {"reference": world.guaranteed.reference, "guarantor_id": world.guaranteed.guarantors.get().pk}


def _way(world: Everyone) -> Words:
    return {"reference": world.offered.reference, "number": 1}


def _document(world: Everyone) -> Words:
    return {**_draft(world), "document_id": world.document.pk}


def _key(world: Everyone) -> Words:
    return {"client_id": world.key.client_id}


def _hook(world: Everyone) -> Words:
    return {"key": world.hook.key}


def _delivery(world: Everyone) -> Words:
    return {"key": world.delivery.key}


def _seat(world: Everyone) -> Words:
    """Whoever has the address has the seat: it comes by message, to somebody who need not have a login."""
    return {"token": registration_token(world.seat.pk)}


ADDRESSES: dict[str, Own | Open | SignedIn] = {
    "api_docs": Open(),
    "api_collection": Open(is_page=False),
    "api_guides": Open(),
    "api_guide": Open(lambda _world: {"name": "errors"}),
    "live": Open(is_page=False),
    "ready": Open(is_page=False),
    "choose_language": Open(is_page=False),
    "styleguide": SignedIn(role="staff"),
    "voice": SignedIn(role="staff"),
    "stop_messages": Open(lambda _world: {"token": "abc-0123456789abcdef"}, is_page=False),
    "education:lessons": Open(),
    "education:today": SignedIn(),
    "education:answer_today": SignedIn(lambda _world: {"slug": "overdue", "question": "late-call"}, is_page=False),
    "education:progress": SignedIn(),
    "education:certify": SignedIn(is_page=False),
    "education:certificate": Own("amina", lambda world: {"code": world.certificate}, is_page=False),
    "education:erase": SignedIn(),
    "education:for_you": SignedIn(is_page=False),
    "education:put_away": SignedIn(lambda _world: {"moment_id": 1}, is_page=False),
    "education:lesson": Open(lambda _world: {"slug": "overdue"}),
    "education:image": Open(lambda _world: {"digest": "0" * 64}, is_page=False),
    "education:helpful": Open(lambda _world: {"slug": "overdue"}, is_page=False),
    "education:calculators": Open(),
    "education:glossary": Open(),
    "education:search": Open(),
    "education:calculator": Open(lambda _world: {"code": "flat-vs-irr"}),
    "education:answer": Open(lambda _world: {"slug": "overdue", "question": "first"}, is_page=False),
    "education:lesson_sheet": Open(lambda _world: {"slug": "overdue"}, is_page=False),
    "education:workshops": Open(),
    "education:my_workshops": SignedIn(),
    "education:workshop": Open(lambda world: {"code": world.workshop.code}),
    "education:workshop_calendar": Open(lambda world: {"code": world.workshop.code}, is_page=False),
    "education:check_in_code": Open(lambda world: {"code": world.seat.code}),
    "education:here": Open(lambda world: {"code": world.workshop.code, "token": poster_token(world.workshop)}),
    "education:registration": Open(_seat),
    "education:registration_calendar": Open(_seat, is_page=False),
    "education:feedback": Open(_seat),
    "education:material": Open(lambda world: {**_seat(world), "pk": world.take_home.pk}, is_page=False),
    "portal:home": Open(),
    "portal:verify": Open(),
    "portal:verify_code": Open(lambda world: {"code": world.paper.code}),
    "portal:compare_card": Open(),
    "portal:apply": Open(),
    "portal:apply_for": Open(lambda _world: {"code": "consumer"}),
    "manifest": Open(is_page=False),
    "service_worker": Open(is_page=False),
    "robots": Open(is_page=False),
    "sitemap": Open(is_page=False),
    "offline": Open(lambda _world: {"language": "zh-hans"}),
    "guarantee": Open(lambda world: {"token": world.guarantee}),
    "signature": Open(lambda world: {"token": world.signature}),
    "signature_contract": Open(lambda world: {"token": world.signature}, is_page=False),
    "relief_link": Open(lambda world: {"token": world.relief_link}),
    "relief_link_amendment": Open(lambda world: {"token": world.relief_link}, is_page=False),
    "portal:complaints": Open(),
    "portal:help": Open(),
    "portal:undo_closing": Open(lambda _world: {"signed": "nothing-at-all"}, is_page=False),
    "portal:mine": SignedIn(),
    "portal:all_papers": SignedIn(role="borrower"),
    "portal:applications": SignedIn(role="borrower"),
    "portal:ask_for_help": SignedIn(role="borrower"),
    "portal:new_complaint": SignedIn(role="borrower"),
    "portal:credit_record": SignedIn(role="borrower"),
    "portal:messages": SignedIn(role="borrower"),
    "portal:calls_made": SignedIn(role="borrower"),
    "portal:messages_read": SignedIn(role="borrower", is_page=False),
    "portal:consents": SignedIn(role="borrower"),
    "portal:details": SignedIn(role="borrower"),
    "portal:language": SignedIn(),
    "portal:pause_reminders": SignedIn(role="borrower", is_page=False),
    "portal:take_back_agreed": SignedIn(role="borrower", is_page=False),
    "portal:representative": SignedIn(role="borrower", is_page=False),
    "portal:export": SignedIn(role="borrower"),
    "portal:closing": SignedIn(role="borrower"),
    "portal:confirm_closing": SignedIn(role="borrower", is_page=False),
    "portal:stop_offers": SignedIn(role="borrower", is_page=False),
    "portal:wishes": SignedIn(role="borrower"),
    "portal:pay_together": SignedIn(role="borrower"),
    "portal:loan": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:pay": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:early": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:overdue": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:make_plan": Own("amina", _loan, is_page=False, readers=EVERY_ROLE),
    "portal:settlement": Own("amina", lambda world: {"reference": world.settlement.reference}, readers=SEES_ALL_FILES),
    "portal:answer_settlement": Own(
        "amina", lambda world: {"reference": world.settlement.reference}, is_page=False, readers=SEES_ALL_FILES
    ),
    "portal:help_request": Own("amina", lambda world: {"reference": world.help.reference}),
    "portal:help_withdraw": Own("amina", lambda world: {"reference": world.help.reference}, is_page=False),
    "portal:complaint": Own("amina", lambda world: {"reference": world.complaint.reference}),
    "portal:credit_told": Own("amina", _loan),
    "portal:dispute": Own("amina", _loan),
    "portal:dispute_status": Own("amina", lambda world: {"reference": world.dispute.reference}),
    "portal:message": Own("amina", lambda world: {"message_id": world.message.pk}),
    "portal:export_fetch": Own("amina", lambda world: {"token": world.export.token}, is_page=False),
    "portal:relief": SignedIn(role="borrower"),
    "portal:relief_month": SignedIn(role="borrower"),
    "portal:relief_answer": Own("gao", lambda world: {"reference": world.budget, "number": world.hard_to_pay.number}),
    "portal:relief_offers": Own("gao", lambda world: {"reference": world.offered.reference}),
    "portal:relief_not_now": Own("gao", lambda world: {"reference": world.offered.reference}, is_page=False),
    "portal:relief_person": Own("gao", lambda world: {"reference": world.offered.reference}, is_page=False),
    "portal:relief_way": Own("gao", _way),
    "portal:relief_own": Own("gao", _way, is_page=False),
    "portal:relief_sign": Own("gao", _way),
    "portal:relief_plan": Own("gao", lambda world: {"reference": world.plan.reference}),
    "portal:relief_take_back": Own("gao", lambda world: {"reference": world.plan.reference}, is_page=False),
    "portal:payoff": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:payoff_quote": Own("amina", lambda world: {**_loan(world), "token": world.quote}, readers=EVERY_ROLE),
    "portal:documents": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:document_file": Own(
        "amina",
        lambda world: {**_loan(world), "code": world.paper.code, "format": "pdf"},
        is_page=False,
        readers=EVERY_ROLE,
    ),
    "portal:autopay": Own("amina", _loan, readers=EVERY_ROLE),
    "portal:checkout": Own("amina", lambda world: {"token": world.checkout.token}, readers=EVERY_ROLE),
    "portal:receipt": Own("amina", lambda world: {"reference": world.payment.reference}, readers=EVERY_ROLE),
    "portal:application": Own("amina", _draft),
    "portal:application_step": Own("amina", lambda world: {**_draft(world), "name": "month"}),
    "portal:application_check": Own("amina", _draft),
    "portal:application_consents": Own("amina", _draft),
    "portal:application_withdraw": Own("amina", _draft),
    "portal:application_papers": Own("chen", _chosen),
    "portal:document_link": Own("amina", _document, is_page=False, readers=EVERY_ROLE - {"COLLECTOR"}),
    "portal:document_remove": Own("amina", _document, is_page=False),
    "portal:application_offers": Own("chen", _chosen),
    "portal:application_budget": Own("chen", _chosen),
    "portal:application_review": Own("chen", _chosen, is_page=False),
    "portal:application_costs": Own("chen", _chosen),
    "portal:application_questions": Own("chen", _chosen, is_page=False),
    "portal:application_sign": Own("chen", _chosen, is_page=False),
    "portal:application_account": Own("dai", _signed, is_page=False),
    "portal:application_give_back": Own("dai", _signed),
    "portal:application_contract": Own("dai", _signed, is_page=False),
    "portal:application_part": Own("dai", lambda world: {**_signed(world), "part": 1}),
    "console:overview": SignedIn(role="partner"),
    "console:usage": SignedIn(role="partner"),
    "console:usage_of": SignedIn(lambda world: {"code": world.partner.code}, role="administrator"),
    "console:requests": SignedIn(role="partner"),
    "console:request": Own("partner", lambda world: {"request_id": world.call.request_id}),
    "console:hooks": SignedIn(role="partner"),
    "console:new_endpoint": SignedIn(role="partner", is_page=False),
    "console:endpoint": Own("partner", _hook),
    "console:change_endpoint": Own("partner", _hook, is_page=False),
    "console:verify_endpoint": Own("partner", _hook, is_page=False),
    "console:test_endpoint": Own("partner", _hook, is_page=False),
    "console:switch_endpoint": Own("partner", _hook, is_page=False),
    "console:endpoint_secret": Own("partner", _hook, is_page=False),
    "console:delete_endpoint": Own("partner", _hook, is_page=False),
    "console:replay_endpoint": Own("partner", _hook),
    "console:replay_given_up": Own("partner", _hook, is_page=False),
    "console:deliveries": SignedIn(role="partner"),
    "console:delivery": Own("partner", _delivery),
    "console:replay_delivery": Own("partner", _delivery, is_page=False),
    "console:events": SignedIn(role="partner"),
    "console:event": Own("partner", lambda world: {"key": world.delivery.event.key}),
    "console:keys": SignedIn(role="partner"),
    "console:new_key": SignedIn(role="partner", is_page=False),
    "console:key": Own("partner", _key),
    "console:new_secret": Own("partner", _key, is_page=False),
    "console:end_secret": Own("partner", _key, is_page=False),
    "console:access": Own("partner", _key, is_page=False),
    "console:end_tokens": Own("partner", _key, is_page=False),
    "portal:application_guarantor": Own("fei", _guarantor, is_page=False),
}

# Of libraries, by program only, or made for one moment; what they let through is tested where they are used.
ELSEWHERE = (
    *("account_", "mfa_", "usersessions_", "oauth:", "api:", "simulated_", "gateway_callback", "message_callback"),
    "portal:export_file",
)


def visitor_of(entry: Own | Open | SignedIn) -> str:
    """Return the name of whoever finds something at the address, in `Everyone`; "" where nobody of them does."""
    if isinstance(entry, Own):
        return entry.owner
    role = entry.role if isinstance(entry, SignedIn) else ""
    return {"partner": "partner", "administrator": ""}.get(role, "amina")


def address_of(name: str, world: Everyone) -> str:
    return reverse(name, kwargs=ADDRESSES[name].words(world))


def names() -> set[str]:
    """Return the name of every address outside the back office."""
    return {name for name in _names(get_resolver().url_patterns) if not name.startswith(ELSEWHERE)}


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            found.append(f"{space}{pattern.name}")
        elif pattern.namespace != "admin":
            found += _names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
    return found
