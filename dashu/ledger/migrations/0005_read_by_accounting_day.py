"""Indexes to read entries by accounting day and postings by account, built beside running writers."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0004_accounting_periods")]

    operations = [
        AddIndexConcurrently(
            model_name="journalentry",
            index=models.Index(Coalesce("accounting_on", "effective_on"), "id", name="ledger_entry_accounting_day"),
        ),
        AddIndexConcurrently(
            model_name="posting",
            index=models.Index(fields=["account", "entry"], name="ledger_posting_account_entry"),
        ),
    ]
