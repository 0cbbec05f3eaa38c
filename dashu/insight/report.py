"""What a report is: what it says, what it is computed from, what can be chosen, and the function that reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_mgmt.models import Dimension
from dashu.insight.figures import Figures
from dashu.insight.scope import Scope

Words = str | Promise

VIEW, EXPORT = "insight.view_report", "insight.export_report"
STEER = "insight.steer_reportschedule"

SPLITS = (
    Dimension.REGION,
    Dimension.SECTOR,
    Dimension.CHANNEL,
    Dimension.RISK_BAND,
    Dimension.VINTAGE,
)


class Group(StrEnum):
    """Under which head a report stands in the list, in this order."""

    ARREARS = "arrears"
    MONEY = "money"
    CAUSES = "causes"
    MODELS = "models"
    HELP = "help"
    WORK = "work"


GROUP_TITLES: dict[Group, Promise] = {
    Group.ARREARS: _("How the book stands, and where it goes"),
    Group.MONEY: _("Money and concentration"),
    Group.CAUSES: _("Why people fall behind"),
    Group.MODELS: _("How well we foresee"),
    Group.HELP: _("What help does"),
    Group.WORK: _("Our own work"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """
    Something to choose that only this report has; the first choice holds where nothing is chosen.

    :param choices: codes with their words, or what reads them; never none.
    """

    code: str
    title: Words
    choices: Sequence[tuple[str, Words]] | Callable[[], Sequence[tuple[str, Words]]]

    @property
    def offered(self) -> Sequence[tuple[str, Words]]:
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True, slots=True)
class Definition:
    term: Words
    meaning: Words


@dataclass(frozen=True, slots=True)
class Report:
    """
    :param code: stable, lower-case with hyphens; part of addresses.
    :param says: what it says, in two plain sentences. :param source: what it is computed from, in one or two.
    :param read: reads its tables in a fixed number of queries; a plain function of the scope, callable without a page.
    :param dimensions: by what it can be split; none for a report that is not.
    :param months: how many it looks back where nothing is asked.
    :param needs: a permission that it takes besides `VIEW`.
    :param is_of_snapshot: it reads the months that are kept; not what reads records of its own.
    :param is_of_loans: product and currency can be chosen; not for what is of people, experiments or scorecards.
    """

    code: str
    group: Group
    title: Words
    says: Words
    source: Words
    read: Callable[[Scope], list[Figures]]
    dimensions: Sequence[Dimension] = SPLITS
    options: Sequence[Option] = ()
    months: int = 12
    definitions: Sequence[Definition] = ()
    needs: str = ""
    is_of_snapshot: bool = True
    is_of_loans: bool = True
