"""What became of a statement's lines, in numbers."""

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from dashu.kernel.money import format_minor
from repayments.domain.bank_text import masked
from repayments.models import BankLine, BankStatement

IN, OUT = Q(amount_minor__gt=0), Q(amount_minor__lt=0)
PAGE = 25


def figures_of(statement: BankStatement) -> dict[str, int]:
    """Return counts and sums in minor units; `debits_minor` is negative."""
    lines = BankLine.objects.filter(statement=statement)
    return lines.aggregate(
        lines=Count("pk"),
        credits=Count("pk", filter=IN),
        credits_minor=Coalesce(Sum("amount_minor", filter=IN), 0),
        debits=Count("pk", filter=OUT),
        debits_minor=Coalesce(Sum("amount_minor", filter=OUT), 0),
        matched=Count("pk", filter=Q(status=BankLine.Status.MATCHED)),
        explained=Count("pk", filter=Q(status=BankLine.Status.IGNORED)),
        unmatched=Count("pk", filter=Q(status=BankLine.Status.UNMATCHED)),
        suspense_minor=Coalesce(Sum("amount_minor", filter=IN & Q(status=BankLine.Status.UNMATCHED)), 0),
    )


def summary_of(statement: BankStatement) -> dict[str, Any]:
    """Return a statement's figures as plain JSON values, amounts as decimal strings."""
    figures = figures_of(statement)
    currency = statement.account.currency
    return {
        "statement": statement.pk,
        "file": statement.file_name,
        "format": statement.format,
        "encoding": statement.encoding,
        "account": masked(statement.account.number),
        "currency": currency,
        "lines": figures["lines"],
        "credits": {"count": figures["credits"], "sum": format_minor(figures["credits_minor"], currency)},
        "debits": {"count": figures["debits"], "sum": format_minor(figures["debits_minor"], currency)},
        "matched": figures["matched"],
        "explained": figures["explained"],
        "unmatched": figures["unmatched"],
        "in_suspense": format_minor(figures["suspense_minor"], currency),
        "known": statement.lines_known,
        "refused": statement.problems,
    }


def unmatched_lines(*, after: int = 0, outgoing: bool = False, size: int = PAGE) -> QuerySet[BankLine]:
    """Return a page of unmatched lines, the oldest first, from the line after `after`; one more than the page."""
    lines = BankLine.objects.filter(status=BankLine.Status.UNMATCHED, pk__gt=after).filter(OUT if outgoing else IN)
    return lines.select_related("statement", "account").order_by("pk")[: size + 1]
