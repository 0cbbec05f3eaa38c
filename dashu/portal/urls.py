"""
A partner's reference may hold slashes, and PostgreSQL takes no NUL: an address with one is no address of ours.
"""

from django.urls import path, re_path

from dashu.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    re_path(r"^loans/(?P<number>[^/\0]+)/$", views.loan, name="loan"),
    re_path(r"^loans/(?P<number>[^/\0]+)/pay/$", views.pay, name="pay"),
    re_path(r"^receipts/(?P<reference>[^\0]+)/$", views.receipt, name="receipt"),
]
