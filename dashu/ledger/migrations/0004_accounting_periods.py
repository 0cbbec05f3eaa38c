"""
Accounting periods, kept by the database for every writer.

- `ledger_period_locked`: no entry is reported on a day of a closed period. A writer that names no day gets the value
  date, or the first open day when the value date is closed; set-based SQL gets it like everyone else.
- A closed period is neither deleted nor moved; it can only be reopened, once.

An entry holds a shared lock to the end of its transaction, and closing takes the same lock alone. So when a period
closes, everything that was written into it is committed and seen, and whoever writes after that sees it closed.

`accounting_on` stays null in the entries that are here, which means "the value date", and is read through COALESCE.
Filling it in would rewrite every row of a table that promises never to change, with its guard switched off.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

GUARDS = r"""
CREATE FUNCTION ledger_assign_accounting_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    locked date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(4711002);
    SELECT max(through) INTO locked FROM ledger_accountingperiod WHERE reopened_at IS NULL;
    IF NEW.accounting_on IS NULL THEN
        NEW.accounting_on := CASE WHEN NEW.effective_on <= locked THEN locked + 1 ELSE NEW.effective_on END;
    ELSIF NEW.accounting_on <= locked THEN
        RAISE EXCEPTION 'ledger_period_locked: % lies in a closed period; the first open day is %',
            NEW.accounting_on, locked + 1 USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_journalentry_accounting_day BEFORE INSERT ON ledger_journalentry
    FOR EACH ROW EXECUTE FUNCTION ledger_assign_accounting_day();

CREATE FUNCTION ledger_keep_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reopened_at IS NOT NULL OR NEW.reopened_at IS NULL OR NEW.through <> OLD.through
        OR NEW.starts_on IS DISTINCT FROM OLD.starts_on
        OR NEW.totals <> OLD.totals OR NEW.entries <> OLD.entries THEN
        RAISE EXCEPTION 'ledger_period_is_kept: a closed period can only be reopened, once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_accountingperiod_kept BEFORE UPDATE ON ledger_accountingperiod
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_period();
CREATE TRIGGER ledger_accountingperiod_not_deleted BEFORE DELETE OR TRUNCATE ON ledger_accountingperiod
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_closingbalance_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_closingbalance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

UNDO = """
DROP TRIGGER ledger_closingbalance_append_only ON ledger_closingbalance;
DROP TRIGGER ledger_accountingperiod_not_deleted ON ledger_accountingperiod;
DROP TRIGGER ledger_accountingperiod_kept ON ledger_accountingperiod;
DROP FUNCTION ledger_keep_period();
DROP TRIGGER ledger_journalentry_accounting_day ON ledger_journalentry;
DROP FUNCTION ledger_assign_accounting_day();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_accounts_for_products"),
    ]

    operations = [
        migrations.CreateModel(
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
            },
        ),
        migrations.CreateModel(
            name="ClosingBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("debit_minor", models.BigIntegerField(verbose_name="debits")),
                ("credit_minor", models.BigIntegerField(verbose_name="credits")),
            ],
            options={
                "verbose_name": "closing balance",
                "verbose_name_plural": "closing balances",
            },
        ),
        migrations.AlterModelOptions(
            name="journalentry",
            options={
                "permissions": [("export_journalentry", "Can export the general ledger")],
                "verbose_name": "journal entry",
                "verbose_name_plural": "journal entries",
            },
        ),
        migrations.AddField(
            model_name="journalentry",
            name="accounting_on",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="reported on"),
        ),
        migrations.AddConstraint(
            model_name="accountingperiod",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reopened_at", None)),
                fields=("through",),
                name="ledger_accountingperiod_closed_once",
            ),
        ),
        migrations.AddField(
            model_name="closingbalance",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="ledger.account",
                verbose_name="ledger account",
            ),
        ),
        migrations.AddField(
            model_name="closingbalance",
            name="period",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="balances",
                to="ledger.accountingperiod",
                verbose_name="accounting period",
            ),
        ),
        migrations.AddConstraint(
            model_name="closingbalance",
            constraint=models.UniqueConstraint(
                fields=("period", "account", "currency"), name="ledger_closingbalance_once"
            ),
        ),
        migrations.RunSQL(GUARDS, UNDO),
    ]
