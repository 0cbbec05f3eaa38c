"""The OpenAPI document, tokens, and what the API answers at an address that it does not have."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from dashu.api.pages import Errors
from dashu.api.tokens import ClientTokenEnds, ClientTokens
from dashu.api.views import NoSuchAddress

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("errors/", Errors.as_view(), name="errors"),
    path("", include("dashu.api.webhooks.urls")),
    re_path(r"", NoSuchAddress.as_view()),
]
token_urlpatterns = [
    path("token/", ClientTokens.as_view(), name="token"),
    path("revoke_token/", ClientTokenEnds.as_view(), name="revoke_token"),
]
