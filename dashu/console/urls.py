"""Addresses of the partner console."""

from django.urls import path

from dashu.console import deliveries, hooks, keys, overview, requests, usage

app_name = "console"
_KEY = "keys/<slug:client_id>/"
_HOOK = "webhooks/<uuid:key>/"
_DELIVERY = "webhooks/deliveries/<uuid:key>/"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.new_key, name="new_key"),
    path(_KEY, keys.key, name="key"),
    path(f"{_KEY}secret/", keys.new_secret, name="new_secret"),
    path(f"{_KEY}secret/end/", keys.end_one_secret, name="end_secret"),
    path(f"{_KEY}access/", keys.access, name="access"),
    path(f"{_KEY}tokens/end/", keys.end_all_tokens, name="end_tokens"),
    path("usage/", usage.usage, name="usage"),
    path("usage/of/<slug:code>/", usage.usage_of, name="usage_of"),
    path("requests/", requests.calls, name="requests"),
    path("requests/<uuid:request_id>/", requests.call, name="request"),
    path("webhooks/", hooks.hooks, name="hooks"),
    path("webhooks/new/", hooks.new_endpoint, name="new_endpoint"),
    path("webhooks/deliveries/", deliveries.deliveries, name="deliveries"),
    path(_DELIVERY, deliveries.delivery, name="delivery"),
    path(f"{_DELIVERY}replay/", deliveries.replay, name="replay_delivery"),
    path(_HOOK, hooks.endpoint, name="endpoint"),
    path(f"{_HOOK}change/", hooks.change, name="change_endpoint"),
    path(f"{_HOOK}verify/", hooks.verify, name="verify_endpoint"),
    path(f"{_HOOK}test/", hooks.test, name="test_endpoint"),
    path(f"{_HOOK}switch/", hooks.switch, name="switch_endpoint"),
    path(f"{_HOOK}secret/", hooks.new_secret, name="endpoint_secret"),
    path(f"{_HOOK}delete/", hooks.delete, name="delete_endpoint"),
    path(f"{_HOOK}replay/", hooks.replay, name="replay_endpoint"),
    path(f"{_HOOK}replay/given-up/", hooks.replay_given_up, name="replay_given_up"),
    path("events/", deliveries.events, name="events"),
    path("events/<uuid:key>/", deliveries.event, name="event"),
]
