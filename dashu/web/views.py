from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from dashu.users.models import Borrower, User


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in this browser's cookie and, for a signed-in person, with the person,
    so that messages come in it too."""
    language = request.POST.get("language")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
        Borrower.objects.filter(user_id=request.user.pk).update(language=language)
    return set_language(request)
