"""What stands on the pages of the editors, decided before the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import lender_date
from education.domain.charts import Chart
from education.domain.checking import Problem, problems_of, problems_of_text
from education.domain.diffs import DiffLine, diff
from education.domain.figures import charts_of, figures_of
from education.domain.lessons import Lesson, html_of, read_lesson
from education.domain.parts import PICTURES, parts_of, question_part
from education.domain.pictures import address_of
from education.domain.readability import BOUNDS, MOST_ON_AVERAGE, readability, sentences
from education.domain.source import LessonSource
from education.domain.translations import SOURCE, side_by_side
from education.domain.words import LANGUAGES, BrokenLesson
from education.editing.forms import own_names
from education.editing.words import part_name
from education.languages import language_now
from education.models import LessonEdit, LessonVersion
from education.selectors.items import LEAST_ANSWERS, Item
from education.selectors.links import UsedLink
from education.selectors.published import Shown, lesson_of, published_slugs, source_of
from education.selectors.reviews import FactsReview

EDITS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part of a version, with what is wrong with it."""

    part: str
    name: str
    address: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class EditLine:
    """An edit of a version, as it is shown. :param lines: what changed."""

    name: str
    by: str
    at: datetime
    lines: Sequence[DiffLine]


@dataclass(frozen=True, slots=True)
class LessonLine:
    """A lesson in the list of the editors."""

    slug: str
    title: str
    version: str
    due: str
    is_due: bool
    waiting: LessonVersion | None
    published_id: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as readers would get it. :param html: sanitized, "" where it cannot be shown yet."""

    html: SafeString
    problems: Sequence[Problem]
    figures: Sequence[tuple[str, str]]


def source_of_draft(version: LessonVersion, files: Mapping[str, str] | None = None) -> LessonSource:
    return LessonSource(version.slug, files if files is not None else version.files, where=str(version))


def lesson_lines(shown: Shown, reviews: Sequence[FactsReview], today: date) -> list[LessonLine]:
    """Return what readers have, in their order, with what is on its way."""
    due = {review.slug: review for review in reviews}
    on_its_way = LessonVersion.objects.filter(status__in=["DRAFT", "IN_REVIEW", "APPROVED"]).order_by("slug")
    waiting = {version.slug: version for version in on_its_way}
    keys = [key.version_id for key in shown.values() if key]
    numbers = dict(LessonVersion.objects.filter(pk__in=keys).values_list("slug", "number"))
    lines = []
    for slug in published_slugs(shown):
        lesson, review, key = lesson_of(slug, language_now(), shown=shown), due[slug], shown.get(slug)
        version = gettext("version %(number)s") % {"number": numbers[slug]} if key else gettext("as it came")
        is_due = review.is_due(today) or review.is_soon(today)
        on = lender_date(review.due_on)
        waits = waiting.pop(slug, None)
        lines.append(LessonLine(slug, lesson.title, version, on, is_due, waits, key.version_id if key else None))
    for slug, draft in waiting.items():
        lines.append(LessonLine(slug, slug, gettext("readers have none"), "", False, draft, None))
    return lines


def part_lines(version: LessonVersion, *, known: Sequence[str], today: date) -> list[PartLine]:
    """Return the parts of a version, each with what is wrong with it."""
    source = source_of_draft(version)
    problems = problems_of(source, known=known, today=today)
    parts = [*parts_of(source)]
    parts += [] if PICTURES in parts else [PICTURES]
    return [
        PartLine(part, part_name(part), part_address(version, part), [each for each in problems if each.part == part])
        for part in parts
    ]


def part_address(version: LessonVersion, part: str) -> str:
    if part == PICTURES:
        return reverse("admin:education_lessonversion_images", args=[version.pk])
    return reverse("admin:education_lessonversion_part", args=[version.pk, part])


def edit_lines(version: LessonVersion) -> list[EditLine]:
    rows = LessonEdit.objects.filter(version=version).select_related("by").order_by("-id")[:EDITS_SHOWN]
    return [EditLine(part_name(row.part), str(row.by), row.at, diff(row.before, row.after)) for row in rows]


def outdated(version: LessonVersion) -> list[str]:
    """Return the translations that were last looked at before their source was last written."""
    source = version.written.get(SOURCE)
    if source is None:
        return []
    return [each for each in LANGUAGES if each != SOURCE and version.written.get(each, "") < source]


def preview_of(source: LessonSource, language: str) -> Preview:
    """Return a text as readers would get it, by the same renderer, with what is wrong and how it reads."""
    try:
        problems = problems_of_text(source, language)
        html = html_of(source, language)
    except BrokenLesson as error:
        said = [each for each in _safely(source, language) if each.is_error]
        broken = said or [Problem(language, "broken", params={"text": str(error)[:200]})]
        return Preview(mark_safe(""), broken, [])
    return Preview(mark_safe(html), problems, _reading(html, language))  # noqa: S308 – sanitized by `html_of`


def _safely(source: LessonSource, language: str) -> list[Problem]:
    try:
        return problems_of_text(source, language)
    except BrokenLesson:
        return []


def _reading(html: str, language: str) -> list[tuple[str, str]]:
    if not sentences(html, language):
        return []
    measured, (least, most) = readability(html, language), BOUNDS[language]
    return [
        (gettext("Length"), f"{measured.length} ({least}–{most})"),
        (gettext("Sentences"), str(measured.sentences)),
        (gettext("On average"), f"{measured.average} (≤ {MOST_ON_AVERAGE[language]})"),
        (gettext("The longest"), measured.longest),
    ]


def names_table(source: LessonSource, language: str) -> Table:
    """Return what a text may name, with what would stand there."""
    rows: list[list[Any]] = [
        [format_html("<code>{{{{ figure:{} }}}}</code>", name), text]
        for name, text in figures_of(source.slug, language).items()
        if not name.endswith("_again")
    ]
    charts: Mapping[str, Chart] = charts_of(source.slug)
    rows += [[format_html("<code>{{{{ chart:{} }}}}</code>", name), gettext("a chart")] for name in charts]
    rows += [
        [format_html("<code>{{{{ image:{} }}}}</code>", code), about["alt"].get(language, "")]
        for code, about in source.pictures.items()
    ]
    own = gettext("the reader's own figure")
    rows += [[format_html("<code>{{{{ own:{} }}}}</code>", name), own] for name in ["note", *own_names()]]
    columns = [Column(_("Write")), Column(_("Readers see"))]
    return Table(title=_("What can be named"), columns=columns, rows=rows, empty="")


def translations_table(source: LessonSource) -> Table:
    names = dict(settings.LANGUAGES)
    others = [language for language in LANGUAGES if language != SOURCE]
    missing = gettext("missing")
    rows, tones = [], []
    for row in side_by_side(source):
        texts = [row.source, *(row.translations[language] for language in others)]
        rows.append([text or format_html("<em>{}</em>", missing) for text in texts])
        tones.append("" if all(texts) else "changed")
    columns = [Column(names[language]) for language in (SOURCE, *others)]
    return Table(title=_("Block by block"), columns=columns, rows=rows, empty=_("Nothing is written yet."), tones=tones)


def translation_problems(source: LessonSource) -> list[tuple[str, list[Problem]]]:
    """Return what each translation differs in, by language."""
    names = dict(settings.LANGUAGES)
    found = []
    for language in LANGUAGES:
        if language != SOURCE:
            problems = [each for each in problems_of_text(source, language) if each.code in _DIFFER]
            found.append((str(names[language]), problems))
    return found


_DIFFER = ("differs", "placeholders_differ")


def items_table(items: Sequence[Item], lesson: Lesson) -> Table:
    """Return how each question does, in figures."""
    rows = []
    for item in items:
        question = lesson.question(item.code)
        assert question is not None, "the items are those of the lesson"
        rows.append([
            question.text,
            item.answers,
            _share(item.difficulty) or gettext("too few answers"),
            f"{_share(item.low)}–{_share(item.high)}" if item.is_enough else "–",
            "–" if item.discrimination is None else f"{item.discrimination:.2f}",
            _chosen(item, lesson),
            lender_date(item.since) if item.since else "–",
        ])  # fmt: skip
    columns = [
        Column(_("Question")),
        Column(_("First answers"), is_number=True),
        Column(_("Right at first"), is_number=True),
        Column(_("Between"), is_number=True),
        Column(_("Discrimination"), is_number=True),
        Column(_("Chosen")),
        Column(_("As it is since")),
    ]
    note = _(
        "The first answer of each person, to the question as it is now; shares only from %(least)s answers on."
        " Discrimination is the correlation with the rest of the quiz among those who answered all of it: below 0.2 the"
        " question parts nobody, below 0 it misleads those who know."
    ) % {"least": LEAST_ANSWERS}
    return Table(title=_("How the questions do"), columns=columns, rows=rows, empty=_("No questions."), note=note)


def _chosen(item: Item, lesson: Lesson) -> SafeString:
    question = lesson.question(item.code)
    assert question is not None
    lines = []
    for option in question.options:
        share = _share(item.share_of(option.code)) or str(item.chosen.get(option.code, 0))
        lines.append((f"{share} · {option.text}{' ✓' if option.is_right else ''}",))
    return format_html_join(mark_safe("<br>"), "{}", lines)


def links_table(links: Sequence[UsedLink]) -> Table:
    """Return where lessons lead, what does not answer first."""
    rows, tones = [], []
    for link in sorted(links, key=lambda link: (not link.is_bad, link.check is None, link.address)):
        check = link.check
        rows.append([
            format_html('<a href="{}" rel="noopener noreferrer">{}</a>', link.address, link.address),
            ", ".join(link.lessons),
            check.get_outcome_display() if check else gettext("not looked at yet"),
            check.detail if check else "",
            check.failures if check else "",
            lender_date(check.checked_at) if check else "",
        ])  # fmt: skip
        tones.append("changed" if link.is_bad else "")
    columns = [
        Column(_("Address")),
        Column(_("Lessons")),
        Column(_("Outcome")),
        Column(_("Detail")),
        Column(_("Failures in a row"), is_number=True),
        Column(_("Looked at")),
    ]
    note = _(
        "Looked at each night, from here and as a visitor. Once may be chance; from the second time on it is marked."
    )
    empty = _("No lesson leads anywhere.")
    return Table(title=_("Where lessons lead"), columns=columns, rows=rows, empty=empty, note=note, tones=tones)


def version_before(version: LessonVersion, shown: Shown) -> LessonSource | None:
    """Return what readers have now; None where that is this version or nothing."""
    if version.status in ("PUBLISHED", "RETIRED") or version.slug not in published_slugs(shown):
        return None
    return source_of(version.slug, shown)


def whole_lesson(version: LessonVersion, language: str) -> Lesson | None:
    """Return the lesson as readers would get it; None where it cannot be shown yet."""
    try:
        return read_lesson(source_of_draft(version), language)
    except BrokenLesson:
        return None


def pictures_of(source: LessonSource) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Return the images of a lesson: their code, their address, and what is said of them."""
    return [(code, address_of(about["digest"]), about) for code, about in source.pictures.items()]


def new_question_part(source: LessonSource) -> str:
    """Return the name of a part for a question that is not there yet."""
    known = {each["code"] for each in source.questions}
    return question_part(next(f"question-{number}" for number in range(1, 99) if f"question-{number}" not in known))


def _share(value: Decimal | None) -> str:
    return "" if value is None else f"{(value * 100).quantize(Decimal('0.1'))}%"
