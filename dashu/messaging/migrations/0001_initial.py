import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import dashu.users.sealing
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
        ("users", "__first__"),
    ]

    operations = [
        CreateModel(
            name="ContactPreference",
            fields=[
                (
                    "borrower",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[("IN_APP", "In the borrower's account"), ("EMAIL", "E-mail"), ("SMS", "Text message")],
                        db_default="",
                        max_length=8,
                        verbose_name="preferred channel",
                    ),
                ),
                ("time_zone", models.CharField(blank=True, db_default="", max_length=60, verbose_name="time zone")),
                ("hours_from", models.TimeField(blank=True, null=True, verbose_name="reach from")),
                ("hours_to", models.TimeField(blank=True, null=True, verbose_name="reach until")),
                ("agreed_from", models.TimeField(blank=True, null=True, verbose_name="calls agreed from")),
                ("agreed_to", models.TimeField(blank=True, null=True, verbose_name="calls agreed until")),
                ("agreed_until", models.DateField(blank=True, null=True, verbose_name="last day of the agreed hours")),
                ("home_agreed_at", models.DateTimeField(blank=True, null=True, verbose_name="visits at home agreed")),
                (
                    "home_agreed_until",
                    models.DateField(blank=True, null=True, verbose_name="last day of visits at home"),
                ),
                ("work_agreed_at", models.DateTimeField(blank=True, null=True, verbose_name="contact at work agreed")),
                (
                    "work_agreed_until",
                    models.DateField(blank=True, null=True, verbose_name="last day of contact at work"),
                ),
                ("calls_wanted_at", models.DateTimeField(blank=True, null=True, verbose_name="calls wanted since")),
                ("paused_until", models.DateTimeField(blank=True, null=True, verbose_name="reminders paused until")),
                (
                    "wants_notices",
                    models.BooleanField(db_default=True, default=True, verbose_name="e-mail about unread messages"),
                ),
            ],
            options={
                "verbose_name": "contact preference",
                "verbose_name_plural": "contact preferences",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hours_from", None), ("hours_to", None)),
                            models.Q(
                                ("hours_from__isnull", False),
                                ("hours_from__lt", models.F("hours_to")),
                                ("hours_to__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="messaging_hours_open_before_they_close",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_from", None), ("agreed_to", None)),
                            models.Q(
                                ("agreed_from__isnull", False),
                                ("agreed_from__lt", models.F("agreed_to")),
                                ("agreed_to__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="messaging_agreed_hours_open_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("home_agreed_until", None), ("home_agreed_at__isnull", False), _connector="OR"),
                            models.Q(("work_agreed_until", None), ("work_agreed_at__isnull", False), _connector="OR"),
                        ),
                        name="messaging_last_day_of_something_agreed",
                    ),
                ],
            },
        ),
        CreateModel(
            name="OptOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("IN_APP", "In the borrower's account"), ("EMAIL", "E-mail"), ("SMS", "Text message")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("SERVICE", "About the contract"),
                            ("REMINDER", "Reminder"),
                            ("MARKETING", "Offer"),
                            ("LEARNING", "Short lesson"),
                        ],
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("LINK", "Link in a message"),
                            ("SETTINGS", "Own settings"),
                            ("PROVIDER", "Told by the provider"),
                            ("STAFF", "Entered by staff"),
                        ],
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="since"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "opt-out",
                "verbose_name_plural": "opt-outs",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("borrower", "channel", "purpose"),
                        name="messaging_opt_out_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("channel__in", ["EMAIL", "SMS"]), ("purpose__in", ["REMINDER", "MARKETING", "LEARNING"])
                        ),
                        name="messaging_opt_out_of_what_can_be_stopped",
                    ),
                ],
            },
        ),
        CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("IN_APP", "In the borrower's account"), ("EMAIL", "E-mail"), ("SMS", "Text message")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("address_key", models.CharField(max_length=254, verbose_name="address")),
                ("delivered_at", models.DateTimeField(blank=True, null=True, verbose_name="latest delivery")),
                ("failed_at", models.DateTimeField(blank=True, null=True, verbose_name="latest failure")),
                ("failures", models.PositiveSmallIntegerField(db_default=0, verbose_name="failures in a row")),
                ("invalid_since", models.DateTimeField(blank=True, null=True, verbose_name="invalid since")),
            ],
            options={
                "verbose_name": "contact point",
                "verbose_name_plural": "contact points",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("borrower", "channel", "address_key"), name="messaging_contact_point_once"
                    )
                ],
            },
        ),
        CreateModel(
            name="GuardDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "loan_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="loans",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("IN_APP", "In the borrower's account"),
                            ("EMAIL", "E-mail"),
                            ("SMS", "Text message"),
                            ("CALL", "Call by a person"),
                            ("AI_CALL", "Call by a machine"),
                            ("LETTER", "Letter"),
                            ("VISIT", "Visit"),
                        ],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("BORROWER", "The borrower"),
                            ("GUARANTOR", "Guarantor"),
                            ("REPRESENTATIVE", "Representative"),
                            ("WORKPLACE", "Workplace"),
                            ("THIRD_PARTY", "Another person"),
                        ],
                        db_default="BORROWER",
                        default="BORROWER",
                        max_length=16,
                        verbose_name="whom",
                    ),
                ),
                ("address_key", models.CharField(blank=True, db_default="", default="", editable=False, max_length=64)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("COLLECTION", "About what is late"),
                            ("REMINDER", "Reminder"),
                            ("SERVICE", "About the contract"),
                            ("MARKETING", "Offer"),
                            ("LEARNING", "Short lesson"),
                            ("LOCATE", "To find the borrower"),
                        ],
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "operator",
                    models.CharField(db_default="system", default="system", max_length=80, verbose_name="asked by"),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("QUEUED", "When it was queued"),
                            ("SENDING", "When it was to be sent"),
                            ("ASKED", "When somebody asked"),
                        ],
                        max_length=8,
                        verbose_name="noticed",
                    ),
                ),
                ("pack", models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="pack")),
                (
                    "rules_version",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=16, verbose_name="version of the rules"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("ALLOW", "Allowed"),
                            ("ALLOW_WITH_CONDITIONS", "Allowed with conditions"),
                            ("BLOCK", "Contact refused"),
                        ],
                        db_default="BLOCK",
                        default="BLOCK",
                        max_length=22,
                        verbose_name="decision",
                    ),
                ),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None, verbose_name="reasons"
                    ),
                ),
                (
                    "conditions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=24),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="conditions",
                    ),
                ),
                ("next_allowed_at", models.DateTimeField(blank=True, null=True, verbose_name="allowed again")),
                ("at", models.DateTimeField(db_index=True, verbose_name="at")),
            ],
            options={
                "verbose_name": "decision on a contact",
                "verbose_name_plural": "decisions on contacts",
                "ordering": ["-pk"],
                "permissions": [("simulate_guarddecision", "Can try what the contact guard would decide")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verdict", "BLOCK"), models.Q(("reasons", []), _negated=True)),
                            models.Q(("verdict", "BLOCK"), _negated=True),
                            _connector="OR",
                        ),
                        name="messaging_refusal_has_reasons",
                    )
                ],
            },
        ),
        CreateModel(
            name="ContactRefusal",
            fields=[],
            options={
                "verbose_name": "refused contact",
                "verbose_name_plural": "refused contacts",
                "ordering": ["-pk"],
                "proxy": True,
            },
            bases=("messaging.guarddecision",),
        ),
        CreateModel(
            name="ContactAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True, verbose_name="key")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "loan_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="loans",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("IN_APP", "In the borrower's account"),
                            ("EMAIL", "E-mail"),
                            ("SMS", "Text message"),
                            ("CALL", "Call by a person"),
                            ("AI_CALL", "Call by a machine"),
                            ("LETTER", "Letter"),
                            ("VISIT", "Visit"),
                        ],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("OUT", "From us"), ("IN", "To us")],
                        db_default="OUT",
                        default="OUT",
                        max_length=3,
                        verbose_name="direction",
                    ),
                ),
                (
                    "party",
                    models.CharField(
                        choices=[
                            ("BORROWER", "The borrower"),
                            ("GUARANTOR", "Guarantor"),
                            ("REPRESENTATIVE", "Representative"),
                            ("WORKPLACE", "Workplace"),
                            ("THIRD_PARTY", "Another person"),
                        ],
                        db_default="BORROWER",
                        default="BORROWER",
                        max_length=16,
                        verbose_name="whom",
                    ),
                ),
                ("party_ref", models.BigIntegerField(blank=True, editable=False, null=True)),
                ("address_key", models.CharField(blank=True, db_default="", default="", editable=False, max_length=64)),
                (
                    "number",
                    dashu.users.sealing.SealedText(blank=True, db_default="", default="", verbose_name="number"),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("COLLECTION", "About what is late"),
                            ("REMINDER", "Reminder"),
                            ("SERVICE", "About the contract"),
                            ("MARKETING", "Offer"),
                            ("LEARNING", "Short lesson"),
                            ("LOCATE", "To find the borrower"),
                        ],
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempt",
                        to="messaging.guarddecision",
                        verbose_name="decision",
                    ),
                ),
                ("operator", models.CharField(max_length=80, verbose_name="by")),
                ("started_at", models.DateTimeField(verbose_name="begun at")),
                ("number_until", models.DateTimeField(blank=True, null=True, verbose_name="number shown until")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("OPEN", "Not noted yet"),
                            ("RIGHT_PARTY", "Spoke with the person"),
                            ("REFUSED", "Spoke, wants no more contact"),
                            ("WRONG_PARTY", "Somebody else answered"),
                            ("NO_ANSWER", "No answer"),
                            ("BUSY", "Busy"),
                            ("VOICEMAIL", "Voicemail"),
                            ("INVALID_NUMBER", "The number does not exist"),
                            ("NOT_MET", "Nobody met"),
                            ("SENT", "Posted"),
                            ("FAILED", "Did not come about"),
                        ],
                        db_default="OPEN",
                        default="OPEN",
                        max_length=14,
                        verbose_name="outcome",
                    ),
                ),
                ("outcome_at", models.DateTimeField(blank=True, null=True, verbose_name="noted at")),
                ("seconds", models.PositiveIntegerField(blank=True, null=True, verbose_name="seconds")),
                ("is_consented", models.BooleanField(db_default=False, default=False, verbose_name="asked for")),
                (
                    "consent_words",
                    dashu.users.sealing.SealedText(
                        blank=True, db_default="", default="", verbose_name="how we know that it was asked for"
                    ),
                ),
                ("visitors", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="visitors")),
                ("note", dashu.users.sealing.SealedText(blank=True, db_default="", default="", verbose_name="note")),
                ("cost_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="cost")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "contact attempt",
                "verbose_name_plural": "contact attempts",
                "ordering": ["-pk"],
                "permissions": [("make_contactattempt", "Can call, visit and write to people")],
                "indexes": [
                    models.Index(fields=["borrower", "-started_at"], name="messaging_attempts_of_one"),
                    models.Index(fields=["started_at"], name="messaging_attempts_by_day"),
                    models.Index(
                        condition=models.Q(("outcome", "OPEN")), fields=["started_at"], name="messaging_attempts_open"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", None), ("direction", "IN")),
                            models.Q(("decision__isnull", False), ("direction", "OUT")),
                            _connector="OR",
                        ),
                        name="messaging_attempt_was_allowed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["IN_APP", "EMAIL", "SMS"]), _negated=True),
                        name="messaging_attempt_is_no_message",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "OPEN"), ("outcome_at", None)),
                            models.Q(models.Q(("outcome", "OPEN"), _negated=True), ("outcome_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="messaging_outcome_has_a_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                        ),
                        name="messaging_attempt_ends_later",
                    ),
                    models.CheckConstraint(condition=models.Q(("cost_minor__gte", 0)), name="messaging_attempt_cost"),
                ],
            },
        ),
        CreateModel(
            name="ReminderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("loan_id", models.BigIntegerField(verbose_name="loan")),
                ("version", models.PositiveSmallIntegerField(verbose_name="version")),
                ("number", models.PositiveSmallIntegerField(verbose_name="installment")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("send_on", models.DateField(verbose_name="reminder on")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("days_after", models.SmallIntegerField(verbose_name="days after the due date")),
                ("segment", models.CharField(max_length=20, verbose_name="segment")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("experiment", models.CharField(blank=True, db_default="", max_length=40, verbose_name="experiment")),
                ("is_held_out", models.BooleanField(db_default=False, verbose_name="not told")),
            ],
            options={
                "verbose_name": "line of a reminder",
                "verbose_name_plural": "lines of reminders",
                "indexes": [
                    models.Index(fields=["borrower", "send_on"], name="messaging_lines_of_a_day"),
                    models.Index(
                        condition=models.Q(("days_after__lt", 0), models.Q(("experiment", ""), _negated=True)),
                        fields=["experiment", "due_on"],
                        name="messaging_experiment",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("loan_id", "send_on", "version", "number"), name="messaging_reminder_line_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_held_out", False), ("days_after__lt", 0), _connector="OR"),
                        name="messaging_held_out_before_due_only",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Representative",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("ATTORNEY", "Lawyer or authorized person"),
                            ("GUARDIAN", "Guardian of somebody who cannot act"),
                            ("ESTATE", "For the estate of somebody who died"),
                        ],
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("name", dashu.users.sealing.SealedText(verbose_name="name")),
                ("phone", dashu.users.sealing.SealedText(verbose_name="phone")),
                ("paper", dashu.users.sealing.SealedText(verbose_name="paper")),
                ("since", models.DateField(verbose_name="since")),
                ("recorded_by", models.CharField(max_length=80, verbose_name="noted by")),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="noted at"),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="confirmed by the borrower at"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "ended_by",
                    models.CharField(blank=True, db_default="", default="", max_length=80, verbose_name="ended by"),
                ),
            ],
            options={
                "verbose_name": "representative",
                "verbose_name_plural": "representatives",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)), fields=["borrower"], name="messaging_representatives"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", "")),
                            models.Q(
                                ("ended_at__gte", models.F("recorded_at")), models.Q(("ended_by", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="messaging_representative_ended_by_somebody",
                    )
                ],
            },
        ),
        CreateModel(
            name="SecretText",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("phone", dashu.users.sealing.SealedText(verbose_name="phone")),
                ("text", dashu.users.sealing.SealedText(verbose_name="text")),
                ("made_at", models.DateTimeField(verbose_name="asked for at")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="holds until")),
            ],
            options={
                "verbose_name": "secret text message",
                "verbose_name_plural": "secret text messages",
            },
        ),
        CreateModel(
            name="WordingVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("product", models.CharField(blank=True, default="", max_length=50, verbose_name="product")),
                ("bucket", models.CharField(blank=True, default="", max_length=20, verbose_name="bucket")),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("zh-hans", "Simplified Chinese"),
                            ("zh-hant", "Traditional Chinese"),
                            ("en", "English"),
                        ],
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("IN_APP", "In the borrower's account"), ("EMAIL", "E-mail"), ("SMS", "Text message")],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SUBMITTED", "Waiting for approval"),
                            ("APPROVED", "In use"),
                            ("RETIRED", "No longer in use"),
                        ],
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("subject", models.CharField(blank=True, default="", max_length=200, verbose_name="subject line")),
                ("body", models.TextField(verbose_name="text")),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="written at"
                    ),
                ),
                ("request_id", models.BigIntegerField(blank=True, null=True, verbose_name="approval")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired at")),
            ],
            options={
                "verbose_name": "text of a message",
                "verbose_name_plural": "texts of messages",
                "ordering": ["kind", "product", "bucket", "language", "channel", "-version"],
                "permissions": [("write_wordingversion", "Can write texts of messages and ask for their approval")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "product", "bucket", "language", "channel", "version"),
                        name="messaging_wording_version_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "APPROVED")),
                        fields=("kind", "product", "bucket", "language", "channel"),
                        name="messaging_one_approved_wording",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", False), ("retired_at", None), ("status", "APPROVED")),
                            models.Q(("retired_at__isnull", False), ("status", "RETIRED")),
                            models.Q(
                                ("approved_at", None), ("retired_at", None), ("status__in", ["DRAFT", "SUBMITTED"])
                            ),
                            _connector="OR",
                        ),
                        name="messaging_wording_dates_fit_status",
                    ),
                ],
            },
        ),
        CreateModel(
            name="OutboxMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dedupe_key", models.CharField(max_length=200, unique=True, verbose_name="key")),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("loan_id", models.BigIntegerField(blank=True, null=True, verbose_name="loan")),
                (
                    "channel",
                    models.CharField(
                        choices=[("IN_APP", "In the borrower's account"), ("EMAIL", "E-mail"), ("SMS", "Text message")],
                        db_default="IN_APP",
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("template", models.CharField(max_length=60, verbose_name="template")),
                (
                    "params",
                    models.JSONField(
                        db_default=models.Value({}, models.JSONField()), default=dict, verbose_name="values"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("zh-hans", "Simplified Chinese"),
                            ("zh-hant", "Traditional Chinese"),
                            ("en", "English"),
                        ],
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("SERVICE", "About the contract"),
                            ("REMINDER", "Reminder"),
                            ("MARKETING", "Offer"),
                            ("LEARNING", "Short lesson"),
                        ],
                        db_default="SERVICE",
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                ("reminds_on", models.DateField(blank=True, null=True, verbose_name="reminder of")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Waiting"),
                            ("SENDING", "Being sent"),
                            ("SENT", "Sent"),
                            ("FAILED", "Not sent"),
                            ("CANCELLED", "Cancelled"),
                            ("BLOCKED", "Not allowed"),
                        ],
                        db_default="PENDING",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "not_before",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="not before"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, verbose_name="attempts")),
                ("is_uncertain", models.BooleanField(db_default=False, verbose_name="outcome unknown")),
                ("error", models.TextField(blank=True, db_default="", verbose_name="error")),
                (
                    "provider_reference",
                    models.TextField(blank=True, db_default="", verbose_name="provider's reference"),
                ),
                (
                    "delivery",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("DELIVERED", "Delivered"),
                            ("FAILED", "Could not be delivered"),
                            ("BOUNCED", "Address does not exist"),
                            ("COMPLAINED", "Marked as unwanted"),
                        ],
                        db_default="",
                        max_length=10,
                        verbose_name="delivery",
                    ),
                ),
                ("delivery_at", models.DateTimeField(blank=True, null=True, verbose_name="told at")),
                (
                    "wording",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.wordingversion",
                        verbose_name="text version",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.guarddecision",
                        verbose_name="decision",
                    ),
                ),
                ("address", dashu.users.sealing.SealedText(blank=True, db_default="", verbose_name="sent to")),
                ("address_key", models.CharField(blank=True, db_default="", editable=False, max_length=254)),
                ("subject", models.TextField(blank=True, db_default="", verbose_name="subject line")),
                ("body", models.TextField(blank=True, db_default="", verbose_name="text")),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "permissions": [("rescue_outboxmessage", "Can try messages again or cancel them")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "PENDING")), fields=["not_before", "id"], name="outbox_due"
                    ),
                    models.Index(
                        condition=models.Q(("status", "SENDING")), fields=["claimed_at"], name="outbox_being_sent"
                    ),
                    models.Index(
                        condition=models.Q(("status", "PENDING")), fields=["loan_id"], name="outbox_loan_waiting"
                    ),
                    models.Index(
                        condition=models.Q(("purpose", "SERVICE"), _negated=True),
                        fields=["borrower", "sent_at"],
                        name="outbox_contacts",
                    ),
                    models.Index(
                        condition=models.Q(
                            models.Q(("status", "SENDING"), ("is_uncertain", True), _connector="OR"),
                            models.Q(("purpose", "SERVICE"), _negated=True),
                        ),
                        fields=["borrower"],
                        name="outbox_on_its_way",
                    ),
                    models.Index(condition=models.Q(("status", "FAILED")), fields=["id"], name="outbox_dead"),
                    models.Index(
                        condition=models.Q(
                            ("status", "SENT"),
                            models.Q(("purpose", "SERVICE"), _negated=True),
                            models.Q(("channel", "IN_APP"), _negated=True),
                        ),
                        fields=["sent_at", "id"],
                        name="outbox_sent_outside",
                    ),
                    models.Index(
                        condition=models.Q(("status", "SENT")),
                        fields=["borrower", "-sent_at", "-id"],
                        name="outbox_sent",
                    ),
                    models.Index(
                        condition=models.Q(("channel", "IN_APP"), ("read_at", None), ("status", "SENT")),
                        fields=["borrower"],
                        name="outbox_unread",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("channel", "IN_APP"), ("purpose", "SERVICE"), ("read_at", None), ("status", "SENT")
                        ),
                        fields=["sent_at"],
                        name="outbox_unread_since",
                    ),
                ],
            },
        ),
        CreateModel(
            name="DeliveryReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=20, verbose_name="provider")),
                ("event_id", models.CharField(max_length=120, verbose_name="event")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="messaging.outboxmessage",
                        verbose_name="message",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("DELIVERED", "Delivered"),
                            ("BOUNCED", "Address does not exist"),
                            ("FAILED", "Could not be delivered"),
                            ("COMPLAINED", "Marked as unwanted"),
                            ("OPTED_OUT", "Opted out"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="received at"
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery receipt",
                "verbose_name_plural": "delivery receipts",
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "event_id"), name="messaging_receipt_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="guarddecision",
            name="message",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="messaging.outboxmessage",
                verbose_name="message",
            ),
        ),
    ]
