from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from education.models.feedback import MOST_WORDS


class HelpfulForm(forms.Form):
    """Whether a lesson helped, and why; after `is_valid`, `is_helpful` is the answer."""

    helpful = forms.ChoiceField(
        label=_("Did this lesson help you?"),
        choices=[("yes", _("Yes, it helped")), ("no", _("No, not really"))],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("What should be different? (if you like)"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Please leave out names and numbers of yours. We read it to make the lesson better."),
    )

    @property
    def is_helpful(self) -> bool:
        return bool(self.cleaned_data["helpful"] == "yes")

    @classmethod
    def of(cls, *, is_helpful: bool, words: str) -> "HelpfulForm":
        """Return the form with what was said before."""
        initial: dict[str, Any] = {"helpful": "yes" if is_helpful else "no", "words": words}
        return cls(initial=initial)
