"""The OpenAPI document, tokens, and what the API answers at an address that it does not have."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView
from oauth2_provider.views import RevokeTokenView, TokenView

from dashu.api.views import NoSuchAddress

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("", include("dashu.api.webhooks.urls")),
    re_path(r"", NoSuchAddress.as_view()),
]
token_urlpatterns = [
    path("token/", TokenView.as_view(), name="token"),
    path("revoke_token/", RevokeTokenView.as_view(), name="revoke_token"),
]
