"""The hours of the day in which a lender may reach out to a borrower."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class ContactHours:
    """From `opens`, included, to `closes`, excluded, on every day of the zone."""

    opens: time
    closes: time
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError(f"the hours must open before they close: {self.opens}–{self.closes}")

    def allows(self, moment: datetime) -> bool:
        return self.opens <= moment.astimezone(self.zone).time() < self.closes

    def next_allowed(self, moment: datetime) -> datetime:
        """Return `moment` itself when it is allowed, else the next opening."""
        local = moment.astimezone(self.zone)
        if self.allows(moment):
            return local
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        return datetime.combine(day, self.opens, self.zone)
