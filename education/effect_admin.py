"""What staff see: which lesson comes when, and what pointing to it does, in sums; never who learned what."""

import tempfile
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.audit import services as audit
from dashu.kernel.dates import LENDER_ZONE, lender_today
from dashu.policy.rules import just_in_time, learning_encouragement
from dashu.policy.selectors import policy_rule
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import lender_date
from education.domain.lessons import LANGUAGES
from education.effect_files import csv_of, write_effects
from education.effect_words import gap, points, rate, said, said_of_draw, said_of_reading
from education.languages import language_now
from education.models import LearningMoment
from education.selectors.effect import Effect, effects
from education.selectors.published import lesson_of, published_slugs


@admin.register(LearningMoment)
class LearningMomentAdmin(ReadOnlyAdmin):
    """Moments are shown summed up: what one person did with a lesson is theirs alone."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_view_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        export = path("export/<str:kind>/", view(self.export), name="education_learningmoment_export")
        return [export, path("", view(self.changelist_view), name="education_learningmoment_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = lender_today()
        found = effects(today=today, zone=LENDER_ZONE.key)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Lessons at the right moment"),
            "opts": self.opts,
            "figures": _figures(today),
            "tables": [_effects(found), _draws(found), _moments(today)],
            "export": reverse("admin:education_learningmoment_export", args=["xlsx"]) if found else "",
        }
        return render(request, "staff/report.html", context)

    def export(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Send the effects as a file, and note who took it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in ("xlsx", "csv"):
            raise Http404
        today = lender_today()
        found = effects(today=today, zone=LENDER_ZONE.key)
        audit.record(
            action="education.effect_exported",
            subject_type="learning_effect",
            subject_id=today,
            actor=actor_of(request),
            data={"kind": kind},
        )
        name = f"lessons-{today}.{kind}"
        if kind == "csv":
            about = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(csv_of(found), content_type="text/csv; charset=utf-8", headers=about)
        file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
        write_effects(file, found)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=name)


def _figures(today: date) -> list[Figure]:
    rules = learning_encouragement(today)
    share = rules.holdout.share_bps
    return [
        Figure(
            _("held out at present"),
            f"{share / 100:.2f}%",
            rules.holdout.experiment if share else _("No experiment is running."),
        ),
        Figure(_("days in which payment is looked at"), rules.window_days, _("After the moment; fixed by the rule.")),
    ]


def _effects(found: list[Effect]) -> Table:
    labels = dict(LearningMoment.Moment.choices)
    return Table(
        title=_("Does pointing to a lesson help to pay in time?"),
        note=_(
            "Everybody counts in the part that was drawn, whether they read or not. In time is who paid all that fell "
            "due in the window by its day, by the terms in force: what a plan moved counts on its new day. Whose loans "
            "had nothing due has no outcome. Several moments are looked at, and on any day: about one in twenty shows "
            "a difference where there is none."
        ),
        columns=[
            Column(_("experiment")),
            Column(_("moment")),
            Column(_("what can be said")),
            Column(_("in time, pointed to it"), is_number=True),
            Column(_("in time, held out"), is_number=True),
            Column(_("effect in points"), is_number=True),
            Column(_("of reading, in points")),
            Column(_("read it"), is_number=True),
            Column(_("smallest effect to be seen"), is_number=True),
            Column(_("no outcome"), is_number=True),
            Column(_("window still open"), is_number=True),
        ],
        rows=[
            [
                each.experiment,
                labels.get(each.moment, each.moment),
                wrapped(said(each)),
                rate(each.found.encouraged.outcome),
                rate(each.found.held_out.outcome),
                gap(each.found.effect) if each.found.effect else "–",
                wrapped(said_of_reading(each.found)),
                f"{rate(each.found.encouraged.uptake)} / {rate(each.found.held_out.uptake)}",
                points(each.found.detectable) if each.found.detectable else "–",
                f"{each.found.encouraged.without:,} / {each.found.held_out.without:,}",
                f"{each.waiting:,}",
            ]
            for each in found
        ],
        empty=_("No experiment has begun. The rule education.encouragement begins one."),
    )


def _draws(found: list[Effect]) -> Table:
    labels = dict(LearningMoment.Moment.choices)
    return Table(
        title=_("Were the parts alike when they were drawn?"),
        note=_("Differences in standard deviations; beyond 0.1 they are named."),
        columns=[
            Column(_("experiment")),
            Column(_("moment")),
            Column(_("pointed to it"), is_number=True),
            Column(_("held out"), is_number=True),
            Column(_("principal owed"), is_number=True),
            Column(_("days behind"), is_number=True),
            Column(_("installments before"), is_number=True),
            Column(_("share of them late"), is_number=True),
            Column(_("what can be said")),
        ],
        rows=[
            [
                each.experiment,
                labels.get(each.moment, each.moment),
                *(f"{number:,}" for number in each.balance.drawn),
                *(f"{apart:+.2f}" for apart in each.balance.apart.values()),
                wrapped(said_of_draw(each.balance)),
            ]
            for each in found
        ],
        empty=_("Nobody was drawn yet."),
    )


def _moments(today: date) -> Table:
    rules, source = just_in_time(today), policy_rule("education.just_in_time", on=today)
    labels, known, language = dict(LearningMoment.Moment.choices), set(published_slugs()), language_now()
    return Table(
        title=_("Which lesson comes when"),
        note=gettext("Rule education.just_in_time since %(day)s. At most %(count)s messages to one person in 30 days.")
        % {"day": lender_date(source.effective_from), "count": rules.messages_a_month},
        columns=[Column(_("moment")), Column(_("lesson")), Column(_("how"))],
        rows=[
            [
                labels.get(str(moment), moment),
                lesson_of(rule.lesson, language or LANGUAGES[0]).title if rule.lesson in known else rule.lesson,
                _("Card and message") if rule.has_message else _("Card only"),
            ]
            for moment, rule in rules.moments.items()
        ],
        empty=_("The rule names no moment."),
    )
