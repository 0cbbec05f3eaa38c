"""The addresses of the site as a sandbox has them."""

from django.urls import include, path

from dashu.urls import urlpatterns as ordinary

urlpatterns = [path("api/v1/", include("dashu.sandbox.urls")), *ordinary]
