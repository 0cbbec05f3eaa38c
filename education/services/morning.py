"""What the books say in the morning of moments at which a lesson fits; also the sweep for events that were lost."""

from datetime import datetime

from dashu.kernel.dates import lender_date
from dashu.policy.learning import Moment
from dashu.policy.rules import just_in_time
from dashu.policy.selectors import PolicyRuleMissing
from education.selectors.happened import (
    asked_several_lenders,
    before_first_due,
    decided_lately,
    paid_only_the_least,
    signers,
)
from education.services.notice_moments import notice_moments


def notice_morning(*, now: datetime) -> int:
    """Notice what came with the day, or was missed on the days before; return how much is new."""
    today = lender_date(now)
    try:
        rules = just_in_time(today)
    except PolicyRuleMissing:  # of a country for which nobody has written them yet
        return 0
    found = {
        Moment.CONTRACT_SIGNED: signers(today=today),
        Moment.FIRST_DUE: before_first_due(today=today, days=rules.first_due_days),
        Moment.MINIMUM_PAID: paid_only_the_least(today=today),
    }
    new = sum(notice_moments(moment=moment, pairs=pairs, now=now) for moment, pairs in found.items())
    return new + sum(notice_inquiries(application_id=each, now=now) for each in decided_lately(today=today))


def notice_inquiries(*, application_id: int, now: datetime) -> int:
    """Notice that an applicant asked several lenders lately, by the report that they let us ask for."""
    try:
        rules = just_in_time(lender_date(now))
    except PolicyRuleMissing:
        return 0
    pairs = asked_several_lenders(application_id, inquiries=rules.inquiries, within_days=rules.within_days)
    return notice_moments(moment=Moment.SECOND_INQUIRY, pairs=pairs, now=now)
