"""The facts at hand while a piece of work is reviewed: what was done, what led to it, and what was found."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.lines import lines_table
from collections_mgmt.desk.words import share
from collections_mgmt.domain.quality import Answer
from collections_mgmt.models import CaseFile, QualityReview
from collections_mgmt.quality.forms import ANSWERS
from collections_mgmt.selectors.file_lines import Place, lines_of
from collections_mgmt.services.review_quality import questions_of
from dashu.kernel.masking import masked_name
from dashu.messaging.guard import Condition
from dashu.messaging.models import ContactAttempt, ContactPreference
from dashu.policy.rules import contact_hours
from dashu.users.models import Borrower
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.writing import named

RESULT_TONES = {"PASSED": "good", "FAILED": "soon", "CRITICAL": "late"}
BEFORE, AFTER = timedelta(days=7), timedelta(days=1)


def review_figures(review: QualityReview) -> list[Figure]:
    figures = [
        Figure(_("kind"), review.get_work_display(), review.get_why_display()),
        Figure(_("collector"), review.collector, review.team or ""),
        Figure(_("done on"), _moment(review.done_at)),
    ]
    if review.reviewed_at is None:
        return [*figures, Figure(_("review due"), date_format(review.due_on))]
    assert review.score_bps is not None
    note = gettext("%(name)s, on %(day)s") % {"name": review.reviewer, "day": _moment(review.reviewed_at)}
    found = Figure(_("result"), review.get_result_display(), note, RESULT_TONES[review.result])
    return [*figures, Figure(_("score"), share(review.score_bps), _("of the points that applied")), found]


def fact_tables(review: QualityReview) -> list[Table]:
    """Return the work itself, the contacts before it, and what else happened around that day."""
    borrower = Borrower.objects.get(pk=review.borrower_id)
    tables = [_work_table(review, borrower)]
    if review.attempt:
        tables.append(_earlier_table(review.attempt))
    found, _more = lines_of(borrower.pk, after=Place(review.done_at + AFTER, "~", ""))
    around = [line for line in found if line.place.at >= review.done_at - BEFORE]
    note = _("From seven days before to a day after. Hold amounts and days that were named against this.")
    return [*tables, replace(lines_table(around), title=_("What happened around that day"), note=note)]


def answers_table(review: QualityReview) -> Table:
    """Return what was found, question by question, what failed first."""
    asked = {question.code: named(question.ask) for question in questions_of(review)}
    words = dict(ANSWERS)
    answers = sorted(review.answers, key=lambda each: each["answer"] != Answer.NO.value)
    tones = {"NO": "changed", "NA": "quiet"}
    return Table(
        title=_("What was found"),
        columns=[Column(_("question")), Column(_("answer")), Column(_("counts"), is_number=True)],
        rows=[
            [
                wrapped(asked.get(each["code"], each["code"])),
                words.get(each["answer"], each["answer"]),
                gettext("critical") if each["is_critical"] else each["weight"],
            ]
            for each in answers
        ],
        tones=[tones.get(each["answer"], "") for each in answers],
        empty="",
        note=_("What does not apply is not counted. A “no” to a critical question fails the whole."),
    )


def _work_table(review: QualityReview, borrower: Borrower) -> Table:
    rows: list[list[Any]] = [[_("borrower"), f"{masked_name(borrower.name)} · {borrower.number}"]]
    file = CaseFile.objects.filter(borrower=borrower).order_by("-pk").first()
    if file is not None:
        address = reverse("admin:collections_mgmt_casefile_change", args=[file.pk])
        rows.append([_("case file"), format_html('<a href="{}">{}</a>', address, file.number)])
    if review.attempt:
        rows += _contact_rows(review.attempt)
        words = review.attempt.note
    else:
        assert review.event is not None
        rows.append([_("written at"), _moment(review.event.at)])
        words = review.event.words
    rows.append([_("what was noted"), wrapped(words or gettext("Nothing was noted."))])
    return Table(title=_("What was done"), columns=[Column(_("fact")), Column(_("what it is"))], rows=rows, empty="")


def _contact_rows(attempt: ContactAttempt) -> list[list[Any]]:
    wish = ContactPreference.objects.filter(pk=attempt.borrower_id).first()
    zone = (
        ZoneInfo(wish.time_zone)
        if wish and wish.time_zone
        else contact_hours(localtime(attempt.started_at).date()).zone
    )
    rows = [
        [_("way and direction"), f"{attempt.get_channel_display()} · {attempt.get_direction_display()}"],
        [_("whom"), attempt.get_party_display()],
        [_("purpose"), attempt.get_purpose_display()],
        [
            _("begun, where they live"),
            gettext("%(moment)s (%(zone)s)")
            % {"moment": date_format(attempt.started_at.astimezone(zone), "SHORT_DATETIME_FORMAT"), "zone": zone.key},
        ],
        [_("outcome"), attempt.get_outcome_display()],
        [_("lasted"), gettext("%(seconds)s seconds") % {"seconds": attempt.seconds} if attempt.seconds else "–"],
    ]
    if attempt.decision:
        conditions = dict(Condition.choices)
        told = [str(conditions.get(code, code)) for code in attempt.decision.conditions]
        rows.append(
            [
                _("what the guard said"),
                wrapped(" · ".join([str(attempt.decision.get_verdict_display()), *told])),
            ]
        )
    return rows


def _earlier_table(attempt: ContactAttempt) -> Table:
    earlier = ContactAttempt.objects.filter(
        borrower=attempt.borrower_id, started_at__lt=attempt.started_at, started_at__gte=attempt.started_at - BEFORE
    )
    return Table(
        title=_("Contacts with this person in the seven days before"),
        columns=[Column(_("day and time")), Column(_("way")), Column(_("whom")), Column(_("outcome"))],
        rows=[
            [
                _moment(each.started_at),
                each.get_channel_display(),
                each.get_party_display(),
                each.get_outcome_display(),
            ]
            for each in earlier.defer("note", "number").order_by("-started_at")[:30]
        ],
        empty=_("None."),
    )


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
