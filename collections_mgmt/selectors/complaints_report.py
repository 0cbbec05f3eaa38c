"""What complaints came from, by month and product, and whether they were answered in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection


@dataclass(frozen=True, slots=True)
class ComplaintsReport:
    """
    Complaints received in the months from `first` on.

    :param waiting, late: that wait for an answer now, and of these past their day.
    :param answered_in_time: of the answered ones, by their day.
    :param months: newest first: (first day, product code or "", received, answered late, reopened).
    :param causes: (root cause code, count by month), the most frequent first.
    """

    first: date
    waiting: int
    late: int
    answered: int
    answered_in_time: int
    reopened: int
    months: Sequence[tuple[date, str, int, int, int]]
    causes: Sequence[tuple[str, Mapping[date, int]]]

    @property
    def cause_months(self) -> list[date]:
        return sorted({month for _cause, months in self.causes for month in months}, reverse=True)


def complaints_report(*, first: date, today: date, last: date | None = None) -> ComplaintsReport:
    """
    Return the report in three statements, however many complaints there are.

    :param last: the last day of receipt that counts; the newest if not given. What waits is what waits today.
    """
    about = {"first": first, "today": today, "last": last or today}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE answered_at IS NULL),
                   count(*) FILTER (WHERE answered_at IS NULL AND due_on < %(today)s),
                   count(*) FILTER (WHERE answered_at IS NOT NULL),
                   count(*) FILTER (WHERE (answered_at AT TIME ZONE 'Asia/Shanghai')::date <= due_on),
                   count(*) FILTER (WHERE reopened_at IS NOT NULL)
            FROM collections_mgmt_complaint
            WHERE (asked_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(first)s AND %(last)s OR answered_at IS NULL
            """,
            about,
        )
        waiting, late, answered, in_time, reopened = cursor.fetchone()
        cursor.execute(
            """
            SELECT date_trunc('month', complaint.asked_at AT TIME ZONE 'Asia/Shanghai')::date AS month,
                   coalesce(product.code, '') AS product, count(*),
                   count(*) FILTER (WHERE (coalesce(complaint.answered_at, now()) AT TIME ZONE 'Asia/Shanghai')::date
                                          > complaint.due_on),
                   count(*) FILTER (WHERE complaint.reopened_at IS NOT NULL)
            FROM collections_mgmt_complaint AS complaint
            LEFT JOIN loans_loan AS loan ON loan.id = complaint.loan_id
            LEFT JOIN loans_productterms AS terms ON terms.id = loan.product_terms_id
            LEFT JOIN loans_product AS product ON product.id = terms.product_id
            WHERE (complaint.asked_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(first)s AND %(last)s
            GROUP BY 1, 2 ORDER BY 1 DESC, 3 DESC, 2
            """,
            about,
        )
        months = cursor.fetchall()
        cursor.execute(
            """
            SELECT root_cause, date_trunc('month', asked_at AT TIME ZONE 'Asia/Shanghai')::date AS month, count(*)
            FROM collections_mgmt_complaint
            WHERE root_cause <> '' AND (asked_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN %(first)s AND %(last)s
            GROUP BY 1, 2
            """,
            about,
        )
        counts: dict[str, dict[date, int]] = {}
        for cause, month, count in cursor.fetchall():
            counts.setdefault(cause, {})[month] = count
    causes = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return ComplaintsReport(first, waiting, late, answered, in_time, reopened, months, causes)
