"""Hold a payout back while its part of a contract does not meet a condition, and let it go once all are met."""

from datetime import date, datetime

from dashu import events
from dashu.alerts.services import end_alert, raise_alert
from dashu.audit import services as audit
from loans.models import Loan
from loans.services.contract_progress import note_held
from repayments.models import Payout
from repayments.services.tranche_conditions import unmet_conditions

ACTOR = "system:payouts"
ALERT = "payout.held"


def hold_or_release(payout: Payout, loan: Loan, *, now: datetime, today: date) -> bool:
    """
    Return whether a payout of a locked loan is held back today, and keep why.

    :param payout: one that could be sent otherwise; it is saved with what was found.
    """
    because = [condition.value for condition in unmet_conditions(loan, on=today)]
    if because == payout.held_because:
        return bool(because)
    was_held = payout.status == Payout.Status.HELD
    payout.held_because = because
    payout.status = Payout.Status.HELD if because else Payout.Status.APPROVED
    payout.held_at = (payout.held_at if was_held else now) if because else None
    payout.save(update_fields=["held_because", "status", "held_at"])
    if was_held != bool(because):
        note_held(loan, because=because, now=now, actor=ACTOR)
    if because and not was_held:
        raise_alert(ALERT, subject=loan.number, loan=loan.number)
        events.publish("repayments.payout_held", payout_id=payout.pk)
    elif not because:
        end_alert(ALERT, subject=loan.number)
    audit.record(
        action="repayments.payout_held" if because else "repayments.payout_released",
        subject_type="loan",
        subject_id=loan.pk,
        actor=ACTOR,
        data={"payout": str(payout.token), "because": because},
    )
    return bool(because)
