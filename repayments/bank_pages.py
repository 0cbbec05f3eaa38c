"""What the staff pages of bank statements show: plain values, decided before the template."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.ledger.models import JournalEntry
from dashu.web.staff_tables import Column, Figure, Table, wrapped
from dashu.web.templatetags.dashu import lender_date, money
from loans.admin import loan_link
from loans.models import Loan
from repayments.bank_words import RULES, in_words, name_in_language
from repayments.domain.bank_files.layouts import layouts
from repayments.domain.bank_matching import Debt, sure_one
from repayments.models import BankLine, BankStatement, Disbursement
from repayments.selectors.bank_candidates import Findings, findings_for
from repayments.selectors.bank_statements import figures_of
from repayments.services.book_sure_matches import BATCH, sure_places
from repayments.services.import_bank_statement import ReadFile, ReadStatement

SHOWN_LINES = 100
WEIGHED_LINES = 5_000  # of a file in preview; what lies beyond is weighed when it is booked


@dataclass(frozen=True, slots=True)
class Proposal:
    """One suggestion on a page."""

    loan_id: int
    loan: SafeString
    borrower: str
    score: int
    why: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class LineCard:
    """A line with all that helps to decide on it."""

    line: BankLine
    amount: str
    counterparty: str
    account: str
    proposals: tuple[Proposal, ...] = ()
    payouts: tuple[Disbursement, ...] = field(default=())


def cards(lines: Sequence[BankLine], *, today: date) -> list[LineCard]:
    """Return the lines with their suggestions, in a number of queries that does not grow with them."""
    found = findings_for(lines, today=today)
    return [
        LineCard(
            line=line,
            amount=money(line.amount_minor, line.currency),
            counterparty=counterparty(line),
            account=str(line.account),
            proposals=tuple(_proposals(found, place, line.currency)),
            payouts=tuple(payout.disbursement for payout in found.payouts[place]),
        )
        for place, line in enumerate(lines)
    ]


def counterparty(line: BankLine) -> str:
    tail = f"•••• {line.counterparty_account}" if line.counterparty_account else ""
    return " ".join(part for part in (line.counterparty_name, tail) if part) or gettext("not named by the bank")


def problem_words(problem: dict[str, Any]) -> str:
    """Tell a stored problem in the reader's language."""
    text = gettext(problem["message"])
    return text % problem["values"] if problem["values"] else text


def problems_table(problems: Sequence[dict[str, Any]]) -> Table:
    return Table(
        title=_("Lines not taken"),
        columns=[Column(_("line"), is_number=True), Column(_("column")), Column(_("code")), Column(_("why"))],
        rows=[[one["line"], one["column"], one["code"], problem_words(one)] for one in problems[:SHOWN_LINES]],
        empty=_("Every line was taken."),
        note=_(
            "They are not on the books. Correct them in the file and import it again: known lines stay as they are."
        ),
    )


def unmatched_figures() -> list[Figure]:
    waiting = BankLine.objects.filter(status=BankLine.Status.UNMATCHED).order_by().values("currency")
    sums = waiting.annotate(
        incoming=Count("pk", filter=Q(amount_minor__gt=0)),
        minor=Sum("amount_minor", filter=Q(amount_minor__gt=0), default=0),
        outgoing=Count("pk", filter=Q(amount_minor__lt=0)),
    )
    figures = []
    for one in sums.order_by("currency"):
        figures.append(
            Figure(
                _("in suspense"),
                money(one["minor"], one["currency"]),
                gettext("lines that came in: %(count)s") % {"count": one["incoming"]},
                "soon" if one["incoming"] else "good",
            )
        )
        figures.append(Figure(_("outgoing, not explained"), one["outgoing"], one["currency"]))
    return figures or [Figure(_("in suspense"), "0", _("Every line is matched or explained."), "good")]


def statement_figures(statement: BankStatement) -> list[Figure]:
    figures = figures_of(statement)
    currency = statement.account.currency
    shown = [
        Figure(_("came in"), money(figures["credits_minor"], currency), figures["credits"]),
        Figure(_("went out"), money(figures["debits_minor"], currency), figures["debits"]),
        Figure(_("matched"), figures["matched"], tone="good"),
        Figure(_("explained"), figures["explained"]),
        Figure(
            _("unmatched"),
            figures["unmatched"],
            money(figures["suspense_minor"], currency),
            "soon" if figures["unmatched"] else "good",
        ),
    ]
    if statement.matched_at is None:
        shown.append(Figure(_("matching"), _("still running"), _("Reload this page in a moment."), "soon"))
    return shown


def statement_tables(statement: BankStatement) -> list[Table]:
    lines = list(statement.lines.order_by("pk")[: SHOWN_LINES + 1])
    address = f"{reverse('admin:repayments_bankline_changelist')}?statement__id__exact={statement.pk}"
    tables = [
        Table(
            title=_("Lines"),
            columns=_line_columns(_("status")),
            rows=[[*_line_cells(line, link=True), line.get_status_display()] for line in lines[:SHOWN_LINES]],
            empty=_("All lines of this statement were here already."),
            more=address if len(lines) > SHOWN_LINES else "",
        )
    ]
    if statement.problems:
        tables.append(problems_table(statement.problems))
    return tables


def preview_of(read: ReadFile, *, today: date) -> dict[str, Any]:
    """Return the parts of the preview: for each statement its figures, notices and lines; and what is not taken."""
    assert read.file is not None
    left_out = [problem for one in read.statements for problem in one.source.left_out]
    problems = [*read.file.problems, *left_out]
    stored = [
        {
            "line": one.line,
            "column": one.column,
            "code": one.refusal.code,
            "message": str(one.refusal.message),
            "values": one.refusal.params,
        }
        for one in problems
    ]
    layout = layouts()[read.file.layout].title if read.file.layout else {}
    return {
        "kind": " · ".join(
            part for part in (read.file.format.value, read.file.encoding, name_in_language(layout)) if part
        ),
        "statements": [_previewed(one, today) for one in read.statements],
        "problems": problems_table(stored) if stored else None,
    }


def history_tables(line: BankLine) -> list[Table]:
    """What was decided of a line, and what is on the ledger for it."""
    matches = line.matches.select_related("payment__loan__borrower").order_by("pk")
    explanations = line.explanations.order_by("pk")
    tables = []
    if matches:
        tables.append(
            Table(
                title=_("Matches"),
                columns=[
                    Column(_("payment")),
                    Column(_("loan")),
                    Column(_("borrower")),
                    Column(_("amount"), is_number=True),
                    Column(_("score"), is_number=True),
                    Column(_("rule")),
                    Column(_("why")),
                    Column(_("by")),
                    Column(_("undone")),
                ],
                rows=[
                    [
                        _payment_link(match.payment),
                        loan_link(match.payment.loan),
                        match.payment.loan.borrower.name,
                        money(match.payment.amount_minor, line.currency),
                        match.score,
                        RULES[match.rule],
                        wrapped(in_words(match.reasons, line.currency)),
                        _by(match.matched_by, match.matched_at),
                        wrapped(_undone(match)),
                    ]
                    for match in matches
                ],
                empty="",
            )
        )
    if explanations:
        tables.append(
            Table(
                title=_("Explanations"),
                columns=[Column(_("reason")), Column(_("by")), Column(_("undone"))],
                rows=[[one.reason, _by(one.explained_by, one.explained_at), _undone(one)] for one in explanations],
                empty="",
            )
        )
    if line.is_credit:
        tables.append(_ledger_table(line))
    return tables


def loan_row(loan: Loan, debt: Debt | None, currency: str) -> list[Any]:
    due = money(debt.due_now, currency) if debt else "–"
    following = money(debt.unpaid[0][1], currency) if debt and debt.unpaid else "–"
    payoff = money(debt.payoff, currency) if debt else "–"
    return [loan_link(loan), loan.borrower.name, loan.get_status_display(), due, following, payoff]


def _proposals(found: Findings, place: int, currency: str) -> Iterator[Proposal]:
    sure = sure_one(found.suggestions[place], found.weights)
    for one in found.suggestions[place]:
        loan = found.loans[one.loan_id]
        yield Proposal(
            loan_id=loan.pk,
            loan=loan_link(loan),
            borrower=loan.borrower.name,
            score=one.score,
            why=in_words(one.reasons, currency),
            is_sure=one is sure,
        )


def _previewed(read: ReadStatement, today: date) -> dict[str, Any]:
    currency = read.account.currency
    came = [line for line in read.new if line.is_credit]
    went = [line for line in read.new if not line.is_credit]
    fates, sure_minor, sure_count = _fates(read.new[:WEIGHED_LINES], today)
    total = sum(line.amount_minor for line in came)
    figures = [
        Figure(_("came in"), money(total, currency), gettext("new lines: %(count)s") % {"count": len(came)}),
        Figure(
            _("went out"),
            money(sum(line.amount_minor for line in went), currency),
            gettext("new lines: %(count)s") % {"count": len(went)},
        ),
        Figure(
            _("matched at once"),
            money(sure_minor, currency),
            gettext("lines: %(count)s") % {"count": sure_count},
            "good",
        ),
        Figure(_("stays in suspense"), money(total - sure_minor, currency), _("until a person decides"), "soon"),
        Figure(_("here already"), read.known, _("Known lines are left as they are.")),
    ]
    notices = []
    if read.source.opening is not None and read.source.closing is not None:
        words = gettext("Opening balance %(opening)s and all lines make the closing balance %(closing)s.")
        notices.append(
            words % {"opening": money(read.source.opening, currency), "closing": money(read.source.closing, currency)}
        )
    elif read.source.lines and all(line.balance is not None for line in read.source.lines):
        notices.append(gettext("Each balance follows from the one before it, except across lines that are not taken."))
    else:
        notices.append(gettext("The file gives no balances, so it cannot be told whether a line is missing."))
    if read.gap_minor:
        words = gettext(
            "The opening balance differs by %(difference)s from the closing balance of the statement before."
            " A statement may be missing in between."
        )
        notices.append(words % {"difference": money(read.gap_minor, currency)})
    period = ""
    if read.source.first_on and read.source.last_on:
        period = f"{lender_date(read.source.first_on)} – {lender_date(read.source.last_on)}"
    return {
        "title": f"{read.account} · {period}",
        "figures": figures,
        "notices": notices,
        "table": Table(
            title=_("New lines"),
            columns=_line_columns(_("what will happen")),
            rows=[
                [*_line_cells(line), wrapped(fate)]
                for line, fate in zip(read.new[:SHOWN_LINES], fates[:SHOWN_LINES], strict=True)
            ],
            empty=_("All lines of this statement are here already."),
            note=gettext("The first %(count)s of %(all)s.") % {"count": SHOWN_LINES, "all": len(read.new)}
            if len(read.new) > SHOWN_LINES
            else "",
        ),
    }


def _fates(lines: Sequence[BankLine], today: date) -> tuple[list[str], int, int]:
    """Say of each new line what booking the file will do with it; return that, and the sum and count of the matched."""
    fates: list[str] = []
    minor = count = 0
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        found = findings_for(part, today=today)
        sure = set(sure_places(part, found))
        for place, line in enumerate(part):
            best = found.suggestions[place][0] if found.suggestions[place] else None
            if place in sure and best:
                minor, count = minor + line.amount_minor, count + 1
                words = gettext("Matched with %(loan)s, %(score)s points: %(why)s")
            elif best:
                words = gettext("Suspense; suggested %(loan)s, %(score)s points: %(why)s")
            elif line.is_credit:
                fates.append(gettext("Suspense"))
                continue
            else:
                payout = next((one.disbursement for one in found.payouts[place] if one.is_sure), None)
                known = gettext("Payout %(reference)s, on the books") % {"reference": payout} if payout else ""
                fates.append(known or gettext("Listed, not explained"))
                continue
            loan = found.loans[best.loan_id].number
            fates.append(words % {"loan": loan, "score": best.score, "why": in_words(best.reasons, line.currency)})
    return fates, minor, count


def _line_columns(last: Any) -> list[Column]:
    return [
        Column(_("line"), is_number=True),
        Column(_("value date")),
        Column(_("amount"), is_number=True),
        Column(_("counterparty")),
        Column(_("text")),
        Column(last),
    ]


def _line_cells(line: BankLine, *, link: bool = False) -> list[Any]:
    number: Any = line.number
    if link:
        number = format_html('<a href="{}">{}</a>', reverse("admin:repayments_bankline_change", args=[line.pk]), number)
    amount = money(line.amount_minor, line.currency)
    return [number, lender_date(line.value_on), amount, wrapped(counterparty(line)), wrapped(line.text)]


def _ledger_table(line: BankLine) -> Table:
    reference = f"SUSPENSE-{bytes(line.identity).hex()[:40]}"
    entries = JournalEntry.objects.filter(reference__startswith=reference).select_related("reversed_by").order_by("pk")
    return Table(
        title=_("In suspense"),
        columns=[
            Column(_("entry")),
            Column(_("effective on")),
            Column(_("amount"), is_number=True),
            Column(_("reversed by")),
        ],
        rows=[
            [
                _entry_link(entry),
                lender_date(entry.effective_on),
                money(line.amount_minor, line.currency),
                _entry_link(entry.reversed_by) if hasattr(entry, "reversed_by") else gettext("stands"),
            ]
            for entry in entries
        ],
        empty="",
    )


def _entry_link(entry: JournalEntry) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:ledger_journalentry_change", args=[entry.pk]), entry.pk)


def _payment_link(payment: Any) -> SafeString:
    address = reverse("admin:repayments_payment_change", args=[payment.pk])
    return format_html('<a href="{}">{}</a>', address, payment.reference)


def _by(actor: str, at: Any) -> str:
    return f"{actor} · {localtime(at):%Y-%m-%d %H:%M}"


def _undone(decision: Any) -> str:
    return "" if decision.is_open else f"{_by(decision.undone_by, decision.undone_at)} · {decision.undone_reason}"
