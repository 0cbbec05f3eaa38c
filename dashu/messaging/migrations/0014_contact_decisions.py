"""Refusals of the guard become its decisions, allowed ones too; calls, visits and letters have a table."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import dashu.users.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0013_index_of_what_left_the_house"),
        ("users", "0007_found_by_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True, verbose_name="key")),
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
                            ("LOCATE", "To find the borrower"),
                        ],
                        max_length=10,
                        verbose_name="purpose",
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
                "permissions": [("make_contactattempt", "Can call, visit and write to people")],
                "ordering": ["-pk"],
            },
        ),
        migrations.RenameModel("ContactRefusal", "GuardDecision"),
        migrations.RenameField("guarddecision", "refused_at", "at"),
        migrations.AlterModelOptions(
            name="guarddecision",
            options={
                "verbose_name": "decision on a contact",
                "verbose_name_plural": "decisions on contacts",
                "ordering": ["-pk"],
                "permissions": [("simulate_guarddecision", "Can try what the contact guard would decide")],
            },
        ),
        migrations.AddField(
            model_name="guarddecision",
            name="loan_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, size=None, verbose_name="loans"
            ),
        ),
        migrations.AlterField(
            model_name="guarddecision",
            name="channel",
            field=models.CharField(
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
        migrations.AddField(
            model_name="guarddecision",
            name="party",
            field=models.CharField(
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
        migrations.AddField(
            model_name="guarddecision",
            name="address_key",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="guarddecision",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("COLLECTION", "About what is late"),
                    ("REMINDER", "Reminder"),
                    ("SERVICE", "About the contract"),
                    ("MARKETING", "Offer"),
                    ("LOCATE", "To find the borrower"),
                ],
                max_length=10,
                verbose_name="purpose",
            ),
        ),
        migrations.AddField(
            model_name="guarddecision",
            name="operator",
            field=models.CharField(db_default="system", default="system", max_length=80, verbose_name="asked by"),
        ),
        migrations.AlterField(
            model_name="guarddecision",
            name="stage",
            field=models.CharField(
                choices=[
                    ("QUEUED", "When it was queued"),
                    ("SENDING", "When it was to be sent"),
                    ("ASKED", "When somebody asked"),
                ],
                max_length=8,
                verbose_name="noticed",
            ),
        ),
        migrations.AddField(
            model_name="guarddecision",
            name="pack",
            field=models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="pack"),
        ),
        migrations.AddField(
            model_name="guarddecision",
            name="rules_version",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=16, verbose_name="version of the rules"
            ),
        ),
        migrations.AddField(
            model_name="guarddecision",
            name="verdict",
            field=models.CharField(
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
        migrations.AddField(
            model_name="guarddecision",
            name="conditions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=24),
                db_default=[],
                default=list,
                size=None,
                verbose_name="conditions",
            ),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="agreed_from",
            field=models.TimeField(blank=True, null=True, verbose_name="calls agreed from"),
        ),
        migrations.AddField(
            model_name="contactpreference",
            name="agreed_to",
            field=models.TimeField(blank=True, null=True, verbose_name="calls agreed until"),
        ),
        migrations.AddConstraint(
            model_name="contactpreference",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddField(
            model_name="contactattempt",
            name="borrower",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="users.borrower",
                verbose_name="borrower",
            ),
        ),
        migrations.AlterField(
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
        migrations.AddField(
            model_name="contactattempt",
            name="decision",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempt",
                to="messaging.guarddecision",
                verbose_name="decision",
            ),
        ),
        migrations.AddField(
            model_name="outboxmessage",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="messaging.guarddecision",
                verbose_name="decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="guarddecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "BLOCK"), models.Q(("reasons", []), _negated=True)),
                    models.Q(("verdict", "BLOCK"), _negated=True),
                    _connector="OR",
                ),
                name="messaging_refusal_has_reasons",
            ),
        ),
        migrations.AddIndex(
            model_name="contactattempt",
            index=models.Index(fields=["borrower", "-started_at"], name="messaging_attempts_of_one"),
        ),
        migrations.AddIndex(
            model_name="contactattempt",
            index=models.Index(fields=["started_at"], name="messaging_attempts_by_day"),
        ),
        migrations.AddIndex(
            model_name="contactattempt",
            index=models.Index(
                condition=models.Q(("outcome", "OPEN")), fields=["started_at"], name="messaging_attempts_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="contactattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", None), ("direction", "IN")),
                    models.Q(("decision__isnull", False), ("direction", "OUT")),
                    _connector="OR",
                ),
                name="messaging_attempt_was_allowed",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["IN_APP", "EMAIL", "SMS"]), _negated=True),
                name="messaging_attempt_is_no_message",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "OPEN"), ("outcome_at", None)),
                    models.Q(models.Q(("outcome", "OPEN"), _negated=True), ("outcome_at__isnull", False)),
                    _connector="OR",
                ),
                name="messaging_outcome_has_a_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"),
                name="messaging_attempt_ends_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactattempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost_minor__gte", 0)), name="messaging_attempt_cost"
            ),
        ),
        migrations.CreateModel(
            name="ContactRefusal",
            fields=[],
            options={
                "verbose_name": "refused contact",
                "verbose_name_plural": "refused contacts",
                "ordering": ["-pk"],
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("messaging.guarddecision",),
        ),
    ]
