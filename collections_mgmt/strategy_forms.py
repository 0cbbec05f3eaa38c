"""
A table of a strategy as a page without scripts.

Each row is a form of its own. Adding, moving and deleting send the page as it is, whatever is typed there, and show it
again; only saving reads the values, and what is wrong stands beside its field.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from collections_mgmt.domain.strategy import CONDITIONS, MOST_ROWS, MOST_STEPS, Act, Problem, Row, Step
from collections_mgmt.models import StrategyVersion
from collections_mgmt.services.strategies import WHOLE
from collections_mgmt.strategy_words import ACTS, CAPACITIES, CARE, CHANNELS, READINESS, language_words, problem_words
from loans.models import Product

ANY = ("", _("any"))
NUMBERS = tuple(range(1, MOST_STEPS + 1))
NAMES = (
    "from_days",
    "to_days",
    *CONDITIONS,
    *(f"{part}_{number}" for number in NUMBERS for part in ("wait", "act", "channel")),
)


def _number(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget, **more)


def _choice(label: Any, choices: Iterable[tuple[Any, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=choices, widget=UnfoldAdminSelectWidget())


class RowForm(forms.Form):
    """One row: its conditions and up to four steps."""

    from_days = _number(_("from days past due"))
    to_days = _number(_("up to days past due"))
    capacity = _choice(_("capacity"), [ANY, *CAPACITIES.items()])
    readiness = _choice(_("readiness"), [ANY, *READINESS.items()])
    product = _choice(_("product"), [ANY, *Product.Kind.choices])
    care = _choice(_("special care"), [ANY, *CARE.items()])
    language = _choice(_("language"), [ANY, *((code, language_words(code)) for code, _name in settings.LANGUAGES)])

    def __init__(self, *args: Any, levels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"] = _choice(_("level"), [ANY, *((str(level), level) for level in levels)])
        for number in NUMBERS:
            self.fields[f"wait_{number}"] = _number(_("after days"))
            self.fields[f"act_{number}"] = _choice(_("what is done"), [("", _("nothing more")), *ACTS.items()])
            self.fields[f"channel_{number}"] = _choice(_("channel"), CHANNELS.items())

    @property
    def conditions(self) -> list[forms.BoundField]:
        return [self[name] for name in ("from_days", "to_days", *CONDITIONS)]

    @property
    def steps(self) -> list[tuple[int, list[forms.BoundField]]]:
        return [(number, [self[f"{part}_{number}"] for part in ("act", "wait", "channel")]) for number in NUMBERS]

    def clean(self) -> dict[str, Any]:
        """A step stands behind the one before it, and a channel or a wait belongs to something that is done."""
        given = super().clean() or {}
        is_over = False
        for number in NUMBERS:
            if given.get(f"act_{number}"):
                if is_over:
                    self.add_error(f"act_{number}", _("Fill the steps one after the other, without a gap."))
            else:
                is_over = True
                if given.get(f"wait_{number}") or given.get(f"channel_{number}"):
                    self.add_error(f"act_{number}", _("Say what is done then, or empty this step."))
        return given

    def row(self) -> Row:
        """Return what was typed; the form is valid."""
        given = self.cleaned_data
        steps = tuple(
            Step(given[f"wait_{number}"] or 0, Act(act), given[f"channel_{number}"])
            for number in NUMBERS
            if (act := given[f"act_{number}"])
        )
        names = [name for name in CONDITIONS if name != "level"]
        return Row(
            from_days=given["from_days"] or 0,
            to_days=given["to_days"],
            level=int(given["level"] or 0),
            steps=steps,
            **{name: given[name] for name in names},
        )

    def add_problem(self, problem: Problem) -> None:
        name = problem.field or None
        if problem.step is not None:
            name = f"{problem.field}_{problem.step + 1}"
        self.add_error(name, problem_words(problem))


class DraftForm(forms.Form):
    """What is said of the whole table. :ivar seen: the digest of the draft that was opened."""

    share = forms.IntegerField(
        label=_("Share of the borrowers, in %"),
        min_value=1,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("100 makes it the champion. Less makes it a challenger that is tried beside the champion."),
    )
    note = forms.CharField(
        label=_("What is different, and why it should be better"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    seen = forms.CharField(widget=forms.HiddenInput)


class StrategyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, widget=UnfoldAdminTextInputWidget)
    code = forms.SlugField(
        label=pgettext_lazy("short name", "Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Small letters, digits and hyphens; it names the strategy in figures."),
    )
    product = forms.ChoiceField(
        label=_("For the product"),
        required=False,
        choices=[("", _("all that have none of their own")), *Product.Kind.choices],
        widget=UnfoldAdminSelectWidget,
    )


class StopForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


Raw = dict[str, str]


def raw_of(row: Row) -> Raw:
    """Return a row as a page shows it."""
    raw = {"from_days": str(row.from_days or ""), "to_days": "" if row.to_days is None else str(row.to_days)}
    raw |= {name: str(getattr(row, name) or "") for name in CONDITIONS}
    for number, step in enumerate(row.steps, 1):
        raw |= {f"wait_{number}": str(step.wait), f"act_{number}": step.act.value, f"channel_{number}": step.channel}
    return raw


def raw_sent(post: Mapping[str, str]) -> list[Raw]:
    """Return the rows that a page sent, as they were typed."""
    count = post.get("rows", "")
    many = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    return [{name: post.get(f"r{place}-{name}", "") for name in NAMES} for place in range(min(many, MOST_ROWS + 1))]


def rearranged(rows: Sequence[Raw], do: str) -> list[Raw] | None:
    """Return the rows after a press such as "up:3"; None where it is none of these."""
    act, _colon, number = do.partition(":")
    if act not in ("add", "copy", "up", "down", "delete") or not (number.isascii() and number.isdigit()):
        return None
    place, found = int(number[:4]), list(rows)
    if place >= len(found):
        return found
    if act == "add":
        found.insert(place, {"act_1": Act.NOTHING.value})
    elif act == "copy":
        found.insert(place, dict(found[place]))
    elif act == "delete" and len(found) > 1:
        del found[place]
    elif act in ("up", "down"):
        other = place + (1 if act == "down" else -1)
        if 0 <= other < len(found):
            found[place], found[other] = found[other], found[place]
    return found


def row_forms(rows: Sequence[Raw], *, levels: Sequence[int], is_bound: bool) -> list[RowForm]:
    forms_: list[RowForm] = []
    for place, raw in enumerate(rows):
        prefix = f"r{place}"
        data = {f"{prefix}-{name}": value for name, value in raw.items()} if is_bound else None
        forms_.append(RowForm(data, initial=raw, prefix=prefix, levels=levels, use_required_attribute=False))
    return forms_


def share_shown(version: StrategyVersion) -> int:
    return version.share_bps * 100 // WHOLE
