"""A plan that is replaced keeps how it stood, and what a plan took the place of names the plan."""

from django.db import migrations, models

STATES = [
    ("ACCEPTED", "Accepted"),
    ("ACTIVE", "Running"),
    ("BROKEN", "A payment is missing"),
    ("CURED", "Running again"),
    ("COMPLETED", "Completed"),
    ("ENDED", "Broken"),
    ("REPLACED", "Replaced by another plan"),
    ("WITHDRAWN", "Taken back by the borrower"),
]
REPLACED = [
    f"UPDATE {table} AS agreed SET end_reason = 'PLAN ' || plan.reference"  # noqa: S608 – constants of this module
    " FROM collections_mgmt_restructuringplan AS plan"
    " WHERE plan.loan_id = agreed.loan_id AND plan.accepted_on = agreed.decided_on"
    " AND agreed.end_reason = 'a plan of relief takes its place'"
    for table in ("collections_mgmt_promisetopay", "collections_mgmt_arrangement")
]


class Migration(migrations.Migration):
    dependencies = [("collections_mgmt", "0032_campaigns_of_relief")]

    operations = [
        migrations.AddField(
            model_name="restructuringplan",
            name="replaced_as",
            field=models.CharField(
                blank=True,
                choices=STATES,
                db_default="",
                default="",
                max_length=10,
                verbose_name="stood when it was replaced",
            ),
        ),
        migrations.RunSQL(REPLACED, migrations.RunSQL.noop),
    ]
