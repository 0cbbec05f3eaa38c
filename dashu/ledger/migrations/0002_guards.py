"""
The promises of the ledger, kept by the database for every writer.

- `ledger_is_append_only`: no UPDATE, DELETE or TRUNCATE of entries and postings.
- `ledger_entry_unbalanced`: at commit an entry has two postings or more and balances for each currency and loan.
- `ledger_entry_sealed`: postings are added only by the transaction that wrote their entry, and not after the entry has
  been checked. The check looks at one statement's new rows together, so that tens of thousands of postings under one
  entry cost one lookup.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger_is_append_only: % of % is refused; reverse the entry and post a new one',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_journalentry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE FUNCTION ledger_checked_through() RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(nullif(current_setting('dashu.ledger_checked', true), '')::bigint, 0)
$$;

CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_postings bigint;
    unbalanced text;
BEGIN
    SELECT coalesce(sum(book.postings), 0),
           string_agg(format('loan %s %s: %s', coalesce(book.loan_id::text, '-'), book.currency, book.difference), ', ')
               FILTER (WHERE book.difference <> 0)
    INTO found_postings, unbalanced
    FROM (
        SELECT currency, loan_id, count(*) AS postings,
               sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) AS difference
        FROM ledger_posting WHERE entry_id = NEW.id GROUP BY currency, loan_id
    ) AS book;
    IF found_postings < 2 THEN
        RAISE EXCEPTION 'ledger_entry_unbalanced: entry % has % postings, it needs at least 2', NEW.id, found_postings
            USING ERRCODE = 'check_violation';
    END IF;
    IF unbalanced IS NOT NULL THEN
        RAISE EXCEPTION 'ledger_entry_unbalanced: entry %: %', NEW.id, left(unbalanced, 300)
            USING ERRCODE = 'check_violation';
    END IF;
    -- Seals this transaction's entries up to here, also when a writer has the deferred checks run early.
    PERFORM set_config('dashu.ledger_checked', greatest(NEW.id, ledger_checked_through())::text, true);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_journalentry_balances AFTER INSERT ON ledger_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry();

CREATE FUNCTION ledger_refuse_late_posting() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER ledger_posting_sealed AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_late_posting();
"""

UNDO = """
DROP TRIGGER ledger_posting_sealed ON ledger_posting;
DROP TRIGGER ledger_journalentry_balances ON ledger_journalentry;
DROP TRIGGER ledger_posting_append_only ON ledger_posting;
DROP TRIGGER ledger_journalentry_append_only ON ledger_journalentry;
DROP FUNCTION ledger_refuse_late_posting();
DROP FUNCTION ledger_check_entry();
DROP FUNCTION ledger_checked_through();
DROP FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
