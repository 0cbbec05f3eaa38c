from django.urls import path

from education.views import feedback, glossary, lessons, questions, searching
from education.views.calculators import pages as calculators

app_name = "education"
urlpatterns = [
    path("", lessons.lessons, name="lessons"),
    path("glossary/", glossary.page, name="glossary"),
    path("search/", searching.search, name="search"),
    path("calculators/", calculators.calculators, name="calculators"),
    path("calculators/<slug:code>/", calculators.calculator, name="calculator"),
    path("<slug:slug>/", lessons.lesson, name="lesson"),
    path("<slug:slug>/helpful/", feedback.helpful, name="helpful"),
    path("<slug:slug>/questions/<slug:question>/", questions.answer, name="answer"),
]
