import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.db import migrations, models

import dashu.ledger.models
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateModel(
            name="Account",
            fields=[
                ("code", models.CharField(max_length=32, primary_key=True, serialize=False, verbose_name="code")),
                (
                    "name",
                    models.JSONField(
                        help_text="One name for each language: zh-Hans, zh-Hant, en.", verbose_name="name"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ASSET", "Asset"),
                            ("LIABILITY", "Liability"),
                            ("INCOME", "Income"),
                            ("EXPENSE", "Expense"),
                            ("EQUITY", "Equity"),
                            ("MEMO", "Off-balance"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        help_text="Its balance is added to that of this account.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="ledger.account",
                        verbose_name="part of",
                    ),
                ),
            ],
            options={
                "verbose_name": "ledger account",
                "verbose_name_plural": "ledger accounts",
                "ordering": ["code"],
            },
        ),
        CreateModel(
            name="AccountRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.CharField(
                        blank=True, help_text="Code; empty for all others.", max_length=50, verbose_name="product"
                    ),
                ),
                ("role", models.CharField(max_length=32, verbose_name="standard account")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles",
                        to="ledger.account",
                        verbose_name="ledger account",
                    ),
                ),
            ],
            options={
                "verbose_name": "role of an account",
                "verbose_name_plural": "roles of accounts",
                "constraints": [models.UniqueConstraint(fields=("product", "role"), name="ledger_accountrole_once")],
            },
        ),
        CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("effective_on", models.DateField(verbose_name="effective on")),
                ("accounting_on", models.DateField(blank=True, editable=False, null=True, verbose_name="reported on")),
                (
                    "posted_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="posted at"
                    ),
                ),
                ("description", models.TextField(verbose_name="description")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("reference", models.TextField(blank=True, null=True, unique=True, verbose_name="reference")),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="ledger.journalentry",
                        verbose_name="reverses",
                    ),
                ),
                ("actor", models.TextField(verbose_name="actor")),
                (
                    "txid",
                    models.BigIntegerField(
                        db_default=dashu.ledger.models.CurrentTransactionId(),
                        editable=False,
                        verbose_name="database transaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "journal entry",
                "verbose_name_plural": "journal entries",
                "permissions": [("export_journalentry", "Can export the general ledger")],
                "indexes": [
                    models.Index(fields=["effective_on"], name="ledger_entry_effective_on"),
                    models.Index(
                        django.db.models.functions.comparison.Coalesce("accounting_on", "effective_on"),
                        models.F("id"),
                        name="ledger_entry_accounting_day",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="ledger.journalentry",
                        verbose_name="journal entry",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.account",
                        verbose_name="ledger account",
                    ),
                ),
                (
                    "side",
                    models.CharField(choices=[("D", "Debit"), ("C", "Credit")], max_length=1, verbose_name="side"),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("loan_id", models.BigIntegerField(blank=True, null=True, verbose_name="loan")),
            ],
            options={
                "verbose_name": "posting",
                "verbose_name_plural": "postings",
                "indexes": [
                    models.Index(fields=["loan_id", "account"], name="ledger_posting_loan_account"),
                    models.Index(fields=["account", "entry"], name="ledger_posting_account_entry"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="ledger_posting_amount_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["D", "C"])), name="ledger_posting_side_is_known"
                    ),
                ],
            },
        ),
        CreateModel(
            name="AccountingPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(blank=True, null=True, verbose_name="from")),
                ("through", models.DateField(verbose_name="through")),
                ("entries", models.BigIntegerField(verbose_name="entries")),
                ("totals", models.JSONField(verbose_name="totals")),
                (
                    "closed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="closed at"
                    ),
                ),
                ("closed_by", models.TextField(verbose_name="closed by")),
                ("reason", models.TextField(verbose_name="reason")),
                ("reopened_at", models.DateTimeField(blank=True, null=True, verbose_name="reopened at")),
                ("reopened_by", models.TextField(blank=True, default="", verbose_name="reopened by")),
                ("reopen_reason", models.TextField(blank=True, default="", verbose_name="reason for reopening")),
            ],
            options={
                "verbose_name": "accounting period",
                "verbose_name_plural": "accounting periods",
                "ordering": ["-pk"],
                "permissions": [
                    ("close_accountingperiod", "Can close an accounting period"),
                    ("reopen_accountingperiod", "Can reopen an accounting period"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reopened_at", None)),
                        fields=("through",),
                        name="ledger_accountingperiod_closed_once",
                    )
                ],
            },
        ),
        CreateModel(
            name="ClosingBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="ledger.accountingperiod",
                        verbose_name="accounting period",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="ledger.account",
                        verbose_name="ledger account",
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("debit_minor", models.BigIntegerField(verbose_name="debits")),
                ("credit_minor", models.BigIntegerField(verbose_name="credits")),
            ],
            options={
                "verbose_name": "closing balance",
                "verbose_name_plural": "closing balances",
                "constraints": [
                    models.UniqueConstraint(fields=("period", "account", "currency"), name="ledger_closingbalance_once")
                ],
            },
        ),
    ]
