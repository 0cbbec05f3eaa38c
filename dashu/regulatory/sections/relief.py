"""Restructured loans: how many there are, and what was agreed, kept and broken within the month."""

from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from collections_mgmt.models import LoanMonth
from collections_mgmt.presenting import bucket_label
from collections_mgmt.relief_words import METHODS
from dashu.documents.sheets import Amount
from dashu.policy.relief import ReliefMethod
from dashu.regulatory.months import Month
from dashu.regulatory.section import Section, share

_PLANS = """
    SELECT method, count(*) FILTER (WHERE accepted_on BETWEEN %(since)s AND %(until)s),
           sum((SELECT count(*) FROM unnest(breaks_on) AS day WHERE day BETWEEN %(since)s AND %(until)s))::int,
           count(*) FILTER (WHERE ended_on BETWEEN %(since)s AND %(until)s),
           count(*) FILTER (WHERE accepted_on <= %(until)s AND (ended_on IS NULL OR ended_on > %(until)s))
    FROM collections_mgmt_restructuringplan WHERE accepted_on <= %(until)s GROUP BY 1 ORDER BY 1
"""


def restructured(month: Month) -> Section:
    of_month = LoanMonth.objects.filter(month=month.first, status="ACTIVE")
    cells = (
        of_month.values("currency", "product", "bucket")
        .annotate(
            number=Count("*"),
            lent=Sum("principal_minor"),
            plans=Count("loan_id", filter=Q(is_restructured=True)),
            minor=Sum("principal_minor", filter=Q(is_restructured=True), default=0),
            overdue=Sum("overdue_minor", filter=Q(is_restructured=True), default=0),
        )
        .order_by("currency", "product", "bucket")
    )
    rows = [
        (
            cell["product"],
            str(bucket_label(cell["bucket"])),
            cell["currency"],
            cell["plans"],
            Amount(cell["minor"], cell["currency"]),
            Amount(cell["overdue"], cell["currency"]),
            share(cell["minor"], cell["lent"]),
        )
        for cell in cells
        if cell["plans"]
    ]
    return Section(
        "05-restructured",
        _("Restructured loans"),
        _("The running loans at the end of the month with a plan of relief that was accepted and not taken back."),
        (
            _("product"),
            _("bucket"),
            _("currency"),
            _("number of loans"),
            _("principal outstanding"),
            _("overdue"),
            _("part of the principal of this product and bucket"),
        ),
        rows,
    )


def plans(month: Month) -> Section:
    with connection.cursor() as cursor:
        cursor.execute(_PLANS, month.parameters)
        rows = [(str(METHODS[ReliefMethod(method)].name), *counts) for method, *counts in cursor.fetchall()]
    return Section(
        "06-plans",
        _("Plans of relief"),
        _(
            "Counted by the day on which each was accepted or ended, and by each day on which one was broken; what is"
            " in force at the end of the month."
        ),
        (_("way"), _("accepted"), _("broken"), _("ended"), _("in force at the end")),
        rows,
    )
