"""Another due day runs beside a plan, and a plan answers for what those gave up whose place it took."""

from django.db import migrations, models
from django.db.models import Q

TAKEN_OVER = """
UPDATE collections_mgmt_restructuringplan AS plan SET taken_over = before.events
FROM (
    SELECT earlier.loan_id, earlier.end_reason, jsonb_agg(event) AS events
    FROM collections_mgmt_restructuringplan AS earlier CROSS JOIN jsonb_array_elements(earlier.events) AS event
    WHERE earlier.status = 'REPLACED'
    GROUP BY earlier.loan_id, earlier.end_reason
) AS before
WHERE before.loan_id = plan.loan_id AND before.end_reason = 'PLAN ' || plan.reference
"""
RUNNING = Q(status__in=["ACCEPTED", "ACTIVE", "BROKEN", "CURED"])


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0034_cost_sheets_of_plans_are_read")]

    operations = [
        migrations.AddField(
            model_name="restructuringplan",
            name="taken_over",
            field=models.JSONField(db_default=[], default=list, verbose_name="booked by plans before it"),
        ),
        migrations.RemoveConstraint(model_name="restructuringplan", name="collections_one_running_plan"),
        migrations.AddConstraint(
            model_name="restructuringplan",
            constraint=models.UniqueConstraint(
                fields=["loan"], condition=RUNNING & ~Q(flag=""), name="collections_one_running_plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="restructuringplan",
            constraint=models.UniqueConstraint(
                fields=["loan"], condition=RUNNING & Q(flag=""), name="collections_one_running_due_day"
            ),
        ),
        migrations.RunSQL(TAKEN_OVER, migrations.RunSQL.noop),
    ]
