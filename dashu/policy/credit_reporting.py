"""How a credit bureau is told of loans, as a policy pack writes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashu.kernel.dates import add_months
from dashu.policy.plain import count, yes_or_no


@dataclass(frozen=True, slots=True)
class ReportingRules:
    """
    How the months of loans are told to the bureau.

    :param bureau, institution: whom we tell, and our own number there.
    :param layout: name of the documented layout of the file.
    :param deadline_day: of the following month, by which a month has been told; staff are alerted `warn_days` before.
    :param needs_notice: whether what speaks against a person is told only after they were; `proof_days` lie in between.
    :param needs_consent: whether nothing is told of a loan without the borrower's consent.
    :param mark_days: from a dispute to the file that marks it.
    :param longest_statement: signs of a person's own statement.
    :param events: the code of what happened to the contract, by kind of loan event.
    :param states: the code of how an account stands, by the names of `RUNNING`, `LATE`, `SETTLED`, ...
    """

    bureau: str
    institution: str
    layout: str
    deadline_day: int
    warn_days: int
    needs_notice: bool
    proof_days: int
    needs_consent: bool
    mark_days: int
    longest_statement: int
    events: Mapping[str, str]
    states: Mapping[str, str]

    def deadline_of(self, month: date) -> date:
        """Return the last day on which the file of a month is in time."""
        return add_months(month.replace(day=1), 1) + timedelta(days=self.deadline_day - 1)


STATES = ("RUNNING", "LATE", "SETTLED", "CHARGED_OFF", "WRITTEN_OFF", "SOLD")


def reporting_rules_of(value: Any) -> ReportingRules:
    rules = ReportingRules(
        bureau=str(value["bureau"]),
        institution=str(value["institution"]),
        layout=str(value["layout"]),
        deadline_day=count(value["deadline_day"]),
        warn_days=count(value["warn_days"]),
        needs_notice=yes_or_no(value["needs_notice"]),
        proof_days=count(value["proof_days"]),
        needs_consent=yes_or_no(value["needs_consent"]),
        mark_days=count(value["mark_days"]),
        longest_statement=count(value["longest_statement"]),
        events={str(kind): str(code) for kind, code in value["events"].items()},
        states={str(name): str(code) for name, code in value["states"].items()},
    )
    if not 1 <= rules.deadline_day <= 28 or rules.warn_days >= rules.deadline_day:
        raise ValueError(f"a deadline lies from day 1 to 28 and is warned of within the month, not {rules}")
    if set(rules.states) != set(STATES):
        raise ValueError(f"states name {', '.join(STATES)}, not {', '.join(rules.states)}")
    return rules
