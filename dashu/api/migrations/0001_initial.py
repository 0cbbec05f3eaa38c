import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("oauth2_provider", "__first__"),
        ("oauth2_provider", "__first__"),
        ("users", "0001_initial"),
        ("users", "__first__"),
    ]

    operations = [
        CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                (
                    "fingerprint",
                    models.CharField(
                        help_text="Digest of method, path and body.", max_length=64, verbose_name="fingerprint"
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("body", models.TextField(verbose_name="body")),
                (
                    "headers",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="headers"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        db_index=True,
                        editable=False,
                        verbose_name="created at",
                    ),
                ),
            ],
            options={
                "verbose_name": "stored answer",
                "verbose_name_plural": "stored answers",
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="api_answer_once_per_key")],
            },
        ),
        CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="at")),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                        verbose_name="API client",
                    ),
                ),
                ("operation", models.CharField(blank=True, max_length=80, verbose_name="operation")),
                ("method", models.CharField(max_length=8, verbose_name="method")),
                ("status", models.PositiveSmallIntegerField(verbose_name="status")),
                ("code", models.CharField(blank=True, max_length=60, verbose_name="code")),
                ("milliseconds", models.PositiveIntegerField(verbose_name="milliseconds")),
                ("request_bytes", models.PositiveBigIntegerField(verbose_name="bytes of the request")),
                ("response_bytes", models.PositiveBigIntegerField(verbose_name="bytes of the answer")),
                ("request_id", models.UUIDField(db_index=True, verbose_name="request id")),
                ("is_replay", models.BooleanField(db_default=False, default=False, verbose_name="answered before")),
                ("network", models.CharField(blank=True, max_length=43, verbose_name="network")),
            ],
            options={
                "verbose_name": "API call",
                "verbose_name_plural": "API calls",
                "indexes": [
                    models.Index(fields=["partner", "-at", "-id"], name="api_call_of_partner"),
                    models.Index(fields=["partner", "-id"], name="api_call_of_partner_newest"),
                    django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="api_call_at"),
                ],
            },
        ),
        CreateModel(
            name="ApiUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="users.partner",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
                ("operation", models.CharField(blank=True, max_length=80, verbose_name="operation")),
                ("calls", models.PositiveIntegerField(verbose_name="calls")),
                (
                    "refused",
                    models.PositiveIntegerField(
                        help_text="Answered with a status from 400 to 499.", verbose_name="refused"
                    ),
                ),
                (
                    "limited",
                    models.PositiveIntegerField(
                        help_text="Refused because there were too many.", verbose_name="limited"
                    ),
                ),
                (
                    "failed",
                    models.PositiveIntegerField(
                        help_text="Answered with a status of 500 or above.", verbose_name="failed"
                    ),
                ),
                ("replayed", models.PositiveIntegerField(verbose_name="answered before")),
                ("milliseconds", models.PositiveBigIntegerField(verbose_name="milliseconds")),
                ("slowest", models.PositiveIntegerField(verbose_name="slowest call in milliseconds")),
                ("request_bytes", models.PositiveBigIntegerField(verbose_name="bytes of the requests")),
                ("response_bytes", models.PositiveBigIntegerField(verbose_name="bytes of the answers")),
            ],
            options={
                "verbose_name": "API usage of an hour",
                "verbose_name_plural": "API usage by the hour",
                "indexes": [models.Index(fields=["hour"], name="api_usage_hour")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partner", "hour", "client", "operation"), name="api_usage_once_an_hour"
                    )
                ],
            },
        ),
        CreateModel(
            name="ClientAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "application",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                        verbose_name="API client",
                    ),
                ),
                (
                    "granted_scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        null=True,
                        size=None,
                        verbose_name="scopes granted by the lender",
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        null=True,
                        size=None,
                        verbose_name="scopes chosen by the partner",
                    ),
                ),
                (
                    "networks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=43),
                        blank=True,
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=43), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                        verbose_name="networks",
                    ),
                ),
                (
                    "certificates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                        verbose_name="certificates",
                    ),
                ),
                ("reads_a_minute", models.PositiveIntegerField(blank=True, null=True, verbose_name="reads a minute")),
                ("writes_a_minute", models.PositiveIntegerField(blank=True, null=True, verbose_name="writes a minute")),
                ("secret_made_at", models.DateTimeField(blank=True, null=True, verbose_name="secret made at")),
                (
                    "earlier_secret",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=255),
                ),
                (
                    "earlier_secret_ends_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="earlier secret ends at"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "access of a client",
                "verbose_name_plural": "access of clients",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("earlier_secret", ""), ("earlier_secret_ends_at", None)),
                            models.Q(
                                models.Q(("earlier_secret", ""), _negated=True),
                                ("earlier_secret_ends_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="api_earlier_secret_ends",
                    )
                ],
            },
        ),
        CreateModel(
            name="TokenBinding",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="binding",
                        serialize=False,
                        to=settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL,
                    ),
                ),
                ("certificate", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "certificate of a token",
                "verbose_name_plural": "certificates of tokens",
            },
        ),
    ]
