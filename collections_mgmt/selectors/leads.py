"""Early warnings as other parts take them up, with what counts for each."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from collections_mgmt.models import WarningLead, WarningTrigger
from collections_mgmt.models.early_warning import WarningQuerySet
from dashu.consents.selectors import consents_held
from dashu.policy.early_warning import WITH_CONSENT, Trigger


def open_leads(on: date) -> WarningQuerySet:
    """
    Return the leads that wait for an offer at the end of a day, the oldest first, each with its borrower.

    What counts for one is in `triggers_of`. Who takes one up says so by `offer_to_lead` or `hold_out_lead`.
    """
    waiting = WarningLead.objects.filter(state=WarningLead.State.OPEN, opened_on__lte=on)
    return waiting.select_related("borrower").order_by("opened_on", "pk")


def triggers_of(leads: Iterable[WarningLead]) -> Mapping[int, list[WarningTrigger]]:
    """Return what counted at some time while each lead was open, by the lead's id; what is strong first."""
    by_borrower: dict[int, list[WarningTrigger]] = {}
    leads = list(leads)
    found = WarningTrigger.objects.filter(borrower__in={lead.borrower_id for lead in leads}).select_related("loan")
    for trigger in found.order_by("-is_strong", "fired_on", "pk"):
        by_borrower.setdefault(trigger.borrower_id, []).append(trigger)
    return {
        lead.pk: [trigger for trigger in by_borrower.get(lead.borrower_id, []) if _overlap(lead, trigger)]
        for lead in leads
    }


def waits_for_the_night(borrower_id: int) -> bool:
    """Whether something counts that was noticed with a consent taken back since; the next night ends it."""
    counting = WarningTrigger.objects.filter(borrower=borrower_id, ended_on=None, kind__in=WITH_CONSENT)
    if not (needed := {WITH_CONSENT[Trigger(kind)] for kind in counting.values_list("kind", flat=True)}):
        return False
    return not needed <= consents_held(borrower_id=borrower_id, about="").keys()


def days_of_leads(seen: WarningQuerySet, *, first: date, last: date) -> QuerySet[Any]:
    """Return for each day how many leads were opened, how many of them wait, and how many were offered help."""
    return (
        seen.filter(opened_on__range=(first, last))
        .values("opened_on")
        .annotate(
            opened=Count("pk"),
            waiting=Count("pk", filter=Q(state=WarningLead.State.OPEN)),
            offered=Count("pk", filter=Q(offered_on__isnull=False)),
            put_off=Count("pk", filter=Q(ending=WarningLead.Ending.NOT_NOW)),
        )
        .order_by("-opened_on")
    )


def with_strong(leads: WarningQuerySet) -> WarningQuerySet:
    """Say of each lead whether something strong counts for its borrower now."""
    strong = WarningTrigger.objects.filter(borrower=OuterRef("borrower"), ended_on=None, is_strong=True)
    return leads.annotate(has_strong=Exists(strong), owner=F("borrower__number"))


def _overlap(lead: WarningLead, trigger: WarningTrigger) -> bool:
    if lead.closed_on is not None and trigger.fired_on > lead.closed_on:
        return False
    return trigger.ended_on is None or trigger.ended_on > lead.opened_on
