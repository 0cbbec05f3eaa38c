"""
Post the provision of a month: one person asks, another approves, the ledger then holds what the rule says.

The month's end is put right first, with what was held then; what the nights since made of it follows as a second entry
of the latest closed day, so that the next night finds nothing to do. Nothing posted is ever edited: a later run puts
right what this one had wrong.
"""

from datetime import date

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import PortfolioDay
from collections_mgmt.services.standing import PROVISION, differences_of, lock_provision
from dashu.approvals.acts import act_kind
from dashu.approvals.drafts import may_be_edited
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.ledger import services as ledger
from dashu.provisioning.models import ProvisionRun
from dashu.provisioning.selectors.inputs import inputs_digest
from dashu.provisioning.selectors.posted import provision_differences, wanted_with
from dashu.users.models import User

POST = "provision.post"
KIND = "EXPECTED_LOSS"


class RunNotFound(DomainError):
    """There is no such run."""

    code = "provision_run_not_found"
    http_status = 404


class RunIsStale(DomainError):
    """The books, the rules or the overlays are no longer those that the run was calculated from."""

    code = "provision_run_stale"
    http_status = 409


class RunOutOfOrder(DomainError):
    """A later run is posted already; what was wrong is put right by the next one."""

    code = "provision_run_out_of_order"
    http_status = 409


class ProvisionDiffers(DomainError):
    """The ledger holds another provision than the rule asks for."""

    code = "provision_differs"
    http_status = 409


class RunAlreadyAsked(DomainError):
    """The posting of this run is asked for already, or it is posted."""

    code = "provision_run_already_asked"
    http_status = 409


@transaction.atomic
def ask_posting(*, run_id: int, reason: str, user: User, today: date, idempotency_key: str) -> ApprovalRequest:
    """
    Ask another person to post a run; again with the same key returns the first request.

    :raises RunNotFound, RunIsStale, RunOutOfOrder, RunAlreadyAsked: nothing was asked for.
    :raises NotAuthorized, ReasonMissing: see `submit`.
    """
    run = _locked(run_id)
    if earlier := ApprovalRequest.objects.filter(idempotency_key=idempotency_key, maker=user).first():
        return earlier
    if run.status == ProvisionRun.Status.POSTED or not may_be_edited(run):
        raise RunAlreadyAsked(_("The posting of this run is asked for already."))
    refuse_unfit(run)
    payload = {
        "run_id": run.pk,
        "month": run.month.isoformat(),
        "currency": run.currency,
        "total_minor": run.total_minor,
        "inputs": run.inputs,
        "model": run.model.digest,
    }
    preview = act_kind(POST).preview
    assert preview is not None
    asked = submit(
        kind=POST,
        payload=payload,
        amount_minor=run.total_minor,
        currency=run.currency,
        subject_type="provision_run",
        subject_id=run.pk,
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
        preview=preview(payload, today),
    )
    run.status, run.request_id = ProvisionRun.Status.SUBMITTED, asked.pk
    run.save(update_fields=["status", "request_id"])
    return asked


@transaction.atomic
def post_run(*, run_id: int, inputs: str, actor: str) -> ProvisionRun:
    """
    Post a run, once. It is called by the approval.

    :param inputs: the digest that was approved.
    :raises RunNotFound, RunIsStale, RunOutOfOrder: nothing was posted.
    """
    lock_provision()
    run = _locked(run_id)
    if run.status == ProvisionRun.Status.POSTED:
        return run
    refuse_unfit(run, inputs=inputs)
    for day, lines in entries_of(run):
        ledger.post(
            effective_on=day,
            description=f"Expected credit loss {run.month:%Y-%m}, run {run.number}, at {day}",
            kind=KIND,
            lines=lines,
            actor=actor,
            reference=f"{KIND}:{run.pk}:{day}",
            currency=run.currency,
        )
    run.status, run.posted_at, run.posted_by = ProvisionRun.Status.POSTED, Now(), actor
    run.save(update_fields=["status", "posted_at", "posted_by"])
    run.refresh_from_db()
    audit.record(
        action="provisioning.posted",
        subject_type="provision_run",
        subject_id=run.pk,
        actor=actor,
        data={"month": run.month, "currency": run.currency, "total_minor": run.total_minor, "inputs": run.inputs},
    )
    return run


def refuse_unfit(run: ProvisionRun, *, inputs: str | None = None) -> None:
    """:raises RunIsStale, RunOutOfOrder: the run cannot be posted."""
    now = inputs_digest(run.month, month_end=run.month_end, currency=run.currency)
    if run.inputs != now or inputs not in (None, run.inputs):
        raise RunIsStale(_("The books, the rules or the overlays have changed since. Calculate the month again."))
    posted = ProvisionRun.objects.filter(currency=run.currency, status=ProvisionRun.Status.POSTED)
    if posted.filter(month__gt=run.month).exists() or posted.filter(month=run.month, number__gt=run.number).exists():
        raise RunOutOfOrder(_("A later run is posted already. What is to be put right goes into the next month's run."))


def refuse_provision_that_differs(_through: date) -> None:
    """
    Stand in the way of closing an accounting period while the ledger's provision is not what the rule asks for.

    :raises ProvisionDiffers: by the last closed day, which the next night puts right or, if it does not, a person.
    """
    found = {currency: minor for currency, minor in provision_differences().items() if minor}
    if found:
        raise ProvisionDiffers(
            _("The provision in the ledger is not what the rule asks for. Close the latest night first."),
            field="through",
            details={"differences": found},
        )


def entries_of(run: ProvisionRun) -> list[tuple[date, list[ledger.Line]]]:
    """Return what posting the run would book as things are now: (value date, lines); none where nothing differs."""
    at_end = differences_of(PROVISION, wanted_with(run, on=run.month_end), through=run.month_end)
    first = at_end.get(run.currency, [])
    entries = [(run.month_end, first)]
    latest = PortfolioDay.objects.order_by("-business_date").values_list("business_date", flat=True).first()
    if latest is not None and latest > run.month_end:
        since = differences_of(PROVISION, wanted_with(run, on=latest)).get(run.currency, [])
        entries.append((latest, _less(since, first)))
    return [(day, lines) for day, lines in entries if lines]


def _less(lines: list[ledger.Line], booked: list[ledger.Line]) -> list[ledger.Line]:
    """Return what is left of the lines once others are booked, account by account."""
    left: dict[str, int] = {}
    for sign, each in ((1, lines), (-1, booked)):
        for line in each:
            debit = line.amount_minor if line.side == "D" else -line.amount_minor
            left[line.account] = left.get(line.account, 0) + sign * debit
    return [ledger.change(account, minor) for account, minor in sorted(left.items()) if minor]


def _locked(run_id: int) -> ProvisionRun:
    run = ProvisionRun.objects.select_for_update(of=("self",)).select_related("model").filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(_("There is no such provision run."))
    return run
