"""The facts of an application side by side: what is stated, what is proved, what counts, what the bureau knows."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from dashu.finance.affordability import Burden, Month
from dashu.web.staff_tables import Column, Table
from dashu.web.templatetags.dashu import money, percent
from loans.desk.seen import Seen, household_of
from loans.desk.words import HOUSING, WORK
from loans.domain.application_facts import debt_payments_of, essentials_of, income_of
from loans.domain.credit_files import LoanKind
from loans.domain.tranches import parts_of_json
from loans.models import Loan
from loans.selectors.exposure import OWED, group_of

NOTHING = "–"
KINDS = {
    LoanKind.CONSUMER: _("Consumer loan"),
    LoanKind.SME: _("Business loan"),
    LoanKind.CARD: _("Credit card"),
    LoanKind.MORTGAGE: _("Mortgage"),
    LoanKind.CAR: _("Car loan"),
    LoanKind.OTHER: _("Something else"),
}


def facts_table(seen: Seen) -> Table:
    return Table(
        title=_("Facts"),
        columns=[
            Column(_("fact")),
            Column(_("stated"), is_number=True),
            Column(_("proved"), is_number=True),
            Column(_("taken into account"), is_number=True),
            Column(_("credit bureau"), is_number=True),
        ],
        rows=[*_money_rows(seen), *_count_rows(seen), *_other_rows(seen)],
        empty=_("Nothing is stated yet."),
        note=_("Income counts as proved, before that only a share of it; spending and debts count as the higher."),
    )


def _money_rows(seen: Seen) -> Iterator[list[Any]]:
    application, file = seen.application, seen.file
    answers = application.answers
    counted = household_of(seen.review.facts).month(seen.rules.affordability) if seen.review else None

    def row(title: Any, stated: int | None, name: str, counts: int | None, bureau: int | None) -> list[Any]:
        proved = application.verified.get(name, {}).get("minor")
        return [title, *(_money(seen, minor) for minor in (stated, proved, counts, bureau))]

    if "month" in answers:
        yield row(_("Income a month"), income_of(answers), "income", counted.income if counted else None, None)
        essentials = counted.essentials if counted else None
        yield row(_("Essential spending a month"), essentials_of(answers), "essentials", essentials, None)
    if "debts" in answers:
        monthly, owed = (file.monthly_minor, file.commitment_minor) if file else (None, None)
        debts = counted.debt_payments if counted else None
        yield row(_("Debt payments a month"), debt_payments_of(answers), "debt_payments", debts, monthly)
        left = sum(debt["left_minor"] for debt in answers["debts"]["debts"])
        yield [_("Owed elsewhere in all"), _money(seen, left), NOTHING, NOTHING, _money(seen, owed)]
    if "month" in answers:
        assets = answers["month"]["assets_minor"]
        yield [_("Savings and other assets"), _money(seen, assets), NOTHING, NOTHING, NOTHING]


def _count_rows(seen: Seen) -> Iterator[list[Any]]:
    answers, file = seen.application.answers, seen.file
    facts = seen.review.facts if seen.review else {}
    if "debts" in answers:
        declared, known = len(answers["debts"]["debts"]), len(file.open_lenders) if file else NOTHING
        yield [_("Other lenders"), declared, NOTHING, facts.get("open_lenders", NOTHING), known]
        yield [
            _("A loan not repaid as agreed"),
            _yes_or_no(answers["debts"]["had_defaults"]),
            NOTHING,
            NOTHING,
            NOTHING,
        ]
        late = facts.get("days_past_due_elsewhere", NOTHING)
        yield [_("Days past due elsewhere"), NOTHING, NOTHING, late, file.worst_days_past_due if file else NOTHING]
    for days, count in facts.get("inquiries", {}).items():
        title = gettext("Inquiries in %(days)s days") % {"days": days}
        yield [title, NOTHING, NOTHING, count, count]
    if file:
        yield [_("Fraud flag"), NOTHING, NOTHING, _yes_or_no(file.has_fraud_flag), _yes_or_no(file.has_fraud_flag)]


def _other_rows(seen: Seen) -> Iterator[list[Any]]:
    answers = seen.application.answers
    facts = seen.review.facts if seen.review else {}
    for number, part in enumerate(parts_of_json(answers.get("loan", {}).get("tranches", ())), start=1):
        title = gettext("Part %(number)s of the payout") % {"number": number}
        on = date_format(part.on, "DATE_FORMAT") if part.on else gettext("at the signature")
        yield [title, f"{_money(seen, part.minor)} · {on}", NOTHING, NOTHING, NOTHING]
    if "person" in answers:
        resident = _yes_or_no(answers["person"]["is_resident"])
        yield [_("Lives in mainland China"), resident, NOTHING, resident, NOTHING]
        yield [_("People living on this income"), answers["person"]["household"], NOTHING, NOTHING, NOTHING]
    if "age" in facts:
        yield [_("Legal age"), NOTHING, NOTHING, _yes_or_no(facts["age"] >= seen.rules.least_age), NOTHING]
    if "work" in answers:
        work = answers["work"]
        years = ngettext("%(count)s year", "%(count)s years", work["years_in_job"]) % {"count": work["years_in_job"]}
        yield [_("Work"), f"{WORK.get(work['job'], work['job'])} · {years}", NOTHING, NOTHING, NOTHING]
        yield [_("Home"), HOUSING.get(work["home"], work["home"]), NOTHING, NOTHING, NOTHING]
    if "business" in answers:
        business = answers["business"]
        years = ngettext("%(count)s year", "%(count)s years", business["years"]) % {"count": business["years"]}
        yield [_("Business"), f"{business['name']} · {years}", NOTHING, NOTHING, NOTHING]
        yield [_("Sales a month"), _money(seen, business["monthly_revenue_minor"]), NOTHING, NOTHING, NOTHING]
    if "card" in answers:
        card = answers["card"]
        yield [_("Card statement"), _money(seen, card["statement_minor"]), NOTHING, NOTHING, NOTHING]
        yield [_("Minimum payment"), _money(seen, card["minimum_minor"]), NOTHING, NOTHING, NOTHING]


def month_table(seen: Seen) -> Table:
    """Return the month of the household without the loan, with it, and with it in the stress case."""
    columns = [
        Column(_("a month")),
        Column(_("without the loan"), is_number=True),
        Column(_("with it"), is_number=True),
        Column(_("if income falls and the rate rises"), is_number=True),
    ]
    title, empty = _("The household's month"), _("Nothing has been worked out yet.")
    if seen.review is None:
        return Table(title, columns, [], empty=empty)
    facts, rules = seen.review.facts, seen.rules.affordability
    month = household_of(facts).month(rules)
    return Table(title, columns, month_rows(seen, month, facts["installment"], facts["stressed_installment"]), empty)


def month_rows(seen: Seen, month: Month, installment: int, stressed_installment: int) -> list[list[Any]]:
    rules = seen.rules.affordability
    harder = month.stressed(rules)
    cases = ((month, 0), (month, installment), (harder, stressed_installment))
    burdens = [each.carrying(new, rules) for each, new in cases]

    def row(title: Any, amounts: list[int]) -> list[Any]:
        return [title, *(_money(seen, amount) for amount in amounts)]

    reserve = [
        each.income - each.essentials - each.debt_payments - new - burden.surplus
        for (each, new), burden in zip(cases, burdens, strict=True)
    ]
    return [
        row(_("Income"), [each.income for each, _new in cases]),
        row(_("Essential spending"), [-each.essentials for each, _new in cases]),
        row(_("Other debts"), [-each.debt_payments for each, _new in cases]),
        row(_("This loan's highest installment"), [-new for _each, new in cases]),
        row(_("Reserve"), [-amount for amount in reserve]),
        row(_("Left over"), [burden.surplus for burden in burdens]),
        [_("Debts take of the income"), *(share(burden) for burden in burdens)],
    ]


def share(burden: Burden) -> str:
    return NOTHING if burden.debt_bps is None else percent(Decimal(burden.debt_bps) / 10_000)


def bureau_tables(seen: Seen) -> list[Table]:
    """Return what the bureau answered, or why there is nothing."""
    title = _("Loans elsewhere, as the credit bureau knows them")
    loans = [
        [
            loan.lender,
            KINDS[loan.kind],
            date_format(loan.opened_on),
            _money(seen, loan.commitment_minor),
            _money(seen, loan.monthly_minor),
            loan.days_past_due,
            gettext("Settled") if loan.is_settled else gettext("Running"),
        ]
        for loan in (seen.file.loans if seen.file else ())
    ]
    columns = [
        Column(_("lender")),
        Column(_("kind")),
        Column(_("opened on")),
        Column(_("owed, or limit"), is_number=True),
        Column(_("a month"), is_number=True),
        Column(_("days past due"), is_number=True),
        Column(_("state")),
    ]
    inquiries = [
        [date_format(inquiry.on), inquiry.lender]
        for inquiry in sorted(seen.file.inquiries if seen.file else (), key=lambda each: each.on, reverse=True)
    ]
    return [
        Table(title, columns, loans, empty=_why_none(seen), note=_report_line(seen)),
        Table(
            _("Inquiries of other lenders"), [Column(_("day")), Column(_("lender"))], inquiries, empty=_("None known.")
        ),
    ]


def _report_line(seen: Seen) -> str:
    report = seen.report
    if report is None or report.answered_at is None:
        return ""
    words = {"day": date_format(report.answered_at), "bureau": report.bureau, "reference": report.reference}
    return gettext("Answered by %(bureau)s on %(day)s, its reference %(reference)s.") % words if report.content else ""


def _why_none(seen: Seen) -> str:
    if seen.report is None:
        return gettext("The bureau was not asked: there is no consent, or it was silent.")
    if seen.report.answered_at is None:
        return gettext("The bureau has not answered.")
    if seen.file is None:
        return gettext("The bureau gave no file: %(failure)s.") % {"failure": seen.report.failure or NOTHING}
    return gettext("The bureau knows of no loan.")


def exposure_table(seen: Seen) -> Table:
    """Return what the applicant and those tied to them owe us by contract."""
    application = seen.application
    loans = Loan.objects.filter(borrower__in=group_of(application), status__in=OWED)
    rows = [
        [
            format_html('<a href="{}">{}</a>', reverse("admin:loans_loan_change", args=[loan.pk]), loan.number),
            gettext("The applicant") if loan.borrower_id == application.borrower_id else loan.borrower.number,
            loan.get_status_display(),
            money(loan.principal_minor, loan.currency),
        ]
        for loan in loans.select_related("borrower").order_by("-pk")[:50]
    ]
    limit = money(seen.rules.highest_exposure, application.currency)
    after = seen.review.facts.get("exposure") if seen.review else None
    words = gettext("At most %(limit)s for one group.") % {"limit": limit}
    if after is not None:
        with_loan = gettext("With this loan %(sum)s; at most %(limit)s for one group.")
        words = with_loan % {"sum": money(after, application.currency), "limit": limit}
    return Table(
        title=_("What the group owes us already"),
        columns=[Column(_("loan")), Column(_("borrower")), Column(_("state")), Column(_("lent"), is_number=True)],
        rows=rows,
        empty=_("Nothing."),
        note=words,
    )


def _money(seen: Seen, minor: int | None) -> str:
    return NOTHING if minor is None else money(minor, seen.application.currency)


def _yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")
