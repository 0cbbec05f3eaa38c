"""
The pages of training: one step of the walk after the other, with what each choice leads to.

Where somebody is lies in their session. No page here reads or writes a loan, a person, a contact or a message.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from collections_mgmt.domain.training import Ask, Progress, Step, Walk, walk_of_training
from collections_mgmt.models import STEER, WORK, CollectorProfile
from collections_mgmt.services.finish_training import finish_training
from dashu.kernel.dates import lender_now, lender_today
from dashu.messaging.guard import Condition, Reason
from dashu.policy.contact_guard import Decision, decide
from dashu.policy.contact_rules import ContactRules
from dashu.policy.rules import contact_rules
from dashu.users.actors import person_of
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from dashu.web.writing import named

KEPT_IN = "training"
CURRENCY = "CNY"


def training_urls(page: ModelAdmin) -> list[URLPattern]:
    """Return the addresses of training, as pages of an admin of files."""
    found = []
    for route, view, name in (
        ("training/", require_safe(show), "training"),
        ("training/begin/", require_POST(begin), "training_begin"),
        ("training/choose/", require_POST(choose), "training_choose"),
        ("training/go-on/", require_POST(go_on), "training_go_on"),
    ):
        wrapped = page.admin_site.admin_view(view)
        found.append(path(route, wrapped, {"page": page}, name=f"collections_mgmt_casefile_{name}"))
    return found


def show(request: HttpRequest, page: ModelAdmin) -> HttpResponse:
    _refuse_others(request)
    walk, today = walk_of_training(), lender_today()
    progress = _progress(request)
    shown: dict[str, Any] = {
        "title": gettext("Training"),
        "person": named(walk.name),
        "number": walk.number,
        "about": named(walk.about),
        "figures": _figures(walk),
        "tables": _tables(walk),
        "count": len(walk.steps),
        "place": progress.place + 1,
    }
    if progress.is_done(walk):
        shown |= {"right": progress.right, "profile": CollectorProfile.objects.filter(user=person_of(request)).first()}
        return _render(page, request, "collections_mgmt/training_done.html", shown)
    step = walk.steps[progress.place]
    return _render(page, request, "collections_mgmt/training.html", {**shown, **_step(walk, step, progress, today)})


def begin(request: HttpRequest, page: ModelAdmin) -> HttpResponse:
    _refuse_others(request)
    request.session.pop(KEPT_IN, None)
    return _back()


def choose(request: HttpRequest, page: ModelAdmin) -> HttpResponse:
    _refuse_others(request)
    progress = _progress(request)
    step, choice = request.POST.get("step", ""), request.POST.get("choice", "")
    _keep(request, progress.chosen(walk_of_training(), step, choice))
    return _back()


def go_on(request: HttpRequest, page: ModelAdmin) -> HttpResponse:
    """Go to the next step; whoever passes the last one has finished, which their profile notes."""
    _refuse_others(request)
    walk = walk_of_training()
    progress = _progress(request).went_on(walk, request.POST.get("step", ""))
    kept = _keep(request, progress)
    if progress.is_done(walk):
        begun_at = datetime.fromisoformat(kept["begun_at"])
        finish_training(user=person_of(request), begun_at=begun_at, now=lender_now())
    return _back()


def _refuse_others(request: HttpRequest) -> None:
    if not (request.user.has_perm(WORK) or request.user.has_perm(STEER)):
        raise PermissionDenied


def _back() -> HttpResponse:
    return redirect("admin:collections_mgmt_casefile_training")


def _progress(request: HttpRequest) -> Progress:
    kept = request.session.get(KEPT_IN, {})
    return Progress(kept.get("place", 0), tuple(kept.get("tried", ())), kept.get("right", 0))


def _keep(request: HttpRequest, progress: Progress) -> dict[str, Any]:
    begun_at = request.session.get(KEPT_IN, {}).get("begun_at") or lender_now().isoformat()
    kept = {"begun_at": begun_at, "place": progress.place, "tried": list(progress.tried), "right": progress.right}
    request.session[KEPT_IN] = kept
    return kept


def _step(walk: Walk, step: Step, progress: Progress, today: date) -> dict[str, Any]:
    values = _values(walk, today)
    return {
        "step": step.code,
        "heading": named(step.title),
        "told": named(step.told).format_map(values),
        "asked": named(step.asked),
        "guard": [_answer(ask, today) for ask in step.guard],
        "choices": [
            {
                "code": choice.code,
                "key": choice.key,
                "text": named(choice.text).format_map(values),
                "is_tried": choice.code in progress.tried,
                "is_right": choice.is_right,
                "why": named(choice.why).format_map(values),
            }
            for choice in step.choices
        ],
        "is_solved": progress.is_solved(walk),
        "is_last": progress.place == len(walk.steps) - 1,
    }


def _values(walk: Walk, today: date) -> Mapping[str, str]:
    days = {name: date_format(today + timedelta(days=days)) for name, days in walk.days.items()}
    return {name: money(minor, CURRENCY) for name, minor in walk.amounts.items()} | days


def _answer(ask: Ask, today: date) -> dict[str, Any]:
    """Ask the real guard about made-up facts; nothing is written."""
    rules = contact_rules(today)
    zone = rules.hours.zone
    question = ask.on(today, zone)
    found = decide(rules, question.attempt, question.case, question.history, now=question.now, zone=zone)
    return {
        "name": named(ask.name),
        "allows": found.allows,
        "told": _told(found, rules),
        "table": _reasons(found, rules),
    }


def _told(found: Decision, rules: ContactRules) -> str:
    if found.allows:
        labels = dict(Condition.choices)
        return " · ".join(str(labels.get(code.value, code.value)) for code in found.conditions)
    if found.next_allowed_at:
        return gettext("allowed again from %(moment)s") % {"moment": _moment(found.next_allowed_at, rules)}
    return gettext("Waiting alone does not help.")


def _reasons(found: Decision, rules: ContactRules) -> Table | None:
    if found.allows:
        return None
    return Table(
        title=_("Reasons"),
        columns=[Column(_("reason")), Column(_("rule")), Column(_("until"))],
        rows=[
            [
                Reason(finding.reason.value).label,
                finding.rule or gettext("No rule can allow it."),
                _moment(finding.until, rules) if finding.until else "–",
            ]
            for finding in found.findings
        ],
        empty="",
    )


def _moment(at: datetime, rules: ContactRules) -> str:
    return date_format(at.astimezone(rules.hours.zone), "SHORT_DATETIME_FORMAT")


def _figures(walk: Walk) -> list[Figure]:
    overdue, days = sum(loan[1] for loan in walk.loans), max(loan[2] for loan in walk.loans)
    return [
        Figure(_("overdue"), money(overdue, CURRENCY), _("on all loans")),
        Figure(_("days past due"), days, _("without the days that stood still"), "soon"),
    ]


def _tables(walk: Walk) -> list[Table]:
    return [
        Table(
            title=_("Loans"),
            columns=[
                Column(_("loan")),
                Column(_("overdue amount"), is_number=True),
                Column(_("days past due"), is_number=True),
            ],
            rows=[[number, money(overdue, CURRENCY), days] for number, overdue, days in walk.loans],
            empty="",
        ),
        Table(
            title=_("What a month leaves"),
            columns=[Column(_("part of the month")), Column(_("a month"), is_number=True)],
            rows=[[named(name), money(minor, CURRENCY)] for name, minor in walk.month],
            empty="",
        ),
    ]


def _render(page: ModelAdmin, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, {**page.admin_site.each_context(request), "opts": page.opts, **context})
