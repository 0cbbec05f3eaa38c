"""
What is known of the economy: series that are imported from files, and shocks that two people enter together.

A file is taken over as a whole or not at all; each problem names its line and column.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook

from collections_mgmt.models import EconomicIndicator, IndicatorValue, ShockEntry
from dashu.approvals.authority import NotAuthorized
from dashu.approvals.models import ApprovalRequest
from dashu.approvals.services.submit import submit
from dashu.audit import services as audit
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.policy.early_warning import SERIES
from dashu.users.actors import actor_of_user
from dashu.users.models import User

SHOCK = "warning.shock"
IMPORT = "collections_mgmt.import_economicindicator"
ENTER = "collections_mgmt.enter_shockentry"
COLUMNS = ("code", "name", "kind", "unit", "region", "sector", "source", "date", "value")
OPTIONAL = ("region", "sector")
MOST_BYTES, MOST_UNPACKED, MOST_ROWS, MOST_PROBLEMS = 1_000_000, 20_000_000, 5_000, 50
LONGEST = {"code": 40, "name": 120, "unit": 30, "source": 200}
LONGEST_SHOCK_DAYS = 400


class ValuesFileRefused(DomainError):
    """A file is too large, cannot be read, or some of its cells are wrong; `details["problems"]` name each."""

    code = "values_file_refused"

    def __init__(self, message: Any, problems: Sequence[str] = ()) -> None:
        super().__init__(message, field="file", details={"problems": list(problems)})
        self.problems = list(problems)


class ShockRefused(DomainError):
    """A shock is of no place, of no sound days, or is over already."""

    code = "shock_refused"


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One line of a file, read. :param series: the columns of the series by name."""

    series: Mapping[str, str]
    date: date
    value: Decimal

    @property
    def plain(self) -> list[str]:
        return [*(self.series[name] for name in COLUMNS[:-2]), self.date.isoformat(), f"{self.value:f}"]


@dataclass(frozen=True, slots=True)
class Taken:
    """How many values are new, changed, and as before."""

    new: int
    changed: int
    unchanged: int


def read_values(content: bytes, *, file_name: str, today: date) -> list[ValueRow]:
    """
    Return the lines of a CSV (UTF-8 or GB18030) or XLSX file with the columns `COLUMNS`, in any order.

    :raises ValuesFileRefused: something is wrong; up to fifty problems are named by line and column.
    """
    if len(content) > MOST_BYTES:
        raise ValuesFileRefused(_("The file is larger than 1 MB. Divide it."))
    lines = _sheet(content) if file_name.lower().endswith(".xlsx") else _text(content)
    head = next(lines, (1, []))[1]
    names = [str(cell or "").strip().lower() for cell in head]
    if missing := [name for name in COLUMNS if name not in names and name not in OPTIONAL]:
        raise ValuesFileRefused(
            gettext("The first line has to name the columns. Missing: %(names)s.") % {"names": ", ".join(missing)}
        )
    places = policy.early_warning_places(today)
    rows: list[ValueRow] = []
    problems: list[str] = []
    seen: dict[tuple[str, date], int] = {}
    for number, cells in lines:
        if not any(str(cell if cell is not None else "").strip() for cell in cells):
            continue
        if len(rows) >= MOST_ROWS or len(problems) >= MOST_PROBLEMS:
            problems.append(gettext("line %(line)s: the rest was not read") % {"line": number})
            break
        told = {name: cells[place] if place < len(cells) else None for place, name in enumerate(names)}
        row = _row(number, told, places, problems, today)
        if row is None:
            continue
        key = (row.series["code"], row.date)
        if key in seen:
            problems.append(_problem(number, "date", gettext("as in line %(other)s") % {"other": seen[key]}))
        seen[key] = number
        rows.append(row)
    if problems:
        raise ValuesFileRefused(_("Nothing was taken over. Mend the file and choose it again."), problems)
    if not rows:
        raise ValuesFileRefused(_("The file has no line with a value."))
    return rows


@transaction.atomic
def import_values(*, rows: Sequence[ValueRow], today: date, user: User) -> Taken:
    """
    Take over values; a value that is told anew replaces the one before, and the same again changes nothing.

    :raises NotAuthorized: the person may not.
    """
    if not (user.is_active and user.is_staff and user.has_perm(IMPORT)):
        raise NotAuthorized(_("Your role does not import values of the economy."))
    series = {row.series["code"]: row.series for row in rows}
    for code, columns in sorted(series.items()):
        EconomicIndicator.objects.update_or_create(code=code, defaults={name: columns[name] for name in COLUMNS[1:-2]})
    known = {each.code: each for each in EconomicIndicator.objects.filter(code__in=series)}
    earlier = {
        (value.indicator_id, value.date): value.value
        for value in IndicatorValue.objects.filter(indicator__in=known.values())
    }
    news = []
    for row in rows:
        key = (known[row.series["code"]].pk, row.date)
        if earlier.get(key) != row.value:
            news.append(IndicatorValue(indicator_id=key[0], date=row.date, value=row.value, noted_on=today))
    changed = sum((each.indicator_id, each.date) in earlier for each in news)
    IndicatorValue.objects.bulk_create(
        news,
        update_conflicts=True,
        unique_fields=["indicator_id", "date"],
        update_fields=["value", "noted_on"],
        batch_size=1_000,
    )
    audit.record(
        action="collections.economy_imported",
        subject_type="economy",
        subject_id=today.isoformat(),
        actor=actor_of_user(user),
        data={"series": sorted(series), "values": len(news)},
    )
    return Taken(len(news) - changed, changed, len(rows) - len(news))


@transaction.atomic
def ask_shock(
    *,
    region: str,
    sector: str,
    from_on: date,
    to_on: date,
    what: str,
    reason: str,
    user: User,
    today: date,
    idempotency_key: str,
) -> ApprovalRequest:
    """
    Ask another person to approve a shock; again with the same key returns the first request.

    :param what: what happened, in words that can be said to borrowers.
    :raises ShockRefused: see there. :raises NotAuthorized: the person may not ask for this.
    """
    what = what.replace("\0", "").strip()
    _check_shock(region, sector, from_on, to_on, what, today=today)
    return submit(
        kind=SHOCK,
        payload={
            "region": region,
            "sector": sector,
            "from_on": from_on.isoformat(),
            "to_on": to_on.isoformat(),
            "what": what,
        },
        amount_minor=0,
        currency="CNY",
        subject_type="shock",
        subject_id=f"{region or '-'}:{sector or '-'}",
        reason=reason,
        user=user,
        today=today,
        idempotency_key=idempotency_key,
    )


@transaction.atomic
def enter_shock(*, payload: Mapping[str, Any], today: date, actor: str) -> ShockEntry:
    """
    Enter an approved shock: it counts from the night of this day on.

    :raises ShockRefused: it is over meanwhile.
    """
    from_on, to_on = date.fromisoformat(payload["from_on"]), date.fromisoformat(payload["to_on"])
    _check_shock(payload["region"], payload["sector"], from_on, to_on, payload["what"], today=today)
    return ShockEntry.objects.create(
        region=payload["region"],
        sector=payload["sector"],
        from_on=from_on,
        to_on=to_on,
        reason=payload["what"],
        noted_on=today,
        actor=actor,
    )


@transaction.atomic
def end_shock(*, shock_id: int, today: date, user: User) -> ShockEntry:
    """
    End a shock today; what it made count goes on for its days. Ended already, nothing changes.

    :raises NotAuthorized: the person may not. :raises ShockRefused: there is no such shock.
    """
    if not (user.is_active and user.is_staff and user.has_perm(ENTER)):
        raise NotAuthorized(_("Your role does not enter shocks."))
    shock = ShockEntry.objects.select_for_update().filter(pk=shock_id).first()
    if shock is None:
        raise ShockRefused(_("There is no such shock."))
    if shock.to_on > today:
        shock.to_on = max(today, shock.from_on)
        shock.save(update_fields=["to_on"])
        audit.record(
            action="collections.shock_ended",
            subject_type="shock",
            subject_id=shock.pk,
            actor=actor_of_user(user),
            data={"to_on": shock.to_on.isoformat()},
        )
    return shock


def _check_shock(region: str, sector: str, from_on: date, to_on: date, what: str, *, today: date) -> None:
    places = policy.early_warning_places(today)
    if not region and not sector:
        raise ShockRefused(_("Choose a region, a sector, or both."), field="region")
    if (region and region not in places["regions"]) or (sector and sector not in places["sectors"]):
        raise ShockRefused(_("There is no such region or sector."), field="region")
    if to_on < today:
        raise ShockRefused(_("The last day is over already."), field="to_on")
    if not 0 <= (to_on - from_on).days <= LONGEST_SHOCK_DAYS:
        raise ShockRefused(
            _("The last day comes after the first, by at most %(days)s days."),
            field="to_on",
            params={"days": LONGEST_SHOCK_DAYS},
        )
    if not what or len(what) > 200:
        raise ShockRefused(_("Say what happened, in at most 200 characters."), field="what")


def _text(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValuesFileRefused(_("The file is neither UTF-8 nor GB18030."))
    reader = csv.reader(io.StringIO(text.replace("\0", "")))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ValuesFileRefused(
            gettext("Line %(line)s is no line of a CSV file.") % {"line": reader.line_num}
        ) from error


def _sheet(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MOST_UNPACKED:
                raise ValuesFileRefused(_("The file is larger than 1 MB. Divide it."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        page = book.worksheets[0]
        for number, cells in enumerate(page.iter_rows(values_only=True, max_row=MOST_ROWS + 2), start=1):
            yield number, list(cells)
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, OSError) as error:
        raise ValuesFileRefused(_("The file cannot be read as XLSX.")) from error


def _row(
    number: int,
    told: Mapping[str, Any],
    places: Mapping[str, Mapping[str, Any]],
    problems: list[str],
    today: date,
) -> ValueRow | None:
    before = len(problems)
    series = {name: str(told.get(name) if told.get(name) is not None else "").strip() for name in COLUMNS[:-2]}
    for name, longest in LONGEST.items():
        if not 0 < len(series[name]) <= longest:
            problems.append(_problem(number, name, gettext("1 to %(longest)s characters") % {"longest": longest}))
    if not all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in series["code"]):
        problems.append(_problem(number, "code", gettext("letters, digits, - and _ only")))
    if series["kind"] not in SERIES:
        problems.append(_problem(number, "kind", gettext("one of %(kinds)s") % {"kinds": ", ".join(SERIES)}))
    for name in OPTIONAL:
        if series[name] and series[name] not in places[f"{name}s"]:
            problems.append(_problem(number, name, gettext("no code of early_warning.places")))
    day, value = _date_of(told.get("date")), _value_of(told.get("value"))
    if day is None or not date(1990, 1, 1) <= day <= today:
        problems.append(_problem(number, "date", gettext("a day such as 2026-04-01, not after today")))
    if value is None:
        problems.append(_problem(number, "value", gettext("a number with at most 4 decimals")))
    if len(problems) > before or day is None or value is None:
        return None
    return ValueRow(series, day, value)


def _date_of(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip())
    except ValueError:
        return None


def _value_of(cell: Any) -> Decimal | None:
    """Return the number of a cell; a spreadsheet's binary number is taken as it is shown there."""
    try:
        number = Decimal(repr(cell) if isinstance(cell, float) else str(cell).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= 10**11 or number != round(number, 4):
        return None
    return round(number, 4)


def _problem(number: int, column: str, what: str) -> str:
    return gettext("line %(line)s, column %(column)s: %(what)s") % {"line": number, "column": column, "what": what}
