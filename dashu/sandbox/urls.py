from django.urls import path

from dashu.sandbox.api import Close, Decision, Payout, Signature

urlpatterns = [
    path("sandbox/applications/<str:reference>/decide", Decision.as_view(), name="sandbox_decision"),
    path("sandbox/applications/<str:reference>/sign", Signature.as_view(), name="sandbox_signature"),
    path("sandbox/loans/<str:number>/pay-out", Payout.as_view(), name="sandbox_payout"),
    path("sandbox/loans/<str:number>/close", Close.as_view(), name="sandbox_close"),
]
