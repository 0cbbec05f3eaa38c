"""
Quality reviews: the queue of reviewers, the page of one review, and the report.

Whoever does not review sees what was found of their own work, and may answer.
"""

import tempfile
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from collections_mgmt.desk.words import due_words, share
from collections_mgmt.models import REVIEW, QualityReview
from collections_mgmt.models.quality import QualityReviewQuerySet
from collections_mgmt.quality.forms import AnswerReviewForm, FollowUpForm, ScoreForm
from collections_mgmt.quality.page import answers_table, fact_tables, review_figures
from collections_mgmt.quality.report import report_figures, report_tables
from collections_mgmt.quality.workbook import write_report
from collections_mgmt.selectors.quality_report import QualityReport, quality_report
from collections_mgmt.services.review_quality import (
    answer_review,
    follow_up_review,
    questions_of,
    score_review,
    take_next_review,
)
from dashu.audit import services as audit
from dashu.kernel.dates import add_months, lender_now, lender_today
from dashu.kernel.errors import DomainError
from dashu.policy import rules as policy
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.users.actors import actor_of, person_of
from dashu.web.act_pages import ask_and_do
from dashu.web.writing import named

LIST = "admin:collections_mgmt_qualityreview_changelist"
MONTHS = 6


class StateFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked for; whoever only sees their own work sees what was found of it."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("reviewed", _("reviewed")), ("open", _("critical, not seen to yet")), ("all", _("all"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "all":
                return queryset
            case "reviewed":
                return queryset.filter(reviewed_at__isnull=False)
            case "open":
                return queryset.filter(result="CRITICAL", followed_up_at=None)
        return queryset.waiting() if request.user.has_perm(REVIEW) else queryset

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("waiting")}
        yield from others


@admin.register(QualityReview)
class QualityReviewAdmin(ReadOnlyAdmin):
    list_display = ["done_on", "kind_shown", "collector", "team", "why_shown", "clock", "result_shown", "answered"]
    list_filter = [StateFilter, "work", "result", "why", "team"]
    list_select_related = ["collector", "team"]
    ordering = ["due_on", "pk"]
    sortable_by = ()
    list_before_template = "collections_mgmt/reviews_head.html"

    def get_queryset(self, request: HttpRequest) -> QualityReviewQuerySet:
        seen = QualityReview.objects.visible_to(person_of(request))
        return seen.select_related("collector", "team", "reviewer", "attempt__decision", "event__file")

    @admin.display(description=_("done on"))
    def done_on(self, review: QualityReview) -> Any:
        return date_format(review.done_at, "SHORT_DATE_FORMAT")

    @admin.display(description=_("kind"))
    def kind_shown(self, review: QualityReview) -> str:
        return review.get_work_display()

    @admin.display(description=_("drawn because"))
    def why_shown(self, review: QualityReview) -> str:
        return review.get_why_display()

    @display(
        description=_("review due"), label={"plain": "info", "soon": "warning", "late": "danger", "done": "success"}
    )
    def clock(self, review: QualityReview) -> tuple[str, Any]:
        if review.reviewed_at is not None:
            return "done", _("reviewed")
        words, tone = due_words(review.due_on, lender_today())
        return tone, words

    @display(description=_("result"), label={"PASSED": "success", "FAILED": "warning", "CRITICAL": "danger", "": ""})
    def result_shown(self, review: QualityReview) -> tuple[str, Any]:
        if review.score_bps is None:
            return "", "–"
        return review.result, f"{review.get_result_display()} · {share(review.score_bps)}"

    @admin.display(description=_("answered"), boolean=True)
    def answered(self, review: QualityReview) -> bool | None:
        return review.answered_at is not None if review.reviewed_at else None

    def get_urls(self) -> list[URLPattern]:
        def ours(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"collections_mgmt_qualityreview_{name}")

        return [
            ours("next/", require_POST(self.next), "next"),
            ours("report/", self.report, "report"),
            ours("report/export/", require_POST(self.export_report), "export"),
            ours("<int:pk>/score/", self.score, "score"),
            ours("<int:pk>/answer/", self.answer, "answer"),
            ours("<int:pk>/follow-up/", self.follow_up, "follow_up"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = gettext("Quality reviews") if self._reviews(request) else gettext("What was found of your work")
        more = {"title": title, "may_review": self._reviews(request)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        review = self._found(request, int(object_id) if object_id.isascii() and object_id.isdigit() else 0)
        is_own = review.collector_id == person_of(request).pk
        return self._render(
            request,
            "collections_mgmt/review.html",
            {
                "title": gettext("Review %(number)s") % {"number": review.pk},
                "review": review,
                "figures": review_figures(review),
                "answers": answers_table(review) if review.reviewed_at else None,
                "tables": fact_tables(review),
                "may_review": self._reviews(request),
                "may_score": self._reviews(request) and not is_own and review.reviewed_at is None,
                "may_answer": is_own and review.answered_at is None,
                "may_see_to": self._reviews(request)
                and not is_own
                and review.result == "CRITICAL"
                and review.followed_up_at is None,
            },
        )

    def next(self, request: HttpRequest) -> HttpResponse:
        """Take up the next review, or say that none waits."""
        if not self._reviews(request):
            raise PermissionDenied
        try:
            review = take_next_review(user=person_of(request), now=lender_now())
        except DomainError as error:
            messages.warning(request, error.user_message)
            return redirect(LIST)
        return redirect("admin:collections_mgmt_qualityreview_score", review.pk)

    def score(self, request: HttpRequest, pk: int) -> HttpResponse:
        review = self._of_others(request, pk)
        if review.reviewed_at is not None:
            return redirect("admin:collections_mgmt_qualityreview_change", pk)
        form = ScoreForm(request.POST or None, questions=questions_of(review))
        return self._ask(
            request,
            review,
            form,
            lambda given: score_review(
                review_id=pk,
                answers=form.answers(),
                coaching=given["coaching"],
                user=person_of(request),
                now=lender_now(),
            ),
            title=gettext("Review the work"),
            text=gettext("What is right is worth saying, too. The collector sees every answer and your note."),
            done=gettext("The review is kept, and the collector can read it."),
            template="collections_mgmt/review_score.html",
            button=gettext("Keep this review"),
            figures=review_figures(review),
            tables=fact_tables(review),
        )

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        review = self._found(request, pk)
        if review.collector_id != person_of(request).pk:
            raise Http404
        return self._ask(
            request,
            review,
            AnswerReviewForm(request.POST or None),
            lambda given: answer_review(review_id=pk, words=given["words"], user=person_of(request), now=lender_now()),
            title=gettext("Answer the review"),
            text=review.coaching or gettext("There is no coaching note."),
            done=gettext("Your answer is kept. The reviewer can read it."),
        )

    def follow_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._ask(
            request,
            self._of_others(request, pk),
            FollowUpForm(request.POST or None),
            lambda given: follow_up_review(
                review_id=pk, words=given["words"], user=person_of(request), now=lender_now()
            ),
            title=gettext("See to it"),
            text=gettext("What failed must not happen again. This ends the alert."),
            done=gettext("It is noted, and the alert has ended."),
        )

    def report(self, request: HttpRequest) -> HttpResponse:
        """Show what was found in six months; for reviewers, because it names people."""
        if not self._reviews(request):
            raise PermissionDenied
        found, about = self._read_report(lender_today())
        context = {
            "title": gettext("Quality of the work"),
            "figures": report_figures(found, few=about["few"]),
            "tables": report_tables(found, **about),
            "report": "quality",
            "export": reverse("admin:collections_mgmt_qualityreview_export"),
        }
        return self._render(request, "staff/report.html", context)

    def export_report(self, request: HttpRequest) -> HttpResponseBase:
        """Send the report as a workbook, and note who took it."""
        if not self._reviews(request):
            raise PermissionDenied
        today = lender_today()
        found, about = self._read_report(today)
        audit.record(
            action="collections.quality_report_exported",
            subject_type="quality_report",
            subject_id=today,
            actor=actor_of(request),
        )
        file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
        write_report(file, found, **about)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"quality-{today}.xlsx")

    def _read_report(self, today: date) -> tuple[QualityReport, dict[str, Any]]:
        """Return what was found in six months, and what its tables need: `few` and the questions `asked`."""
        found = quality_report(first=add_months(today.replace(day=1), 1 - MONTHS), today=today)
        asked = {question.code: named(question.ask) for question in policy.quality_scorecard(today).questions}
        return found, {"few": policy.quality_sampling(today).few, "asked": asked}

    def _of_others(self, request: HttpRequest, pk: int) -> QualityReview:
        """Return another person's work, for a reviewer."""
        if not self._reviews(request):
            raise PermissionDenied
        review = self._found(request, pk)
        if review.collector_id == person_of(request).pk:
            raise PermissionDenied
        return review

    def _found(self, request: HttpRequest, pk: int) -> QualityReview:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _ask(
        self,
        request: HttpRequest,
        review: QualityReview,
        form: forms.Form,
        act: Callable[[dict[str, Any]], Any],
        **words: Any,
    ) -> HttpResponse:
        back = reverse("admin:collections_mgmt_qualityreview_change", args=[review.pk])
        return ask_and_do(self, request, form, act, back=back, **words)

    def _reviews(self, request: HttpRequest) -> bool:
        return request.user.has_perm(REVIEW)

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})
