import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
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
            name="PartnerEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                        verbose_name="event",
                    ),
                ),
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
                ("type", models.CharField(max_length=60, verbose_name="type")),
                (
                    "subject",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="about"),
                ),
                (
                    "data",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="data"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="version")),
                (
                    "happened_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="happened at"
                    ),
                ),
                ("business_date", models.DateField(blank=True, null=True, verbose_name="business date")),
                ("position", models.BigIntegerField(blank=True, editable=False, null=True, verbose_name="position")),
            ],
            options={
                "verbose_name": "event of a partner",
                "verbose_name_plural": "events of partners",
                "indexes": [
                    models.Index(fields=["partner", "subject", "position"], name="webhooks_event_subject"),
                    models.Index(condition=models.Q(("position", None)), fields=["id"], name="webhooks_event_unplaced"),
                    models.Index(fields=["happened_at"], name="webhooks_event_at"),
                ],
                "constraints": [models.UniqueConstraint(fields=("partner", "position"), name="webhooks_event_place")],
            },
        ),
        CreateModel(
            name="FeedStart",
            fields=[
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                ("deleted_through", models.BigIntegerField(verbose_name="deleted through position")),
            ],
            options={
                "verbose_name": "start of a feed",
                "verbose_name_plural": "starts of feeds",
            },
        ),
        CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="endpoint")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.partner",
                        verbose_name="partner",
                    ),
                ),
                ("url", models.CharField(max_length=500, verbose_name="address")),
                (
                    "description",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="description"),
                ),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="types",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="version")),
                ("secret", dashu.users.sealing.SealedText(verbose_name="secret")),
                (
                    "previous_secret",
                    dashu.users.sealing.SealedText(blank=True, db_default="", default="", verbose_name="secret before"),
                ),
                (
                    "previous_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="secret before signs until"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("UNVERIFIED", "Not verified"), ("ENABLED", "Enabled"), ("DISABLED", "Disabled")],
                        db_default="UNVERIFIED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "disabled_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("BY_PARTNER", "Switched off by the partner"),
                            ("GONE", "The receiver answered 410 Gone"),
                            ("FAILING", "Nothing but failures for days"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="why disabled",
                    ),
                ),
                ("disabled_at", models.DateTimeField(blank=True, null=True, verbose_name="disabled at")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                ("failing_since", models.DateTimeField(blank=True, null=True, verbose_name="failing since")),
                ("told_dead_at", models.DateTimeField(blank=True, null=True, verbose_name="partner told at")),
                ("paused_until", models.DateTimeField(blank=True, null=True, verbose_name="paused until")),
                ("claimed_by", models.UUIDField(blank=True, editable=False, null=True, verbose_name="served by")),
                (
                    "claimed_until",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="served until"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted at")),
            ],
            options={
                "verbose_name": "webhook endpoint",
                "verbose_name_plural": "webhook endpoints",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "ENABLED"), _negated=True),
                            models.Q(("deleted_at", None), ("verified_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="webhooks_enabled_is_verified",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "DISABLED"), _negated=True),
                            models.Q(models.Q(("disabled_reason", ""), _negated=True), ("disabled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="webhooks_disabled_says_why",
                    ),
                ],
            },
        ),
        CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                        verbose_name="delivery",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="webhooks.partnerevent",
                        verbose_name="event",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="webhooks.webhookendpoint",
                        verbose_name="endpoint",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waiting"),
                            ("DELIVERED", "Delivered"),
                            ("DEAD", "Given up"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        db_default="PENDING",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="tries")),
                ("tried", models.PositiveIntegerField(db_default=0, default=0, verbose_name="tries in all")),
                (
                    "next_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="due at"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "permissions": [("replay_webhookdelivery", "Can send webhook deliveries again")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PENDING")),
                        fields=["endpoint", "next_at", "id"],
                        name="webhooks_due",
                    ),
                    models.Index(fields=["endpoint", "id"], name="webhooks_delivery_list"),
                    models.Index(
                        condition=models.Q(("status", "DEAD")), fields=["endpoint", "id"], name="webhooks_dead"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "event"), name="webhooks_event_once_per_endpoint")
                ],
            },
        ),
        CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts_made",
                        to="webhooks.webhookdelivery",
                        verbose_name="delivery",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("milliseconds", models.PositiveIntegerField(verbose_name="milliseconds")),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="HTTP status")),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("STATUS", "The answer was not 2xx"),
                            ("REDIRECT", "The answer was a redirect, which is not followed"),
                            ("TIMEOUT", "No whole answer in time"),
                            ("CONNECTION", "No connection, or it broke off"),
                            ("TLS", "The certificate was not accepted"),
                            ("NAME", "The name could not be resolved"),
                            ("ADDRESS", "The name leads to an address that is not allowed"),
                            ("PROTOCOL", "The answer was not HTTP"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="failure",
                    ),
                ),
                (
                    "answer",
                    models.CharField(blank=True, db_default="", default="", max_length=1024, verbose_name="answer"),
                ),
            ],
            options={
                "verbose_name": "try to deliver",
                "verbose_name_plural": "tries to deliver",
                "ordering": ["delivery", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("delivery", "number"), name="webhooks_attempt_numbers")
                ],
            },
        ),
    ]
