"""
May this person be contacted now, in this way, and if not, why not and when again?

One pure function, `decide`, over the rules of a pack, the attempt, what is known of the case and what happened before.
It gives every reason and not the first. What it does not know, a channel, a party, a flag or an outcome, it does not
allow.

A bound that passes by waiting names the moment at which it does. The next allowed moment is found by asking again at
the latest of these until nothing is left; each of them is the first of its kind, so the moment found is the first of
all.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from dashu.policy.contact_hours import ContactHours
from dashu.policy.contact_rules import RULE_CODES, Channel, ContactPurpose, ContactRules, Effect, Party, When

CALLS = frozenset({Channel.CALL, Channel.AI_CALL})
MESSAGES = frozenset({Channel.SMS, Channel.EMAIL})
IN_PERSON = CALLS | {Channel.VISIT}
# A letter is read when its reader likes, and the borrower's own account is no contact at all.
TIMED = IN_PERSON | MESSAGES
# More than the longest bound has days.
MOST_STEPS = 100


class Verdict(StrEnum):
    ALLOW = "ALLOW"
    ALLOW_WITH_CONDITIONS = "ALLOW_WITH_CONDITIONS"
    BLOCK = "BLOCK"


class Reason(StrEnum):
    """Why not. The words are in `dashu.messaging.guard.Reason`."""

    NO_ADDRESS = "NO_ADDRESS"
    ADDRESS_INVALID = "ADDRESS_INVALID"
    OPTED_OUT = "OPTED_OUT"
    ON_HOLD = "ON_HOLD"
    PAUSED = "PAUSED"
    QUIET_HOURS = "QUIET_HOURS"
    DAY_CAP = "DAY_CAP"
    WEEK_CAP = "WEEK_CAP"
    MONTH_CAP = "MONTH_CAP"
    CONNECTED_CAP = "CONNECTED_CAP"
    DIAL_CAP = "DIAL_CAP"
    FREQUENCY_CAP = "FREQUENCY_CAP"
    CONVERSATION_REST = "CONVERSATION_REST"
    VISIT_CAP = "VISIT_CAP"
    VISIT_NOTICE = "VISIT_NOTICE"
    VISITORS = "VISITORS"
    LETTER_CAP = "LETTER_CAP"
    NOTHING_OVERDUE = "NOTHING_OVERDUE"
    PAID_SINCE = "PAID_SINCE"
    CANNOT_ACT = "CANNOT_ACT"
    VULNERABLE = "VULNERABLE"
    REPRESENTED = "REPRESENTED"
    NOBODY_NAMED = "NOBODY_NAMED"
    NAMED_BY_CALLER = "NAMED_BY_CALLER"
    NO_CONSENT = "NO_CONSENT"
    PARTY_NOT_ALLOWED = "PARTY_NOT_ALLOWED"
    BORROWER_REACHABLE = "BORROWER_REACHABLE"
    ONLY_TO_LOCATE = "ONLY_TO_LOCATE"
    PARTY_REFUSED = "PARTY_REFUSED"
    PARTY_CAP = "PARTY_CAP"
    CASE_UNKNOWN = "CASE_UNKNOWN"
    UNKNOWN_CHANNEL = "UNKNOWN_CHANNEL"
    UNKNOWN_PARTY = "UNKNOWN_PARTY"
    UNKNOWN_PURPOSE = "UNKNOWN_PURPOSE"
    UNKNOWN_FLAG = "UNKNOWN_FLAG"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    RULE_MISSING = "RULE_MISSING"


class Condition(StrEnum):
    """What an allowed contact has to keep to."""

    NO_DEBT_DETAILS = "NO_DEBT_DETAILS"
    TO_LOCATE_ONLY = "TO_LOCATE_ONLY"
    WITHIN_GUARANTEE = "WITHIN_GUARANTEE"
    ENOUGH_VISITORS = "ENOUGH_VISITORS"
    OPT_OUT_WORDS = "OPT_OUT_WORDS"
    SAY_IT_IS_A_MACHINE = "SAY_IT_IS_A_MACHINE"


class Outcome(StrEnum):
    """What became of a contact. OPEN: it is under way, or nobody noted how it ended."""

    OPEN = "OPEN"
    RIGHT_PARTY = "RIGHT_PARTY"
    CONNECTED = "CONNECTED"
    REFUSED = "REFUSED"
    WRONG_PARTY = "WRONG_PARTY"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    VOICEMAIL = "VOICEMAIL"
    INVALID_NUMBER = "INVALID_NUMBER"
    NOT_MET = "NOT_MET"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


CONVERSATIONS = frozenset({Outcome.RIGHT_PARTY, Outcome.CONNECTED, Outcome.REFUSED})
# What did not come about (FAILED) reached out to nobody, so it is not in vain either.
IN_VAIN = frozenset(
    {
        Outcome.WRONG_PARTY,
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.VOICEMAIL,
        Outcome.INVALID_NUMBER,
        Outcome.NOT_MET,
    }
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    A contact that somebody wants to make.

    :param address: whatever stands for the number or address, the same for the same; "" when none is known.
    :param operator: who makes it. "ai", "auto" or "system", alone or before a colon, is no person.
    :param debts: what it is about; empty for all of them.
    :param visitors: how many come together on a visit; None when it is not said.
    """

    channel: str
    party: str
    address: str
    purpose: str
    operator: str
    debts: frozenset[str] = frozenset()
    visitors: int | None = None

    @property
    def is_automated(self) -> bool:
        return self.channel == Channel.AI_CALL or self.operator.lower().partition(":")[0] in ("ai", "auto", "system")


@dataclass(frozen=True, slots=True)
class Case:
    """
    What is known of the borrower at this moment.

    :param dpd: days past due, the most of the debts that it is about; None when nobody can say.
    :param flags: names of the rule `contact.flags`.
    :param holds: whatever stops contact by itself, by any name.
    :param liked_hours: when they like to be reached, within the rule. :param agreed_hours: agreed beyond the rule.
    :param paused_until: before which they want no reminders.
    :param visit_agreed_at: when they agreed to be visited there; None where it is not known, then long ago.
    :param is_named_by_caller: nobody but who asks now says that there is the representative in question.
    """

    dpd: int | None = None
    flags: frozenset[str] = frozenset()
    holds: frozenset[str] = frozenset()
    liked_hours: tuple[time, time] | None = None
    agreed_hours: tuple[time, time] | None = None
    paused_until: datetime | None = None
    visit_agreed_at: datetime | None = None
    is_named_by_caller: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """
    One that was made, or is under way.

    :param purpose: "" when it is not known; then it counts whatever is asked about.
    :param is_consented: the person asked for this very call, so it does not count towards how often they are called.
    """

    at: datetime
    channel: str
    party: str
    address: str
    outcome: str
    is_inbound: bool = False
    is_consented: bool = False
    purpose: str = ""
    debts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One reason.

    :param rule: the code of the rule that gives it; "" for what no rule can allow.
    :param about: what of the case it is about, such as a flag's name.
    :param until: the first moment at which it no longer holds; None when waiting does not help.
    """

    reason: Reason
    rule: str = ""
    about: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """
    :param findings: empty when it is allowed.
    :param next_allowed_at: None when it is allowed, or waiting does not help.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    conditions: tuple[Condition, ...] = ()
    next_allowed_at: datetime | None = None

    @property
    def allows(self) -> bool:
        return self.verdict is not Verdict.BLOCK

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(dict.fromkeys(finding.reason for finding in self.findings))


def decide(
    rules: ContactRules, attempt: Attempt, case: Case, history: Sequence[Contact], *, now: datetime, zone: ZoneInfo
) -> Decision:
    """
    Say whether an attempt may be made now.

    :param history: of this borrower, in any order, none later than `now`; all since the longest bound looks back.
    :param zone: where the person lives who is contacted; days and hours are counted there.
    """
    question = _Question(rules, attempt, case, sorted(history, key=lambda contact: contact.at), zone)
    findings = tuple(question.findings(now))
    if findings:
        return Decision(Verdict.BLOCK, findings, next_allowed_at=question.next_allowed(findings))
    conditions = tuple(question.conditions())
    return Decision(Verdict.ALLOW_WITH_CONDITIONS if conditions else Verdict.ALLOW, conditions=conditions)


def blocked_without_rules(rule: str) -> Decision:
    """Return the answer where a rule that would allow contact cannot be read."""
    return Decision(Verdict.BLOCK, (Finding(Reason.RULE_MISSING, rule),))


_CHANNELS, _PARTIES, _PURPOSES, _OUTCOMES = map(frozenset, (Channel, Party, ContactPurpose, Outcome))


class _Question:
    """One attempt, asked about at one moment or another."""

    def __init__(
        self, rules: ContactRules, attempt: Attempt, case: Case, history: Sequence[Contact], zone: ZoneInfo
    ) -> None:
        self.rules, self.attempt, self.case, self.history, self.zone = rules, attempt, case, history, zone
        self.effects = frozenset(effect for name in case.flags for effect in rules.flags.get(name, ()))
        self.is_service = attempt.purpose == ContactPurpose.SERVICE

    def findings(self, at: datetime) -> Iterator[Finding]:
        unknown = list(self._unknown())
        yield from unknown
        if unknown:
            return
        checks: tuple[Callable[[datetime], Iterator[Finding]], ...] = (
            self._address,
            self._holds,
            self._flags,
            self._case,
            self._party,
            self._third_party,
            self._places,
            self._hours,
            self._pause,
            self._message_caps,
            self._calls_of_the_day,
            self._frequency,
            self._visits,
            self._letters,
        )
        for check in checks:
            yield from check(at)

    def next_allowed(self, findings: tuple[Finding, ...]) -> datetime | None:
        for _step in range(MOST_STEPS):
            moments = [finding.until for finding in findings if finding.until]
            if len(moments) < len(findings):
                return None
            later = max(moment.astimezone(UTC) for moment in moments)
            findings = tuple(self.findings(later))
            if not findings:
                return later.astimezone(self.zone)
        return None

    def conditions(self) -> Iterator[Condition]:
        if self.attempt.party in (Party.THIRD_PARTY, Party.WORKPLACE):
            yield Condition.NO_DEBT_DETAILS
        if self.attempt.purpose == ContactPurpose.LOCATE:
            yield Condition.TO_LOCATE_ONLY
        if self.attempt.party == Party.GUARANTOR:
            yield Condition.WITHIN_GUARANTEE
        if self.attempt.channel == Channel.VISIT:
            yield Condition.ENOUGH_VISITORS
        words = self.rules.opt_out_words
        if self.attempt.channel in words.channels and (words.in_service or not self.is_service):
            yield Condition.OPT_OUT_WORDS
        if self.attempt.channel == Channel.AI_CALL:
            yield Condition.SAY_IT_IS_A_MACHINE

    def _unknown(self) -> Iterator[Finding]:
        if self.attempt.channel not in _CHANNELS:
            yield Finding(Reason.UNKNOWN_CHANNEL, about=self.attempt.channel)
        if self.attempt.party not in _PARTIES:
            yield Finding(Reason.UNKNOWN_PARTY, about=self.attempt.party)
        if self.attempt.purpose not in _PURPOSES:
            yield Finding(Reason.UNKNOWN_PURPOSE, about=self.attempt.purpose)
        for name in sorted(self.case.flags - self.rules.flags.keys()):
            yield Finding(Reason.UNKNOWN_FLAG, RULE_CODES["flags"], name)
        for contact in self.history:
            if contact.outcome not in _OUTCOMES:
                yield Finding(Reason.UNKNOWN_OUTCOME, about=contact.outcome)
            if contact.channel not in _CHANNELS:
                yield Finding(Reason.UNKNOWN_CHANNEL, about=contact.channel)
            if contact.party not in _PARTIES:
                yield Finding(Reason.UNKNOWN_PARTY, about=contact.party)

    def _address(self, _at: datetime) -> Iterator[Finding]:
        if self.attempt.channel not in CALLS | MESSAGES:
            return
        if not self.attempt.address:
            yield Finding(Reason.NO_ADDRESS)
        elif self.attempt.channel in CALLS and self._is_invalid(self.attempt.address):
            yield Finding(Reason.ADDRESS_INVALID)

    def _holds(self, _at: datetime) -> Iterator[Finding]:
        if not self.is_service:
            for name in sorted(self.case.holds):
                yield Finding(Reason.ON_HOLD, about=name)

    def _flags(self, _at: datetime) -> Iterator[Finding]:
        rule = RULE_CODES["flags"]
        channel, to_borrower = self.attempt.channel, self.attempt.party == Party.BORROWER
        for name in sorted(self.case.flags):
            effects = self.rules.flags[name]
            if Effect.STOPS_ALL in effects and not self.is_service:
                yield Finding(Reason.ON_HOLD, rule, name)
            if Effect.STOPS_BORROWER in effects and to_borrower and not (self.is_service and channel not in IN_PERSON):
                yield Finding(Reason.CANNOT_ACT, rule, name)
            if Effect.STOPS_AUTOMATED in effects and channel in IN_PERSON and self.attempt.is_automated:
                yield Finding(Reason.VULNERABLE, rule, name)
            if Effect.STOPS_COLLECTION in effects and self.attempt.purpose == ContactPurpose.COLLECTION:
                yield Finding(Reason.PAID_SINCE, rule, name)
            is_other = self.attempt.party != Party.REPRESENTATIVE and not self.is_service
            if Effect.ONLY_REPRESENTATIVE in effects and is_other:
                yield Finding(Reason.REPRESENTED, rule, name)
            if effects & _STOPS_CHANNEL.get(channel, frozenset()) and to_borrower and not self.is_service:
                yield Finding(Reason.OPTED_OUT, rule, name)

    def _case(self, _at: datetime) -> Iterator[Finding]:
        is_of_arrears = self.attempt.purpose in (ContactPurpose.COLLECTION, ContactPurpose.LOCATE)
        is_of_arrears |= self.rules.parties[Party(self.attempt.party)] in (When.OVERDUE, When.TO_LOCATE)
        if not is_of_arrears:
            return
        if self.case.dpd is None:
            yield Finding(Reason.CASE_UNKNOWN)
        elif self.case.dpd < 1:
            yield Finding(Reason.NOTHING_OVERDUE)

    def _party(self, _at: datetime) -> Iterator[Finding]:
        when, rule = self.rules.parties[Party(self.attempt.party)], RULE_CODES["parties"]
        if when is When.NEVER or (when is not When.ALWAYS and self.attempt.purpose in _UNASKED):
            yield Finding(Reason.PARTY_NOT_ALLOWED, rule, self.attempt.party)
        if when is When.AGREED and Effect.OPENS_WORKPLACE not in self.effects:
            yield Finding(Reason.NO_CONSENT, rule, self.attempt.party)
        if when is When.NAMED and Effect.ONLY_REPRESENTATIVE not in self.effects:
            yield Finding(Reason.NOBODY_NAMED, rule, self.attempt.party)
        elif when is When.NAMED and self.case.is_named_by_caller:
            yield Finding(Reason.NAMED_BY_CALLER, rule, self.attempt.party)
        refusals = (contact for contact in self._with_this_person() if contact.outcome == Outcome.REFUSED)
        if self.attempt.party != Party.BORROWER and any(refusals):
            yield Finding(Reason.PARTY_REFUSED, RULE_CODES["third_parties"])

    def _third_party(self, at: datetime) -> Iterator[Finding]:
        if self.rules.parties[Party(self.attempt.party)] is not When.TO_LOCATE:
            return
        rule, bounds = RULE_CODES["third_parties"], self.rules.third_parties
        if self.attempt.purpose != ContactPurpose.LOCATE:
            yield Finding(Reason.ONLY_TO_LOCATE, rule)
        if not (Effect.OPENS_THIRD_PARTIES in self.effects or self._borrower_is_out_of_reach(at)):
            yield Finding(Reason.BORROWER_REACHABLE, rule)
        made = [contact for contact in self._with_this_person() if not contact.is_inbound]
        if bounds.most_each is not None and len(made) >= bounds.most_each:
            yield Finding(Reason.PARTY_CAP, rule)

    def _places(self, _at: datetime) -> Iterator[Finding]:
        """Whether a workplace may be visited is what the rule of the parties says."""
        is_home = self.attempt.channel == Channel.VISIT and self.attempt.party != Party.WORKPLACE
        is_agreed = Effect.OPENS_HOME in self.effects and self.attempt.party == Party.BORROWER
        if is_home and not is_agreed:
            yield Finding(Reason.NO_CONSENT, RULE_CODES["visits"], "home")

    def _hours(self, at: datetime) -> Iterator[Finding]:
        is_open = Effect.OPENS_HOURS in self.effects and self.attempt.party == Party.BORROWER
        if self.attempt.channel not in TIMED or is_open:
            return
        windows = list(self._windows())
        if not any(window.allows(at) for window in windows):
            opens = min(window.next_allowed(at).astimezone(UTC) for window in windows)
            yield Finding(Reason.QUIET_HOURS, RULE_CODES["hours"], until=opens)

    def _windows(self) -> Iterator[ContactHours]:
        opens, closes = self.rules.hours.opens, self.rules.hours.closes
        if self.case.liked_hours:
            liked = max(self.case.liked_hours[0], opens), min(self.case.liked_hours[1], closes)
            # Where the rule leaves none of the hours that somebody likes, the rule alone holds.
            opens, closes = liked if liked[0] < liked[1] else (opens, closes)
        yield ContactHours(opens, closes, self.zone)
        # What somebody agreed to is about themselves: the nights of others stay theirs.
        is_theirs = self.attempt.party == Party.BORROWER and self.attempt.channel in IN_PERSON
        if self.case.agreed_hours and is_theirs:
            yield ContactHours(*self.case.agreed_hours, self.zone)

    def _pause(self, at: datetime) -> Iterator[Finding]:
        until = self.case.paused_until
        is_reminding = self.attempt.purpose in (ContactPurpose.REMINDER, ContactPurpose.COLLECTION)
        if until and at < until and is_reminding and self.attempt.channel in MESSAGES:
            yield Finding(Reason.PAUSED, until=until)

    def _message_caps(self, at: datetime) -> Iterator[Finding]:
        """Messages are counted by the days of the rule's zone, over all channels outside."""
        if self.attempt.channel not in MESSAGES or self.is_service:
            return
        purpose = self.attempt.purpose if self.attempt.purpose in _UNASKED else "REMINDER"
        cap, home = self.rules.caps[purpose], self.rules.hours.zone
        today = at.astimezone(home).date()
        days = [
            contact.at.astimezone(home).date()
            for contact in self.history
            if contact.channel in MESSAGES and not contact.is_inbound and _counts_as(contact.purpose, purpose)
        ]
        for reason, most, length in (
            (Reason.DAY_CAP, cap.day, 1),
            (Reason.WEEK_CAP, cap.week, 7),
            (Reason.MONTH_CAP, cap.month, 30),
        ):
            if sum(day > today - timedelta(days=length) for day in days) >= most:
                yield Finding(reason, RULE_CODES["caps"], until=_next_day(at, home))

    def _calls_of_the_day(self, at: datetime) -> Iterator[Finding]:
        if self.attempt.channel not in CALLS:
            return
        today, morning = at.astimezone(self.zone).date(), _next_day(at, self.zone)
        made = [contact for contact in self._calls() if self._day(contact) == today]
        most = self.rules.connected_a_day
        spoken = sum(self._is_me(contact) and contact.outcome in CONVERSATIONS | {Outcome.OPEN} for contact in made)
        if most is not None and spoken >= most:
            yield Finding(Reason.CONNECTED_CAP, RULE_CODES["connected_a_day"], until=morning)
        most = None if Effect.OPENS_DIALS in self.effects else self.rules.dials_a_number_a_day
        if most is not None and sum(contact.address in ("", self.attempt.address) for contact in made) >= most:
            yield Finding(Reason.DIAL_CAP, RULE_CODES["dials_a_number_a_day"], until=morning)

    def _frequency(self, at: datetime) -> Iterator[Finding]:
        """The day of a conversation is the first of the days of rest, whoever called."""
        bounds = self.rules.frequency
        if self.attempt.channel not in CALLS or bounds.dials is None or Effect.OPENS_FREQUENCY in self.effects:
            return
        today, morning = at.astimezone(self.zone).date(), _next_day(at, self.zone)
        mine = [contact for contact in self.history if contact.channel in CALLS and self._is_about_this(contact)]
        mine = [contact for contact in mine if self._is_me(contact)]
        made = [contact for contact in mine if not contact.is_inbound and not contact.is_consented]
        if sum(self._day(contact) > today - timedelta(days=bounds.days) for contact in made) >= bounds.dials:
            yield Finding(Reason.FREQUENCY_CAP, RULE_CODES["frequency"], until=morning)
        spoken = [contact for contact in mine if self._may_have_spoken(contact, today)]
        if any(self._day(contact) > today - timedelta(days=bounds.rest_days) for contact in spoken):
            yield Finding(Reason.CONVERSATION_REST, RULE_CODES["frequency"], until=morning)

    def _visits(self, at: datetime) -> Iterator[Finding]:
        if self.attempt.channel != Channel.VISIT:
            return
        bounds, rule, today = self.rules.visits, RULE_CODES["visits"], at.astimezone(self.zone).date()
        made = [contact for contact in self.history if contact.channel == Channel.VISIT and not contact.is_inbound]
        if sum(self._day(contact) == today for contact in made) >= bounds.a_day:
            yield Finding(Reason.VISIT_CAP, rule, until=_next_day(at, self.zone))
        if self.attempt.visitors not in (None, bounds.visitors):
            yield Finding(Reason.VISITORS, rule, str(bounds.visitors))
        if self.case.visit_agreed_at is not None:
            first = self.case.visit_agreed_at.astimezone(self.zone).date() + timedelta(days=bounds.notice_days)
            if today < first:
                yield Finding(Reason.VISIT_NOTICE, rule, until=_morning(first, self.zone))

    def _letters(self, at: datetime) -> Iterator[Finding]:
        """What the contract asks for is neither counted nor held back, as with messages."""
        if self.attempt.channel != Channel.LETTER or self.is_service:
            return
        cap, today = self.rules.letters, at.astimezone(self.zone).date()
        days = [
            self._day(contact)
            for contact in self._with_this_person()
            if contact.channel == Channel.LETTER
            and not contact.is_inbound
            and contact.outcome != Outcome.FAILED
            and contact.purpose != ContactPurpose.SERVICE
        ]
        if any(
            sum(day > today - timedelta(days=length) for day in days) >= most
            for most, length in ((cap.day, 1), (cap.week, 7), (cap.month, 30))
        ):
            yield Finding(Reason.LETTER_CAP, RULE_CODES["letters"], until=_next_day(at, self.zone))

    def _may_have_spoken(self, contact: Contact, today: date) -> bool:
        """A call that is under way may become a conversation; after its day it is one that nobody noted."""
        return contact.outcome in CONVERSATIONS or (contact.outcome == Outcome.OPEN and self._day(contact) == today)

    def _calls(self) -> Iterator[Contact]:
        return (contact for contact in self.history if contact.channel in CALLS and not contact.is_inbound)

    def _with_this_person(self) -> Iterator[Contact]:
        return (contact for contact in self.history if self._is_me(contact))

    def _is_me(self, contact: Contact) -> bool:
        """The borrower is one person on all numbers; others are told apart by their number, by whichever name."""
        if Party.BORROWER in (contact.party, self.attempt.party):
            return contact.party == self.attempt.party
        if contact.address == "":
            return contact.party == self.attempt.party
        return contact.address == self.attempt.address

    def _is_about_this(self, contact: Contact) -> bool:
        return not contact.debts or not self.attempt.debts or bool(contact.debts & self.attempt.debts)

    def _is_invalid(self, address: str) -> bool:
        known = [contact for contact in self._calls() if contact.address == address]
        return bool(known) and known[-1].outcome == Outcome.INVALID_NUMBER

    def _borrower_is_out_of_reach(self, at: datetime) -> bool:
        """After real attempts in vain, in a row, on different days and not long ago, or where the number is invalid."""
        bounds = self.rules.third_parties
        since = at.astimezone(self.zone).date() - timedelta(days=bounds.within_days)
        tried = [
            contact
            for contact in self.history
            if contact.party == Party.BORROWER and contact.channel in IN_PERSON and contact.outcome != Outcome.FAILED
        ]
        row = takewhile(lambda contact: contact.outcome in IN_VAIN, reversed(tried))
        failed = [contact for contact in row if not contact.is_inbound and self._day(contact) > since]
        if failed and failed[0] is tried[-1] and failed[0].outcome == Outcome.INVALID_NUMBER:
            return True
        on_days = {self._day(contact) for contact in failed}
        return len(failed) >= bounds.after_failures and len(on_days) >= bounds.on_days

    def _day(self, contact: Contact) -> date:
        return contact.at.astimezone(self.zone).date()


# What nobody needs to hear: each is counted for itself, and only the borrower hears it.
_UNASKED = frozenset({ContactPurpose.MARKETING, ContactPurpose.LEARNING})
_STOPS_CHANNEL: dict[str, frozenset[Effect]] = {
    Channel.CALL: frozenset({Effect.STOPS_CALLS}),
    Channel.AI_CALL: frozenset({Effect.STOPS_CALLS}),
    Channel.SMS: frozenset({Effect.STOPS_SMS}),
    Channel.EMAIL: frozenset({Effect.STOPS_EMAIL}),
    Channel.VISIT: frozenset({Effect.STOPS_VISITS}),
    Channel.LETTER: frozenset({Effect.STOPS_LETTERS}),
}


def _counts_as(purpose: str, capped: str) -> bool:
    if not purpose:
        return True
    if capped in _UNASKED:
        return purpose == capped
    return purpose not in _UNASKED | {ContactPurpose.SERVICE}


def _next_day(at: datetime, zone: ZoneInfo) -> datetime:
    return _morning(at.astimezone(zone).date() + timedelta(days=1), zone)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
