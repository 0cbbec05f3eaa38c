"""The report of quality reviews as a workbook: the same numbers, each in a cell of its own."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext as _

from collections_mgmt.selectors.quality_report import Found, QualityReport
from dashu.kernel.shares import Share
from dashu.web.workbooks import COUNT, DAY, SHARE, Row, Sheet, write_workbook


def write_report(file: BinaryIO, report: QualityReport, *, few: int, asked: Mapping[str, str]) -> None:
    """:param asked: the words of each question. :param few: fewer reviews than this say little."""
    shares = [_("drawn at random"), _("as it should be"), _("share"), _("from"), _("up to")]
    others = [_("mean score"), _("for a complaint or care"), _("of them as it should be"), _("critical")]
    write_workbook(
        file,
        [
            Sheet(_("By team and month"), [_("month"), _("team"), *shares, *others], _found(report.teams)),
            Sheet(
                _("By collector and month"),
                [_("month"), _("team"), _("collector"), *shares, *others],
                _found(report.people, is_of_people=True),
            ),
            Sheet(
                _("By question"),
                [_("question"), _("times it applied"), _("“yes”"), _("share"), _("from"), _("up to")],
                ([(asked.get(each.code, each.code), ""), *_share(each.yes)] for each in report.questions),
            ),
            Sheet(
                _("How it is computed"),
                [_("figure"), _("formula")],
                [
                    [(_("share"), ""), (_("Work that was as it should be ÷ work that was drawn at random."), "")],
                    [
                        (_("from, up to"), ""),
                        (_("The range that the true share lies in 19 times of 20 (Wilson's interval)."), ""),
                    ],
                    [(_("few"), ""), (_("Fewer than %(few)s reviews say little.") % {"few": few}, "")],
                ],
            ),
        ],
    )


def _found(rows: Sequence[Found], *, is_of_people: bool = False) -> Iterator[Row]:
    for row in rows:
        yield [
            (row.month, DAY),
            (row.team, ""),
            *([(row.person, "")] if is_of_people else []),
            *_share(row.passed),
            ("", "") if row.score_bps is None else (Decimal(row.score_bps).scaleb(-4), SHARE),
            (row.others, COUNT),
            (row.others_passed, COUNT),
            (row.critical, COUNT),
        ]


def _share(found: Share) -> Row:
    if found.rate is None:
        return [(0, COUNT), (0, COUNT), ("", ""), ("", ""), ("", "")]
    low, high = found.interval()
    return [(found.total, COUNT), (found.count, COUNT), *((round(each, 4), SHARE) for each in (found.rate, low, high))]
