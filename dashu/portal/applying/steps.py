"""One step of an application on its way between page and service: what is filled in, what was typed, what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dashu.consents.selectors import consents_held, latest_texts
from dashu.kernel.errors import DomainError
from dashu.kernel.money import format_minor
from dashu.portal.applying.forms import STEP_FORMS, STEP_ROWS, StepForm
from dashu.web.templatetags.dashu import money
from loans.domain.application_consents import EVERY
from loans.domain.application_facts import Step, steps_of
from loans.domain.tranches import parts_of_json
from loans.models import Application
from loans.selectors.products import UnknownProduct, product_terms

ROW = re.compile(r"(\w+)\[(\d+)\]\.(\w+)")
TITLES: Mapping[Step, Any] = {
    Step.LOAN: _("The loan"),
    Step.PERSON: _("About you"),
    Step.BUSINESS: _("Your business"),
    Step.CARD: _("The card"),
    Step.WORK: _("Work and home"),
    Step.MONTH: _("A usual month"),
    Step.DEBTS: _("Other loans"),
    Step.DOCUMENTS: _("Papers"),
    Step.CONSENTS: _("Your consent"),
}
LEADS: Mapping[Step, Any] = {
    Step.LOAN: _("What you ask for now decides nothing yet: you choose from offers later."),
    Step.PERSON: _("We need to know who signs. Name, number and phone are kept encrypted."),
    Step.BUSINESS: _("The loan is for this business, and you sign for it."),
    Step.CARD: _("We pay the bank of the card directly. Card numbers are kept encrypted."),
    Step.WORK: _("This helps us see how steady your income is."),
    Step.MONTH: _("So that we only offer what leaves you enough to live on. Rough figures are fine."),
    Step.DEBTS: _(
        "Cards, other online loans, a mortgage: what you pay back each month. Leave it empty if there is none."
    ),
    Step.DOCUMENTS: _("A payslip or a bank statement makes more possible. You can also go on without."),
    Step.CONSENTS: _("Read what you agree to. You can take any of it back later."),
}

ROW_NAMES: Mapping[str, Any] = {
    "debts": _("Loan %(number)s"),
    "tranches": _("Part %(number)s"),
    "guarantors": _("Guarantor %(number)s"),
}


@dataclass(slots=True)
class Asked:
    """:param rows: the list that is asked beside the form, and `note` what is said of it; None where there is none."""

    step: Step
    form: StepForm
    rows: BaseFormSet | None = None
    rows_name: str = ""
    note: str = ""

    @property
    def title(self) -> Any:
        return TITLES[self.step]

    @property
    def lead(self) -> Any:
        return LEADS[self.step]

    @property
    def named_rows(self) -> list[tuple[str, BaseForm]]:
        """The rows of the list with what each is called."""
        forms = self.rows.forms if self.rows is not None else []
        return [(ROW_NAMES[self.rows_name] % {"number": number}, row) for number, row in enumerate(forms, start=1)]

    def is_valid(self) -> bool:
        is_form_valid = self.form.is_valid()
        return (self.rows is None or self.rows.is_valid()) and is_form_valid

    @property
    def answer(self) -> dict[str, Any]:
        answer = self.form.answer
        if self.rows is not None:
            answer[self.rows_name] = [_row(form.cleaned_data) for form in self.rows if form.cleaned_data]
        return answer

    def blame(self, refusal: DomainError) -> None:
        """Put a refusal of the service beside the field that it names, else on top."""
        field = refusal.field or ""
        if (found := ROW.fullmatch(field)) and self.rows is not None:
            filled = [form for form in self.rows if form.cleaned_data]
            name = "share" if found[3] == "share_bps" else found[3]
            filled[int(found[2])].add_error(name, refusal.user_message)
            return
        if self.rows is not None and field == self.rows_name:
            self.rows.non_form_errors().append(refusal.user_message)
            return
        field = {"annual_rate": "rate"}.get(field, field)
        self.form.add_error(field if field in self.form.fields else None, refusal.user_message)


def asked_for(
    application: Application, step: Step, data: QueryDict | None = None, *, today: date, rows_typed: int = 0
) -> Asked:
    """
    Return a step as it is asked: filled in from what is kept, or with what was typed.

    :param data: of a POST. :param rows_typed: how many rows of its list are needed for what is put back into them.
    """
    kept = application.answers.get(step.value, {})
    make: type[StepForm] = STEP_FORMS[step]
    more: dict[str, Any] = {"initial": make.initial_of(application, kept), "application": application}
    if step is Step.CONSENTS:
        held = consents_held(borrower_id=application.borrower_id, about=application.reference)
        more["texts"] = latest_texts(EVERY)
        more["initial"] = {f"text_{text.pk}": True for text in held.values()}
    form = make(data, **more)
    note = _note_on_parts(application, today=today) if step is Step.LOAN else ""
    if step not in STEP_ROWS or (step is Step.LOAN and not note):
        return Asked(step, form)
    name, make_rows = STEP_ROWS[step]
    if data is None:
        initial = _kept_rows(application, name, kept)
        rows = make_rows(initial=initial, prefix=name)
        rows.extra = max(min(rows_typed, rows.max_num) - len(initial), 0 if initial else 1)
    else:
        rows = make_rows(_with_more(data, name), prefix=name)
    for row in rows.forms:
        row.empty_permitted, row.use_required_attribute = True, False
    return Asked(step, form, rows, name, note)


def _note_on_parts(application: Application, *, today: date) -> str:
    """Return what is said of a payout in parts; "" for a product that is paid out in one sum."""
    try:
        rules = product_terms(application.product.code, on=today).rules
    except UnknownProduct:
        return ""
    if rules.max_tranches <= 1:
        return ""
    return gettext(
        "Leave this empty to receive all of it at once. In up to %(most)s parts, each at least %(least)s, the last one"
        " by %(latest)s: what you have not received costs nothing, and you can still say no to a later part."
    ) % {
        "most": rules.max_tranches,
        "least": money(rules.min_principal, application.currency),
        "latest": date_format(today + timedelta(days=rules.tranche_within_days), "DATE_FORMAT"),
    }


def steps_shown(application: Application, current: Step | None = None) -> list[dict[str, Any]]:
    """Return the steps as the head of the page lists them."""
    return [
        {"step": step, "title": TITLES[step], "is_done": step in application.steps_done, "is_current": step is current}
        for step in steps_of(application.product.kind)
    ]


def next_step(application: Application, after: Step | None = None) -> Step | None:
    """Return the step that comes next: the one behind `after`, else the first that is open; None: all are done."""
    steps = steps_of(application.product.kind)
    later = steps[steps.index(after) + 1 :] if after else steps
    return next((step for step in (*later, *steps) if step not in application.steps_done), None)


def step_before(application: Application, step: Step) -> Step | None:
    steps = steps_of(application.product.kind)
    place = steps.index(step)
    return steps[place - 1] if place else None


def _with_more(data: QueryDict, name: str) -> QueryDict:
    """Return what was typed with one more empty row, where another row is asked for instead of going on."""
    if data.get("more") != name:
        return data
    more = data.copy()
    total = str(more.get(f"{name}-TOTAL_FORMS"))
    more[f"{name}-TOTAL_FORMS"] = str(int(total) + 1) if total.isdecimal() and len(total) < 4 else "1"
    return more


def _kept_rows(application: Application, name: str, kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    if name == "guarantors":
        return [
            {"name": each.name, "number": each.number, "phone": each.phone or "", "share": f"{each.share_bps / 100:g}"}
            for each in application.guarantors.all()
        ]
    if name == "tranches":
        return [
            {"amount": format_minor(part.minor).removesuffix(".00"), "on": part.on}
            for part in parts_of_json(kept.get("tranches", ()))
        ]
    return [
        {
            "lender": debt["lender"],
            "monthly": format_minor(debt["monthly_minor"]),
            "left": format_minor(debt["left_minor"]),
        }
        for debt in kept.get("debts", [])
    ]


def _row(cleaned: dict[str, Any]) -> dict[str, Any]:
    row = dict(cleaned)
    if "share" in row:
        row["share_bps"] = int(row.pop("share") * 100)
    if "on" in row:
        row["on"] = row["on"].isoformat() if row["on"] else None
    return row
