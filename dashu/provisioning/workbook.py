"""A run as a workbook. Amounts are numbers in whole currency, probabilities are numbers."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from dashu.kernel.money import fraction_digits
from dashu.ledger.exporting import Row as TextRow
from dashu.provisioning.models import REASONS, STAGES, LoanProvision, ProvisionRun
from dashu.provisioning.presenting import CAUSES, STEPS, product_labels, stage_words
from dashu.provisioning.selectors.movement import movement_of
from dashu.provisioning.selectors.stages import by_stage
from dashu.web.workbooks import COUNT, DECIMAL, SHARE, Cell, Row, Sheet, write_workbook
from loans.models import Loan

COLUMNS = (
    "loan",
    "product",
    "bucket",
    "stage_before",
    "stage",
    "reason",
    "exposure",
    "pd_12",
    "pd_lifetime",
    "lgd",
    "monthly_rate",
    "months",
    "ecl",
    "overlay",
    "set_aside",
    "five_tier",
)


def write_run(file: BinaryIO, run: ProvisionRun) -> None:
    """
    Write the sums, the movement and all loans, row by row; more than a sheet has rows for go on in further sheets.
    """
    amount = _("in %(currency)s") % {"currency": run.currency}
    titles = (_("exposure"), _("expected credit loss"), _("overlay"), _("five-tier provision"))
    sums = [f"{title} {amount}" for title in titles]
    movement = movement_of(run)
    loans = [
        *(_("loan number"), _("product"), _("bucket"), _("impairment stage before"), _("impairment stage"), _("why")),
        *(_("exposure"), _("probability of default in a year"), _("probability of default up to its end")),
        *(_("share lost in a default"), _("expected credit loss"), _("overlay"), _("five-tier provision")),
    ]
    write_workbook(
        file,
        [
            Sheet(
                _("By stage"), [_("impairment stage"), _("loans"), *(f"{each} {amount}" for each in sums)], _sums(run)
            ),
            Sheet(
                _("Movement"),
                [_("line"), *(stage_words(stage) for stage in STAGES), _("together")],
                (
                    [
                        _text(title),
                        *(_money(run, movement.amounts[step, stage]) for stage in STAGES),
                        _money(run, movement.total(step)),
                    ]
                    for step, title in STEPS.items()
                ),
            ),
            Sheet(
                _("Why it moved"),
                [_("reason"), f"{_('amount')} {amount}"],
                ([_text(title), _money(run, movement.causes[cause])] for cause, title in CAUSES.items()),
            ),
            Sheet(_("Loans"), loans, _loans(run)),
        ],
    )


def _sums(run: ProvisionRun) -> Iterator[Row]:
    for each in by_stage(run):
        minors = (each.ead_minor, each.ecl_minor, each.overlay_minor, each.five_tier_minor)
        yield [_text(stage_words(each.stage)), (each.loans, COUNT), *(_money(run, minor) for minor in minors)]


def _loans(run: ProvisionRun) -> Iterator[Row]:
    labels, reasons = product_labels(), {code.value: words for code, words in REASONS.items()}
    number = Loan.objects.filter(pk=OuterRef("loan_id")).values("number")
    lines = LoanProvision.objects.filter(run=run).annotate(number=Subquery(number)).order_by("-ecl_minor", "loan_id")
    for line in lines.defer("exposures", "ecl_scenarios").iterator(chunk_size=5_000):
        yield [
            _text(line.number or line.loan_id),
            _text(labels.get(line.product, line.product)),
            _text(line.bucket),
            _text(line.stage_before),
            _text(line.stage),
            _text(reasons[line.reason]),
            _money(run, line.ead_minor),
            (line.pd_12, SHARE),
            (line.pd_lifetime, SHARE),
            (line.lgd, SHARE),
            _money(run, line.ecl_minor),
            _money(run, line.overlay_minor),
            _money(run, line.five_tier_minor),
        ]


def text_rows(run: ProvisionRun) -> Iterator[TextRow]:
    """Yield all loans of a run for `COLUMNS`, amounts as decimal texts, in the order of their ids."""
    digits = fraction_digits(run.currency)
    lines = LoanProvision.objects.filter(run=run).order_by("loan_id").defer("exposures", "ecl_scenarios")
    for line in lines.iterator(chunk_size=5_000):
        minors = (line.ecl_minor, line.overlay_minor, line.total_minor, line.five_tier_minor)
        yield (
            str(line.loan_id),
            line.product,
            line.bucket,
            line.stage_before,
            line.stage,
            line.reason,
            _decimal(line.ead_minor, digits),
            *(str(each) for each in (line.pd_12, line.pd_lifetime, line.lgd, line.monthly_rate, line.months)),
            *(_decimal(minor, digits) for minor in minors),
        )


def _decimal(minor: int, digits: int) -> str:
    return f"{Decimal(minor).scaleb(-digits):f}"


def _money(run: ProvisionRun, minor: int) -> Cell:
    return Decimal(minor).scaleb(-fraction_digits(run.currency)), DECIMAL


def _text(value: Any) -> Cell:
    return str(value), ""
