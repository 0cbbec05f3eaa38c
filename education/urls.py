from django.urls import path, re_path

from education.views import (
    entrance,
    feedback,
    glossary,
    images,
    learning,
    lessons,
    moments,
    questions,
    registrations,
    searching,
    sheets,
    workshops,
)
from education.views.calculators import pages as calculators

app_name = "education"
_SEAT = r"^workshops/seats/(?P<token>[0-9]{1,18}\.[0-9A-Za-z_-]{43})/"
urlpatterns = [
    path("", lessons.lessons, name="lessons"),
    path("today/", learning.today, name="today"),
    path("today/<slug:slug>/<slug:question>/", learning.answer_today, name="answer_today"),
    path("progress/", learning.progress, name="progress"),
    path("progress/certificates/", learning.certify, name="certify"),
    re_path(r"^progress/certificates/(?P<code>[0-9A-Z-]{16,19})/$", learning.certificate, name="certificate"),
    path("progress/erase/", learning.erase, name="erase"),
    path("for-you/", moments.for_you, name="for_you"),
    path("for-you/<int:moment_id>/", moments.put_away, name="put_away"),
    path("workshops/", workshops.workshops, name="workshops"),
    path("workshops/mine/", workshops.my_workshops, name="my_workshops"),
    path("workshops/check-in/<str:code>/", entrance.check_in_code, name="check_in_code"),
    re_path(_SEAT + "$", registrations.registration, name="registration"),
    re_path(_SEAT + r"calendar\.ics$", registrations.registration_calendar, name="registration_calendar"),
    re_path(_SEAT + "feedback/$", registrations.feedback, name="feedback"),
    re_path(_SEAT + r"materials/(?P<pk>[0-9]{1,18})/$", registrations.material, name="material"),
    path("workshops/<slug:code>/", workshops.workshop, name="workshop"),
    path("workshops/<slug:code>/calendar.ics", workshops.workshop_calendar, name="workshop_calendar"),
    path("workshops/<slug:code>/here/<str:token>/", entrance.here, name="here"),
    re_path(r"^images/(?P<digest>[0-9a-f]{64})\.webp$", images.image, name="image"),
    path("glossary/", glossary.page, name="glossary"),
    path("search/", searching.search, name="search"),
    path("calculators/", calculators.calculators, name="calculators"),
    path("calculators/<slug:code>/", calculators.calculator, name="calculator"),
    path("<slug:slug>/", lessons.lesson, name="lesson"),
    path("<slug:slug>/sheet.pdf", sheets.lesson_sheet, name="lesson_sheet"),
    path("<slug:slug>/helpful/", feedback.helpful, name="helpful"),
    path("<slug:slug>/questions/<slug:question>/", questions.answer, name="answer"),
]
