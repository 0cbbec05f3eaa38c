from django.urls import path, re_path

from education.views import learning, lessons, moments

app_name = "education"
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
    path("<slug:slug>/", lessons.lesson, name="lesson"),
    path("<slug:slug>/questions/<slug:question>/", lessons.answer, name="answer"),
]
