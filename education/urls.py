from django.urls import path

from education.views import lessons

app_name = "education"
urlpatterns = [
    path("", lessons.lessons, name="lessons"),
    path("<slug:slug>/", lessons.lesson, name="lesson"),
    path("<slug:slug>/questions/<slug:question>/", lessons.answer, name="answer"),
]
