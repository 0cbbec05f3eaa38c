"""The watch over the scorecards for staff: the latest night of each, its history, and any night before."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from dashu.read_only_admin import ReadOnlyAdmin
from loans.desk.watch_pages import NIGHTS, watch_figures, watch_tables
from loans.models import ScorecardWatch

USES = ScorecardWatch.Use


@admin.register(ScorecardWatch)
class ScorecardWatchAdmin(ReadOnlyAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The latest night of the champion of applications, or of the scorecard that `?scorecard=` names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("scorecard", "")
        nights = ScorecardWatch.objects.order_by("-night")
        named = nights.filter(scorecard=wanted) if wanted else nights.filter(is_champion=True, use=USES.APPLICATIONS)
        return self._page(request, named.first())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        watch = self.get_object(request, object_id)
        if request.method != "GET" or not self.has_view_permission(request, watch):
            raise PermissionDenied
        if watch is None:
            raise Http404
        return self._page(request, watch)

    def _page(self, request: HttpRequest, watch: ScorecardWatch | None) -> HttpResponse:
        history = ScorecardWatch.objects.filter(scorecard=watch.scorecard)[:NIGHTS] if watch else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Watch over the scorecards"),
            "watch": watch,
            "scorecards": _beside(watch) if watch else [],
            "figures": watch_figures(watch) if watch else [],
            "tables": watch_tables(watch, list(history)) if watch else [],
        }
        return render(request, "loans/scorecard_watch.html", context)


def _beside(watch: ScorecardWatch) -> list[ScorecardWatch]:
    """Return those of the same use on the same night, and the latest of every other use; applications first."""
    same = ScorecardWatch.objects.filter(use=watch.use, night=watch.night)
    others = ScorecardWatch.objects.exclude(use=watch.use).order_by("scorecard", "-night").distinct("scorecard")
    return sorted([*same, *others], key=lambda each: (each.use, not each.is_champion, each.scorecard))
