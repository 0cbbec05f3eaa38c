"""What reviewers and collectors fill in at a review. What is refused is for the services to say."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin import HORIZONTAL
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from collections_mgmt.domain.quality import Answer
from collections_mgmt.services.review_quality import LONGEST
from dashu.policy.quality import Question
from dashu.web.writing import named

ANSWERS = [
    (Answer.YES.value, _("Yes")),
    (Answer.NO.value, _("No")),
    (Answer.NOT_APPLICABLE.value, _("Does not apply")),
]


def _words(label: Any, *, is_needed: bool, help_text: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})
    return forms.CharField(label=label, required=is_needed, max_length=LONGEST, widget=widget, help_text=help_text)


class ScoreForm(forms.Form):
    """A choice for each question of the scorecard, and the note that the collector reads."""

    coaching = _words(
        _("Coaching note"),
        is_needed=False,
        help_text=_(
            "The collector reads this and may answer. What went well, and what would be better. No borrower's name."
        ),
    )

    def __init__(self, *args: Any, questions: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            worth = gettext("counts %(weight)s") % {"weight": question.weight}
            if question.is_critical:
                worth = gettext("critical: a “no” fails the whole")
            self.fields[question.code] = forms.ChoiceField(
                label=named(question.ask),
                choices=ANSWERS,
                widget=UnfoldAdminRadioSelectWidget(radio_style=HORIZONTAL),
                help_text=worth,
            )
        self.order_fields([*(question.code for question in questions), "coaching"])

    def answers(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name != "coaching"}


class AnswerReviewForm(forms.Form):
    words = _words(
        _("Your answer"), is_needed=False, help_text=_("Empty where you have nothing to add. You can answer once.")
    )


class FollowUpForm(forms.Form):
    words = _words(
        _("What was done about it"),
        is_needed=True,
        help_text=_("With the person, and for the borrower where something has to be made good."),
    )
