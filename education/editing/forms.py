"""The forms in which an editor writes the parts of a lesson. What a lesson may say is for the services to say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSingleTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from dashu.approvals.forms import AskForm
from education.domain.checking import LONGEST_SUMMARY, LONGEST_TITLE
from education.domain.lessons import PAGES
from education.domain.own import NAMES
from education.domain.pictures import LONGEST_ALT
from education.domain.words import LANGUAGES
from education.editing.words import LEVELS, PAGE_NAMES
from education.models.versions import LONGEST_NOTE
from education.services.write_lessons import MOST_CHARACTERS

# Zones without summer time, so that every moment on a clock is there once.
ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "UTC")
MOST_OPTIONS, MOST_WAYS, LONGEST_SAID = 4, 2, 400
_LANGUAGE_NAMES = dict(settings.LANGUAGES)


class SlugOfLesson(forms.Form):
    """The name of a lesson that is not there yet."""

    slug = forms.SlugField(
        label=pgettext_lazy("short name", "Code"),
        max_length=60,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Small letters and hyphens, such as a-first-loan. It is part of the address and stays."),
    )

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != slug.lower() or slug in ("images", "workshops", "glossary", "search"):
            raise forms.ValidationError(gettext("Choose another name, in small letters."))
        return slug


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("What changes"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence, for whoever reviews it and for those who look back."),
    )


class PartForm(forms.Form):
    """A part, with the revision of the draft that its writer saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def given(self) -> Any:
        """Return the part as `education.domain.parts` has it."""
        raise NotImplementedError


class TextForm(PartForm):
    """The text of one language."""

    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE * 2, required=False)
    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=LONGEST_SUMMARY * 2,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    body = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 26, "spellcheck": "true"}),
        help_text=_("Markdown: ## a heading, **strong**, - a list, > a quote, | a table |, [words](https://…)."),
    )
    next_step = forms.CharField(label=_("Next step"), required=False, max_length=LONGEST_TITLE * 2)
    sources = forms.CharField(
        label=_("Sources"),
        required=False,
        max_length=4_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("One a line: its name, then | and its address where it has one."),
    )

    def __init__(self, *args: Any, part: Mapping[str, Any], language: str, **kwargs: Any) -> None:
        sources = "\n".join(" | ".join(filter(None, (each["name"], each["address"]))) for each in part["sources"])
        kwargs["initial"] = {**part, "sources": sources, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for name in ("title", "next_step"):
            self.fields[name].widget = UnfoldAdminTextInputWidget()
        for name in ("title", "summary", "body", "next_step", "sources"):
            self.fields[name].widget.attrs["lang"] = language

    def given(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "title": _one_line(said["title"]),
            "summary": _one_line(said["summary"]),
            "next_step": _one_line(said["next_step"]),
            "sources": [_source(line) for line in said["sources"].splitlines() if line.strip()],
            "body": _body(said["body"]),
        }


class FactsForm(PartForm):
    """What is not text, and the same in all languages."""

    level = forms.TypedChoiceField(label=_("Level"), choices=LEVELS, coerce=int, widget=UnfoldAdminSelectWidget)
    order = forms.IntegerField(
        label=_("Place among the lessons"), min_value=1, max_value=999, widget=UnfoldAdminIntegerFieldWidget
    )
    minutes = forms.IntegerField(
        label=_("Minutes to read"), min_value=1, max_value=60, widget=UnfoldAdminIntegerFieldWidget
    )
    skills = forms.CharField(
        label=_("Skills"),
        required=False,
        max_length=400,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Codes with spaces between them. Each is tested by a question."),
    )
    related = forms.MultipleChoiceField(
        label=_("Related lessons"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    page = forms.ChoiceField(label=_("The next step leads to"), widget=UnfoldAdminSelectWidget)
    legal_facts_on = forms.DateField(label=_("Legal facts checked on"), widget=UnfoldAdminSingleDateWidget)
    review_months = forms.IntegerField(
        label=_("Check them again after so many months"),
        min_value=1,
        max_value=24,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, part: Mapping[str, Any], others: Mapping[str, str], **kwargs: Any) -> None:
        kwargs["initial"] = {**part, "skills": " ".join(part["skills"]), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["related"].choices = list(others.items())  # type: ignore[attr-defined]
        pages = [(code, PAGE_NAMES.get(code, code)) for code in sorted(PAGES)]
        self.fields["page"].choices = pages  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        said = {name: value for name, value in self.cleaned_data.items() if name != "revision"}
        return {**said, "skills": said["skills"].split()}


class QuestionForm(PartForm):
    """One question with its options, each with what is said to whoever chose it, and other ways of asking."""

    code = forms.SlugField(label=pgettext_lazy("short name", "Code"), max_length=60)
    skill = forms.ChoiceField(label=_("Skill"), widget=UnfoldAdminSelectWidget)
    place = forms.IntegerField(label=_("Place"), min_value=1, max_value=99, widget=UnfoldAdminIntegerFieldWidget)
    repeat = forms.BooleanField(
        label=_("May be asked again after days as it stands"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    right = forms.TypedChoiceField(
        label=_("Right option"),
        choices=[(number, number) for number in range(1, MOST_OPTIONS + 1)],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(
        self, *args: Any, part: Mapping[str, Any] | None, skills: list[str], place: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget = UnfoldAdminTextInputWidget()
        self.fields["skill"].choices = [(skill, skill) for skill in skills]  # type: ignore[attr-defined]
        self.initial = {"place": place, "right": 1, **_question_initial(part or {}), **self.initial}
        self._said("text", _("Question"), is_required=True)
        for number in range(1, MOST_OPTIONS + 1):
            self._code(f"o{number}_code", _("Code of option %(number)s"), number)
            self._said(f"o{number}_text", _("Option %(number)s"), number)
            self._said(f"o{number}_feedback", _("To whoever chose option %(number)s"), number)
        for number in range(1, MOST_WAYS + 1):
            self._code(f"v{number}_code", _("Code of way %(number)s of asking it anew"), number)
            self._said(f"v{number}_text", _("Way %(number)s of asking it anew"), number)
            self.fields[f"v{number}_repeat"] = forms.BooleanField(
                label=_("May be asked after days"), required=False, widget=UnfoldBooleanSwitchWidget
            )
        if part is not None:
            self.fields["code"].disabled = True

    def given(self) -> dict[str, Any]:
        said = self.cleaned_data
        options = {
            said[f"o{number}_code"] or f"option-{number}": {
                "text": self._texts(f"o{number}_text"),
                "feedback": self._texts(f"o{number}_feedback"),
            }
            for number in range(1, MOST_OPTIONS + 1)
            if any(self._texts(f"o{number}_text").values())
        }
        ways = [
            {"code": said[f"v{number}_code"] or f"again-{number}", **_repeat(said[f"v{number}_repeat"])}
            | {"text": self._texts(f"v{number}_text")}
            for number in range(1, MOST_WAYS + 1)
            if any(self._texts(f"v{number}_text").values())
        ]
        entry = {"code": said["code"], "skill": said["skill"], **_repeat(said["repeat"]), "text": self._texts("text")}
        entry |= {"variants": ways} if ways else {}
        right = said[f"o{said['right']}_code"] or f"option-{said['right']}"
        return {**entry, "right": right, "options": options, "place": said["place"] - 1}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        codes = [said.get(f"o{number}_code") for number in range(1, MOST_OPTIONS + 1) if said.get(f"o{number}_code")]
        for number in range(2, MOST_OPTIONS + 1):
            code = said.get(f"o{number}_code")
            if code and codes.count(code) > 1:
                self.add_error(f"o{number}_code", gettext("Another option has this code."))
        return said

    def groups(self) -> list[tuple[str, list[Any]]]:
        """The fields as they stand together on the page."""
        shown = [("", [self[name] for name in ("code", "skill", "place", "repeat", "right")])]
        shown.append((gettext("The question"), [self[f"text_{language}"] for language in LANGUAGES]))
        for number in range(1, MOST_OPTIONS + 1):
            names = [f"o{number}_code", *_names(f"o{number}_text"), *_names(f"o{number}_feedback")]
            shown.append((gettext("Option %(number)s") % {"number": number}, [self[name] for name in names]))
        for number in range(1, MOST_WAYS + 1):
            names = [f"v{number}_code", *_names(f"v{number}_text"), f"v{number}_repeat"]
            title = gettext("Way %(number)s of asking it anew") % {"number": number}
            shown.append((title, [self[name] for name in names]))
        return shown

    def _code(self, name: str, label: Any, number: int) -> None:
        self.fields[name] = forms.SlugField(
            label=label % {"number": number}, required=False, max_length=60, widget=UnfoldAdminTextInputWidget
        )

    def _said(self, name: str, label: Any, number: int = 0, *, is_required: bool = False) -> None:
        label = label % {"number": number} if number else label
        for language in LANGUAGES:
            self.fields[f"{name}_{language}"] = forms.CharField(
                label=f"{label} · {_LANGUAGE_NAMES[language]}",
                required=is_required,
                max_length=LONGEST_SAID,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "lang": language}),
            )

    def _texts(self, name: str) -> dict[str, str]:
        return {language: _one_line(self.cleaned_data.get(f"{name}_{language}", "")) for language in LANGUAGES}


class ChartsForm(PartForm):
    """The words of the charts; which there are, and what they draw, the program says."""

    def __init__(self, *args: Any, part: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = list(_chart_texts(part))
        for number, (chart, what, texts) in enumerate(self._places):
            for language in LANGUAGES:
                self.fields[f"c{number}_{language}"] = forms.CharField(
                    label=f"{chart}: {what} · {_LANGUAGE_NAMES[language]}",
                    required=False,
                    max_length=LONGEST_SAID,
                    initial=texts.get(language, ""),
                    widget=UnfoldAdminTextareaWidget(attrs={"rows": 2, "lang": language}),
                )

    def given(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, (chart, what, _texts) in enumerate(self._places):
            said = {language: _one_line(self.cleaned_data[f"c{number}_{language}"]) for language in LANGUAGES}
            about = found.setdefault(chart, {"title": {}, "desc": {}, "labels": {}})
            kind, _colon, label = what.partition(":")
            if kind == "label":
                about["labels"][label] = said
            else:
                about[kind] = said
        return found


class ImageForm(forms.Form):
    """A picture, with what it shows said in each language."""

    code = forms.SlugField(
        label=pgettext_lazy("short name", "Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The text shows it where it says {{ image:code }} in a paragraph of its own."),
    )
    file = forms.FileField(
        label=_("Picture"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("JPEG, PNG or WebP, at most 5 MB. It is written anew, small enough for phones."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            self.fields[f"alt_{language}"] = forms.CharField(
                label=f"{gettext('What is to be seen')} · {_LANGUAGE_NAMES[language]}",
                max_length=LONGEST_ALT,
                widget=UnfoldAdminTextInputWidget(attrs={"lang": language}),
            )

    def alt(self) -> dict[str, str]:
        return {language: self.cleaned_data[f"alt_{language}"] for language in LANGUAGES}


class ReviewForm(AskForm):
    """Why it should be published, and from when."""

    day = forms.DateField(
        label=_("Show it from this day on"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("Without a day readers get it as soon as it is approved."),
    )
    time = forms.TimeField(label=_("At this time"), required=False, widget=UnfoldAdminSingleTimeWidget)
    zone = forms.ChoiceField(
        label=_("On the clocks of"), choices=[(zone, zone) for zone in ZONES], widget=UnfoldAdminSelectWidget
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("time") and not said.get("day"):
            self.add_error("day", gettext("Choose the day as well."))
        return said

    def publish_at(self) -> datetime | None:
        said = self.cleaned_data
        if not said["day"]:
            return None
        time = said["time"] or datetime.min.time()
        return datetime.combine(said["day"], time, tzinfo=ZoneInfo(said["zone"]))


class RetireForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_NOTE, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


def own_names() -> list[str]:
    """Return the own figures that a text may name."""
    return sorted(NAMES)


def _question_initial(part: Mapping[str, Any]) -> dict[str, Any]:
    if not part:
        return {}
    found = {"code": part["code"], "skill": part["skill"], "repeat": part.get("repeat", False)}
    found |= _spread("text", part["text"])
    for number, (code, option) in enumerate(part["options"].items(), start=1):
        found |= {f"o{number}_code": code, **_spread(f"o{number}_text", option["text"])}
        found |= _spread(f"o{number}_feedback", option["feedback"])
        if code == part["right"]:
            found["right"] = number
    for number, way in enumerate(part.get("variants", ()), start=1):
        found |= {f"v{number}_code": way["code"], f"v{number}_repeat": way.get("repeat", False)}
        found |= _spread(f"v{number}_text", way["text"])
    return found


def _repeat(may_repeat: bool) -> dict[str, bool]:
    return {"repeat": True} if may_repeat else {}


def _chart_texts(part: Mapping[str, Any]) -> Any:
    for chart, about in part.items():
        yield chart, "title", about["title"]
        yield chart, "desc", about["desc"]
        if "axis" in about:
            yield chart, "axis", about["axis"]
        for label, texts in about["labels"].items():
            yield chart, f"label:{label}", texts


def _spread(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    return {f"{name}_{language}": texts.get(language, "") for language in LANGUAGES}


def _names(name: str) -> list[str]:
    return [f"{name}_{language}" for language in LANGUAGES]


def _source(line: str) -> dict[str, str]:
    name, _bar, address = line.partition("|")
    return {"name": _one_line(name), "address": address.strip()}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _body(text: str) -> str:
    """One kind of line end, and one at the end."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n") + "\n" if any(lines) else ""
