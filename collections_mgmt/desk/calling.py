"""
What stands at a file before somebody calls: what the guard says now, in words, and whom else one may ask about.

It shows no number. The number is on the page of the contact, for the one who asked and for minutes.
"""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.contact_words import again_words, conditions_named, no_calls_words, reasons_named
from collections_mgmt.desk.page import suggested_step, told_scripts
from collections_mgmt.desk.reach_forms import new_key
from collections_mgmt.desk.reaching import register_way
from collections_mgmt.domain.scripts import Script, scripts_for
from collections_mgmt.models import STEER, WORK, CaseFile
from collections_mgmt.selectors.reaching import guarantors_of, late_loan_ids, not_ended
from collections_mgmt.selectors.scripts import scripts_in_use
from collections_mgmt.services.reach_from_file import MAKE, purpose_of
from dashu.kernel.dates import lender_date, lender_now
from dashu.messaging.models import ContactAttempt, ContactChannel, ContactParty, ContactPreference
from dashu.messaging.selectors import calls_refused_at, representatives_of
from dashu.messaging.services.dialing import OUTCOMES, preview_contact
from dashu.policy.case_desk import Step
from dashu.policy.contact_guard import Decision
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Table, wrapped

SCRIPT_OF = {
    ContactParty.GUARANTOR: "guarantor",
    ContactParty.REPRESENTATIVE: "representative",
    ContactParty.WORKPLACE: "locate",
    ContactParty.THIRD_PARTY: "locate",
}
# Suggested steps that are a talk with the borrower, so that a call is the one next thing to do.
TALKS = frozenset({Step.ASK_AFTER, Step.OFFER_PLAN})
# What is worth asking about before one fills in a form.
_ASKED = (
    (ContactChannel.CALL, ContactParty.BORROWER),
    (ContactChannel.VISIT, ContactParty.BORROWER),
    (ContactChannel.LETTER, ContactParty.BORROWER),
    (ContactChannel.CALL, ContactParty.GUARANTOR),
    (ContactChannel.CALL, ContactParty.REPRESENTATIVE),
    (ContactChannel.CALL, ContactParty.WORKPLACE),
    (ContactChannel.CALL, ContactParty.THIRD_PARTY),
)


def call_way(request: HttpRequest, file: CaseFile) -> tuple[str, dict[str, Any]]:
    """What the guard would say to a call now, and where one asks. Whoever does not hold the file only reads it."""
    now, operator = lender_now(), actor_of(request)
    may_make = request.user.has_perm(MAKE)
    refused_at = calls_refused_at(file.borrower_id)
    answer = _previewed(
        file, ContactChannel.CALL, ContactParty.BORROWER, operator, now, late_loan_ids(file.borrower_id)
    )
    return "collections_mgmt/_call_way.html", {
        "allows": answer.allows,
        "reasons": reasons_named(answer.reasons),
        "conditions": conditions_named(answer.conditions),
        "again": again_words(answer.next_allowed_at),
        "key": new_key(),
        "is_next": suggested_step(file, lender_date(now)) in TALKS,
        "may_ask": may_make and file.state == CaseFile.State.HELD and file.holder_id == request.user.pk,
        "may_note": may_make,
        "not_ended": not_ended(operator=operator, borrower_id=file.borrower_id) if may_make else [],
        "agreed": _agreed(file.borrower_id, lender_date(now), with_calls=refused_at is None),
        "no_calls": no_calls_words(refused_at) if refused_at else "",
        "speaking": representatives_of(file.borrower_id),
        "may_end_speaking": request.user.has_perm(STEER),
        "may_note_speaking": request.user.has_perm(WORK),
        "may_open_calls": refused_at is not None and request.user.has_perm(STEER),
        "file_pk": file.pk,
    }


def previews_table(file: CaseFile, *, operator: str, now: datetime) -> Table:
    """
    Return what would be said now of each way and each kind of person that there is; a fixed number of questions.
    """
    loan_ids, rows, tones = late_loan_ids(file.borrower_id), [], []
    has_guarantor, speaking = guarantors_of(file.borrower_id).exists(), representatives_of(file.borrower_id)
    for channel, party in _ASKED:
        if (party == ContactParty.GUARANTOR and not has_guarantor) or (
            party == ContactParty.REPRESENTATIVE and not speaking
        ):
            continue
        answer = _previewed(file, channel, party, operator, now, loan_ids)
        told = conditions_named(answer.conditions) if answer.allows else reasons_named(answer.reasons)
        said = gettext("allowed") if answer.allows else gettext("not now")
        about = " · ".join([*told, *filter(None, [again_words(answer.next_allowed_at)])])
        rows.append([party.label, channel.label, said, wrapped(about)])
        tones.append("" if answer.allows else "quiet")
    return Table(
        title=_("What the rules say now"),
        columns=[Column(_("whom")), Column(_("how")), Column(_("answer")), Column(_("because"))],
        rows=rows,
        tones=tones,
        note=_("Nothing is reserved by reading this. The rules are asked again when you ask."),
        empty="",
    )


def what_to_say(attempt: ContactAttempt, file: CaseFile, *, now: datetime) -> list[tuple[str, str, bool, int]]:
    """Return the approved texts for whom a contact is with; see `told_scripts`. Others hear nothing of a debt."""
    today, known = lender_date(now), scripts_in_use()
    chosen: list[Script]
    if code := SCRIPT_OF.get(ContactParty(attempt.party)):
        chosen = [script for script in known if script.code == code]
    else:
        chosen = scripts_for(suggested_step(file, today), known) or scripts_for(Step.REMIND, known)
    return told_scripts(chosen, file, today)


def outcome_buttons(attempt: ContactAttempt) -> list[tuple[str, Any, str]]:
    """(code, words, key) of how a contact of this kind can end."""
    return [(outcome.value, outcome.label, str(place)) for place, outcome in enumerate(OUTCOMES[attempt.channel], 1)]


def _previewed(
    file: CaseFile, channel: ContactChannel, party: ContactParty, operator: str, now: datetime, loan_ids: list[int]
) -> Decision:
    return preview_contact(
        borrower_id=file.borrower_id,
        channel=channel,
        party=party,
        purpose=purpose_of(party),
        operator=operator,
        loan_ids=loan_ids,
        at=now,
    )


def _agreed(borrower_id: int, today: date, *, with_calls: bool) -> list[str]:
    """What the borrower allows beyond the rules today, each with its last day."""
    wish = ContactPreference.objects.filter(pk=borrower_id).first()
    if wish is None:
        return []
    told = []
    if with_calls and (hours := wish.agreed_hours_on(today)):
        said = {"opens": time_format(hours[0], "H:i"), "closes": time_format(hours[1], "H:i")}
        told.append(
            (gettext("Agreed: may also be called from %(opens)s to %(closes)s") % said, wish.agreed_until),
        )
    if wish.may_visit_home_on(today):
        told.append((gettext("Agreed: may be visited at home"), wish.home_agreed_until))
    if wish.may_contact_work_on(today):
        told.append((gettext("Agreed: may be contacted at work"), wish.work_agreed_until))
    return [_with_last_day(words, last) for words, last in told]


def _with_last_day(words: str, last: date | None) -> str:
    until = (
        gettext("until and with %(day)s") % {"day": date_format(last)} if last else gettext("until they take it back")
    )
    return f"{words} · {until}"


register_way(call_way)
