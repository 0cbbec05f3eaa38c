from django import forms
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from dashu.kernel.dates import lender_today
from dashu.policy.complaints import ComplaintWords
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


class _EveryField(forms.Form):
    """A form with a field of each kind and with everything that can be wrong."""

    amount = forms.CharField(label=_("Amount"), help_text=_("Every part a page is built from, in every state."))
    agreed = forms.BooleanField(label=_("Yes"))

    def clean(self) -> None:
        raise forms.ValidationError(_("Every part a page is built from, in every state."))


@staff_member_required
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show each component in each state, so that a change of the look can be seen in one place."""
    tones = [("plain", "circle"), ("calm", "info"), ("good", "check"), ("soon", "clock"), ("late", "triangle-alert")]
    return render(
        request,
        "web/styleguide.html",
        {
            "amounts": [0, 5, 123_450, -9_900],
            "tones": tones,
            "today": lender_today(),
            "form": _EveryField({}),
            "complaints": ComplaintWords("400-000-0000", "9:00–21:00", "1 Shifan Road, Shanghai", "NFRA", "12378"),
        },
    )
