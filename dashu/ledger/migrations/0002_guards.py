"""
The promises of the ledger, kept by the database for every writer.

- `ledger_is_append_only`: no UPDATE, DELETE or TRUNCATE of entries and postings.
- `ledger_entry_unbalanced`: at commit an entry has two postings or more and balances for each currency and loan. One of
  a single loan and currency, as nearly all are, is summed without grouping.
- `ledger_entry_sealed`: postings are added only by the transaction that wrote their entry, and not after the entry has
  been checked. The check looks at one statement's new rows together, so that tens of thousands of postings under one
  entry cost one lookup.
- `ledger_period_locked`: no entry is reported on a day of a closed period. A writer that names no day gets the value
  date, or the first open day when the value date is closed; set-based SQL gets it like everyone else.
- A closed period is neither deleted nor moved; it can only be reopened, once.

An entry holds a shared lock to the end of its transaction, and closing takes the same lock alone. So when a period
closes, everything that was written into it is committed and seen, and whoever writes after that sees it closed.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION ledger_accounts_of(wanted text) RETURNS TABLE(role character varying, account_id character varying)
    LANGUAGE sql STABLE
    AS $$
    SELECT standard.role, COALESCE(own.account_id, standard.account_id)
    FROM ledger_accountrole AS standard
    LEFT JOIN ledger_accountrole AS own ON own.role = standard.role AND own.product = wanted
    WHERE standard.product = ''
$$;

CREATE FUNCTION ledger_assign_accounting_day() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION ledger_check_entry() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    found_postings bigint;
    difference numeric;
    is_plain boolean;
    unbalanced text;
BEGIN
    SELECT count(*), sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END),
           min(currency) = max(currency) AND (count(loan_id) = 0 OR count(loan_id) = count(*) AND min(loan_id) = max(loan_id))
    INTO found_postings, difference, is_plain
    FROM ledger_posting WHERE entry_id = NEW.id;
    IF found_postings < 2 THEN
        RAISE EXCEPTION 'ledger_entry_unbalanced: entry % has % postings, it needs at least 2', NEW.id, found_postings
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (is_plain AND difference = 0) THEN
        SELECT string_agg(format('loan %s %s: %s', coalesce(book.loan_id::text, '-'), book.currency, book.difference), ', ')
        INTO unbalanced
        FROM (
            SELECT currency, loan_id, sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) AS difference
            FROM ledger_posting WHERE entry_id = NEW.id GROUP BY currency, loan_id
        ) AS book
        WHERE book.difference <> 0;
        IF unbalanced IS NOT NULL THEN
            RAISE EXCEPTION 'ledger_entry_unbalanced: entry %: %', NEW.id, left(unbalanced, 300)
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    -- Seals this transaction's entries up to here, also when a writer has the deferred checks run early.
    PERFORM set_config('dashu.ledger_checked', greatest(NEW.id, ledger_checked_through())::text, true);
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_checked_through() RETURNS bigint
    LANGUAGE sql
    AS $$
    SELECT coalesce(nullif(current_setting('dashu.ledger_checked', true), '')::bigint, 0)
$$;

CREATE FUNCTION ledger_keep_period() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.reopened_at IS NOT NULL OR NEW.reopened_at IS NULL OR NEW.through <> OLD.through
        OR NEW.starts_on IS DISTINCT FROM OLD.starts_on
        OR NEW.totals <> OLD.totals OR NEW.entries <> OLD.entries THEN
        RAISE EXCEPTION 'ledger_period_is_kept: a closed period can only be reopened, once'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'ledger_is_append_only: % of % is refused; reverse the entry and post a new one',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger_refuse_late_posting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    late bigint;
BEGIN
    SELECT entry.id INTO late
    FROM (SELECT DISTINCT entry_id FROM added) AS touched JOIN ledger_journalentry AS entry ON entry.id = touched.entry_id
    WHERE entry.txid <> txid_current() OR entry.id <= ledger_checked_through()
    LIMIT 1;
    IF late IS NOT NULL THEN
        RAISE EXCEPTION 'ledger_entry_sealed: entry % was completed before; post a new entry', late
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_accountingperiod_kept BEFORE UPDATE ON ledger_accountingperiod
    FOR EACH ROW EXECUTE FUNCTION ledger_keep_period();

CREATE TRIGGER ledger_accountingperiod_not_deleted BEFORE DELETE OR TRUNCATE ON ledger_accountingperiod
    FOR EACH STATEMENT
    EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER ledger_closingbalance_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger_closingbalance
    FOR EACH STATEMENT
    EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER ledger_journalentry_accounting_day BEFORE INSERT ON ledger_journalentry
    FOR EACH ROW EXECUTE FUNCTION ledger_assign_accounting_day();

CREATE TRIGGER ledger_journalentry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger_journalentry
    FOR EACH STATEMENT
    EXECUTE FUNCTION ledger_refuse_change();

CREATE CONSTRAINT TRIGGER ledger_journalentry_balances AFTER INSERT ON ledger_journalentry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_entry();

CREATE TRIGGER ledger_posting_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER ledger_posting_sealed AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_late_posting();

COMMENT ON FUNCTION ledger_accounts_of(wanted text) IS 'The account for each standard account of a product, by its code';
"""

UNDO = """
DROP TRIGGER ledger_posting_sealed ON ledger_posting;
DROP TRIGGER ledger_posting_append_only ON ledger_posting;
DROP TRIGGER ledger_journalentry_balances ON ledger_journalentry;
DROP TRIGGER ledger_journalentry_append_only ON ledger_journalentry;
DROP TRIGGER ledger_journalentry_accounting_day ON ledger_journalentry;
DROP TRIGGER ledger_closingbalance_append_only ON ledger_closingbalance;
DROP TRIGGER ledger_accountingperiod_not_deleted ON ledger_accountingperiod;
DROP TRIGGER ledger_accountingperiod_kept ON ledger_accountingperiod;
DROP FUNCTION ledger_refuse_late_posting();
DROP FUNCTION ledger_refuse_change();
DROP FUNCTION ledger_keep_period();
DROP FUNCTION ledger_checked_through();
DROP FUNCTION ledger_check_entry();
DROP FUNCTION ledger_assign_accounting_day();
DROP FUNCTION ledger_accounts_of(text);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
