"""
The database keeps what the contact guard stands for.

- `contact_decisions_are_append_only`: no UPDATE, DELETE or TRUNCATE of decisions.
- `messaging_sent_was_allowed`: a message outside the account is sent only with a decision.
- `contact_was_not_allowed`: the decision of a sent message or an attempt is about this person and channel, and allowed it.

A time zone that the database does not know is refused when it is written, not met by the sending of messages.
"""

from django.db import migrations

GUARDS = r"""
CREATE FUNCTION messaging_check_attempt() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION messaging_check_message() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION messaging_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'contact_decisions_are_append_only: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER messaging_guarddecision_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON messaging_guarddecision
    FOR EACH STATEMENT
    EXECUTE FUNCTION messaging_refuse_change();

ALTER TABLE messaging_outboxmessage ADD CONSTRAINT messaging_sent_was_allowed
    CHECK (status <> 'SENT' OR channel = 'IN_APP' OR decision_id IS NOT NULL);

ALTER TABLE messaging_contactpreference ADD CONSTRAINT messaging_preference_zone_exists
    CHECK (time_zone = '' OR timezone(time_zone, '2000-01-01 00:00:00+00'::timestamptz) IS NOT NULL);

CREATE TRIGGER messaging_contactattempt_was_allowed BEFORE INSERT OR UPDATE OF decision_id, channel, party, address_key, borrower_id ON messaging_contactattempt
    FOR EACH ROW WHEN (((new.direction)::text = 'OUT'::text))
    EXECUTE FUNCTION messaging_check_attempt();

CREATE TRIGGER messaging_outboxmessage_was_allowed BEFORE INSERT OR UPDATE OF status, decision_id, channel ON messaging_outboxmessage
    FOR EACH ROW WHEN ((((new.status)::text = 'SENT'::text) AND ((new.channel)::text <> 'IN_APP'::text) AND (new.decision_id IS NOT NULL)))
    EXECUTE FUNCTION messaging_check_message();
"""

UNDO = """
DROP TRIGGER messaging_outboxmessage_was_allowed ON messaging_outboxmessage;
DROP TRIGGER messaging_contactattempt_was_allowed ON messaging_contactattempt;
ALTER TABLE messaging_contactpreference DROP CONSTRAINT messaging_preference_zone_exists;
ALTER TABLE messaging_outboxmessage DROP CONSTRAINT messaging_sent_was_allowed;
DROP TRIGGER messaging_guarddecision_append_only ON messaging_guarddecision;
DROP FUNCTION messaging_refuse_change();
DROP FUNCTION messaging_check_message();
DROP FUNCTION messaging_check_attempt();
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
