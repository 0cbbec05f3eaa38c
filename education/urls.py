from django.urls import path, re_path

from education.views import images, lessons

app_name = "education"
urlpatterns = [
    path("", lessons.lessons, name="lessons"),
    re_path(r"^images/(?P<digest>[0-9a-f]{64})\.webp$", images.image, name="image"),
    path("<slug:slug>/", lessons.lesson, name="lesson"),
    path("<slug:slug>/questions/<slug:question>/", lessons.answer, name="answer"),
]
