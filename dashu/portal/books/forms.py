"""Choosing a day or a period, and saying why it is closed or reopened. What is allowed is for the services to say."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget, UnfoldAdminTextareaWidget

from collections_mgmt.presenting import bucket_label, classification_label
from dashu.kernel.dates import EARLIEST_YEAR, LATEST_YEAR
from dashu.kernel.errors import DomainError
from dashu.ledger.general_ledger import refuse_backwards
from dashu.ledger.periods import locked_through, next_month_end
from dashu.web.templatetags.dashu import lender_date
from loans.models import Loan, Product
from repayments.selectors.book_on import Picked, book_choices
from repayments.selectors.past_days import refuse_future

MONTHS_TO_BEGIN_WITH = 24


class PeriodForm(forms.Form):
    """The first and the last day of what is shown."""

    since = forms.DateField(label=_("From"), widget=UnfoldAdminSingleDateWidget)
    through = forms.DateField(label=_("Through"), widget=UnfoldAdminSingleDateWidget)

    def clean(self) -> dict[str, Any]:
        days = super().clean() or {}
        for field in ("since", "through"):
            if field in days and not EARLIEST_YEAR <= days[field].year <= LATEST_YEAR:
                self.add_error(field, forms.ValidationError(_("Choose a day between 1970 and 2199.")))
        if not self.errors:
            try:
                refuse_backwards(days["since"], days["through"])
            except DomainError as refusal:
                self.add_error("through", refusal.user_message)
        return days


class BookForm(forms.Form):
    """
    Which day of the book, as known when, and which of its loans.

    :param today: no later day can be chosen.
    """

    as_of = forms.DateField(label=_("At the end of"), widget=UnfoldAdminSingleDateWidget)
    known_on = forms.DateField(label=_("As known at the end of"), required=False, widget=UnfoldAdminSingleDateWidget)
    product = forms.ChoiceField(label=capfirst(_("product")), required=False, widget=UnfoldAdminSelectWidget)
    status = forms.ChoiceField(label=capfirst(_("status")), required=False, widget=UnfoldAdminSelectWidget)
    bucket = forms.ChoiceField(label=capfirst(_("bucket")), required=False, widget=UnfoldAdminSelectWidget)
    classification = forms.ChoiceField(
        label=capfirst(_("classification")), required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        labels: dict[str, Callable[[str], Any]] = {
            "product": {product.code: product.label for product in Product.objects.all()}.__getitem__,
            "status": lambda code: Loan.Status(code).label,
            "bucket": bucket_label,
            "classification": classification_label,
        }
        for name, codes in book_choices(today).items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("All")), *((code, labels[name](code)) for code in codes)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for field in ("as_of", "known_on"):
            if on := given.get(field):
                try:
                    refuse_future(on, today=self._today, field=field)
                except DomainError as refusal:
                    self.add_error(field, refusal.user_message)
                if on.year < EARLIEST_YEAR:
                    self.add_error(field, forms.ValidationError(_("Choose a day between 1970 and 2199.")))
        return given

    @property
    def picked(self) -> Picked:
        return Picked(**{field.name: self.cleaned_data[field.name] for field in fields(Picked)})


class DayForm(forms.Form):
    """The day of what is shown; none for the day that the page begins with."""

    on = forms.DateField(label=_("At the end of"), required=False, widget=UnfoldAdminSingleDateWidget)

    def clean_on(self) -> date | None:
        day: date | None = self.cleaned_data["on"]
        if day is not None and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise forms.ValidationError(_("Choose a day between 1970 and 2199."))
        return day


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class ClosePeriodForm(ReasonForm):
    """:param today: nothing that ends today or later is offered."""

    field_order = ["through", "reason"]

    through = forms.TypedChoiceField(
        label=_("Last day of the period"), coerce=date.fromisoformat, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ends = _month_ends(today)
        field = self.fields["through"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(day.isoformat(), lender_date(day)) for day in self._ends]

    @property
    def chosen_end(self) -> date:
        """The last day that is chosen so far; the one that is due when none of those offered is."""
        chosen = self["through"].value()
        return next((day for day in self._ends if day.isoformat() == chosen), self._ends[0])


def _month_ends(today: date) -> list[date]:
    """The month that is due; before the first close, any of the last two years."""
    days = [next_month_end(today=today)]
    if locked_through() is None:
        while len(days) < MONTHS_TO_BEGIN_WITH:
            days.append(days[-1].replace(day=1) - timedelta(days=1))
    return days
