"""
Loans that go to an agency and come back.

While one is there, nobody else contacts the borrower: the guard stops reminders and calls (`collections_mgmt.
contact_holds`), and the borrower's file waits. A loan comes back at once when the borrower asks, objects, agrees on
something or needs care, and when it goes to court, whoever notes that: what notes it calls `bring_back_of`. A payment's
task does the same, and a sweep, by day and in the night, finds the rest.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from collections_mgmt.domain.placing import rate_at
from collections_mgmt.models import Agency, AgencyFile, AgencyRate, Placement
from collections_mgmt.models.placing import OURS, TERM_OVER
from collections_mgmt.selectors.scrub import FROM_LOANS, Scrub, parameters_of_checks, reasons_to_end, scrub_loans
from collections_mgmt.services.agencies import AgencyRefused, refuse_agency
from dashu.audit import services as audit
from dashu.kernel.dates import midnight
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.selectors import PolicyRuleMissing
from dashu.users.models import Borrower
from loans.models import Loan
from repayments.selectors.newest_events import newest_events
from repayments.services.booking import lock_loans

ACTOR = "system:placements"
_DAY = timedelta(days=1)


class PlacementRefused(DomainError):
    """A placement cannot be made or ended like this; `field` says what is wrong."""

    code = "placement_refused"


@dataclass(frozen=True, slots=True)
class Placed:
    """:param file: what the agency is told. :param scrub: what did not go, and why, on the second look."""

    file: AgencyFile
    placements: Collection[Placement]
    scrub: Scrub


@transaction.atomic
def place_loans(*, agency_id: int, loan_ids: Collection[int], today: date, actor: str) -> Placed:
    """
    Give loans to an agency. Each is looked at once more under its lock; what no longer may go stays.

    :raises AgencyRefused: the agency may get none on this day.
    :raises PlacementRefused: too many, or none of them may go any more.
    :raises PolicyRuleMissing: there are no rules for agencies here.
    """
    terms = policy.agency_terms(today)
    if len(loan_ids) > terms.most_loans:
        raise PlacementRefused(
            _("At most %(most)s loans go at once."), field="loans", params={"most": terms.most_loans}
        )
    _lock_people(loan_ids)
    agency = Agency.objects.select_for_update(no_key=True).filter(pk=agency_id).first()
    if agency is None:
        raise AgencyRefused(_("There is no such agency."), field="agency")
    refuse_agency(agency, on=today)
    scrub = scrub_loans(loan_ids, agency_id=agency.pk, on=today)
    if not scrub.fit:
        raise PlacementRefused(_("None of these loans may go to an agency any more."), field="loans")
    rates = list(AgencyRate.objects.filter(agency=agency).values_list("from_days", "bps"))
    newest = newest_events([row.loan_id for row in scrub.fit])
    file = AgencyFile.objects.create(
        agency=agency, kind=AgencyFile.Kind.PLACEMENT, made_on=today, made_by=actor, loans=len(scrub.fit)
    )
    ends_on = min(today + timedelta(days=terms.longest_days - 1), agency.contract_to)
    placements = Placement.objects.bulk_create(
        Placement(
            agency=agency,
            loan_id=row.loan_id,
            file=file,
            placed_on=today,
            ends_on=ends_on,
            owed_minor=row.owed_minor,
            days=row.days,
            bps=rate_at(row.days, rates),
            after_event=newest.get(row.loan_id, 0),
            actor=actor,
        )
        for row in scrub.fit
    )
    _tell("placed", [placement.pk for placement in placements])
    _let_files_wait({row.borrower_id for row in scrub.fit}, until=ends_on + _DAY, actor=actor)
    audit.record(
        action="collections.loans_placed",
        subject_type="agency",
        subject_id=agency.code,
        actor=actor,
        data={"file": file.number, "loans": sorted(row.loan_id for row in scrub.fit), "ends_on": ends_on},
    )
    return Placed(file, placements, scrub)


@transaction.atomic
def recall_placement(*, placement_id: int, reason: str, today: date, actor: str) -> Placement:
    """
    Call a loan back from an agency, whatever the reason; again, it changes nothing.

    :raises PlacementRefused: there is no such placement, or no reason is given.
    """
    found = Placement.objects.filter(pk=placement_id).first()
    if found is None:
        raise PlacementRefused(_("There is no such placement."), field="placement")
    if not reason.strip():
        raise PlacementRefused(_("Say why, so that those who come after you can understand it."), field="reason")
    lock_loans([found.loan_id])
    _end({found.pk: [OURS]}, today=today, words=reason.strip(), actor=actor)
    found.refresh_from_db()
    return found


def bring_back_of(borrower_id: int, *, today: date, actor: str) -> int:
    """Bring back what an agency has of a borrower of whom something new was noted; return how many loans that is."""
    running = Placement.objects.running().filter(loan__borrower=borrower_id)
    if not running.exists():
        return 0
    return bring_back(today=today, actor=actor, borrower_id=borrower_id)


@transaction.atomic
def bring_back(*, today: date, actor: str, borrower_id: int | None = None) -> int:
    """
    Bring back every loan that must not be with an agency any more, of one borrower or of all; return how many.

    However often this runs, the same comes of it.
    """
    try:
        given = parameters_of_checks(agency_id=None, on=today)
    except PolicyRuleMissing:  # of a country that has no rules for agencies: nothing was placed either
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH there AS MATERIALIZED (
                SELECT placement.id, placement.loan_id, placement.ends_on FROM collections_mgmt_placement AS placement
                JOIN loans_loan AS own ON own.id = placement.loan_id
                WHERE placement.recalled_on IS NULL AND (%(borrower)s::bigint IS NULL OR own.borrower_id = %(borrower)s)
            ), asked AS (SELECT loan_id FROM there)
            SELECT there.id, found.reasons || CASE WHEN there.ends_on < %(on)s THEN ARRAY['{TERM_OVER}']::varchar[]
                                                   ELSE ARRAY[]::varchar[] END
            FROM there JOIN (SELECT loan.id, {reasons_to_end()} AS reasons {FROM_LOANS}) AS found
                ON found.id = there.loan_id
            WHERE found.reasons <> ARRAY[]::varchar[] OR there.ends_on < %(on)s
            """,  # noqa: S608 – its parts are written here
            {**given, "borrower": borrower_id},
        )
        due = {placement_id: list(reasons) for placement_id, reasons in cursor.fetchall()}
    return _end(due, today=today, words="", actor=actor) if due else 0


def _end(reasons: Mapping[int, list[str]], *, today: date, words: str, actor: str) -> int:
    running = Placement.objects.running().filter(pk__in=reasons).select_related("agency", "loan").order_by("pk")
    placements = list(running.select_for_update(of=("self",), no_key=True))
    newest = newest_events([placement.loan_id for placement in placements])
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (moment,) = cursor.fetchone()
    for placement in placements:
        placement.recalled_on, placement.recalled_at = max(today, placement.placed_on), moment
        placement.until_event = newest.get(placement.loan_id, placement.after_event)
        placement.reasons, placement.words = reasons[placement.pk], words
        audit.record(
            action="collections.loan_recalled",
            subject_type="loan",
            subject_id=placement.loan_id,
            actor=actor,
            data={"placement": placement.reference, "reasons": placement.reasons},
        )
    fields = ["recalled_on", "recalled_at", "until_event", "reasons", "words"]
    Placement.objects.bulk_update(placements, fields, batch_size=500)
    _tell("recalled", [placement.pk for placement in placements])
    _wake_files({placement.loan.borrower_id for placement in placements}, actor=actor)
    return len(placements)


def _lock_people(loan_ids: Collection[int]) -> None:
    """
    Lock the borrowers of these loans, all of their loans first, as whoever notes something about them does.

    What is being noted at this moment is then seen by the second look, or finds the placement.
    """
    people = Loan.objects.filter(pk__in=loan_ids).values("borrower")
    loans = Loan.objects.select_for_update(no_key=True).filter(borrower__in=people)
    list(loans.order_by("pk").values_list("pk", flat=True))
    borrowers = Borrower.objects.select_for_update(no_key=True).filter(pk__in=people)
    list(borrowers.order_by("pk").values_list("pk", flat=True))


def _tell(what: str, placement_ids: Collection[int]) -> None:
    """Tell the borrowers in their account who may contact them from now on, or that nobody but us does any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO messaging_outboxmessage (dedupe_key, borrower_id, loan_id, channel, template, params, language)
            SELECT %(template)s || ':' || placement.id, loan.borrower_id, loan.id, 'IN_APP', %(template)s,
                   jsonb_build_object('loan_number', loan.number, 'agency', agency.name, 'ends_on', placement.ends_on),
                   borrower.language
            FROM collections_mgmt_placement AS placement
            JOIN collections_mgmt_agency AS agency ON agency.id = placement.agency_id
            JOIN loans_loan AS loan ON loan.id = placement.loan_id
            JOIN users_borrower AS borrower ON borrower.id = loan.borrower_id
            WHERE placement.id = ANY(%(ids)s)
            ON CONFLICT (dedupe_key) DO NOTHING
            """,
            {"template": f"collections.loan_{what}", "ids": list(placement_ids)},
        )


def _let_files_wait(borrower_ids: Collection[int], *, until: date, actor: str) -> None:
    _change_files(
        """
        UPDATE collections_mgmt_casefile SET state = 'WAITING', waits_for = 'AGENCY', next_action_at = %(until)s,
            holder_id = NULL, held_until = NULL
        WHERE id IN (
            SELECT id FROM collections_mgmt_casefile WHERE borrower_id = ANY(%(borrowers)s) AND state <> 'CLOSED'
            ORDER BY id FOR NO KEY UPDATE
        )
        """,
        "PUT_OFF",
        {"borrowers": list(borrower_ids), "until": midnight(until), "actor": actor},
    )


def _wake_files(borrower_ids: Collection[int], *, actor: str) -> None:
    """Make the files ready of those of whom no agency has anything any more."""
    _change_files(
        """
        UPDATE collections_mgmt_casefile SET state = 'READY', waits_for = '', next_action_at = NULL
        WHERE id IN (
            SELECT file.id FROM collections_mgmt_casefile AS file
            WHERE file.borrower_id = ANY(%(borrowers)s) AND file.state = 'WAITING' AND file.waits_for = 'AGENCY'
              AND NOT EXISTS (
                  SELECT FROM collections_mgmt_placement AS placement
                  JOIN loans_loan AS loan ON loan.id = placement.loan_id
                  WHERE placement.recalled_on IS NULL AND loan.borrower_id = file.borrower_id
              )
            ORDER BY file.id FOR NO KEY UPDATE
        )
        """,
        "GIVEN_BACK",
        {"borrowers": list(borrower_ids), "actor": actor},
    )


def _change_files(update: str, kind: str, given: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH changed AS ({update} RETURNING id)
            INSERT INTO collections_mgmt_casefileevent (file_id, kind, at, actor, data)
            SELECT id, %(kind)s, now(), %(actor)s, '{{"why": "AGENCY"}}' FROM changed
            """,  # noqa: S608 – written here
            {**given, "kind": kind},
        )
