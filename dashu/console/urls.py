from django.urls import path

from dashu.console import keys

app_name = "console"
_KEY = "keys/<slug:client_id>/"

urlpatterns = [
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.new_key, name="new_key"),
    path(_KEY, keys.key, name="key"),
    path(f"{_KEY}secret/", keys.new_secret, name="new_secret"),
    path(f"{_KEY}secret/end/", keys.end_one_secret, name="end_secret"),
    path(f"{_KEY}access/", keys.access, name="access"),
    path(f"{_KEY}tokens/end/", keys.end_all_tokens, name="end_tokens"),
]
