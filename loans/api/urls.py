from django.urls import path

from loans.api.application_documents import ApplicationDocuments
from loans.api.application_offers import ApplicationReview, OfferChoice, OfferReconsideration, OfferSheet
from loans.api.applications import (
    ApplicationDetail,
    Applications,
    ApplicationStep,
    ApplicationSubmission,
    ApplicationWithdrawal,
    ConsentWithdrawal,
)
from loans.api.disclosures import ApplicationDisclosure, DisclosurePaper
from loans.api.offered import CardIssuers, ConsentTexts
from loans.api.products import Product, ProductQuotes, Products
from loans.api.signatures import SignatureLinks, SignatureProgress
from loans.api.views import Quotes

urlpatterns = [
    path("quotes", Quotes.as_view(), name="quotes"),
    path("products", Products.as_view(), name="products"),
    path("products/<str:code>", Product.as_view(), name="product"),
    path("products/<str:code>/quotes", ProductQuotes.as_view(), name="product_quotes"),
    path("consent-texts", ConsentTexts.as_view(), name="consent_texts"),
    path("card-issuers", CardIssuers.as_view(), name="card_issuers"),
    path("applications", Applications.as_view(), name="applications"),
    path("applications/<str:reference>", ApplicationDetail.as_view(), name="application"),
    path("applications/<str:reference>/steps/<str:step>", ApplicationStep.as_view(), name="application_step"),
    path("applications/<str:reference>/submit", ApplicationSubmission.as_view(), name="application_submission"),
    path("applications/<str:reference>/withdraw", ApplicationWithdrawal.as_view(), name="application_withdrawal"),
    path("applications/<str:reference>/consents/withdraw", ConsentWithdrawal.as_view(), name="consent_withdrawal"),
    path("applications/<str:reference>/review", ApplicationReview.as_view(), name="application_review"),
    path("applications/<str:reference>/offers/reconsider", OfferReconsideration.as_view(), name="offers_reconsidered"),
    path("applications/<str:reference>/offers/<str:position>/choose", OfferChoice.as_view(), name="offer_choice"),
    path("applications/<str:reference>/offers/<str:position>/sheet", OfferSheet.as_view(), name="offer_sheet"),
    path("applications/<str:reference>/disclosure", ApplicationDisclosure.as_view(), name="disclosure"),
    path("applications/<str:reference>/disclosure/pdf", DisclosurePaper.as_view(), name="disclosure_paper"),
    path("applications/<str:reference>/signature-link", SignatureLinks.as_view(), name="signature_link"),
    path("applications/<str:reference>/signature", SignatureProgress.as_view(), name="signature_progress"),
    path("applications/<str:reference>/documents", ApplicationDocuments.as_view(), name="application_documents"),
]
