"""The report of complaints as staff read it."""

from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from collections_mgmt.selectors.complaints_report import ComplaintsReport
from dashu.web.staff_tables import Column, Figure, Table
from loans.models import Product


def report_figures(report: ComplaintsReport) -> list[Figure]:
    share = f"{report.answered_in_time * 100 // report.answered} %" if report.answered else "–"
    return [
        Figure(_("waiting for an answer"), report.waiting),
        Figure(
            _("past their day"), report.late, _("Each of them is an alert, too."), "late" if report.late else "good"
        ),
        Figure(
            _("answered in time"),
            share,
            _("of %(count)s answered in the months shown") % {"count": report.answered},
        ),
        Figure(_("opened again"), report.reopened, _("The borrower was not satisfied with the first answer.")),
    ]


def report_tables(report: ComplaintsReport, causes: Mapping[str, str]) -> list[Table]:
    products = {product.code: product.label for product in Product.objects.all()}
    months = report.cause_months
    return [
        Table(
            title=_("complaints by cause"),
            note=_("Of those that were closed with a cause, by the month in which they came."),
            columns=[
                Column(_("cause")),
                Column(_("together"), is_number=True),
                *(Column(date_format(month, "Y-m"), is_number=True) for month in months),
            ],
            rows=[
                [causes.get(code, code), sum(counts.values()), *(counts.get(month, 0) for month in months)]
                for code, counts in report.causes
            ],
            empty=_("No complaint was closed with a cause yet."),
        ),
        Table(
            title=_("complaints by month and product"),
            columns=[
                Column(_("month")),
                Column(_("product")),
                Column(_("received"), is_number=True),
                Column(_("answered late"), is_number=True),
                Column(_("opened again"), is_number=True),
            ],
            rows=[
                [date_format(month, "Y-m"), products.get(product, product) or _("no loan in particular"), *counts]
                for month, product, *counts in report.months
            ],
            empty=_("Nobody has complained in these months."),
        ),
    ]
