from django.urls import path

from education.views import feedback, lessons, questions
from education.views.calculators import pages as calculators

app_name = "education"
urlpatterns = [
    path("", lessons.lessons, name="lessons"),
    path("calculators/", calculators.calculators, name="calculators"),
    path("calculators/<slug:code>/", calculators.calculator, name="calculator"),
    path("<slug:slug>/", lessons.lesson, name="lesson"),
    path("<slug:slug>/helpful/", feedback.helpful, name="helpful"),
    path("<slug:slug>/questions/<slug:question>/", questions.answer, name="answer"),
]
