"""From the bytes of a file to its statements."""

from repayments.domain.bank_files.camt_files import is_camt, read_camt
from repayments.domain.bank_files.csv_files import read_csv
from repayments.domain.bank_files.encodings import decoded, refuse_too_large
from repayments.domain.bank_files.mt940_files import is_mt940, read_mt940
from repayments.domain.bank_files.values import BankFile, Format


def read_bank_file(content: bytes, *, currency: str, layout: str | None = None) -> BankFile:
    """
    Tell the format by what stands in the file, never by its name, and read it whole.

    :param currency: of a table that does not name one.
    :param layout: take a table as this one instead of by its columns.
    :raises BankFileRefused: see its kinds; the code says which.
    """
    refuse_too_large(len(content))
    text, encoding = decoded(content)
    if is_camt(text):
        return BankFile(Format.CAMT053, encoding, "", tuple(read_camt(text)))
    if is_mt940(text):
        return BankFile(Format.MT940, encoding, "", tuple(read_mt940(text)))
    name, statements, problems = read_csv(text, currency=currency, layout=layout)
    return BankFile(Format.CSV, encoding, name, tuple(statements), tuple(problems))
