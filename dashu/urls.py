"""Every address of the site, grouped by who uses it."""

from django.contrib import admin
from django.urls import include, path

from dashu.web import health
from dashu.web.views import choose_language

urlpatterns = [
    path("healthz", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("language/", choose_language, name="choose_language"),
    path("learn/", include("education.urls")),
    path("", include("dashu.portal.urls")),
]
