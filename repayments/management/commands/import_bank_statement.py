"""`manage.py import_bank_statement FILE [--account NUMBER]`: take a bank's file into the book; one JSON line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext_lazy as _

from dashu.kernel.dates import lender_today
from dashu.kernel.errors import DomainError
from repayments.domain.bank_files.encodings import refuse_too_large
from repayments.domain.bank_files.layouts import layouts
from repayments.models import BankAccount
from repayments.selectors.bank_statements import summary_of
from repayments.services.book_sure_matches import book_sure_matches
from repayments.services.import_bank_statement import UnknownBankAccount, import_bank_file

ACTOR = "system:import_bank_statement"


class UnreadableFile(DomainError):
    """The file is not there or may not be read."""

    code = "file_unreadable"


class Command(BaseCommand):
    help = (
        "Import a bank statement (CSV, camt.053 or MT940), match what is sure, and print a summary. Repeating is safe."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", help="number of our account, for a file that does not say of which it is")
        parser.add_argument("--layout", choices=sorted(layouts()), help="take a CSV as this bank's")

    def handle(self, *args: Any, file: Path, account: str | None, layout: str | None, **options: Any) -> None:
        try:
            summary = _imported(file, account, layout)
        except DomainError as refusal:
            error = {**refusal.as_json(), **refusal.details}
            self.stdout.write(json.dumps({"error": error}, ensure_ascii=False))
            sys.exit(1)
        self.stdout.write(json.dumps(summary, ensure_ascii=False))


def _imported(file: Path, number: str | None, layout: str | None) -> dict[str, Any]:
    today = lender_today()
    try:
        refuse_too_large(file.stat().st_size)
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            _("The file %(name)s cannot be opened: %(reason)s."),
            field="file",
            params={"name": file.name, "reason": error.strerror},
        ) from error
    imported = import_bank_file(
        content=content,
        file_name=file.name,
        account_id=_account_id(number),
        layout=layout,
        today=today,
        actor=ACTOR,
    )
    for statement in imported.statements:
        book_sure_matches(statement_id=statement.pk, today=today)
    return {
        "already_imported": not imported.is_new,
        "statements": [summary_of(statement) for statement in imported.statements],
    }


def _account_id(number: str | None) -> int | None:
    if number is None:
        return None
    found = BankAccount.objects.filter(number=number, is_active=True).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownBankAccount(_("No bank account of ours has this number."), field="account")
    return found
