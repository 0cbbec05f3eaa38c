import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import dashu.users.sealing
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        CreateModel(
            name="BulkJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="job")),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("DONE_WITH_REFUSALS", "Done, with refusals"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        db_default="QUEUED",
                        default="QUEUED",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("check_only", models.BooleanField(db_default=False, default=False, verbose_name="only to be checked")),
                (
                    "approval",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not needed"),
                            ("CHECKING", "Lines are being checked"),
                            ("WAITING", "Waits for a person"),
                            ("APPROVED", "Approved"),
                            ("DECLINED", "Declined"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="approval",
                    ),
                ),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("file_name", models.CharField(blank=True, max_length=200, verbose_name="file")),
                (
                    "file_format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("jsonl", "JSON lines")], max_length=8, verbose_name="format"
                    ),
                ),
                ("encoding", models.CharField(max_length=12, verbose_name="encoding")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("stored_as", models.CharField(blank=True, max_length=100, verbose_name="stored as")),
                (
                    "columns",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        verbose_name="columns",
                    ),
                ),
                ("lines", models.PositiveIntegerField(verbose_name="lines")),
                ("done", models.PositiveIntegerField(db_default=0, default=0, verbose_name="done")),
                ("known", models.PositiveIntegerField(db_default=0, default=0, verbose_name="known before")),
                ("refused", models.PositiveIntegerField(db_default=0, default=0, verbose_name="refused")),
                (
                    "problem_code",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="failed with"),
                ),
                ("problem", models.TextField(blank=True, db_default="", default="", verbose_name="why")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                ("planned_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("erased_at", models.DateTimeField(blank=True, null=True, verbose_name="lines erased at")),
            ],
            options={
                "verbose_name": "bulk job",
                "verbose_name_plural": "bulk jobs",
                "permissions": [("decide_bulkjob", "Can approve or decline a bulk job that waits for a person")],
                "indexes": [
                    models.Index(fields=["partner", "-id"], name="bulk_job_by_partner"),
                    models.Index(
                        condition=models.Q(("status__in", ["QUEUED", "RUNNING"])), fields=["id"], name="bulk_job_open"
                    ),
                    models.Index(
                        condition=models.Q(("erased_at", None)), fields=["ended_at"], name="bulk_job_to_erase"
                    ),
                    models.Index(
                        condition=models.Q(("stored_as", ""), _negated=True),
                        fields=["stored_as"],
                        name="bulk_job_by_file",
                    ),
                ],
            },
        ),
        CreateModel(
            name="JobRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranges",
                        to="bulk.bulkjob",
                        verbose_name="bulk job",
                    ),
                ),
                ("first", models.PositiveIntegerField(verbose_name="from line")),
                ("end", models.PositiveIntegerField(verbose_name="up to line")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        db_default="WAITING",
                        default="WAITING",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("claim", models.UUIDField(blank=True, editable=False, null=True, verbose_name="claim")),
                ("beat_at", models.DateTimeField(blank=True, null=True, verbose_name="last sign of life")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("done", models.PositiveIntegerField(db_default=0, default=0, verbose_name="done")),
                ("known", models.PositiveIntegerField(db_default=0, default=0, verbose_name="known before")),
                ("refused", models.PositiveIntegerField(db_default=0, default=0, verbose_name="refused")),
                ("error", models.TextField(blank=True, db_default="", default="", verbose_name="error")),
            ],
            options={
                "verbose_name": "range of a bulk job",
                "verbose_name_plural": "ranges of bulk jobs",
                "constraints": [models.UniqueConstraint(fields=("job", "first"), name="bulk_range_once")],
            },
        ),
        CreateModel(
            name="JobLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="bulk.bulkjob",
                        verbose_name="bulk job",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("line", models.PositiveIntegerField(verbose_name="line")),
                ("data", dashu.users.sealing.SealedJSON(verbose_name="values")),
                (
                    "raw",
                    dashu.users.sealing.SealedText(
                        blank=True, db_default="", default="", verbose_name="unreadable line"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("DONE", "Done"),
                            ("KNOWN", "Known before"),
                            ("REFUSED", "Refused"),
                        ],
                        db_default="WAITING",
                        default="WAITING",
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "code",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="refused with"),
                ),
                ("detail", models.TextField(blank=True, db_default="", default="", verbose_name="why")),
                ("field", models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="field")),
                (
                    "result",
                    models.JSONField(
                        blank=True, db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="result"
                    ),
                ),
            ],
            options={
                "verbose_name": "line of a bulk job",
                "verbose_name_plural": "lines of bulk jobs",
                "constraints": [models.UniqueConstraint(fields=("job", "number"), name="bulk_line_once")],
            },
        ),
    ]
