"""What the program itself wrote as a reason is a code, so that it is said in the reader's language."""

from django.db import migrations

CODES = {
    "another promise takes its place": "ANOTHER_PROMISE",
    "an arrangement takes its place": "ARRANGEMENT",
    "a settlement takes its place": "SETTLEMENT",
    "its time was over": "TIME_OVER",
    "a payment did not hold": "PAYMENT_UNDONE",
    "declined by the borrower": "DECLINED",
}
REASONS = {
    "collections_mgmt_promisetopay": ["end_reason"],
    "collections_mgmt_arrangement": ["end_reason"],
    "collections_mgmt_settlement": ["end_reason"],
    "collections_mgmt_hold": ["reason", "end_reason"],
}
SENTENCES = [
    (f"UPDATE {table} SET {column} = %s WHERE {column} = %s", [code, words])  # noqa: S608 – constants of this module
    for table, columns in REASONS.items()
    for column in columns
    for words, code in CODES.items()
]
REFERENCES = [
    (
        f"UPDATE collections_mgmt_hold SET {column} = upper(split_part({column}, ' ', 1)) || ' '"  # noqa: S608
        f" || split_part({column}, ' ', 2) WHERE {column} ~ %s",
        ["^(complaint|dispute|request) [A-Z][0-9]+$"],
    )
    for column in REASONS["collections_mgmt_hold"]
]


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0029_work_on_files")]

    operations = [migrations.RunSQL([*SENTENCES, *REFERENCES], migrations.RunSQL.noop)]
