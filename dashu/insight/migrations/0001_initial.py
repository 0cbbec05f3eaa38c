import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModel(
            name="ReportSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.CharField(max_length=60, verbose_name="report")),
                (
                    "parameters",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="asked for"
                    ),
                ),
                ("months", models.PositiveSmallIntegerField(verbose_name="months back")),
                (
                    "file_format",
                    models.CharField(
                        choices=[("xlsx", "XLSX"), ("csv", "CSV"), ("parquet", "Parquet")],
                        max_length=8,
                        verbose_name="format",
                    ),
                ),
                (
                    "every",
                    models.CharField(
                        choices=[("WEEK", "every week"), ("MONTH", "every month")],
                        max_length=8,
                        verbose_name="how often",
                    ),
                ),
                ("day", models.PositiveSmallIntegerField(verbose_name="day")),
                ("hour", models.PositiveSmallIntegerField(verbose_name="hour")),
                ("next_at", models.DateTimeField(verbose_name="next time")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="made at"
                    ),
                ),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped at")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "receivers",
                    models.ManyToManyField(
                        related_name="report_schedules", to=settings.AUTH_USER_MODEL, verbose_name="receivers"
                    ),
                ),
            ],
            options={
                "verbose_name": "scheduled report",
                "verbose_name_plural": "scheduled reports",
                "ordering": ["-pk"],
                "permissions": [
                    ("view_report", "Can view reports"),
                    ("export_report", "Can take reports as files"),
                    ("steer_reportschedule", "Can have reports sent"),
                ],
            },
        ),
        CreateModel(
            name="ReportMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OWED", "to be sent"),
                            ("SENT", "sent"),
                            ("FAILED", "failed"),
                            ("DROPPED", "not sent, the right is gone"),
                        ],
                        db_default="OWED",
                        default="OWED",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed at")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
                (
                    "error",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="error"),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="receiver",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mails",
                        to="insight.reportschedule",
                        verbose_name="scheduled report",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail of a report",
                "verbose_name_plural": "mails of reports",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="reportschedule",
            index=models.Index(
                condition=models.Q(("stopped_at", None)), fields=["next_at"], name="insight_schedule_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="reportschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hour__lte", 23),
                    models.Q(
                        models.Q(("day__range", (1, 7)), ("every", "WEEK")),
                        models.Q(("day__range", (1, 31)), ("every", "MONTH")),
                        _connector="OR",
                    ),
                ),
                name="insight_schedule_time_is_one",
            ),
        ),
        migrations.AddIndex(
            model_name="reportmail",
            index=models.Index(condition=models.Q(("state", "OWED")), fields=["claimed_at"], name="insight_mail_owed"),
        ),
        migrations.AddConstraint(
            model_name="reportmail",
            constraint=models.UniqueConstraint(fields=("schedule", "due_at", "receiver"), name="insight_mail_once"),
        ),
    ]
