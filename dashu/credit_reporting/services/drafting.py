"""What would be told of the months of loans on a day: the facts, held against the rules, and written by the layout."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet

from collections_mgmt.models import Dispute
from collections_mgmt.selectors.credit_records import reading_of
from dashu.credit_reporting.domain.checks import Accepted, problems_across
from dashu.credit_reporting.domain.composing import Coding, Said
from dashu.credit_reporting.domain.facts import MonthFacts
from dashu.credit_reporting.domain.formats import ACCOUNT_MONTH, Format, PersonFacts
from dashu.credit_reporting.domain.layouts import Layout, layout
from dashu.credit_reporting.domain.metro2 import METRO2
from dashu.credit_reporting.domain.telling import Held, Limits, Notice, grid_told
from dashu.credit_reporting.selectors import beside
from dashu.credit_reporting.selectors.month_facts import month_facts
from dashu.kernel.dates import month_end_of
from dashu.policy import rules as policy
from dashu.policy.credit_reporting import ReportingRules
from loans.models import Loan

STRETCH = 2_000
FORMATS = {"account_month": ACCOUNT_MONTH, "metro2_426": METRO2}


@dataclass(frozen=True, slots=True)
class Draft:
    """
    :param told: the values of the layout's fields, without who the person is.
    :param held_for: codes of why it is not told; empty where it may be.
    :param problems: fields and what is wrong with them.
    """

    facts: MonthFacts
    grid: str
    told: dict[str, str]
    is_adverse: bool
    held_for: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class Telling:
    """The rules by which a month is told on a day."""

    rules: ReportingRules
    layout: Layout
    format: Format
    coding: Coding
    limits: Limits
    on: date
    current_bucket: str


def telling_on(on: date) -> Telling:
    """:raises PolicyRuleMissing: no bureau is told of loans under the rules of this day."""
    rules, codes, adverse = policy.credit_reporting(on), policy.credit_codes(on), policy.adverse_record(on)
    reading = reading_of(on)
    return Telling(
        rules=rules,
        layout=layout(rules.layout),
        format=FORMATS[rules.layout],
        coding=Coding(codes.by_days, codes.marks, rules.states, rules.longest_statement),
        limits=Limits(
            is_adverse=lambda code: reading.is_adverse(reading.kind_of(code)),
            unknown=codes.marks["UNKNOWN"],
            not_opened=codes.marks["NOT_OPENED"],
            needs_notice=rules.needs_notice,
            proof_days=rules.proof_days,
            kept_years=adverse.kept_years,
        ),
        on=on,
        current_bucket=policy.delinquency_buckets(on).bands[0].code,
    )


def drafts_of(telling: Telling, loans: QuerySet[Loan], *, month: date) -> Iterator[Draft]:
    """Yield what would be told of a month of these loans, in the order of their ids; in a fixed number of queries."""
    facts = list(
        month_facts(
            loans,
            month=month,
            events=telling.rules.events,
            settled=telling.coding.marks["SETTLED"],
            months=_MOST_MONTHS,
        )
    )
    around = _Around.of(telling, facts, month)
    for each in facts:
        yield _draft(telling, each, around)


_MOST_MONTHS = 24 * 12  # so that an event that began before the grid is known whole


@dataclass(frozen=True, slots=True)
class _Around:
    consents: Mapping[int, str]
    persons: Mapping[int, PersonFacts]
    notices: Mapping[int, list[Notice]]
    disputes: Mapping[int, list[Dispute]]
    caught_up: Mapping[int, list[date]]
    lateness: Mapping[int, beside.Lateness]
    accepted: Mapping[int, Accepted]

    @classmethod
    def of(cls, telling: Telling, facts: Collection[MonthFacts], month: date) -> "_Around":
        ids = [each.loan_id for each in facts]
        adverse = [
            each.loan_id for each in facts if any(telling.limits.is_adverse(code) for code in each.noted.values())
        ]
        return cls(
            consents=beside.consents_of(ids, on=telling.on) if telling.rules.needs_consent else defaultdict(str),
            persons=beside.persons_of([each.borrower_id for each in facts]),
            notices=beside.notices_of(adverse),
            disputes=beside.disputes_of(ids),
            caught_up=beside.caught_up_by(adverse),
            lateness=beside.lateness_of(adverse, up_to=month_end_of(month), current=telling.current_bucket),
            accepted=beside.accepted_before(ids, bureau=telling.rules.bureau, month=month),
        )


def _draft(telling: Telling, facts: MonthFacts, around: _Around) -> Draft:
    grid = grid_told(
        facts.noted,
        telling.limits,
        month=facts.month,
        opened_on=facts.opened_on,
        notices=around.notices.get(facts.loan_id, ()),
        on=telling.on,
        caught_up=around.caught_up.get(facts.loan_id, ()),
    )
    said = _said(telling, facts, grid.signs, around)
    told = telling.format.compose(telling.layout, facts, said, telling.coding)
    person = around.persons.get(facts.borrower_id)
    problems = (
        *_wrong_fields(telling.layout, told),
        *(_wrong_identity(telling, person) if person else ()),
        *telling.format.problems(told),
        # The sign of a month that may not be told is unknown in its grid, so there is nothing to hold it against.
        *(() if grid.held else problems_across(facts, grid.signs, telling.coding, around.accepted.get(facts.loan_id))),
    )
    held = [str(grid.held)] if grid.held else []
    if telling.rules.needs_consent and facts.loan_id not in around.consents:
        held.append(Held.NO_CONSENT)
    if person is None:
        held.append(Held.NO_IDENTITY)
    if problems:
        held.append(Held.INVALID)
    return Draft(
        facts=facts,
        grid=grid.signs,
        told=told,
        is_adverse=telling.limits.is_adverse(facts.code),
        held_for=tuple(held),
        problems=problems,
        notice=grid.notice,
    )


def _said(telling: Telling, facts: MonthFacts, grid: str, around: _Around) -> Said:
    disputes = [
        each for each in around.disputes.get(facts.loan_id, ()) if each.month is None or each.month == facts.month
    ]
    standing = [each for each in disputes if each.outcome == Dispute.Outcome.STANDS]
    statement = next((each.statement for each in reversed(standing) if each.statement), "")
    said = Said(
        grid=grid,
        consent=around.consents.get(facts.loan_id, ""),
        is_disputed=any(each.is_open for each in disputes),
        was_disputed=bool(disputes),
        statement=" ".join(statement.split()) if telling.limits.is_adverse(facts.code) else "",
    )
    late = around.lateness.get(facts.loan_id, beside.Lateness())
    return replace(said, first_late_on=late.since, late_before_on=late.before)


def _wrong_fields(layout_: Layout, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    codes = {field.code for field in layout_.told("base")}
    yield from ((field, what) for field, what in layout_.problems("base", told) if field in codes)


def _wrong_identity(telling: Telling, person: PersonFacts) -> Iterator[tuple[str, str]]:
    """Yield the fields that say who the person is and cannot be told like this; never what they hold."""
    codes = {field.code for field in telling.layout.records["base"].fields if field.is_identity}
    values = telling.format.person(person)
    yield from ((field, what) for field, what in telling.layout.problems("base", values) if field in codes)


def id_ranges(loans: QuerySet[Loan], size: int = STRETCH) -> Iterator[QuerySet[Loan]]:
    """Yield the loans a stretch of ids at a time, so that a book of any size fits into memory."""
    after = 0
    while ids := list(loans.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:size]):
        yield loans.filter(pk__gte=ids[0], pk__lte=ids[-1])
        after = ids[-1]
