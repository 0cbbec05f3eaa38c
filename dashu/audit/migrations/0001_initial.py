import django.db.models.functions.datetime
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        CreateModel(
            name="AuditRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="at"
                    ),
                ),
                ("action", models.CharField(max_length=80, verbose_name="action")),
                ("subject_type", models.CharField(max_length=40, verbose_name="subject")),
                ("subject_id", models.TextField(verbose_name="subject id")),
                ("actor", models.TextField(verbose_name="actor")),
                (
                    "data",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="details"
                    ),
                ),
            ],
            options={
                "verbose_name": "audit record",
                "verbose_name_plural": "audit records",
                "indexes": [
                    models.Index(fields=["subject_type", "subject_id"], name="audit_record_subject"),
                    models.Index(fields=["at"], name="audit_record_at"),
                ],
            },
        ),
    ]
