from django.urls import path

from dashu.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("loans/<str:number>/", views.loan, name="loan"),
    path("loans/<str:number>/pay/", views.pay, name="pay"),
    path("receipts/<str:reference>/", views.receipt, name="receipt"),
]
