"""
Take a bank's file into the book.

Lines that are here already are recognised and left alone. All money that came in goes to suspense in the same
transaction, so cash agrees with the bank from this moment on; what is surely one loan's is matched right after.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from dashu import events
from dashu.audit import services as audit
from repayments.domain.bank_files.reading import read_bank_file
from repayments.domain.bank_files.values import BankFile, BankFileRefused, FileLine, FileStatement, Problem, identities
from repayments.domain.bank_text import masked
from repayments.models import BankAccount, BankLine, BankStatement
from repayments.services.bank_suspense import hold_all

BATCH = 2_000


class UnknownBankAccount(BankFileRefused):
    """The file is of an account that is not one of ours, or does not say of which and none was chosen."""

    code = "unknown_bank_account"


class WrongBankAccount(BankFileRefused):
    """The file is of another account, or in another currency, than the one that was chosen."""

    code = "wrong_bank_account"


class EmptyBankFile(BankFileRefused):
    """No line of the file can be taken."""

    code = "bank_file_empty"


class LinesInTheFuture(BankFileRefused):
    """The bank cannot have booked what is still to come."""

    code = "bank_lines_in_the_future"


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """
    One statement of a file, set against what is here.

    :param new: unsaved lines, in the file's order.
    :param known: how many of its lines are here already.
    :param gap_minor: its opening balance less the closing balance of the latest statement before it; None where
        there is nothing to compare.
    """

    account: BankAccount
    source: FileStatement
    new: tuple[BankLine, ...]
    known: int
    gap_minor: int | None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """:param earlier: the statements of the same file when it was imported before; then nothing else is looked at."""

    sha256: str
    file: BankFile | None
    statements: tuple[ReadStatement, ...]
    earlier: tuple[BankStatement, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    statements: tuple[BankStatement, ...]
    is_new: bool


def read_file(content: bytes, *, account: BankAccount | None, layout: str | None, today: date) -> ReadFile:
    """
    Read a file and set it against the book; nothing is written.

    :param account: of a file that does not say of which account it is; of one that does, it has to agree.
    :raises BankFileRefused: the file cannot be taken; the code says why.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if earlier := _earlier(sha256):
        return ReadFile(sha256, None, (), earlier)
    file = read_bank_file(content, currency=account.currency if account else settings.CURRENCY, layout=layout)
    if not file.statements:
        raise EmptyBankFile(
            _("No line of the file can be taken."),
            field="file",
            details={"problems": [problem.as_json() for problem in file.problems[:100]]},
        )
    accounts = list(BankAccount.objects.filter(is_active=True))
    seen: set[bytes] = set()
    statements = [_set_against(source, account, accounts, seen, today) for source in file.statements]
    return ReadFile(sha256, file, tuple(statements), ())


@transaction.atomic
def import_bank_file(
    *, content: bytes, file_name: str, account_id: int | None, layout: str | None, today: date, actor: str
) -> Imported:
    """
    Write the statements of a file, their new lines, and the entries in suspense.

    The same file again changes nothing and returns what was imported before.

    :raises BankFileRefused: the file cannot be taken; nothing is written.
    """
    # Imports wait for each other, so that two of them cannot both find a line new.
    accounts = {one.pk: one for one in BankAccount.objects.select_for_update().order_by("pk")}
    account = accounts.get(account_id) if account_id else None
    read = read_file(content, account=account, layout=layout, today=today)
    if read.earlier:
        return Imported(read.earlier, is_new=False)
    assert read.file is not None
    written = [
        _write(one, number, read, file_name=file_name, actor=actor)
        for number, one in enumerate(read.statements, start=1)
    ]
    for statement in written:
        audit.record(
            action="repayments.bank_statement_imported",
            subject_type="bank_statement",
            subject_id=statement.pk,
            actor=actor,
            data={"sha256": read.sha256, "lines": statement.lines.count()},
        )
        events.publish("repayments.bank_statement_imported", statement_id=statement.pk)
    return Imported(tuple(written), is_new=True)


def _earlier(sha256: str) -> tuple[BankStatement, ...]:
    found = BankStatement.objects.filter(sha256=sha256).select_related("account").order_by("number_in_file")
    return tuple(found)


def _set_against(
    source: FileStatement, chosen: BankAccount | None, accounts: list[BankAccount], seen: set[bytes], today: date
) -> ReadStatement:
    account = _account_of(source, chosen, accounts)
    late = next((line for line in source.lines if line.booked_on > today), None)
    if late is not None:
        raise LinesInTheFuture(
            _("Line %(line)s is booked on %(day)s, which is still to come. Check the file."),
            field="file",
            params={"line": late.row, "day": late.booked_on.isoformat()},
        )
    names = identities(account.number, source.lines)
    here = seen | _known(names)
    new = [
        _line(account, line, identity)
        for line, identity in zip(source.lines, names, strict=True)
        if identity not in here
    ]
    seen |= set(names)
    return ReadStatement(account, source, tuple(new), len(names) - len(new), _gap(account, source))


def _account_of(source: FileStatement, chosen: BankAccount | None, accounts: list[BankAccount]) -> BankAccount:
    written = _digits(source.account)
    found = chosen
    if written:
        found = next((one for one in accounts if _digits(one.number) == written), None)
        if found is None:
            raise UnknownBankAccount(
                _("The file is of the account %(account)s, which is not one of ours. Add it first."),
                field="file",
                params={"account": masked(written)},
            )
    if found is None:
        raise UnknownBankAccount(
            _("The file does not say of which account it is. Choose the account."), field="account"
        )
    if chosen is not None and found.pk != chosen.pk:
        raise WrongBankAccount(
            _("The file is of the account %(account)s, not of the one that was chosen."),
            field="account",
            params={"account": masked(written)},
        )
    if source.currency != found.currency:
        raise WrongBankAccount(
            _("The file is in %(given)s, the account in %(currency)s."),
            field="file",
            params={"given": source.currency, "currency": found.currency},
        )
    return found


def _digits(number: str) -> str:
    """Return an account number without blanks and hyphens, and without a bank's code before a slash."""
    return re.sub(r"[\s-]", "", number.rpartition("/")[2]).upper()


def _known(names: Sequence[bytes]) -> set[bytes]:
    return {
        bytes(identity)
        for part in _parts(names)
        for identity in BankLine.objects.filter(identity__in=part).values_list("identity", flat=True)
    }


def _line(account: BankAccount, line: FileLine, identity: bytes) -> BankLine:
    other = line.counterparty_account
    text = line.text.replace(other, masked(other)) if len(other) >= 8 else line.text
    return BankLine(
        account=account,
        number=line.row,
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount_minor=line.amount,
        currency=account.currency,
        counterparty_name=line.counterparty_name,
        counterparty_account=other[-4:],
        text=text,
        bank_reference=line.bank_reference,
        balance_minor=line.balance,
        identity=identity,
    )


def _gap(account: BankAccount, source: FileStatement) -> int | None:
    if source.opening is None or source.first_on is None:
        return None
    before = BankStatement.objects.filter(account=account, to_on__lte=source.first_on, closing_minor__isnull=False)
    latest = before.order_by("-to_on", "-pk").values_list("closing_minor", flat=True).first()
    return None if latest is None else source.opening - latest


def _write(one: ReadStatement, number: int, read: ReadFile, *, file_name: str, actor: str) -> BankStatement:
    assert read.file is not None
    problems = [*one.source.left_out, *(read.file.problems if number == 1 else ())]
    statement = BankStatement.objects.create(
        account=one.account,
        file_name=file_name[-200:],
        sha256=read.sha256,
        number_in_file=number,
        format=read.file.format.value,
        layout=read.file.layout,
        encoding=read.file.encoding,
        from_on=one.source.first_on,
        to_on=one.source.last_on,
        opening_minor=one.source.opening,
        closing_minor=one.source.closing,
        lines_known=one.known,
        problems=[_stored(problem) for problem in problems],
        imported_by=actor,
    )
    for part in _parts(one.new):
        hold_all(part, account_number=one.account.number, actor=actor)
        for line in part:
            line.statement = statement
        BankLine.objects.bulk_create(part)
    return statement


def _stored(problem: Problem) -> dict[str, Any]:
    """Keep the sentence and its values apart, so that it can be told in any language later."""
    refusal = problem.refusal
    values = {name: value if isinstance(value, int) else str(value) for name, value in refusal.params.items()}
    return {
        "line": problem.line,
        "column": problem.column,
        "code": refusal.code,
        "message": str(refusal.message),
        "values": values,
    }


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))
