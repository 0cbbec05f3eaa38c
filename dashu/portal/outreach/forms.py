from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from collections_mgmt.presenting import bucket_label
from dashu.kernel.dates import lender_today
from dashu.messaging.models import OutboxMessage, WordingVersion
from dashu.messaging.wording import KINDS
from dashu.policy.rules import delinquency_buckets
from loans.models import Product


class WordingForm(forms.Form):
    """A text and what it is for. Of a version that is written anew, what it is for stays as it was."""

    kind = forms.ChoiceField(label=_("Kind"), widget=UnfoldAdminSelectWidget)
    channel = forms.ChoiceField(
        label=_("Channel"), choices=OutboxMessage.Channel.choices, widget=UnfoldAdminSelectWidget
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget)
    product = forms.ChoiceField(label=_("Product"), required=False, widget=UnfoldAdminSelectWidget)
    bucket = forms.ChoiceField(label=_("Bucket"), required=False, widget=UnfoldAdminSelectWidget)
    subject = forms.CharField(
        label=_("Subject line"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("A text message has none."),
    )
    body = forms.CharField(
        label=_("Text"), max_length=4000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 10})
    )

    KEY = ("kind", "channel", "language", "product", "bucket")

    def __init__(self, data: Any = None, *, version: WordingVersion | None = None, is_draft: bool = False) -> None:
        initial = {name: getattr(version, name) for name in (*self.KEY, "subject", "body")} if version else {}
        super().__init__(data, initial=initial)
        choices: dict[str, list[tuple[str, Any]]] = {
            "kind": list(KINDS.items()),
            "product": [("", _("Any")), *((item.code, item.label) for item in Product.objects.order_by("code"))],
            "bucket": [
                ("", _("Any")),
                *((band.code, bucket_label(band.code)) for band in delinquency_buckets(lender_today()).bands),
            ],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        if is_draft:
            for name in self.KEY:
                self.fields[name].disabled = True

    @property
    def key(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.KEY}
