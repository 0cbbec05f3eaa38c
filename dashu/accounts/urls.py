"""
Addresses of accounts. Those named as allauth names them stand before allauth's own and take their place.
"""

from django.urls import path, re_path
from django.views.generic import RedirectView

from dashu.accounts import views

to_security = RedirectView.as_view(pattern_name="account_security")

urlpatterns = [
    path("security/", views.security, name="account_security"),
    path("security/elsewhere/", views.sign_out_elsewhere, name="account_sign_out_elsewhere"),
    path("sessions/", to_security, name="usersessions_list"),
    path("2fa/", to_security, name="mfa_index"),
    path("2fa/webauthn/", to_security, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", views.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("password/reset/", views.RecoverView.as_view(), name="account_reset_password"),
    path("password/reset/code/", views.recovery_code, name="account_recovery_code"),
    path("password/reset/new/", views.recovery_password, name="account_recovery_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.NewPasswordByLinkView.as_view(),
        name="account_reset_password_from_key",
    ),
]
