"""The page of the packs: a month on each line, with what stands in the way where it cannot be taken."""

import tempfile
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from dashu.read_only_admin import ReadOnlyAdmin
from dashu.regulatory.models import PackMonth
from dashu.regulatory.months import months_to_show
from dashu.regulatory.pack import take_pack
from dashu.users.actors import actor_of

PAGE = "admin:regulatory_packmonth_changelist"
VIEW, TAKE = "regulatory.view_packmonth", "regulatory.take_packmonth"


@admin.register(PackMonth)
class PackMonthAdmin(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(VIEW))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("", view(self.months), name="regulatory_packmonth_changelist"),
            path("<int:year>-<int:month>/", view(require_POST(self.take)), name="regulatory_packmonth_take"),
        ]

    def months(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Regulatory packs"),
            "opts": self.opts,
            "months": months_to_show(today=lender_today()),
            "may_take": request.user.has_perm(TAKE),
        }
        return render(request, "regulatory/packs.html", context)

    def take(self, request: HttpRequest, year: int, month: int) -> HttpResponseBase:
        """Send the pack of a month, and note who took it."""
        if not (self.has_view_permission(request) and request.user.has_perm(TAKE)):
            raise PermissionDenied
        try:
            first = date(year, month, 1)
        except ValueError as error:
            raise Http404 from error
        file = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
        try:
            take_pack(file, first=first, page=request.build_absolute_uri(reverse(PAGE)), actor=actor_of(request))
        except DomainError as refusal:
            file.close()
            messages.error(request, refusal.user_message)
            return redirect(PAGE)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"regulatory-{first:%Y-%m}.zip")
