"""Every address of the site, grouped by who uses it."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from dashu.api.docs_page import api_docs, collection
from dashu.api.guides import guide, guides
from dashu.api.urls import token_urlpatterns
from dashu.messaging.views import provider_callback
from dashu.portal.closing import inactive
from dashu.portal.reaching_me import stop_messages
from dashu.portal.relief.by_link import amendment, relief_link
from dashu.portal.signing.by_link import signature, signed_contract
from dashu.portal.signing.guaranteeing import guarantee
from dashu.portal.simulated_bureau import simulated_bureau
from dashu.portal.simulated_gateway import simulated_gateway
from dashu.web import health, offline
from dashu.web.views import choose_language, styleguide, voice
from education.views.sitemap import robots, sitemap
from repayments.views import gateway_callback

handler500 = "dashu.failing.failed"
urlpatterns = [
    path("healthz", health.live, name="live"),
    path("readyz", health.ready, name="ready"),
    path("admin/", admin.site.urls),
    path("accounts/inactive/", inactive, name="account_inactive"),
    path("accounts/", include("dashu.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("language/", choose_language, name="choose_language"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("sw.js", offline.service_worker, name="service_worker"),
    path("offline/<str:language>/", offline.offline, name="offline"),
    path("styleguide/", styleguide, name="styleguide"),
    path("styleguide/voice/", voice, name="voice"),
    path("gateway/simulated/<uuid:token>/", simulated_gateway, name="simulated_gateway"),
    path("bureau/simulated/files/", simulated_bureau, name="simulated_bureau"),
    path("gateway/callbacks/", gateway_callback, name="gateway_callback"),
    path("gateway/callbacks/<slug:provider_name>/", gateway_callback, name="gateway_callback_of"),
    path("messages/callbacks/", provider_callback, name="message_callback"),
    re_path(r"^stop/(?P<token>[0-9a-z]{3,24}-[0-9A-Za-z_-]{16})/$", stop_messages, name="stop_messages"),
    re_path(r"^guarantee/(?P<token>[0-9A-Za-z_-]{32})/$", guarantee, name="guarantee"),
    re_path(r"^sign/(?P<token>[0-9a-f]{48})/$", signature, name="signature"),
    re_path(r"^sign/(?P<token>[0-9a-f]{48})/contract/$", signed_contract, name="signature_contract"),
    re_path(r"^relief/(?P<token>[0-9a-f]{48})/$", relief_link, name="relief_link"),
    re_path(r"^relief/(?P<token>[0-9a-f]{48})/amendment/$", amendment, name="relief_link_amendment"),
    path("oauth/", include((token_urlpatterns, "oauth"))),
    path("api/docs/", api_docs, name="api_docs"),
    path("api/docs/collection.json", collection, name="api_collection"),
    path("api/guides/", guides, name="api_guides"),
    path("api/guides/<slug:name>/", guide, name="api_guide"),
    path(
        "api/v1/",
        include(
            (
                [
                    path("", include("loans.api.urls")),
                    path("", include("repayments.api.urls")),
                    path("", include("collections_mgmt.api.urls")),
                    *([path("", include("dashu.sandbox.urls"))] if settings.SANDBOX else []),
                    path("", include("dashu.api.urls")),
                ],
                "api",
            )
        ),
    ),
    path("learn/", include("education.urls")),
    path("partner/", include("dashu.console.urls")),
    path("", include("dashu.portal.urls")),
]
