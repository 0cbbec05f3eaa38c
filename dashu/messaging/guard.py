"""
May this person be contacted now, on which channel, and if not, why not?

The one place that answers, for one person or for many, when a message is queued and again when it is sent. Every reason
counts, not the first; a rule that cannot be read refuses everything (`PolicyRuleMissing`). The borrower's own account
is not a contact: hours, caps and opt-outs do not reach it, holds do. What the contract or the law asks for (purpose
SERVICE) can be neither stopped nor capped; it waits for the hours like everything that leaves the house.

Other apps add holds, such as an open dispute or hardship review, by `register_hold`; nothing here knows what they are.
Calls, visits and letters are decided by `dashu.messaging.services.dialing`, by the same rules.

What it decides is written down, see `GuardDecision`. Whoever acts on an answer holds `lock_people` from before the
question until the answer is written, so that no two of them count the same contacts and pass a cap together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_date, midnight
from dashu.messaging.models import GuardDecision, OutboxMessage, Purpose
from dashu.policy.contact_hours import ContactHours
from dashu.policy.rules import contact_caps, contact_hours, contact_rules
from dashu.users.indexes import email_index
from dashu.users.models import Borrower

Channel = OutboxMessage.Channel
OUTSIDE = (Channel.EMAIL, Channel.SMS)


class Reason(models.TextChoices):
    NO_ADDRESS = "NO_ADDRESS", _("No address is known")
    ADDRESS_INVALID = "ADDRESS_INVALID", _("The address does not work")
    OPTED_OUT = "OPTED_OUT", _("The borrower opted out")
    ON_HOLD = "ON_HOLD", _("Contact is on hold")
    PAUSED = "PAUSED", _("The borrower paused reminders")
    QUIET_HOURS = "QUIET_HOURS", _("Outside the contact hours")
    DAY_CAP = "DAY_CAP", _("Enough messages today")
    WEEK_CAP = "WEEK_CAP", _("Enough messages in 7 days")
    MONTH_CAP = "MONTH_CAP", _("Enough messages in 30 days")
    CONNECTED_CAP = "CONNECTED_CAP", _("Enough conversations today")
    DIAL_CAP = "DIAL_CAP", _("This number was dialed often enough today")
    FREQUENCY_CAP = "FREQUENCY_CAP", _("Called often enough in these days")
    CONVERSATION_REST = "CONVERSATION_REST", _("Days of rest after a conversation")
    VISIT_CAP = "VISIT_CAP", _("Enough visits today")
    VISIT_NOTICE = "VISIT_NOTICE", _("Too soon after the visit was agreed to")
    VISITORS = "VISITORS", _("Not as many visitors as the rule says")
    LETTER_CAP = "LETTER_CAP", _("Enough letters in these days")
    NOTHING_OVERDUE = "NOTHING_OVERDUE", _("Nothing is late")
    PAID_SINCE = "PAID_SINCE", _("The borrower paid meanwhile")
    CANNOT_ACT = "CANNOT_ACT", _("The borrower died or cannot act")
    VULNERABLE = "VULNERABLE", _("No machine calls a vulnerable person")
    REPRESENTED = "REPRESENTED", _("Somebody speaks for the borrower")
    NOBODY_NAMED = "NOBODY_NAMED", _("Nobody was named who speaks for the borrower")
    NAMED_BY_CALLER = "NAMED_BY_CALLER", _("Nobody but you says that this person speaks for the borrower")
    NO_CONSENT = "NO_CONSENT", _("It was not agreed to")
    PARTY_NOT_ALLOWED = "PARTY_NOT_ALLOWED", _("This person is not contacted")
    BORROWER_REACHABLE = "BORROWER_REACHABLE", _("The borrower can be reached")
    ONLY_TO_LOCATE = "ONLY_TO_LOCATE", _("Others are asked only how to reach the borrower")
    PARTY_REFUSED = "PARTY_REFUSED", _("This person wants no contact")
    PARTY_CAP = "PARTY_CAP", _("This person was asked often enough")
    CASE_UNKNOWN = "CASE_UNKNOWN", _("It is not known what is late")
    UNKNOWN_CHANNEL = "UNKNOWN_CHANNEL", _("Unknown way of contact")
    UNKNOWN_PARTY = "UNKNOWN_PARTY", _("Unknown kind of person")
    UNKNOWN_PURPOSE = "UNKNOWN_PURPOSE", _("Unknown purpose")
    UNKNOWN_FLAG = "UNKNOWN_FLAG", _("Unknown mark on the case")
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME", _("Unknown outcome of an earlier contact")
    RULE_MISSING = "RULE_MISSING", _("A rule is missing")


class Condition(models.TextChoices):
    NO_DEBT_DETAILS = "NO_DEBT_DETAILS", _("Say nothing about the debt")
    TO_LOCATE_ONLY = "TO_LOCATE_ONLY", _("Only ask how the borrower can be reached, or leave a message")
    WITHIN_GUARANTEE = "WITHIN_GUARANTEE", _("Only about what the guarantee covers")
    ENOUGH_VISITORS = "ENOUGH_VISITORS", _("Nobody visits alone")
    OPT_OUT_WORDS = "OPT_OUT_WORDS", _("Say how to stop these messages")
    SAY_IT_IS_A_MACHINE = "SAY_IT_IS_A_MACHINE", _("Say that a machine is calling")


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The answer for one person and channel.

    :param next_allowed_at: when waiting alone would help, the first moment at which it does.
    """

    channel: str
    reasons: tuple[str, ...]
    next_allowed_at: datetime | None = None

    @property
    def allows(self) -> bool:
        return not self.reasons

    @property
    def is_only_early(self) -> bool:
        return self.reasons == (Reason.QUIET_HOURS,)


# Statements without parameters that give `borrower_id` of everyone on hold. See `register_hold`.
_HOLDS: dict[str, str] = {}


def register_hold(code: str, select_borrowers: str) -> None:
    """
    Stop all reminders and offers to some borrowers.

    An app above calls it from `AppConfig.ready`, for example
    `register_hold("dispute", "SELECT borrower_id FROM collections_mgmt_dispute WHERE ended_at IS NULL")`.

    :param code: registering it again replaces the statement.
    :param select_borrowers: SQL without parameters; it is joined for thousands of borrowers at once, so it should read
        an index of those that are open.
    """
    _HOLDS[code] = select_borrowers


def unregister_hold(code: str) -> None:
    _HOLDS.pop(code, None)


def holds_of(borrower_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
    """Return the codes of the holds that each borrower is under; who is under none is left out."""
    return _marked(_HOLDS, borrower_ids)


# As those of `_HOLDS`, for the flags of the rule `contact.flags`.
_FLAGS: dict[str, str] = {}


def register_flag(code: str, select_borrowers: str) -> None:
    """
    Say which borrowers have a flag, such as "vulnerable"; the rule `contact.flags` says what it does to calls and
    visits.

    What stops messages too is a hold. An app above calls it from `AppConfig.ready`, see `register_hold`.

    :param code: of the rule; a flag that the rule does not name stops every call.
    """
    _FLAGS[code] = select_borrowers


def unregister_flag(code: str) -> None:
    _FLAGS.pop(code, None)


def flags_of(borrower_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
    return _marked(_FLAGS, borrower_ids)


def _marked(statements: Mapping[str, str], borrower_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
    if not statements:
        return {}
    found: dict[int, set[str]] = {}
    with connection.cursor() as cursor:
        parts = [  # what an app registered is written by us
            f"SELECT %s, borrower_id FROM ({select.replace('%', '%%')}) AS marked WHERE borrower_id = ANY(%s)"  # noqa: S608
            for select in statements.values()
        ]
        ids = list(borrower_ids)
        cursor.execute(" UNION ALL ".join(parts), [value for code in statements for value in (code, ids)])
        for code, borrower_id in cursor.fetchall():
            found.setdefault(borrower_id, set()).add(code)
    return {borrower_id: frozenset(codes) for borrower_id, codes in found.items()}


def lock_people(borrower_ids: Iterable[int]) -> None:
    """Let nobody else decide on contact with these people until the transaction ends; everyone locks by rising ids."""
    people = Borrower.objects.select_for_update(no_key=True).filter(pk__in=set(borrower_ids)).order_by("pk")
    list(people.values_list("pk"))


# One row for each borrower of `asked (borrower_id)` and channel, best channel first: the preferred one, then what was
# delivered lately, and the borrower's own account last unless it is preferred. `at` is the moment of the contact.
_VERDICTS = """
SELECT asked.borrower_id, channel.code AS channel, channel.zone, hours.opens, hours.closes, preference.paused_until,
       array_remove(ARRAY[
           CASE WHEN channel.code <> 'IN_APP' AND channel.address_key = '' THEN 'NO_ADDRESS' END,
           CASE WHEN point.invalid_since IS NOT NULL THEN 'ADDRESS_INVALID' END,
           CASE WHEN %(purpose)s <> 'SERVICE' AND channel.code <> 'IN_APP' AND EXISTS (
               SELECT FROM messaging_optout AS out
               WHERE out.borrower_id = asked.borrower_id AND out.channel = channel.code AND out.purpose = %(purpose)s
                 AND out.ended_at IS NULL
           ) THEN 'OPTED_OUT' END,
           CASE WHEN %(purpose)s <> 'SERVICE' AND hold.borrower_id IS NOT NULL THEN 'ON_HOLD' END,
           CASE WHEN %(purpose)s <> 'SERVICE' AND EXISTS (
               SELECT FROM messaging_representative AS speaking
               WHERE speaking.borrower_id = asked.borrower_id AND speaking.ended_at IS NULL
           ) THEN 'REPRESENTED' END,
           CASE WHEN %(purpose)s = 'REMINDER' AND channel.code <> 'IN_APP' AND %(at)s < preference.paused_until
                THEN 'PAUSED' END,
           CASE WHEN channel.code <> 'IN_APP'
                 AND NOT ((%(at)s AT TIME ZONE channel.zone)::time >= hours.opens
                          AND (%(at)s AT TIME ZONE channel.zone)::time < hours.closes) THEN 'QUIET_HOURS' END,
           CASE WHEN channel.code <> 'IN_APP' AND sent.day >= %(most_day)s THEN 'DAY_CAP' END,
           CASE WHEN channel.code <> 'IN_APP' AND sent.week >= %(most_week)s THEN 'WEEK_CAP' END,
           CASE WHEN channel.code <> 'IN_APP' AND sent.month >= %(most_month)s THEN 'MONTH_CAP' END
       ], NULL) AS reasons,
       row_number() OVER (
           PARTITION BY asked.borrower_id
           ORDER BY channel.code IS DISTINCT FROM preference.channel, channel.code = 'IN_APP',
                    coalesce(point.failures, 0) > 0, point.delivered_at DESC NULLS LAST, channel.place
       ) AS rank
FROM asked
JOIN users_borrower AS borrower ON borrower.id = asked.borrower_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE told.at >= %(day_from)s) AS day,
           count(*) FILTER (WHERE told.at >= %(week_from)s) AS week, count(*) AS month
    FROM (
        SELECT gone.sent_at AS at FROM messaging_outboxmessage AS gone
        WHERE gone.borrower_id = asked.borrower_id AND gone.purpose = %(purpose)s AND gone.purpose <> 'SERVICE'
          AND gone.channel <> 'IN_APP' AND gone.status = 'SENT' AND gone.sent_at >= %(month_from)s
        UNION ALL
        -- What was allowed and may leave at any moment, or has left for all we know.
        SELECT going.claimed_at FROM messaging_outboxmessage AS going
        WHERE going.borrower_id = asked.borrower_id AND going.purpose = %(purpose)s AND going.purpose <> 'SERVICE'
          AND (going.status = 'SENDING' OR going.is_uncertain) AND going.status <> 'SENT'
          AND going.channel <> 'IN_APP' AND going.decision_id IS NOT NULL AND going.claimed_at >= %(month_from)s
          AND going.id <> ALL(%(but_for)s::bigint[])
    ) AS told
) AS sent
LEFT JOIN messaging_contactpreference AS preference ON preference.borrower_id = asked.borrower_id
CROSS JOIN LATERAL ({hours}) AS hours
LEFT JOIN (SELECT DISTINCT borrower_id FROM ({holds}) AS held) AS hold ON hold.borrower_id = asked.borrower_id
CROSS JOIN LATERAL (
    VALUES ('EMAIL', borrower.email, 1, coalesce(nullif(preference.time_zone, ''), %(zone)s)),
           ('SMS', borrower.phone_index, 2, coalesce(nullif(preference.time_zone, ''), %(zone)s)),
           ('IN_APP', '', 3, %(zone)s)
) AS channel (code, address_key, place, zone)
LEFT JOIN messaging_contactpoint AS point
    ON point.borrower_id = asked.borrower_id AND point.channel = channel.code
    AND point.address_key = channel.address_key
"""
# The hours that a borrower likes, as far as the rule allows them. Where a new rule leaves none of them, the rule alone
# holds: what the contract asks for must arrive.
_HOURS = """
SELECT CASE WHEN liked.opens < liked.closes THEN liked.opens ELSE %(opens)s::time END AS opens,
       CASE WHEN liked.opens < liked.closes THEN liked.closes ELSE %(closes)s::time END AS closes
FROM (SELECT greatest(preference.hours_from, %(opens)s::time) AS opens,
             least(preference.hours_to, %(closes)s::time) AS closes) AS liked
"""
_NOBODY = "SELECT NULL::bigint AS borrower_id WHERE false"


def verdicts_sql() -> str:
    """
    Return the rows `(borrower_id, channel, zone, opens, closes, paused_until, reasons, rank)` for the borrowers of a
    relation `asked (borrower_id)` that the caller's statement defines. Its parameters are those of `parameters`.
    """
    holds = " UNION ALL ".join(_HOLDS.values()) or _NOBODY
    return _VERDICTS.replace("{hours}", _HOURS).replace("{holds}", holds.replace("%", "%%"))


def parameters(*, purpose: str, at: datetime, but_for: Collection[int] = ()) -> dict[str, Any]:
    """
    Return what `verdicts_sql` needs to judge a contact for this purpose at this moment, with pack and version of the
    rules for the evidence.

    :param but_for: messages that do not count as on their way, because it is they who are judged.
    :raises PolicyRuleMissing: the contact hours or the caps of that day are unknown, so nothing is allowed.
    """
    today = lender_date(at)
    hours = contact_hours(today)
    rules = contact_rules(today)
    cap = None if purpose == Purpose.SERVICE else contact_caps(today)[purpose]
    return {
        "purpose": str(purpose),
        "at": at,
        "zone": hours.zone.key,
        "opens": hours.opens.isoformat(),
        "closes": hours.closes.isoformat(),
        # A purpose without caps is never counted, so no count reaches 1.
        "most_day": cap.day if cap else 1,
        "most_week": cap.week if cap else 1,
        "most_month": cap.month if cap else 1,
        "day_from": midnight(today),
        "week_from": midnight(today - timedelta(days=6)),
        "month_from": midnight(today - timedelta(days=29)),
        "but_for": list(but_for),
        "pack": rules.pack,
        "rules_version": rules.version,
    }


def judge(
    borrower_ids: Iterable[int], *, purpose: str, at: datetime, but_for: Collection[int] = ()
) -> Mapping[int, Sequence[Verdict]]:
    """
    Return the verdicts of each borrower on every channel, the best channel first.

    :param but_for: see `parameters`.
    :raises PolicyRuleMissing: see `parameters`.
    """
    found: dict[int, list[Verdict]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH asked AS (SELECT DISTINCT unnest(%(ids)s::bigint[]) AS borrower_id)
            SELECT borrower_id, channel, zone, opens, closes, paused_until, reasons
            FROM ({verdicts_sql()}) AS verdict ORDER BY borrower_id, rank
            """,  # noqa: S608 – its parts are written here
            {**parameters(purpose=purpose, at=at, but_for=but_for), "ids": list(borrower_ids)},
        )
        for borrower_id, channel, zone, opens, closes, paused_until, reasons in cursor.fetchall():
            hours = ContactHours(opens, closes, ZoneInfo(zone))
            verdict = Verdict(channel, tuple(reasons), _next_allowed(reasons, hours, paused_until, at))
            found.setdefault(borrower_id, []).append(verdict)
    return found


def postpone_quiet(cursor: CursorWrapper, *, now: datetime) -> int:
    """
    Move everything that is due outside the house, and may not leave at this hour of its borrower's day, to the next
    hour at which it may; return how much.
    """
    hours = contact_hours(lender_date(now))
    cursor.execute(
        f"""
        UPDATE messaging_outboxmessage AS message
        SET error = '',
            not_before = (local.at::date + (local.at::time >= hours.opens)::int + hours.opens)
                         AT TIME ZONE local.zone
        FROM messaging_outboxmessage AS due
        LEFT JOIN messaging_contactpreference AS preference ON preference.borrower_id = due.borrower_id
        CROSS JOIN LATERAL (SELECT coalesce(nullif(preference.time_zone, ''), %(zone)s) AS zone) AS their
        CROSS JOIN LATERAL (SELECT their.zone, %(now)s AT TIME ZONE their.zone AS at) AS local
        CROSS JOIN LATERAL ({_HOURS}) AS hours
        WHERE message.id = due.id AND due.status = 'PENDING' AND due.not_before <= %(now)s
          AND due.channel <> 'IN_APP' AND NOT (local.at::time >= hours.opens AND local.at::time < hours.closes)
        """,  # noqa: S608 – its parts are written here
        {
            "now": now,
            "zone": hours.zone.key,
            "opens": hours.opens.isoformat(),
            "closes": hours.closes.isoformat(),
        },
    )
    return int(cursor.rowcount)


def record_decisions(
    judged: Iterable[tuple[OutboxMessage, Verdict]], *, allowed: Collection[int], at: datetime
) -> dict[int, int]:
    """
    Write down what was decided on channels of messages that were to be sent, and return the decisions that allow one by
    the message's id. Waiting for the hours or lacking an address is no refusal.

    :param allowed: the messages that leave, whatever their verdict says: what the contract asks for goes to its own
        channel.
    """
    written = GuardDecision.objects.bulk_create(_decisions(judged, allowed, at))
    return {decision.message_id: decision.pk for decision in written if decision.allows and decision.message_id}


def _decisions(
    judged: Iterable[tuple[OutboxMessage, Verdict]], allowed: Collection[int], at: datetime
) -> Iterator[GuardDecision]:
    rules = contact_rules(lender_date(at))
    for message, verdict in judged:
        is_allowed = message.pk in allowed and message.channel == verdict.channel
        if not is_allowed and not set(verdict.reasons) - {Reason.QUIET_HOURS, Reason.NO_ADDRESS}:
            continue
        words = rules.opt_out_words
        asks = verdict.channel in words.channels and (words.in_service or message.purpose != Purpose.SERVICE)
        conditions = [Condition.OPT_OUT_WORDS.value] if is_allowed and asks else []
        allowing = GuardDecision.Verdict.ALLOW_WITH_CONDITIONS if conditions else GuardDecision.Verdict.ALLOW
        yield GuardDecision(
            borrower_id=message.borrower_id,
            message_id=message.pk,
            loan_ids=[message.loan_id] if message.loan_id else [],
            channel=verdict.channel,
            address_key=key_of_address(message.borrower, verdict.channel),
            purpose=message.purpose,
            operator="system:sending",
            stage=GuardDecision.Stage.SENDING,
            pack=rules.pack,
            rules_version=rules.version,
            verdict=allowing if is_allowed else GuardDecision.Verdict.BLOCK,
            reasons=list(verdict.reasons),
            conditions=conditions,
            next_allowed_at=None if is_allowed else verdict.next_allowed_at,
            at=at,
        )


def key_of_address(borrower: Borrower, channel: str) -> str:
    """Return what stands for the borrower's address on a channel in a decision, never the address itself."""
    if channel == Channel.EMAIL:
        return email_index(borrower.email) if borrower.email else ""
    return "" if channel == Channel.IN_APP else borrower.phone_index


def _next_allowed(
    reasons: Sequence[str], theirs: ContactHours, paused_until: datetime | None, at: datetime
) -> datetime | None:
    """Only hours, a pause and the cap of the day pass by waiting a known time."""
    passing = set(reasons)
    if not passing or not passing <= {Reason.QUIET_HOURS, Reason.PAUSED, Reason.DAY_CAP}:
        return None
    moments = [at]
    if Reason.PAUSED in passing and paused_until:
        moments.append(paused_until)
    if Reason.DAY_CAP in passing:
        moments.append(midnight(lender_date(at) + timedelta(days=1)))
    return theirs.next_allowed(max(moments))
