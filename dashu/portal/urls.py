"""
A partner's reference may hold slashes, and PostgreSQL takes no NUL: an address with one is no address of ours.
"""

from django.urls import path, re_path

from dashu.portal import (
    autopay,
    closing,
    comparing,
    documents,
    exporting,
    inbox,
    mine,
    own_applications,
    own_settings,
    paying,
    reaching_me,
    settling,
    verifying,
    views,
)
from dashu.portal.applying import papers
from dashu.portal.applying import views as applying
from dashu.portal.signing import giving_back, paying_out, reading, signing

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    re_path(r"^loans/(?P<number>[^/\0]+)/$", views.loan, name="loan"),
    re_path(r"^loans/(?P<number>[^/\0]+)/pay/$", paying.pay, name="pay"),
    re_path(r"^loans/(?P<number>[^/\0]+)/payoff/$", settling.payoff, name="payoff"),
    re_path(
        r"^loans/(?P<number>[^/\0]+)/payoff/(?P<token>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/$",
        settling.payoff_quote,
        name="payoff_quote",
    ),
    re_path(r"^loans/(?P<number>[^/\0]+)/documents/$", documents.documents, name="documents"),
    re_path(
        r"^loans/(?P<number>[^/\0]+)/documents/(?P<code>[0-9A-Z-]+)/(?P<format>[a-z]+)/$",
        documents.document_file,
        name="document_file",
    ),
    path("verify/", verifying.verify, name="verify"),
    re_path(r"^verify/(?P<code>[^/\0]{1,100})/$", verifying.verify, name="verify_code"),
    re_path(r"^loans/(?P<number>[^/\0]+)/autopay/$", autopay.autopay, name="autopay"),
    path("cards/compare/", comparing.compare_card, name="compare_card"),
    path("apply/", applying.products, name="apply"),
    path("apply/<slug:code>/", applying.product, name="apply_for"),
    path("applications/<slug:reference>/", applying.application, name="application"),
    path("applications/<slug:reference>/check/", applying.check, name="application_check"),
    path("applications/<slug:reference>/offers/", applying.offers, name="application_offers"),
    path("applications/<slug:reference>/review/", applying.ask_review, name="application_review"),
    path("applications/<slug:reference>/budget/", applying.budget, name="application_budget"),
    path("applications/<slug:reference>/consents/", applying.consents, name="application_consents"),
    path("applications/<slug:reference>/withdraw/", applying.withdraw, name="application_withdraw"),
    path("applications/<slug:reference>/costs/", reading.costs, name="application_costs"),
    path("applications/<slug:reference>/questions/", reading.questions, name="application_questions"),
    path("applications/<slug:reference>/sign/", signing.sign, name="application_sign"),
    path("applications/<slug:reference>/account/", paying_out.account, name="application_account"),
    path("applications/<slug:reference>/give-back/", giving_back.give_back, name="application_give_back"),
    path("applications/<slug:reference>/contract/", signing.contract, name="application_contract"),
    path("applications/<slug:reference>/steps/<slug:name>/", applying.step, name="application_step"),
    path("applications/<slug:reference>/documents/", papers.papers, name="application_papers"),
    path("applications/<slug:reference>/documents/<int:document_id>/", papers.link, name="document_link"),
    path("applications/<slug:reference>/documents/<int:document_id>/remove/", papers.remove, name="document_remove"),
    re_path(r"^documents/(?P<token>[0-9A-Za-z_:-]{1,120})/$", papers.file, name="document_file"),
    path("me/", mine.mine, name="mine"),
    path("me/contact/", reaching_me.wishes, name="wishes"),
    path("me/contact/pause/", reaching_me.pause, name="pause_reminders"),
    path("me/language/", own_settings.language, name="language"),
    path("me/consents/", own_settings.consents, name="consents"),
    path("me/details/", own_settings.details, name="details"),
    path("me/export/", exporting.export, name="export"),
    path("me/export/<uuid:token>/", exporting.fetch, name="export_fetch"),
    re_path(r"^me/export/files/(?P<signed>[0-9A-Za-z_.:-]{1,160})/$", exporting.file, name="export_file"),
    path("me/closing/", closing.closing, name="closing"),
    path("me/closing/confirm/", closing.confirm, name="confirm_closing"),
    path("me/closing/offers/", closing.stop_all_offers, name="stop_offers"),
    re_path(r"^me/closing/undo/(?P<signed>[0-9A-Za-z_:-]{1,80})/$", closing.undo, name="undo_closing"),
    path("messages/", inbox.inbox, name="messages"),
    path("messages/read/", inbox.read_all, name="messages_read"),
    path("messages/<int:message_id>/", inbox.message, name="message"),
    path("applications/", own_applications.own_applications, name="applications"),
    path("pay/", paying.pay_together, name="pay_together"),
    path("checkouts/<uuid:token>/", paying.checkout, name="checkout"),
    re_path(r"^receipts/(?P<reference>[^\0]+)/$", views.receipt, name="receipt"),
]
