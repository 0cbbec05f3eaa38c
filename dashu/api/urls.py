"""The OpenAPI document, tokens, and what the API answers at an address that it does not have."""

from django.urls import include, path, re_path

from dashu.api.jobs import JobCancellation, JobDetail, JobRefused, JobResults, Jobs
from dashu.api.pages import Errors
from dashu.api.published import Schema
from dashu.api.tokens import ClientTokenEnds, ClientTokens
from dashu.api.views import NoSuchAddress

urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("errors/", Errors.as_view(), name="errors"),
    path("", include("dashu.api.webhooks.urls")),
    path("jobs", Jobs.as_view(), name="jobs"),
    path("jobs/<str:job>", JobDetail.as_view(), name="job"),
    path("jobs/<str:job>/cancel", JobCancellation.as_view(), name="job_cancellation"),
    path("jobs/<str:job>/results", JobResults.as_view(), name="job_results"),
    path("jobs/<str:job>/refused", JobRefused.as_view(), name="job_refused"),
    re_path(r"", NoSuchAddress.as_view()),
]
token_urlpatterns = [
    path("token/", ClientTokens.as_view(), name="token"),
    path("revoke_token/", ClientTokenEnds.as_view(), name="revoke_token"),
]
