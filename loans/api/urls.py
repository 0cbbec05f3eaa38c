from django.urls import path

from loans.api.views import Loans, Quotes

urlpatterns = [
    path("quotes", Quotes.as_view(), name="quotes"),
    path("loans", Loans.as_view(), name="loans"),
]
