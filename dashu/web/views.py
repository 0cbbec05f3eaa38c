from django import forms
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from django.views.i18n import set_language

from dashu.kernel.dates import lender_today
from dashu.policy.complaints import ComplaintWords
from dashu.users.models import Borrower, User
from dashu.web.charts import Chart, Series, Tone
from dashu.web.posting import sent_from
from dashu.web.voice import voice_guide


@sent_from("portal:home")
def choose_language(request: HttpRequest) -> HttpResponse:
    """
    Keep the chosen language in this browser's cookie and, for a signed-in person, with the person.

    Messages come in it too. The cookie is for the pages that this browser shows before anybody has signed in.
    """
    language = request.POST.get("language")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
        Borrower.objects.filter(user_id=request.user.pk).update(language=language)
    return set_language(request)


# Those of tokens.css that a page may use by itself.
COLORS = (
    "ground", "surface", "sunken", "ink", "ink-soft", "line", "line-strong", "leaf", "leaf-tint", "calm-tint",
    "soon-tint", "late-tint", "late-ink", "chart-principal", "chart-interest", "chart-fee", "chart-left", "chart-other",
)  # fmt: skip


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
            "colors": COLORS,
            "sizes": ("note", "small", "body", "title", "page", "figure"),
            "spaces": range(1, 6),
            "amounts": [0, 5, 123_450, -9_900],
            "tones": tones,
            "today": lender_today(),
            "form": _EveryField({}),
            "chart": _example_chart(),
            "complaints": ComplaintWords("400-000-0000", "9:00–21:00", "1 Shifan Road, Shanghai", "NFRA", "12378"),
        },
    )


@staff_member_required
@require_GET
def voice(request: HttpRequest) -> HttpResponse:
    return render(request, "web/voice.html", {"guide": voice_guide(get_language() or settings.LANGUAGE_CODE)})


def _example_chart() -> Chart:
    """A loan of 3,000 yuan in three installments, as a page shows it."""
    return Chart(
        key="example",
        title=_("Installments"),
        summary=_("Every part a page is built from, in every state."),
        labels_name=_("No."),
        labels=["1", "2", "3"],
        series=[
            Series(_("Principal"), [990_05, 999_95, 1010_00], Tone.PRINCIPAL),
            Series(_("Interest"), [30_00, 20_10, 10_15], Tone.INTEREST),
            Series(_("Principal still owed"), [2009_95, 1010_00, 0], Tone.LEFT, is_line=True),
        ],
    )
