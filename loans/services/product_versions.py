"""Versions of products from the draft to publication: written, previewed, submitted, approved by another person."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dashu.approvals.authority import NotAuthorized
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.users.actors import actor_of_user
from dashu.users.models import User
from loans.domain.product_examples import Examples
from loans.domain.terms import InvalidProductTerms, parse_rules
from loans.models import Product, ProductTerms
from loans.selectors.product_previews import examples_on, preview_tables

VERSION = "product.version"
Status = ProductTerms.Status


class VersionFixed(DomainError):
    """A version that was submitted or published is no longer changed; a new one can be written."""

    code = "product_version_fixed"
    http_status = 409


class RateAboveCap(DomainError):
    """A loan that the product offers would cost more than the law allows."""

    code = "rate_above_cap"


def checked_examples(terms: Mapping[str, Any], *, effective_from: date, today: date) -> Examples:
    """
    Return what the terms come to, from the day on which they hold.

    :raises InvalidProductTerms: the terms are not well-formed, or their bounds are the wrong way round; `field` says
        which.
    :raises InvalidProductTerms: they would hold from a day that is past.
    :raises RateAboveBound, RateAboveCap: the highest rate is more than the policy pack allows.
    :raises DomainError: no schedule can be made of them.
    """
    if effective_from < today:
        raise InvalidProductTerms(_("A version holds from today or a later day."), field="effective_from")
    rules = parse_rules(terms, currency=settings.CURRENCY)
    for name in ("principal", "count", "annual_rate"):
        if getattr(rules, f"min_{name}") > getattr(rules, f"max_{name}"):
            raise InvalidProductTerms(_("The highest lies below the lowest."), field=f"max_{name}")
    for name in ("min_principal", "min_count"):
        if getattr(rules, name) <= 0:
            raise InvalidProductTerms(_("The lowest is more than 0."), field=name)
    if rules.max_tranches > 1 and not rules.tranche_within_days:
        raise InvalidProductTerms(
            _("What is paid out in parts says within how many days the last one comes."), field="tranche_within_days"
        )
    limits = policy.rate_limits(effective_from)
    limits.refuse_above_bound(rules.max_annual_rate, field="max_annual_rate")
    examples = examples_on(effective_from, rules)
    if examples.above_cap:
        worst = max(examples.above_cap, key=lambda example: example.all_in_rate)
        raise RateAboveCap(
            _("%(count)s installments at the highest rate cost %(rate)s a year; the cap is %(cap)s."),
            field="max_annual_rate",
            params={"count": worst.count, "rate": worst.all_in_rate, "cap": limits.cap},
        )
    return examples


@transaction.atomic
def save_version(
    *,
    product_code: str,
    terms: Mapping[str, Any],
    effective_from: date,
    user: User,
    today: date,
    version_id: int | None = None,
) -> ProductTerms:
    """
    Write a draft: a new version of the product, or the draft `version_id` anew.

    A submitted version whose approval was declined, withdrawn or has expired is a draft again.

    :raises VersionFixed: the version is no draft any more.
    :raises DomainError: see `checked_examples`.
    """
    product = Product.objects.select_for_update().get(code=product_code)
    checked_examples(terms, effective_from=effective_from, today=today)
    if version_id is None:
        latest = product.versions.aggregate(latest=Max("version"))["latest"] or 0
        version = ProductTerms(product=product, version=latest + 1)
    else:
        version = product.versions.select_for_update().get(pk=version_id)
        _refuse_fixed(version)
    version.terms, version.effective_from = dict(terms), effective_from
    version.status, version.made_by, version.request_id = Status.DRAFT, user, None
    version.save()
    _witness("loans.product_version_drafted", version, actor_of_user(user))
    return version


@transaction.atomic
def submit_version(*, version_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask another person to publish a draft; again with the same key returns the first request.

    :raises VersionFixed: it is no draft.
    :raises NotAuthorized: somebody else wrote it.
    :raises DomainError: see `checked_examples` and `dashu.approvals.services.submit.submit`.
    """
    version = ProductTerms.objects.select_for_update().get(pk=version_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    _refuse_fixed(version)
    if version.made_by_id != user.pk:
        raise NotAuthorized(_("Only the person who wrote the version asks for its approval, so that another decides."))
    examples = checked_examples(version.terms, effective_from=version.effective_from, today=today)
    asked = submit(
        kind=VERSION,
        payload={
            "version_id": version.pk,
            "product": version.product.code,
            "version": version.version,
            "digest": digest_of(version),
        },
        amount_minor=0,
        currency=settings.CURRENCY,
        subject_type="product",
        subject_id=f"{version.product.code} v{version.version}",
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
        preview=preview_tables(version, examples),
    )
    version.status, version.request_id = Status.SUBMITTED, asked.pk
    version.save(update_fields=["status", "request_id"])
    return asked


@transaction.atomic
def publish_version(*, version_id: int, digest: str, actor: str, today: date) -> ProductTerms:
    """
    Let loans be made under a submitted version, from its day on.

    :raises VersionFixed: it is not waiting for approval, or is not what was submitted.
    :raises DomainError: its day has passed meanwhile, or the policy no longer allows it; see `checked_examples`.
    """
    version = ProductTerms.objects.select_for_update().get(pk=version_id)
    if version.status != Status.SUBMITTED or digest_of(version) != digest:
        raise VersionFixed(_("This version is no longer the one that was submitted."))
    checked_examples(version.terms, effective_from=version.effective_from, today=today)
    version.status, version.published_at = Status.PUBLISHED, Now()
    version.save(update_fields=["status", "published_at"])
    _witness("loans.product_version_published", version, actor)
    return version


def digest_of(version: ProductTerms) -> str:
    said = json.dumps([version.terms, version.effective_from.isoformat()], sort_keys=True, ensure_ascii=False)
    return sha256(said.encode()).hexdigest()


def _refuse_fixed(version: ProductTerms) -> None:
    if not may_be_edited(version):
        raise VersionFixed(_("This version is no draft any more. Write a new one."))


def _witness(action: str, version: ProductTerms, actor: str) -> None:
    data = {"product": version.product.code, "version": version.version, "terms": version.terms}
    audit.record(action=action, subject_type="product", subject_id=version.product_id, actor=actor, data=data)
