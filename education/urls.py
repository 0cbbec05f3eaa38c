from django.urls import path

from education import views

app_name = "education"
urlpatterns = [
    path("", views.lessons, name="lessons"),
    path("<slug:slug>/", views.lesson, name="lesson"),
    path("<slug:slug>/questions/<slug:question>/", views.answer, name="answer"),
]
