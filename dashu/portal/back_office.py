"""The back office as one site: Unfold's, without the list of all models that no page of ours shows."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class BackOffice(UnfoldAdminSite):
    """Every page is given the list of all models; asking each for its permissions took longer than most pages."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the list as always, put together only where something reads it."""
        whole = super().get_app_list
        return SimpleLazyObject(lambda: whole(request, app_label))
