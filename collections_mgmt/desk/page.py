"""The page of one file: what runs first, then the next step and why, then the person, their loans and their past."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from collections_mgmt.desk.lines import lines_table
from collections_mgmt.desk.strategy import strategy_shown
from collections_mgmt.desk.words import (
    SKILLS,
    STEPS,
    due_words,
    facts_named,
    part_named,
    share,
    state_words,
    why_suggested,
)
from collections_mgmt.domain.next_step import Suggestion, suggest
from collections_mgmt.domain.priority import Priority, priority_of
from collections_mgmt.domain.scripts import Script, scripts_for
from collections_mgmt.forborne_words import staff_line
from collections_mgmt.models import CaseFile
from collections_mgmt.presenting import tone_of
from collections_mgmt.selectors.borrower_now import (
    LateLoan,
    Month,
    MonthFigure,
    Running,
    late_loans,
    latest_help,
    latest_month,
    running_of,
)
from collections_mgmt.selectors.file_lines import GROUPS, Place, lines_of
from collections_mgmt.selectors.scripts import scripts_in_use
from dashu.kernel.masking import masked_name
from dashu.policy import rules as policy
from dashu.policy.case_desk import BPS, Step
from dashu.web.staff_tables import Column, Figure, Table
from dashu.web.templatetags.dashu import money
from loans.admin import loan_link


def file_page(file: CaseFile, *, group: str, after: Place | None, now: datetime) -> dict[str, Any]:
    """Return what the template takes, apart from what the person may do; a number of queries that does not grow."""
    today = localtime(now).date()
    running, loans = running_of(file.borrower_id, on=today), late_loans(file.borrower_id)
    suggestion = suggest(days=file.days, facts=file.facts, rules=policy.case_steps(today))
    found, following = lines_of(file.borrower_id, groups=[group] if group in GROUPS else [], after=after)
    return {
        "file": file,
        "person": masked_name(file.borrower.name),
        "language": file.borrower.get_language_display(),
        "figures": file_figures(file, today=today),
        "banners": _banners(running),
        "step": _step(suggestion, file, running),
        "others": [(step.value, STEPS[step].name, STEPS[step].about) for step in suggestion.others],
        "said": told_scripts(scripts_for(suggestion.step, scripts_in_use()), file, today),
        "script_language": file.borrower.language,
        "strategy": strategy_shown(file, today=today),
        "loans": _loans(loans),
        "month": _month(latest_month(file.borrower_id), file),
        "place": _place(file),
        "lines": lines_table(found),
        "groups": [(code, label, code == group) for code, label in GROUPS.items()],
        "group": group,
        "following": following and str(following),
        "is_further": after is not None,
    }


def file_figures(file: CaseFile, *, today: date) -> list[Figure]:
    contact, contact_tone = due_words(file.contact_due_on, today)
    look, look_tone = due_words(file.review_due_on, today)
    if file.contacted_at:
        contact, contact_tone = gettext("done"), "good"
    return [
        Figure(_("overdue"), money(file.value_minor, file.currency), _("on all loans")),
        Figure(_("days past due"), file.days, _("without the days that stood still"), tone_of(file.days)),
        Figure(_("first contact"), contact, date_format(file.contact_due_on), contact_tone),
        Figure(_("next look"), look, date_format(file.review_due_on), look_tone),
        Figure(_("state"), state_words(file), file.team or _("No team takes this file.")),
    ]


def _banners(running: Running) -> list[tuple[str, Any]]:
    """What is read before anything is done: (tone, sentence), the gravest first."""
    told: list[tuple[str, Any]] = []
    for hold in running.holds:
        last = date_format(hold.ends_on) if hold.ends_on else gettext("somebody ends it")
        told.append(
            (
                "late",
                gettext(
                    "A hold runs on %(loan)s until %(last)s: %(kind)s. Nothing is demanded and the days stand still."
                )
                % {"loan": hold.loan.number, "last": last, "kind": hold.get_kind_display()},
            )
        )
    for kind, name, rows in (
        ("hardshiprequest", gettext("Has asked for help"), running.help),
        ("complaint", gettext("Has complained"), running.complaints),
        ("dispute", gettext("Disputes the credit record"), running.disputes),
    ):
        for asked in rows:
            address = reverse(f"admin:collections_mgmt_{kind}_change", args=[asked.pk])
            told.append(
                (
                    "late",
                    format_html(
                        '{}: <a href="{}">{}</a> · {}',
                        name,
                        address,
                        asked.reference,
                        gettext("answer due on %(day)s") % {"day": date_format(asked.due_on)},
                    ),
                )
            )
    for promise in running.promises:
        told.append(
            (
                "soon",
                gettext("A promise runs: %(amount)s by %(day)s on %(loan)s. Leave them in peace until then.")
                % {
                    "amount": money(promise.amount_minor, promise.loan.currency),
                    "day": date_format(promise.due_on),
                    "loan": promise.loan.number,
                },
            )
        )
    told += [("soon", staff_line(plan)) for plan in running.forborne]
    return told


def _step(suggestion: Suggestion, file: CaseFile, running: Running) -> dict[str, Any]:
    words = STEPS[suggestion.step]
    return {
        "code": suggestion.step.value,
        "name": words.name,
        "about": words.about,
        "reasons": why_suggested(suggestion, file),
        "address": _address(suggestion.step, file, running),
        "is_nothing": suggestion.step is Step.NOTHING,
    }


def _address(step: Step, file: CaseFile, running: Running) -> str:
    """Where the step is done; empty where it is done on this page."""
    if step is Step.ANSWER_HELP and running.help:
        return reverse("admin:collections_mgmt_hardshiprequest_change", args=[running.help[0].pk])
    if step is Step.ANSWER_COMPLAINT and running.complaints:
        return reverse("admin:collections_mgmt_complaint_change", args=[running.complaints[0].pk])
    return ""


def suggested_step(file: CaseFile, today: date) -> Step:
    return suggest(days=file.days, facts=file.facts, rules=policy.case_steps(today)).step


def told_scripts(chosen: Iterable[Script], file: CaseFile, today: date) -> list[tuple[str, str, bool, int]]:
    """(title in the reader's language, text in the borrower's, whether it has to be said, version)."""
    language = file.borrower.language
    values = {
        "lender": policy.lender_names(today)[language],
        "days": str(file.days),
        "amount": money(file.value_minor, file.currency),
        "complaint_phone": policy.complaints(today).told(language).phone,
    }
    reader = get_language() or "en"
    return [
        (
            script.title.get(reader, script.title["en"]),
            script.said(language, values),
            script.is_disclosure,
            script.version,
        )
        for script in chosen
    ]


def _loans(loans: list[LateLoan]) -> Table:
    rows = []
    for each in loans:
        status = each.status
        rows.append(
            [
                loan_link(each.loan),
                each.loan.product_terms.product.label,
                money(status.total_minor, each.loan.currency) if status else "–",
                status.days_past_due if status else 0,
                date_format(status.oldest_due_on) if status and status.oldest_due_on else "–",
            ]
        )
    return Table(
        title=_("Loans"),
        columns=[
            Column(_("loan")),
            Column(_("product")),
            Column(_("overdue amount"), is_number=True),
            Column(_("days past due"), is_number=True),
            Column(_("overdue since")),
        ],
        rows=rows,
        empty=_("No loan runs."),
    )


def _month(month: Month | None, file: CaseFile) -> Table:
    """What a month leaves; how old it is and how far it was proved."""
    rows: list[list[Any]] = []
    note: Any = ""
    if month is not None:
        for name, figure in (
            (_("income"), month.income),
            (_("essential spending"), month.essentials),
            (_("debt payments"), month.debts),
        ):
            rows.append([name, money(figure.counts, file.currency), _proof(figure, file.currency)])
        rows.append([_("left in the month"), money(month.left, file.currency), ""])
        note = gettext("As told in application %(reference)s on %(day)s. Ask whether it is still so.") % {
            "reference": month.reference,
            "day": date_format(localtime(month.at).date()),
        }
    asked = latest_help(file.borrower_id)
    if asked is not None and asked.can_pay_minor is not None:
        told = gettext("said in request %(reference)s on %(day)s") % {
            "reference": asked.reference,
            "day": date_format(localtime(asked.asked_at).date()),
        }
        rows.append([_("can pay a month"), money(asked.can_pay_minor, file.currency), told])
    return Table(
        title=_("What a month leaves"),
        columns=[Column(_("part of the month")), Column(_("a month"), is_number=True), Column(_("how we know"))],
        rows=rows,
        note=note,
        empty=_("We know nothing of their month. Ask before anything is agreed."),
    )


def _proof(figure: MonthFigure, currency: str) -> str:
    if figure.proved is None:
        return gettext("stated, not proved")
    return gettext("proved; stated: %(amount)s") % {"amount": money(figure.stated, currency)}


def _place(file: CaseFile) -> Table:
    """Why the file has its place: value × chance of cure × what the risk of harm makes of it, point by point."""
    rules = policy.case_priority(file.weighed_on)
    found: Priority = priority_of(value_minor=file.value_minor, days=file.days, facts=file.facts, rules=rules)
    weight = found.harm_bps if found.is_care else BPS - found.harm_bps
    by = (
        gettext("× risk of harm: people trained for it see the greater risk first")
        if found.is_care
        else gettext("× 100% − risk of harm: a risk never adds pressure")
    )
    rows: list[list[Any]] = [
        [_("overdue in all"), money(found.value_minor, file.currency), _("the sum of all loans of this person")],
        [_("× chance of cure"), share(found.cure_bps), _parts(found, of="cure", days=file.days)],
        [by, share(weight), _parts(found, of="harm", days=file.days)],
        [_("= place in the queue"), money(found.place, file.currency), _("the higher, the sooner")],
    ]
    needs = ", ".join(str(SKILLS.get(skill, skill)) for skill in file.skills) or gettext("nothing special")
    return Table(
        title=_("Why this place in the queue"),
        columns=[Column(_("part of it")), Column(_("amount or share"), is_number=True), Column(_("made of"))],
        rows=rows,
        note=gettext("Weighed on %(day)s by the rule collections.priority. Whoever works on it needs: %(needs)s.")
        % {"day": date_format(file.weighed_on), "needs": needs},
        empty="",
    )


def _parts(found: Priority, *, of: str, days: int) -> SafeString:
    parts = found.cure if of == "cure" else found.harm
    bps = found.cure_bps if of == "cure" else found.harm_bps
    lines = [(part_named(part, days), share(part.points)) for part in parts]
    if of == "harm":
        lines.append((gettext("risk of harm"), share(bps)))
    return format_html('<span class="staff-wrap case-parts">{}</span>', format_html_join(" · ", "{} {}", lines))


def facts_line(file: CaseFile) -> str:
    return " · ".join(facts_named(file.facts))
