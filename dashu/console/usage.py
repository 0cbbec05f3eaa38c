"""How much is called, how it ends and how long it takes: hour by hour or day by day, as charts, tables and CSV."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from dashu.api.models import ApiCall
from dashu.api.selectors import Usage, usage_by_hour, usage_by_operation
from dashu.console.figures import latencies
from dashu.console.gate import ConsoleRequest, for_partners
from dashu.kernel.dates import LENDER_ZONE, lender_today, midnight
from dashu.users.models import Partner
from dashu.web.charts import Chart, Series, Tone

MOST_DAYS = 92
DAYS_BY_HOUR = 2
DAYS_AT_FIRST = 7
_NOTHING = Usage(*(0 for _field in fields(Usage)))


class RangeForm(forms.Form):
    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and not first <= last < first + timedelta(days=MOST_DAYS):
            raise forms.ValidationError(
                _("Choose a last day that is not before the first, and %(days)s days at most.") % {"days": MOST_DAYS}
            )
        return self.cleaned_data


@dataclass(frozen=True, slots=True)
class Step:
    """One hour or day. :ivar half: p50 in milliseconds, `most` p95; None without calls, or when they are forgotten."""

    begins: datetime
    usage: Usage
    half: int | None
    most: int | None

    @property
    def answered(self) -> int:
        return self.usage.calls - self.usage.refused - self.usage.failed


@for_partners
@require_GET
def usage(request: ConsoleRequest) -> HttpResponse:
    return _usage_page(request, request.partner, "console/usage.html")


@login_required
@require_GET
def usage_of(request: HttpRequest, code: str) -> HttpResponse:
    """The same for whoever works here and may look at partners."""
    if not (request.user.is_staff and request.user.has_perm("users.view_partner")):
        raise Http404
    partner = get_object_or_404(Partner.objects.visible_to(request.user), code=code)
    return _usage_page(request, partner, "console/usage_of.html")


def _usage_page(request: HttpRequest, partner: Partner, template: str) -> HttpResponse:
    today = lender_today()
    at_first = {"first": today - timedelta(days=DAYS_AT_FIRST - 1), "last": today}
    form = RangeForm(request.GET if "first" in request.GET else None, initial=at_first)
    asked = form.cleaned_data if form.is_valid() else at_first
    first, last = asked["first"], asked["last"]
    by_day = last - first >= timedelta(days=DAYS_BY_HOUR)
    since, until = midnight(first), midnight(last + timedelta(days=1))
    about: dict[str, Any] = {"partner_id": partner.pk, "since": since, "until": until}
    calls = ApiCall.objects.visible_to(request.user).filter(partner=partner)
    steps = _steps(
        usage_by_hour(**about), latencies(calls, since=since, until=until, by_day=by_day), first, last, by_day=by_day
    )
    if request.GET.get("format") == "csv":
        return _as_csv(partner, steps)
    operations = usage_by_operation(**about)
    return render(
        request,
        template,
        {
            "partner": partner,
            "form": form,
            "first": first,
            "last": last,
            "charts": _charts(steps, operations, by_day=by_day) if operations else [],
        },
    )


def _steps(
    hours: Mapping[datetime, Usage],
    times: Mapping[datetime, tuple[int, int]],
    first: date,
    last: date,
    *,
    by_day: bool,
) -> list[Step]:
    """Return every hour or day of the range, also those without calls."""
    length = timedelta(days=1) if by_day else timedelta(hours=1)
    begins = [midnight(first)]
    while begins[-1] + length < midnight(last + timedelta(days=1)):
        begins.append(begins[-1] + length)
    sums = dict.fromkeys(begins, _NOTHING)
    for hour, found in hours.items():
        local = hour.astimezone(LENDER_ZONE)
        place = midnight(local.date()) if by_day else local
        sums[place] = _together(sums[place], found)
    return [Step(moment, found, *times.get(moment, (None, None))) for moment, found in sums.items()]


def _together(one: Usage, other: Usage) -> Usage:
    added = {field.name: getattr(one, field.name) + getattr(other, field.name) for field in fields(Usage)}
    return Usage(**{**added, "slowest": max(one.slowest, other.slowest)})


def _charts(steps: Sequence[Step], operations: Mapping[str, Usage], *, by_day: bool) -> list[Chart]:
    labels = [f"{step.begins:%m-%d}" if by_day else f"{step.begins:%m-%d %H:%M}" for step in steps]
    calls = sum(step.usage.calls for step in steps)
    limited = sum(step.usage.limited for step in steps)
    slow = [step.most for step in steps if step.most is not None]
    busiest, most = next(iter(operations.items()))
    when = _("Day") if by_day else _("Hour")
    return [
        Chart(
            key="calls",
            title=_("Calls over time"),
            summary=_("%(calls)s calls, of which %(limited)s were refused because there were too many at once.")
            % {"calls": calls, "limited": limited},
            labels_name=when,
            labels=labels,
            currency=None,
            series=_outcomes([step.usage for step in steps]),
        ),
        Chart(
            key="operations",
            title=_("Calls by operation"),
            summary=_("Most called is %(operation)s, with %(calls)s of %(all)s calls.")
            % {"operation": busiest or _("no operation"), "calls": most.calls, "all": calls},
            labels_name=_("Operation"),
            labels=[name or _("no operation") for name in operations],
            currency=None,
            series=_outcomes(list(operations.values())),
        ),
        Chart(
            key="times",
            title=_("Time to answer"),
            summary=_("At its slowest, 95 of 100 calls were answered within %(ms)s ms.") % {"ms": max(slow)}
            if slow
            else _("How long single calls took is known for 90 days."),
            labels_name=when,
            labels=labels,
            currency=None,
            series=[
                Series(gettext_lazy("p50, ms"), [step.half for step in steps], Tone.PRINCIPAL, is_line=True),
                Series(gettext_lazy("p95, ms"), [step.most for step in steps], Tone.INTEREST, is_line=True),
            ],
        ),
    ]


def _outcomes(sums: Sequence[Usage]) -> list[Series]:
    return [
        Series(
            pgettext_lazy("console", "Answered"),
            [each.calls - each.refused - each.failed for each in sums],
            Tone.PRINCIPAL,
        ),
        Series(gettext_lazy("Refused"), [each.refused - each.limited for each in sums], Tone.INTEREST),
        Series(gettext_lazy("Too many"), [each.limited for each in sums], Tone.FEE),
        Series(gettext_lazy("Failed"), [each.failed for each in sums], Tone.OTHER),
    ]


def _as_csv(partner: Partner, steps: Sequence[Step]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="usage-{partner.code}.csv"'
    writer = csv.writer(answer)
    writer.writerow(["begins", "calls", "answered", "refused", "limited", "failed", "replayed", "p50_ms", "p95_ms"])
    for step in steps:
        sums = step.usage
        own = [sums.calls, step.answered, sums.refused, sums.limited, sums.failed, sums.replayed, step.half, step.most]
        writer.writerow([step.begins.isoformat(), *own])
    return answer
