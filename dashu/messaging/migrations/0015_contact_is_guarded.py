"""
The database keeps what the contact guard stands for.

- `contact_decisions_are_append_only`: no UPDATE, DELETE or TRUNCATE of decisions.
- `messaging_sent_was_allowed`: a message outside the account is sent only with a decision. NOT VALID, and only for
  messages made from now on: older ones left before decisions were kept, and a full table is not read while it is locked.
- `contact_was_not_allowed`: the decision of a sent message or an attempt is about this person and channel, and allowed it.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION messaging_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'contact_decisions_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER messaging_guarddecision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON messaging_guarddecision
    FOR EACH STATEMENT EXECUTE FUNCTION messaging_refuse_change();

DO $$
BEGIN
    EXECUTE format(
        'ALTER TABLE messaging_outboxmessage ADD CONSTRAINT messaging_sent_was_allowed CHECK (
            status <> ''SENT'' OR channel = ''IN_APP'' OR decision_id IS NOT NULL OR created_at < %L
        ) NOT VALID', now());
END $$;

CREATE FUNCTION messaging_check_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM messaging_guarddecision AS decision
        WHERE decision.id = NEW.decision_id AND decision.verdict <> 'BLOCK' AND decision.message_id = NEW.id
          AND decision.borrower_id = NEW.borrower_id AND decision.channel = NEW.channel
    ) THEN
        RAISE EXCEPTION 'contact_was_not_allowed: message %', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER messaging_outboxmessage_was_allowed
    BEFORE INSERT OR UPDATE OF status, decision_id, channel ON messaging_outboxmessage
    FOR EACH ROW WHEN (NEW.status = 'SENT' AND NEW.channel <> 'IN_APP' AND NEW.decision_id IS NOT NULL)
    EXECUTE FUNCTION messaging_check_message();

CREATE FUNCTION messaging_check_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM messaging_guarddecision AS decision
        WHERE decision.id = NEW.decision_id AND decision.verdict <> 'BLOCK' AND decision.message_id IS NULL
          AND decision.borrower_id = NEW.borrower_id AND decision.channel = NEW.channel
          AND decision.party = NEW.party AND decision.address_key = NEW.address_key
    ) THEN
        RAISE EXCEPTION 'contact_was_not_allowed: attempt %', NEW.key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER messaging_contactattempt_was_allowed
    BEFORE INSERT OR UPDATE OF decision_id, channel, party, address_key, borrower_id ON messaging_contactattempt
    FOR EACH ROW WHEN (NEW.direction = 'OUT') EXECUTE FUNCTION messaging_check_attempt();
"""

UNDO = """
DROP TRIGGER messaging_contactattempt_was_allowed ON messaging_contactattempt;
DROP FUNCTION messaging_check_attempt();
DROP TRIGGER messaging_outboxmessage_was_allowed ON messaging_outboxmessage;
DROP FUNCTION messaging_check_message();
ALTER TABLE messaging_outboxmessage DROP CONSTRAINT messaging_sent_was_allowed;
DROP TRIGGER messaging_guarddecision_append_only ON messaging_guarddecision;
DROP FUNCTION messaging_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0014_contact_decisions")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
