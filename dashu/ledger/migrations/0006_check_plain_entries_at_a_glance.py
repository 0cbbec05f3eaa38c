"""The check of an entry at commit: one of a single loan and currency, as nearly all are, is summed without grouping."""

from django.db import migrations

CHECK = r"""
CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_read_by_accounting_day")]

    operations = [migrations.RunSQL(CHECK, migrations.RunSQL.noop)]
