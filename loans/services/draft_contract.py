"""
What a contract would say if it were signed now, with the evidence of the signature. Nothing is written here.

The evidence names what was agreed by the digest of the facts without their signature, and the digest of the evidence is
printed on the paper; so paper and evidence name each other.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import translation

from dashu.consents.selectors import consents_held
from dashu.kernel.dates import lender_date
from dashu.policy import rules as policy
from dashu.users.sealing import blind_index
from dashu.web.writing import named
from loans.domain.cost_sheet import digest_of, sheet_of
from loans.domain.covenants import Promise, promises_of
from loans.models import Application, Disclosure, Offer, SigningCode
from loans.papers.contract import Complaints, ContractFacts, Signature
from loans.services.offer_sheets import product_of_offer

BINDING = ("zh-hans", "zh-hant")


@dataclass(frozen=True, slots=True)
class Where:
    """From where somebody signs. :param agent: of their browser or program, as it names itself."""

    ip: str
    agent: str


@dataclass(frozen=True, slots=True)
class Draft:
    number: str
    language: str
    facts: ContractFacts
    evidence: dict[str, Any]

    @property
    def facts_digest(self) -> str:
        return digest_of(self.facts)

    @property
    def evidence_digest(self) -> str:
        return digest_of(self.evidence)


def draft_contract(
    application: Application,
    offer: Offer,
    disclosure: Disclosure,
    code: SigningCode,
    *,
    language: str,
    now: datetime,
    where: Where,
) -> Draft:
    """
    Return the contract that a code would sign at this moment.

    :param language: of the reader; the contract that binds is in Chinese, simplified unless the reader's is not.
    """
    binding = language if language in BINDING else BINDING[0]
    number = f"HT{now:%Y}{application.pk:07d}"
    agreed = contract_facts(application, offer, number=number, language=binding, on_day_of=now)
    evidence = _evidence(application, offer, disclosure, code, agreed=digest_of(agreed), now=now, where=where)
    signature: Signature = {
        "name": application.borrower.identity.name,
        "at": now.isoformat(timespec="seconds"),
        "phone": code.phone_shown,
        "evidence": digest_of(evidence),
    }
    return Draft(number, binding, {**agreed, "signature": signature}, evidence)


def contract_facts(
    application: Application, offer: Offer, *, number: str, language: str, on_day_of: datetime
) -> ContractFacts:
    """Return what the contract says in a language, not signed. :param on_day_of: the moment whose rules hold."""
    on = lender_date(on_day_of)
    identity = application.borrower.identity
    assert offer.sheet is not None
    with translation.override(language):
        facts: ContractFacts = {
            "number": number,
            "lender": policy.lender_names(on)[language],
            "borrower": identity.name,
            "id_number": identity.masked_number,
            "product": str(application.product.label),
            "purpose": str(application.get_purpose_display()),
            "sheet": offer.sheet,
            "cooling_off_days": policy.credit_disclosure(on).cooling_off_days,
            "complaints": _complaints(language, on=on),
        }
        if business := getattr(application, "business", None):
            facts["entity"] = {
                "name": business.name,
                "uscc": business.credit_code,
                "guarantors": [
                    {
                        "name": each.name,
                        "id_number": each.masked_number,
                        "share": f"{each.share_bps / 10_000:g}",
                    }
                    for each in application.guarantors.all()
                ],
                "covenants": [
                    {"text": named(promise.line.text), "by": promise.due_on.isoformat()} for promise in _promises(offer)
                ],
            }
        if card := getattr(application, "card", None):
            facts["card"] = {"issuer": card.issuer, "number": card.masked_number}
    return facts


def _complaints(language: str, *, on: date) -> Complaints:
    told = policy.complaints(on).told(language)
    return {
        "phone": told.phone,
        "hours": told.hours,
        "address": told.address,
        "regulator": told.regulator,
        "regulator_phone": told.regulator_phone,
    }


def _promises(offer: Offer) -> list[Promise]:
    assert offer.sheet is not None
    sheet = sheet_of(offer.sheet)
    return promises_of(product_of_offer(offer).rules.covenants, sheet.starts_on, sheet.rows[-1].due_on)


def _evidence(
    application: Application,
    offer: Offer,
    disclosure: Disclosure,
    code: SigningCode,
    *,
    agreed: str,
    now: datetime,
    where: Where,
) -> dict[str, Any]:
    identity = application.borrower.identity
    assert disclosure.confirmed_at is not None
    held = consents_held(borrower_id=application.borrower_id, about=application.reference)
    return {
        "who": {
            "borrower": application.borrower.number,
            "name": identity.masked_name,
            "id_number": identity.masked_number,
            "phone": code.phone_shown,
        },
        "what": {
            "application": application.reference,
            "contract_sha256": agreed,
            "sheet_sha256": offer.sheet_digest,
            # Keyed: a plain digest of so few digits would give the number away to whoever tries them all.
            "paid_out_to": blind_index(code.account_number, "loans.paid_out_to") if code.account_number else "",
        },
        "when": {"signed_at": now.isoformat()},
        "how": {
            "method": "one-time code by text message",
            "code": str(code.salt),
            "sent_at": code.sent_at.isoformat() if code.sent_at else None,
            "tries": code.tries,
        },
        "where": {"ip": where.ip, "agent": where.agent[:300]},
        "consents": {
            purpose: {"version": text.version, "sha256": text.digest} for purpose, text in sorted(held.items())
        },
        "reading": {
            "opened_at": disclosure.opened_at.isoformat(),
            "confirmed_at": disclosure.confirmed_at.isoformat(),
            "seconds": int((disclosure.confirmed_at - disclosure.opened_at).total_seconds()),
            "answers": disclosure.tries,
        },
    }
