import django.db.models.deletion
from django.db import migrations, models

from dashu.new_tables import CreateModel

GUARDS = """
CREATE TRIGGER audit_auditlink_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_auditlink
    FOR EACH STATEMENT
    EXECUTE FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_guards")]

    operations = [
        CreateModel(
            name="AuditLink",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="link",
                        serialize=False,
                        to="audit.auditrecord",
                        verbose_name="audit record",
                    ),
                ),
                ("number", models.BigIntegerField(unique=True, verbose_name="number")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
            ],
            options={"verbose_name": "link of the audit log", "verbose_name_plural": "links of the audit log"},
        ),
        migrations.RunSQL(GUARDS, "DROP TRIGGER audit_auditlink_append_only ON audit_auditlink"),
    ]
