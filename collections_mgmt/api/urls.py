from django.urls import path

from collections_mgmt.api.incomes import Incomes
from collections_mgmt.api.overdue import LoanOverdue, LoanOverdueHistory, Overdue
from collections_mgmt.api.relief import LoanBudget, LoanOffers, OfferDetail, Offers, ReliefForm, ReliefRequests
from collections_mgmt.api.relief_links import OfferLinks
from collections_mgmt.api.reports import Arrears, Cash, Portfolio, Vintages

urlpatterns = [
    path("loans/<str:number>/overdue", LoanOverdue.as_view(), name="loan_overdue"),
    path("loans/<str:number>/overdue/history", LoanOverdueHistory.as_view(), name="loan_overdue_history"),
    path("overdue", Overdue.as_view(), name="overdue"),
    path("relief-form", ReliefForm.as_view(), name="relief_form"),
    path("loans/<str:number>/budget", LoanBudget.as_view(), name="loan_budget"),
    path("loans/<str:number>/incomes", Incomes.as_view(), name="loan_incomes"),
    path("loans/<str:number>/relief-requests", ReliefRequests.as_view(), name="relief_requests"),
    path("loans/<str:number>/restructuring-offers", LoanOffers.as_view(), name="loan_restructuring_offers"),
    path("restructuring-offers", Offers.as_view(), name="restructuring_offers"),
    path("restructuring-offers/<str:offer>", OfferDetail.as_view(), name="restructuring_offer"),
    path("restructuring-offers/<str:offer>/link", OfferLinks.as_view(), name="restructuring_offer_link"),
    path("reports/portfolio", Portfolio.as_view(), name="portfolio_report"),
    path("reports/cash", Cash.as_view(), name="cash_report"),
    path("reports/arrears", Arrears.as_view(), name="arrears_report"),
    path("reports/vintages", Vintages.as_view(), name="vintage_report"),
]
