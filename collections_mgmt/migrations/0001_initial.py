import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import collections_mgmt.models.agreements
import collections_mgmt.models.asked
import collections_mgmt.models.campaigns
import collections_mgmt.models.complaints
import collections_mgmt.models.desk
import collections_mgmt.models.disputes
import collections_mgmt.models.legal
import collections_mgmt.models.placing
import collections_mgmt.models.relief
import dashu.users.sealing
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("loans", "0001_initial"),
        ("messaging", "0001_initial"),
        ("repayments", "0001_initial"),
        ("users", "0001_initial"),
        ("users", "__first__"),
    ]

    operations = [
        CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("first_level", models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="from level")),
                ("last_level", models.PositiveSmallIntegerField(db_default=4, default=4, verbose_name="up to level")),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("vulnerable", "People at risk of harm"),
                                ("sme", "Businesses"),
                                ("legal", "Legal questions"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="skills",
                    ),
                ),
                ("is_active", models.BooleanField(db_default=True, default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first_level__gte", 1), ("last_level__gte", models.F("first_level"))),
                        name="collections_team_levels_agree",
                    )
                ],
            },
        ),
        CreateModel(
            name="CollectorProfile",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        limit_choices_to={"is_active": True, "is_staff": True},
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="collector",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collectors",
                        to="collections_mgmt.team",
                        verbose_name="team",
                    ),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("zh-hans", "Simplified Chinese"),
                                ("zh-hant", "Traditional Chinese"),
                                ("en", "English"),
                            ],
                            max_length=10,
                        ),
                        default=list,
                        size=None,
                        verbose_name="languages",
                    ),
                ),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("vulnerable", "People at risk of harm"),
                                ("sme", "Businesses"),
                                ("legal", "Legal questions"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="skills",
                    ),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        db_default=40, default=40, verbose_name="files of their own, at most"
                    ),
                ),
                ("is_working", models.BooleanField(db_default=True, default=True, verbose_name="working now")),
                (
                    "trained_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="training finished"),
                ),
                (
                    "walks",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, editable=False, verbose_name="walks of training"
                    ),
                ),
            ],
            options={
                "verbose_name": "collector",
                "verbose_name_plural": "collectors",
                "ordering": ["team", "user"],
            },
        ),
        CreateModel(
            name="CaseFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=collections_mgmt.models.desk.new_file_number,
                        max_length=16,
                        unique=True,
                        verbose_name="case file",
                    ),
                ),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("READY", "Ready to be taken up"),
                            ("HELD", "Being worked on"),
                            ("WAITING", "Waits"),
                            ("CLOSED", "Closed"),
                        ],
                        db_default="READY",
                        default="READY",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_mgmt.team",
                        verbose_name="team",
                    ),
                ),
                (
                    "collector",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="belongs to",
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="held by",
                    ),
                ),
                ("held_until", models.DateTimeField(blank=True, null=True, verbose_name="held until")),
                (
                    "passed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="given back by",
                    ),
                ),
                ("next_action_at", models.DateTimeField(blank=True, null=True, verbose_name="comes back")),
                (
                    "waits_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PROMISE", "A promise runs"),
                            ("HOLD", "A hold runs"),
                            ("ANSWER", "We wait for an answer"),
                            ("PAYMENT", "A payment is on its way"),
                            ("AGENCY", "An agency has it"),
                            ("LOOKED", "Looked at; nothing to do now"),
                            ("OTHER", "Another reason"),
                        ],
                        db_default="",
                        default="",
                        max_length=8,
                        verbose_name="waits because",
                    ),
                ),
                (
                    "waited_for",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PROMISE", "A promise runs"),
                            ("HOLD", "A hold runs"),
                            ("ANSWER", "We wait for an answer"),
                            ("PAYMENT", "A payment is on its way"),
                            ("AGENCY", "An agency has it"),
                            ("LOOKED", "Looked at; nothing to do now"),
                            ("OTHER", "Another reason"),
                        ],
                        db_default="",
                        default="",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("waited_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("level", models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="level")),
                (
                    "language",
                    models.CharField(db_default="zh-hans", default="zh-hans", max_length=10, verbose_name="language"),
                ),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("vulnerable", "People at risk of harm"),
                                ("sme", "Businesses"),
                                ("legal", "Legal questions"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="needs",
                    ),
                ),
                (
                    "facts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="facts",
                    ),
                ),
                ("currency", models.CharField(db_default="CNY", default="CNY", max_length=3, verbose_name="currency")),
                ("value_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="overdue")),
                ("days", models.PositiveIntegerField(db_default=0, default=0, verbose_name="days past due")),
                ("cure_bps", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="chance of cure")),
                ("harm_bps", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="risk of harm")),
                ("is_care", models.BooleanField(db_default=False, default=False, verbose_name="special care")),
                ("priority", models.BigIntegerField(db_default=0, default=0, verbose_name="priority")),
                ("weighed_on", models.DateField(verbose_name="weighed on")),
                ("contact_due_on", models.DateField(verbose_name="first contact due")),
                ("contacted_at", models.DateTimeField(blank=True, null=True, verbose_name="first contact")),
                ("review_due_on", models.DateField(verbose_name="next look due")),
            ],
            options={
                "verbose_name": "case file",
                "verbose_name_plural": "case files",
                "permissions": [
                    ("work_casefile", "Can take up files and work on them"),
                    ("steer_casefile", "Can give files to people and teams"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "READY")),
                        fields=["team", "collector", "-priority", "id"],
                        name="collections_file_turn",
                    ),
                    models.Index(
                        condition=models.Q(("state", "WAITING")),
                        fields=["next_action_at"],
                        name="collections_file_wakes",
                    ),
                    models.Index(
                        condition=models.Q(("state", "HELD")), fields=["held_until"], name="collections_file_let_go"
                    ),
                    models.Index(
                        condition=models.Q(("state", "HELD")), fields=["holder"], name="collections_file_holder"
                    ),
                    models.Index(
                        condition=models.Q(("collector__isnull", False), models.Q(("state", "CLOSED"), _negated=True)),
                        fields=["collector", "next_action_at"],
                        name="collections_file_own",
                    ),
                    models.Index(
                        condition=models.Q(("state", "CLOSED"), _negated=True),
                        fields=["-priority", "id"],
                        name="collections_file_list",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "CLOSED"), _negated=True),
                        fields=("borrower",),
                        name="collections_one_open_file",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on__gte", models.F("opened_on")), ("state", "CLOSED")),
                            models.Q(models.Q(("state", "CLOSED"), _negated=True), ("closed_on__isnull", True)),
                            _connector="OR",
                        ),
                        name="collections_file_dates_agree",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("held_until__isnull", False), ("holder__isnull", False), ("state", "HELD")),
                            models.Q(
                                models.Q(("state", "HELD"), _negated=True),
                                ("held_until__isnull", True),
                                ("holder__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="collections_file_held_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("next_action_at__isnull", False),
                                ("state", "WAITING"),
                                models.Q(("waits_for", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "WAITING"), _negated=True),
                                ("next_action_at__isnull", True),
                                ("waits_for", ""),
                            ),
                            _connector="OR",
                        ),
                        name="collections_file_waits_for_something",
                    ),
                ],
            },
        ),
        CreateModel(
            name="CaseFileEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("OPENED", "File opened"),
                            ("TAKEN", "Taken up"),
                            ("CALLED_IN", "Taken up because they called"),
                            ("GIVEN_BACK", "Given back"),
                            ("LET_GO", "Let go of: nobody had its page open"),
                            ("PUT_OFF", "Put off"),
                            ("NOTE", "Note"),
                            ("CALLS_OK", "May be called again"),
                            ("AGREED", "Agreed with the borrower"),
                            ("ASSIGNED", "Given to somebody"),
                            ("MOVED", "Moved to a team"),
                            ("CLOSED", "File closed"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("actor", models.TextField(verbose_name="by")),
                ("words", models.TextField(blank=True, db_default="", default="", verbose_name="words")),
                ("data", models.JSONField(db_default={}, default=dict, verbose_name="values")),
            ],
            options={
                "verbose_name": "event of a file",
                "verbose_name_plural": "events of files",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["file", "-at", "-id"], name="collections_file_events"),
                    models.Index(condition=models.Q(("kind", "NOTE")), fields=["at"], name="collections_notes_by_day"),
                    models.Index(
                        condition=models.Q(("kind", "CALLED_IN")),
                        fields=["-at", "-id"],
                        name="collections_file_callers",
                    ),
                ],
            },
        ),
        CreateModel(
            name="FileWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="work",
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
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
                ("since", models.DateField(verbose_name="since")),
                ("until", models.DateField(blank=True, null=True, verbose_name="until")),
                ("team", models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="team")),
                (
                    "strategy",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="strategy"),
                ),
            ],
            options={
                "verbose_name": "work on a file",
                "verbose_name_plural": "work on files",
                "indexes": [models.Index(fields=["file"], name="collections_file_work")],
                "constraints": [
                    models.UniqueConstraint(fields=("borrower", "since"), name="collections_file_work_begins_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("file",),
                        name="collections_file_work_now_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("since"))), name="collections_file_work_dates_agree"
                    ),
                ],
            },
        ),
        CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=400, verbose_name="filter")),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="collections_filter_once")],
            },
        ),
        CreateModel(
            name="OverdueStatus",
            fields=[
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="overdue",
                        serialize=False,
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                ("days_past_due", models.PositiveIntegerField(verbose_name="days past due")),
                ("effective_days_past_due", models.PositiveIntegerField(verbose_name="days past due without pauses")),
                ("oldest_due_on", models.DateField(blank=True, null=True, verbose_name="oldest unpaid due date")),
                ("principal_minor", models.BigIntegerField(verbose_name="overdue principal")),
                ("interest_minor", models.BigIntegerField(verbose_name="overdue interest")),
                ("fee_minor", models.BigIntegerField(verbose_name="overdue fee")),
                ("penalty_minor", models.BigIntegerField(verbose_name="penalty due")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("classification", models.CharField(max_length=20, verbose_name="classification")),
                (
                    "stage",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=4, verbose_name="impairment stage"
                    ),
                ),
            ],
            options={
                "verbose_name": "overdue status",
                "verbose_name_plural": "overdue statuses",
                "indexes": [
                    models.Index(
                        condition=models.Q(("days_past_due__gt", 0)),
                        fields=["-days_past_due", "loan"],
                        name="collections_overdue_list",
                    )
                ],
            },
        ),
        CreateModel(
            name="OverdueChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "loan_id", "changed_on", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overdue_changes",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("changed_on", models.DateField(verbose_name="changed on")),
                ("days_past_due", models.PositiveIntegerField(verbose_name="days past due")),
                ("bucket_before", models.CharField(max_length=20, verbose_name="bucket before")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("classification_before", models.CharField(max_length=20, verbose_name="classification before")),
                ("classification", models.CharField(max_length=20, verbose_name="classification")),
                (
                    "stage_before",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=4, verbose_name="impairment stage before"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=4, verbose_name="impairment stage"
                    ),
                ),
            ],
            options={
                "verbose_name": "change of overdue status",
                "verbose_name_plural": "changes of overdue status",
            },
        ),
        CreateModel(
            name="CollectionCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("CLOSED", "Closed")],
                        db_default="OPEN",
                        default="OPEN",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                ("level", models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="level")),
                ("level_since", models.DateField(blank=True, null=True, verbose_name="at this level since")),
            ],
            options={
                "verbose_name": "collection case",
                "verbose_name_plural": "collection cases",
                "permissions": [
                    ("promise_collectioncase", "Can note a promise to pay"),
                    ("hold_collectioncase", "Can place a hold"),
                    ("end_hold_collectioncase", "Can end a hold"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "OPEN")), fields=("loan",), name="collections_one_open_case"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_on__isnull", True), ("status", "OPEN")),
                            models.Q(("closed_on__gte", models.F("opened_on")), ("status", "CLOSED")),
                            _connector="OR",
                        ),
                        name="collections_case_dates_agree",
                    ),
                ],
            },
        ),
        CreateModel(
            name="PromiseToPay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("made_on", models.DateField(verbose_name="made on")),
                ("due_on", models.DateField(verbose_name="promised for")),
                ("after_event", models.BigIntegerField(db_default=0, default=0, editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("KEPT", "Kept"), ("BROKEN", "Broken"), ("CANCELLED", "Cancelled")],
                        db_default="OPEN",
                        default="OPEN",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("paid_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="paid")),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                ("note", models.TextField(blank=True, db_default="", default="", verbose_name="note")),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
                ("actor", models.TextField(verbose_name="noted by")),
            ],
            options={
                "verbose_name": "promise to pay",
                "verbose_name_plural": "promises to pay",
                "indexes": [models.Index(fields=["decided_on", "id"], name="collections_promise_decided")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "OPEN")), fields=("loan",), name="collections_one_open_promise"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("due_on__gte", models.F("made_on"))),
                        name="collections_promise_is_sound",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("COMPLAINT", "Complaint"),
                            ("DISPUTE", "Dispute"),
                            ("HARDSHIP_REVIEW", "Hardship review"),
                            ("BREATHING_SPACE", "Breathing space"),
                            ("DECEASED", "Borrower deceased"),
                            ("FRAUD", "Fraud"),
                            ("BANKRUPTCY", "Insolvency of the borrower"),
                            ("VULNERABLE_REVIEW", "Special care under review"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                (
                    "contact",
                    models.CharField(
                        choices=[
                            ("PERSON", "The person is left in peace, with all loans"),
                            ("LOAN", "Nothing about this loan"),
                            ("NONE", "Contact goes on"),
                        ],
                        db_default="LOAN",
                        default="LOAN",
                        max_length=8,
                        verbose_name="contact",
                    ),
                ),
                ("pauses_count", models.BooleanField(db_default=True, default=True, verbose_name="no penalty")),
                (
                    "bars_lending",
                    models.BooleanField(db_default=False, default=False, verbose_name="nothing more is lent"),
                ),
                (
                    "mark",
                    models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="reported as"),
                ),
                ("review_on", models.DateField(blank=True, null=True, verbose_name="look again on")),
                ("reason", models.TextField(verbose_name="reason")),
                ("actor", models.TextField(verbose_name="placed by")),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
                ("ended_by", models.TextField(blank=True, db_default="", default="", verbose_name="ended by")),
            ],
            options={
                "verbose_name": "hold",
                "verbose_name_plural": "holds",
                "permissions": [("review_hold", "Can say that a hold is still right")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["loan"], name="collections_hold_running"
                    ),
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["ends_on"], name="collections_hold_to_expire"
                    ),
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["review_on"], name="collections_hold_to_review"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                        name="collections_hold_dates_agree",
                    )
                ],
            },
        ),
        CreateModel(
            name="CreditRecordMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "loan_id", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_months",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("code", models.CharField(max_length=2, verbose_name="code")),
                ("days_past_due", models.PositiveIntegerField(verbose_name="days past due")),
                ("balance_minor", models.BigIntegerField(verbose_name="balance")),
                ("overdue_minor", models.BigIntegerField(verbose_name="overdue")),
                (
                    "special_event",
                    models.CharField(blank=True, db_default="", default="", max_length=4, verbose_name="special event"),
                ),
            ],
            options={
                "verbose_name": "month of a credit record",
                "verbose_name_plural": "months of credit records",
            },
        ),
        CreateModel(
            name="LoanSignal",
            fields=[
                (
                    "loan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="signal",
                        serialize=False,
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                ("days_late", models.IntegerField(verbose_name="days late, in hundredths")),
                (
                    "days_late_before",
                    models.IntegerField(blank=True, null=True, verbose_name="days late before, in hundredths"),
                ),
                ("partial_payments", models.PositiveIntegerField(verbose_name="partial payments")),
                ("failed_collections", models.PositiveIntegerField(verbose_name="failed collections")),
            ],
            options={
                "verbose_name": "signal of a loan",
                "verbose_name_plural": "signals of loans",
            },
        ),
        CreateModel(
            name="CloseRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("business_date", models.DateField(unique=True, verbose_name="business date")),
                (
                    "status",
                    models.CharField(
                        choices=[("RUNNING", "Running"), ("PAUSED", "Paused"), ("CLOSED", "Closed")],
                        default="RUNNING",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="started at"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "times_closed",
                    models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="times closed"),
                ),
                ("counts", models.JSONField(db_default={}, default=dict, verbose_name="counts")),
                ("seconds", models.JSONField(db_default={}, default=dict, verbose_name="seconds")),
            ],
            options={
                "verbose_name": "nightly close",
                "verbose_name_plural": "nightly closes",
                "ordering": ["-business_date"],
                "permissions": [("steer_closerun", "Can pause, resume and run again a nightly close")],
            },
        ),
        CreateModel(
            name="CloseRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranges",
                        to="collections_mgmt.closerun",
                        verbose_name="nightly close",
                    ),
                ),
                ("first_loan_id", models.BigIntegerField(verbose_name="from loan")),
                ("end_loan_id", models.BigIntegerField(verbose_name="up to loan")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("DONE", "Done"),
                            ("QUARANTINED", "Quarantined"),
                            ("RECOVERED", "Closed later"),
                        ],
                        default="WAITING",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("loans", models.PositiveIntegerField(db_default=0, default=0, verbose_name="loans")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt")),
                ("counts", models.JSONField(default=dict, verbose_name="counts")),
                ("seconds", models.JSONField(default=dict, verbose_name="seconds")),
                (
                    "sums",
                    models.JSONField(
                        db_default=[],
                        default=list,
                        help_text="The running loans at the end of the day, by state.",
                        verbose_name="sums",
                    ),
                ),
                ("error", models.TextField(blank=True, default="", verbose_name="error")),
            ],
            options={
                "verbose_name": "range of a close",
                "verbose_name_plural": "ranges of a close",
                "ordering": ["run", "first_loan_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "first_loan_id"), name="collections_range_once")
                ],
            },
        ),
        CreateModel(
            name="PortfolioDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business_date",
                        "product",
                        "currency",
                        "bucket",
                        "classification",
                        "stage",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("business_date", models.DateField(verbose_name="business date")),
                ("product", models.CharField(max_length=50, verbose_name="product")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("classification", models.CharField(max_length=20, verbose_name="classification")),
                ("stage", models.CharField(blank=True, max_length=4, verbose_name="impairment stage")),
                ("loans", models.PositiveIntegerField(verbose_name="loans")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("interest_due_minor", models.BigIntegerField(verbose_name="interest due")),
                ("fee_due_minor", models.BigIntegerField(verbose_name="fees due")),
                ("penalty_minor", models.BigIntegerField(verbose_name="penalty due")),
                ("suspended_minor", models.BigIntegerField(verbose_name="suspended interest")),
                ("accrued_minor", models.BigIntegerField(verbose_name="interest earned, not yet due")),
                ("overdue_minor", models.BigIntegerField(verbose_name="overdue")),
                ("provision_minor", models.BigIntegerField(verbose_name="provision")),
            ],
            options={
                "verbose_name": "portfolio of a day",
                "verbose_name_plural": "portfolio by day",
            },
        ),
        CreateModel(
            name="HardshipRequest",
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
                ("asked_at", models.DateTimeField(verbose_name="received")),
                ("due_on", models.DateField(verbose_name="answer due")),
                ("words", models.TextField(blank=True, default="", verbose_name="in their words")),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="held by",
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("answer", models.TextField(blank=True, default="", verbose_name="answer")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.asked.new_help_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("INCOME", "My income fell or comes irregularly"),
                            ("MANAGEMENT", "I lost track of what is due when"),
                            ("SPENDING", "I spent more than I had"),
                            ("ECONOMY", "Business is bad, or prices rose"),
                            ("TERMS", "I understood the contract differently"),
                            ("OTHER", "Something else, such as illness or family"),
                        ],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                (
                    "lasts",
                    models.CharField(
                        choices=[
                            ("MONTH", "About a month"),
                            ("QUARTER", "Up to three months"),
                            ("HALF_YEAR", "Up to half a year"),
                            ("LONGER", "Longer"),
                            ("UNKNOWN", "I cannot say yet"),
                        ],
                        default="UNKNOWN",
                        max_length=10,
                        verbose_name="may last",
                    ),
                ),
                ("can_pay_minor", models.BigIntegerField(blank=True, null=True, verbose_name="can pay a month")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PLAN", "A plan will be offered"),
                            ("NOT_POSSIBLE", "A plan is not possible"),
                            ("WITHDRAWN", "Taken back by the borrower"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
            ],
            options={
                "verbose_name": "request for help",
                "verbose_name_plural": "requests for help",
                "permissions": [("answer_hardshiprequest", "Can answer requests for help")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at", None)),
                        fields=["due_on", "id"],
                        name="collections_help_waiting",
                    ),
                    models.Index(fields=["borrower", "-id"], name="collections_help_by_owner"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at", None)),
                        fields=("borrower",),
                        name="collections_one_open_help_request",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("outcome", "")),
                            models.Q(("answered_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="collections_help_answer_has_outcome",
                    ),
                ],
            },
        ),
        CreateModel(
            name="HardshipLoan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="collections_mgmt.hardshiprequest",
                        verbose_name="request for help",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="help_requests",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="help_requests",
                        to="collections_mgmt.hold",
                        verbose_name="hold",
                    ),
                ),
            ],
            options={
                "verbose_name": "loan of a request for help",
                "verbose_name_plural": "loans of requests for help",
                "constraints": [models.UniqueConstraint(fields=("request", "loan"), name="collections_help_loan_once")],
            },
        ),
        CreateModel(
            name="Arrangement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.agreements.new_arrangement_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="arrangements",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Running"),
                            ("KEPT", "Kept"),
                            ("BROKEN", "Broken"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        db_default="ACTIVE",
                        default="ACTIVE",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("total_minor", models.BigIntegerField(verbose_name="amount")),
                ("paid_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="paid")),
                ("made_on", models.DateField(verbose_name="made on")),
                ("after_event", models.BigIntegerField(db_default=0, default=0, editable=False)),
                ("is_own", models.BooleanField(db_default=False, default=False, verbose_name="made by the borrower")),
                ("decided_on", models.DateField(blank=True, null=True, verbose_name="decided on")),
                ("note", models.TextField(blank=True, db_default="", default="", verbose_name="note")),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
                ("actor", models.TextField(verbose_name="noted by")),
            ],
            options={
                "verbose_name": "arrangement",
                "verbose_name_plural": "arrangements",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "ACTIVE")),
                        fields=("loan",),
                        name="collections_one_running_arrangement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("total_minor__gt", 0)), name="collections_arrangement_is_for_something"
                    ),
                ],
            },
        ),
        CreateModel(
            name="ArrangementPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("due_on", models.DateField(verbose_name="due date")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "arrangement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="collections_mgmt.arrangement",
                        verbose_name="arrangement",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of an arrangement",
                "verbose_name_plural": "parts of arrangements",
                "ordering": ["number"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("arrangement", "number"), name="collections_arrangement_part_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="collections_arrangement_part_is_something"
                    ),
                ],
            },
        ),
        CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.agreements.new_settlement_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OFFERED", "Offered"),
                            ("ACCEPTED", "Accepted"),
                            ("ACTIVE", "Being paid"),
                            ("COMPLETED", "Completed"),
                            ("BROKEN", "Broken"),
                            ("WITHDRAWN", "Withdrawn"),
                            ("EXPIRED", "Not accepted in time"),
                        ],
                        db_default="OFFERED",
                        default="OFFERED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("penalty_minor", models.BigIntegerField(verbose_name="penalty")),
                ("fee_minor", models.BigIntegerField(verbose_name="fee")),
                ("interest_minor", models.BigIntegerField(verbose_name="interest")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("total_minor", models.BigIntegerField(verbose_name="to be paid")),
                ("paid_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="paid")),
                ("waived_minor", models.BigIntegerField(blank=True, null=True, verbose_name="waived")),
                (
                    "waivers",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="waivers"
                    ),
                ),
                ("after_event", models.BigIntegerField(editable=False)),
                ("offered_on", models.DateField(verbose_name="offered on")),
                ("accept_by", models.DateField(verbose_name="accept by")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted")),
                ("accepted_on", models.DateField(blank=True, null=True, verbose_name="accepted on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "is_asked_for",
                    models.BooleanField(db_default=False, default=False, verbose_name="asked for by the borrower"),
                ),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
                ("actor", models.TextField(verbose_name="offered by")),
            ],
            options={
                "verbose_name": "settlement",
                "verbose_name_plural": "settlements",
                "permissions": [
                    ("offer_settlement", "Can offer a settlement"),
                    ("withdraw_settlement", "Can withdraw a settlement"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["ACCEPTED", "ACTIVE", "BROKEN"])),
                        fields=["loan"],
                        name="collections_settlement_paid",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["OFFERED", "ACCEPTED", "ACTIVE"])),
                        fields=("loan",),
                        name="collections_one_open_settlement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("total_minor__gt", 0),
                            (
                                "total_minor__lt",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("penalty_minor"), "+", models.F("fee_minor")
                                        ),
                                        "+",
                                        models.F("interest_minor"),
                                    ),
                                    "+",
                                    models.F("principal_minor"),
                                ),
                            ),
                        ),
                        name="collections_settlement_is_for_less",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["OFFERED", "WITHDRAWN", "EXPIRED"]),
                            ("accepted_on__isnull", False),
                            _connector="OR",
                        ),
                        name="collections_settlement_was_accepted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "COMPLETED"), _negated=True),
                            models.Q(("paid_minor__gte", models.F("total_minor")), ("waived_minor__gte", 0)),
                            _connector="OR",
                        ),
                        name="collections_settlement_is_final_when_paid",
                    ),
                ],
            },
        ),
        CreateModel(
            name="SettlementPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("due_on", models.DateField(verbose_name="due date")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "settlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="collections_mgmt.settlement",
                        verbose_name="settlement",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a settlement",
                "verbose_name_plural": "parts of settlements",
                "ordering": ["number"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("settlement", "number"), name="collections_settlement_part_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="collections_settlement_part_is_something"
                    ),
                ],
            },
        ),
        CreateModel(
            name="FileAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="file name")),
                ("about", models.CharField(max_length=120, verbose_name="what it is")),
                ("content_type", models.CharField(max_length=60, verbose_name="content type")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("content", dashu.users.sealing.SealedBytes(editable=True, null=True, verbose_name="content")),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                ("actor", models.TextField(verbose_name="added by")),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="removed at")),
                (
                    "removed_because",
                    models.TextField(blank=True, db_default="", default="", verbose_name="why it was removed"),
                ),
            ],
            options={
                "verbose_name": "attachment of a file",
                "verbose_name_plural": "attachments of files",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("file", "sha256"),
                        name="collections_attachment_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("content__isnull", False), ("removed_at", None)),
                            models.Q(("content__isnull", True), ("removed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="collections_attachment_has_content",
                    ),
                ],
            },
        ),
        CreateModel(
            name="WarningLead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="warning_leads",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("opened_on", models.DateField(verbose_name="opened on")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "To be looked at"),
                            ("OFFERED", "Help was offered"),
                            ("HELD_OUT", "In the comparison group"),
                            ("CLOSED", "Closed"),
                        ],
                        db_default="OPEN",
                        default="OPEN",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("INCOME", "My income fell or comes irregularly"),
                            ("MANAGEMENT", "I lost track of what is due when"),
                            ("SPENDING", "I spent more than I had"),
                            ("ECONOMY", "Business is bad, or prices rose"),
                            ("TERMS", "I understood the contract differently"),
                            ("OTHER", "Something else, such as illness or family"),
                        ],
                        db_default="",
                        default="",
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("offered_on", models.DateField(blank=True, null=True, verbose_name="offered on")),
                (
                    "held_out_on",
                    models.DateField(blank=True, null=True, verbose_name="left alone for comparison since"),
                ),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("OVER", "What was noticed no longer holds"),
                            ("PAID", "No loan is running any more"),
                            ("BEHIND", "It became a case of the desk"),
                            ("NOT_NOW", "Not now"),
                        ],
                        db_default="",
                        default="",
                        max_length=8,
                        verbose_name="why it was closed",
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="", verbose_name="reason")),
                ("quiet_until", models.DateField(blank=True, null=True, verbose_name="quiet until")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "early warning",
                "verbose_name_plural": "early warnings",
                "permissions": [("steer_warninglead", "Can close early warnings and note their cause")],
                "indexes": [
                    models.Index(fields=["-opened_on", "-id"], name="collections_lead_by_day"),
                    models.Index(fields=["borrower", "-id"], name="collections_lead_of_borrower"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "CLOSED"), _negated=True),
                        fields=("borrower",),
                        name="collections_one_open_lead",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_on__gte", models.F("opened_on")),
                                ("state", "CLOSED"),
                                models.Q(("ending", ""), _negated=True),
                            ),
                            models.Q(models.Q(("state", "CLOSED"), _negated=True), ("closed_on", None), ("ending", "")),
                            _connector="OR",
                        ),
                        name="collections_lead_end_agrees",
                    ),
                ],
            },
        ),
        CreateModel(
            name="WarningTrigger",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="warning_triggers",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="warning_triggers",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PAYS_LATER", "PAYS_LATER"),
                            ("AUTOPAY_FAILED", "AUTOPAY_FAILED"),
                            ("AUTOPAY_ENDED", "AUTOPAY_ENDED"),
                            ("PARTIAL_PAYMENTS", "PARTIAL_PAYMENTS"),
                            ("ONLY_THE_LEAST", "ONLY_THE_LEAST"),
                            ("INQUIRIES", "INQUIRIES"),
                            ("OVERDUE_ELSEWHERE", "OVERDUE_ELSEWHERE"),
                            ("INCOME_DROP", "INCOME_DROP"),
                            ("INCOME_LATE", "INCOME_LATE"),
                            ("REVENUE_DROP", "REVENUE_DROP"),
                            ("SCORE_DOWN", "SCORE_DOWN"),
                            ("ASKED_FOR_HELP", "ASKED_FOR_HELP"),
                            ("SHOCK", "SHOCK"),
                            ("ECONOMY", "ECONOMY"),
                        ],
                        max_length=24,
                        verbose_name="noticed",
                    ),
                ),
                ("fired_on", models.DateField(verbose_name="noticed on")),
                ("ends_on", models.DateField(verbose_name="counts until")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("is_strong", models.BooleanField(verbose_name="strong")),
                ("facts", models.JSONField(db_default={}, default=dict, verbose_name="facts")),
            ],
            options={
                "verbose_name": "trigger of an early warning",
                "verbose_name_plural": "triggers of early warnings",
                "indexes": [models.Index(fields=["borrower", "-id"], name="collections_trigger_of_person")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)),
                        fields=("borrower", "loan", "kind"),
                        name="collections_trigger_counts_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("fired_on"))),
                        name="collections_trigger_days_agree",
                    ),
                ],
            },
        ),
        CreateModel(
            name="BorrowerPlace",
            fields=[
                (
                    "borrower",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="place",
                        serialize=False,
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "region",
                    models.CharField(blank=True, db_index=True, default="", max_length=12, verbose_name="region"),
                ),
                (
                    "sector",
                    models.CharField(blank=True, db_index=True, default="", max_length=12, verbose_name="sector"),
                ),
                ("noted_on", models.DateField(verbose_name="noted on")),
                ("actor", models.TextField(verbose_name="noted by")),
            ],
            options={
                "verbose_name": "place of a borrower's work",
                "verbose_name_plural": "places of borrowers' work",
            },
        ),
        CreateModel(
            name="IncomeObservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incomes",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("credited_on", models.DateField(verbose_name="credited on")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("reference", models.CharField(max_length=80, verbose_name="reference")),
                ("noted_on", models.DateField(verbose_name="noted on")),
            ],
            options={
                "verbose_name": "income that was seen",
                "verbose_name_plural": "incomes that were seen",
                "indexes": [
                    models.Index(fields=["borrower", "credited_on"], name="collections_income_of_person"),
                    models.Index(fields=["noted_on"], name="collections_income_by_night"),
                    models.Index(fields=["credited_on"], name="collections_income_by_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "reference"), name="collections_income_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="collections_income_is_positive"
                    ),
                ],
            },
        ),
        CreateModel(
            name="RevenueObservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revenues",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("month", models.DateField(verbose_name="month")),
                ("amount_minor", models.BigIntegerField(verbose_name="revenue")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("noted_on", models.DateField(verbose_name="noted on")),
            ],
            options={
                "verbose_name": "revenue of a month",
                "verbose_name_plural": "revenues of months",
                "indexes": [models.Index(fields=["noted_on"], name="collections_revenue_by_night")],
                "constraints": [
                    models.UniqueConstraint(fields=("borrower", "month"), name="collections_revenue_once"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0), ("month__day", 1)),
                        name="collections_revenue_is_sound",
                    ),
                ],
            },
        ),
        CreateModel(
            name="ScoreObservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="behavior_scores",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("scored_on", models.DateField(verbose_name="scored on")),
                ("scorecard", models.CharField(max_length=60, verbose_name="scorecard")),
                ("points", models.IntegerField(verbose_name="points")),
                (
                    "behind",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="months behind",
                    ),
                ),
            ],
            options={
                "verbose_name": "behavior score",
                "verbose_name_plural": "behavior scores",
                "indexes": [models.Index(fields=["scored_on"], name="collections_score_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("borrower", "scorecard", "scored_on"), name="collections_behavior_score_once"
                    )
                ],
            },
        ),
        CreateModel(
            name="BureauWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bureau_watches",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("request_id", models.UUIDField(unique=True, verbose_name="enquiry")),
                ("asked_at", models.DateTimeField(verbose_name="asked at")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next attempt")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                ("answered_on", models.DateField(blank=True, null=True, verbose_name="answered on")),
                (
                    "failure",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=60, verbose_name="why there is none"
                    ),
                ),
                (
                    "inquiry_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateField(),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="inquiries on",
                    ),
                ),
                (
                    "worst_days",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="days past due elsewhere"),
                ),
                (
                    "overdue_lenders",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="lenders with arrears"),
                ),
            ],
            options={
                "verbose_name": "look at a credit report",
                "verbose_name_plural": "looks at credit reports",
                "indexes": [
                    models.Index(fields=["borrower", "-id"], name="collections_look_of_person"),
                    models.Index(fields=["answered_on"], name="collections_look_by_night"),
                    models.Index(
                        condition=models.Q(("answered_at", None)), fields=["next_at"], name="collections_look_waiting"
                    ),
                ],
            },
        ),
        CreateModel(
            name="EconomicIndicator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("UNEMPLOYMENT", "UNEMPLOYMENT"),
                            ("SECTOR", "SECTOR"),
                            ("PRICES", "PRICES"),
                            ("INCOMES", "INCOMES"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("unit", models.CharField(max_length=30, verbose_name="unit")),
                (
                    "region",
                    models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="region"),
                ),
                (
                    "sector",
                    models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="sector"),
                ),
                ("source", models.CharField(max_length=200, verbose_name="source")),
            ],
            options={
                "verbose_name": "series of the economy",
                "verbose_name_plural": "series of the economy",
                "ordering": ["code"],
                "permissions": [("import_economicindicator", "Can import values of the economy")],
            },
        ),
        CreateModel(
            name="IndicatorValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "indicator_id", "date", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "indicator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="values",
                        to="collections_mgmt.economicindicator",
                        verbose_name="series",
                    ),
                ),
                ("date", models.DateField(verbose_name="date")),
                ("value", models.DecimalField(decimal_places=4, max_digits=16, verbose_name="value")),
                ("noted_on", models.DateField(db_index=True, verbose_name="noted on")),
            ],
            options={
                "verbose_name": "value of a series",
                "verbose_name_plural": "values of series",
            },
        ),
        CreateModel(
            name="ShockEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "region",
                    models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="region"),
                ),
                (
                    "sector",
                    models.CharField(blank=True, db_default="", default="", max_length=12, verbose_name="sector"),
                ),
                ("from_on", models.DateField(verbose_name="from")),
                ("to_on", models.DateField(verbose_name="to")),
                ("reason", models.TextField(verbose_name="what happened")),
                ("noted_on", models.DateField(db_index=True, verbose_name="noted on")),
                ("actor", models.TextField(verbose_name="approved by")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "shock of a region or sector",
                "verbose_name_plural": "shocks of regions and sectors",
                "ordering": ["-from_on", "-id"],
                "permissions": [("enter_shockentry", "Can enter and end a shock")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("to_on__gte", models.F("from_on")), models.Q(("region", ""), ("sector", ""), _negated=True)
                        ),
                        name="collections_shock_is_sound",
                    )
                ],
            },
        ),
        CreateModel(
            name="Budget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.relief.new_budget_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="budgets",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="stated at")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "household",
                    models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name="people in the household"),
                ),
                ("income", models.JSONField(db_default={}, default=dict, verbose_name="income")),
                ("verified", models.JSONField(db_default=[], default=list, verbose_name="confirmed by papers")),
                ("expenses", models.JSONField(db_default={}, default=dict, verbose_name="expenses")),
                ("debts", models.JSONField(db_default={}, default=dict, verbose_name="payments on other debts")),
                ("words", models.JSONField(db_default={}, default=dict, verbose_name="in their words")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("INCOME", "My income fell or comes irregularly"),
                            ("MANAGEMENT", "I lost track of what is due when"),
                            ("SPENDING", "I spent more than I had"),
                            ("ECONOMY", "Business is bad, or prices rose"),
                            ("TERMS", "I understood the contract differently"),
                            ("OTHER", "Something else, such as illness or family"),
                        ],
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                (
                    "lasts",
                    models.CharField(
                        choices=[
                            ("MONTH", "About a month"),
                            ("QUARTER", "Up to three months"),
                            ("HALF_YEAR", "Up to half a year"),
                            ("LONGER", "Longer"),
                            ("UNKNOWN", "I cannot say yet"),
                        ],
                        db_default="UNKNOWN",
                        default="UNKNOWN",
                        max_length=10,
                        verbose_name="may last",
                    ),
                ),
                (
                    "income_later_minor",
                    models.BigIntegerField(blank=True, null=True, verbose_name="income expected later"),
                ),
                ("income_later_from", models.DateField(blank=True, null=True, verbose_name="expected from")),
                ("payday", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="day of the income")),
                ("lump_sum_minor", models.BigIntegerField(blank=True, null=True, verbose_name="can be paid at once")),
                ("surplus_minor", models.BigIntegerField(verbose_name="left of a month")),
                ("figures", models.JSONField(db_default={}, default=dict, verbose_name="what follows")),
                ("actor", models.TextField(verbose_name="noted by")),
            ],
            options={
                "verbose_name": "budget of a borrower",
                "verbose_name_plural": "budgets of borrowers",
                "indexes": [models.Index(fields=["borrower", "-id"], name="collections_budget_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("household__gte", 1)), name="collections_budget_of_somebody"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("income_later_from", None), ("income_later_minor", None)),
                            models.Q(("income_later_from__isnull", False), ("income_later_minor__isnull", False)),
                            _connector="OR",
                        ),
                        name="collections_budget_later_income_has_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payday", None), ("payday__range", (1, 31)), _connector="OR"),
                        name="collections_budget_payday",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lump_sum_minor", None), ("lump_sum_minor__gt", 0), _connector="OR"),
                        name="collections_budget_lump_sum",
                    ),
                ],
            },
        ),
        CreateModel(
            name="OfferSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.relief.new_offer_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_sets",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "budget",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_sets",
                        to="collections_mgmt.budget",
                        verbose_name="budget",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offer_sets",
                        to="collections_mgmt.hardshiprequest",
                        verbose_name="request for help",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("EARLY_WARNING", "Early warning"),
                            ("ASKED", "Asked for by the borrower"),
                            ("STAFF", "A member of staff"),
                            ("CAMPAIGN", "Campaign"),
                            ("DISASTER", "Disaster list"),
                        ],
                        max_length=14,
                        verbose_name="source",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "Waiting for the borrower"),
                            ("ACCEPTED", "Accepted"),
                            ("DECLINED", "Declined"),
                            ("EXPIRED", "Not accepted in time"),
                            ("TAKEN_BACK", "Taken back by us"),
                        ],
                        db_default="OPEN",
                        default="OPEN",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("INCOME", "My income fell or comes irregularly"),
                            ("MANAGEMENT", "I lost track of what is due when"),
                            ("SPENDING", "I spent more than I had"),
                            ("ECONOMY", "Business is bad, or prices rose"),
                            ("TERMS", "I understood the contract differently"),
                            ("OTHER", "Something else, such as illness or family"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="cause",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="offered at")),
                ("made_on", models.DateField(verbose_name="offered on")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("quoted_on", models.DateField(verbose_name="figures of")),
                ("after_events", models.JSONField(db_default={}, default=dict, editable=False)),
                ("facts", models.JSONField(db_default={}, default=dict, verbose_name="facts")),
                ("not_offered", models.JSONField(db_default=[], default=list, verbose_name="not offered")),
                ("reminded_at", models.DateTimeField(blank=True, null=True, verbose_name="reminded at")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
                ("actor", models.TextField(verbose_name="offered by")),
            ],
            options={
                "verbose_name": "offer of relief",
                "verbose_name_plural": "offers of relief",
                "permissions": [
                    ("make_offerset", "Can offer relief"),
                    ("decide_offerset", "Can offer relief outside limits"),
                ],
                "indexes": [
                    models.Index(fields=["borrower", "-id"], name="collections_offers_by_owner"),
                    models.Index(
                        condition=models.Q(("status", "OPEN")),
                        fields=["last_day", "id"],
                        name="collections_offers_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("made_on"))), name="collections_offers_last_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_on", None), ("status", "OPEN")),
                            models.Q(models.Q(("status", "OPEN"), _negated=True), ("ended_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="collections_offers_end_once",
                    ),
                ],
            },
        ),
        CreateModel(
            name="OfferLoan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "offer_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="loans",
                        to="collections_mgmt.offerset",
                        verbose_name="offer of relief",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers_of_relief",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="collections_mgmt.hold",
                        verbose_name="hold",
                    ),
                ),
                ("is_open", models.BooleanField(db_default=True, default=True, verbose_name="open")),
            ],
            options={
                "verbose_name": "loan of an offer of relief",
                "verbose_name_plural": "loans of offers of relief",
                "constraints": [
                    models.UniqueConstraint(fields=("offer_set", "loan"), name="collections_offer_loan_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_open", True)), fields=("loan",), name="collections_one_open_offer"
                    ),
                ],
            },
        ),
        CreateModel(
            name="RestructuringOffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "offer_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="collections_mgmt.offerset",
                        verbose_name="offer of relief",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relief_offers",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("method", models.CharField(max_length=20, verbose_name="method")),
                (
                    "status",
                    models.CharField(
                        choices=[("OFFERED", "Offered"), ("ACCEPTED", "Accepted"), ("LAPSED", "Not chosen")],
                        db_default="OFFERED",
                        default="OFFERED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("relief", models.JSONField(verbose_name="terms")),
                ("acts", models.JSONField(verbose_name="what is booked")),
                ("figures", models.JSONField(db_default={}, default=dict, verbose_name="figures")),
                ("rows", models.JSONField(db_default=[], default=list, verbose_name="schedule")),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
                ("sheet_opened_at", models.DateTimeField(blank=True, null=True, verbose_name="cost sheet opened at")),
                (
                    "sheet_digest",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        max_length=64,
                        verbose_name="digest of the opened cost sheet",
                    ),
                ),
                ("is_recommended", models.BooleanField(db_default=False, default=False, verbose_name="recommended")),
                (
                    "reason",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=40, verbose_name="why it is recommended"
                    ),
                ),
                ("is_own", models.BooleanField(db_default=False, default=False, verbose_name="chosen by the borrower")),
            ],
            options={
                "verbose_name": "way of an offer of relief",
                "verbose_name_plural": "ways of offers of relief",
                "ordering": ["offer_set", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("offer_set", "number"), name="collections_relief_offer_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "ACCEPTED")),
                        fields=("offer_set",),
                        name="collections_one_accepted_offer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_recommended", True)),
                        fields=("offer_set",),
                        name="collections_one_recommended_offer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_own", True)), fields=("offer_set",), name="collections_one_own_offer"
                    ),
                ],
            },
        ),
        CreateModel(
            name="OfferCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("salt", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("sealed_code", dashu.users.sealing.SealedText(null=True)),
                ("phone_shown", models.CharField(max_length=32, verbose_name="sent to")),
                ("made_at", models.DateTimeField(verbose_name="asked for at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="signed with at")),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="collections_mgmt.restructuringoffer",
                        verbose_name="way of an offer of relief",
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="digest")),
            ],
            options={
                "verbose_name": "code to accept an offer",
                "verbose_name_plural": "codes to accept offers",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_code__isnull", False)),
                        fields=["expires_at"],
                        name="collections_code_to_forget",
                    )
                ],
            },
        ),
        CreateModel(
            name="RestructuringPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.relief.new_plan_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "offer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan",
                        to="collections_mgmt.restructuringoffer",
                        verbose_name="way of an offer of relief",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relief_plans",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("method", models.CharField(max_length=20, verbose_name="method")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACCEPTED", "Accepted"),
                            ("ACTIVE", "Running"),
                            ("BROKEN", "A payment is missing"),
                            ("CURED", "Running again"),
                            ("COMPLETED", "Completed"),
                            ("ENDED", "Broken"),
                            ("REPLACED", "Replaced by another plan"),
                            ("WITHDRAWN", "Taken back by the borrower"),
                        ],
                        db_default="ACCEPTED",
                        default="ACCEPTED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("accepted_at", models.DateTimeField(verbose_name="accepted at")),
                ("accepted_on", models.DateField(verbose_name="accepted on")),
                ("withdraw_until", models.DateField(verbose_name="can be taken back until")),
                ("events", models.JSONField(db_default=[], default=list, verbose_name="booked as")),
                ("taken_over", models.JSONField(db_default=[], default=list, verbose_name="booked by plans before it")),
                ("after_event", models.BigIntegerField(editable=False)),
                ("first_due_on", models.DateField(verbose_name="first new due date")),
                ("last_due_on", models.DateField(verbose_name="last due date")),
                ("broken_on", models.DateField(blank=True, null=True, verbose_name="broken on")),
                ("cure_until", models.DateField(blank=True, null=True, verbose_name="can be made good until")),
                ("breaks", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="times broken")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
                (
                    "replaced_as",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ACCEPTED", "Accepted"),
                            ("ACTIVE", "Running"),
                            ("BROKEN", "A payment is missing"),
                            ("CURED", "Running again"),
                            ("COMPLETED", "Completed"),
                            ("ENDED", "Broken"),
                            ("REPLACED", "Replaced by another plan"),
                            ("WITHDRAWN", "Taken back by the borrower"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="stood when it was replaced",
                    ),
                ),
                (
                    "is_to_revert",
                    models.BooleanField(
                        db_default=False, default=False, verbose_name="what was given up is to be owed again"
                    ),
                ),
                ("flag", models.CharField(max_length=20, verbose_name="flag")),
                ("tier_floor", models.CharField(blank=True, default="", max_length=20, verbose_name="best class")),
                ("stage_floor", models.CharField(blank=True, default="", max_length=4, verbose_name="best stage")),
                ("is_observed", models.BooleanField(db_default=True, default=True, verbose_name="observed")),
                ("observed_from", models.DateField(verbose_name="observed from")),
                ("observed_until", models.DateField(verbose_name="observed until")),
                ("observation_ended_on", models.DateField(blank=True, null=True, verbose_name="observation ended on")),
                ("forborne_until", models.DateField(verbose_name="forborne until")),
                ("credit_event", models.CharField(blank=True, default="", max_length=4, verbose_name="special event")),
                ("language", models.CharField(max_length=10, verbose_name="language")),
                ("evidence", models.JSONField(verbose_name="evidence")),
                ("evidence_digest", models.CharField(max_length=64, verbose_name="digest of the evidence")),
                (
                    "amendment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="repayments.issueddocument",
                        verbose_name="amendment of the contract",
                    ),
                ),
                (
                    "certificate",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="repayments.issueddocument",
                        verbose_name="certificate",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan of relief",
                "verbose_name_plural": "plans of relief",
                "permissions": [("withdraw_restructuringplan", "Can take a plan of relief back for its borrower")],
                "indexes": [
                    models.Index(fields=["accepted_on", "loan"], name="collections_plan_by_day"),
                    models.Index(
                        condition=models.Q(("certificate", None), ("status", "COMPLETED")),
                        fields=["id"],
                        name="collections_plan_to_certify",
                    ),
                    models.Index(
                        condition=models.Q(("is_to_revert", True)), fields=["id"], name="collections_plan_to_revert"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status__in", ["ACCEPTED", "ACTIVE", "BROKEN", "CURED"]),
                            models.Q(("flag", ""), _negated=True),
                        ),
                        fields=("loan",),
                        name="collections_one_running_plan",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["ACCEPTED", "ACTIVE", "BROKEN", "CURED"]), ("flag", "")),
                        fields=("loan",),
                        name="collections_one_running_due_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_observed", True)), fields=("loan",), name="collections_one_observed"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_observed", True), ("observation_ended_on", None)),
                            models.Q(("is_observed", False), ("observation_ended_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="collections_observation_ends_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_on", None), ("status__in", ["ACCEPTED", "ACTIVE", "BROKEN", "CURED"])),
                            models.Q(
                                models.Q(("status__in", ["ACCEPTED", "ACTIVE", "BROKEN", "CURED"]), _negated=True),
                                ("ended_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="collections_plan_ends_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "BROKEN"), _negated=True),
                            models.Q(("broken_on__isnull", False), ("cure_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="collections_broken_plan_can_be_cured",
                    ),
                ],
            },
        ),
        CreateModel(
            name="ReliefCampaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.campaigns.new_campaign_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("PROACTIVE", "Campaign on early warnings"), ("DISASTER", "Disaster list")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("RUNNING", "Running"),
                            ("PAUSED", "Paused"),
                            ("DONE", "Done"),
                            ("STOPPED", "Stopped"),
                        ],
                        db_default="DRAFT",
                        default="DRAFT",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("audience", models.JSONField(db_default={}, default=dict, verbose_name="for whom")),
                ("relief", models.JSONField(blank=True, null=True, verbose_name="relief")),
                (
                    "holdout_bps",
                    models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="left out to compare"),
                ),
                ("per_day", models.PositiveIntegerField(db_default=0, default=0, verbose_name="people a night")),
                (
                    "quiet_days",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, verbose_name="days of peace after an offer"
                    ),
                ),
                ("first_on", models.DateField(verbose_name="first day")),
                ("last_on", models.DateField(verbose_name="last day")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("started_on", models.DateField(blank=True, null=True, verbose_name="started on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("reason", models.TextField(blank=True, db_default="", default="", verbose_name="reason")),
            ],
            options={
                "verbose_name": "campaign of relief",
                "verbose_name_plural": "campaigns of relief",
                "permissions": [("steer_reliefcampaign", "Can write, pause and stop campaigns of relief")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "RUNNING")), fields=["id"], name="collections_campaigns_run"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))),
                        name="collections_campaign_days_agree",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holdout_bps__lte", 10000)), name="collections_campaign_holdout"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("holdout_bps", 0), ("kind", "DISASTER"), ("relief__isnull", False)),
                            models.Q(("kind", "PROACTIVE"), ("per_day__gte", 1), ("relief__isnull", True)),
                            _connector="OR",
                        ),
                        name="collections_campaign_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_on__isnull", False), ("status__in", ["DONE", "STOPPED"])),
                            models.Q(models.Q(("status__in", ["DONE", "STOPPED"]), _negated=True), ("ended_on", None)),
                            _connector="OR",
                        ),
                        name="collections_campaign_ends_once",
                    ),
                ],
            },
        ),
        CreateModel(
            name="CampaignMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="collections_mgmt.reliefcampaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "borrower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relief_campaigns",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relief_campaigns",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("LISTED", "To be looked at"),
                            ("FITS", "Fits, to be offered"),
                            ("OFFERED", "Offered"),
                            ("HELD_OUT", "In the comparison group"),
                            ("NOT_OFFERED", "Not offered"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("on", models.DateField(verbose_name="on")),
                (
                    "code",
                    models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="because"),
                ),
                ("given_up_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="given up")),
                (
                    "offer_set",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaign_members",
                        to="collections_mgmt.offerset",
                        verbose_name="offer of relief",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaign_members",
                        to="collections_mgmt.warninglead",
                        verbose_name="early warning",
                    ),
                ),
            ],
            options={
                "verbose_name": "person of a campaign",
                "verbose_name_plural": "people of campaigns",
                "indexes": [models.Index(fields=["campaign", "state", "id"], name="collections_member_by_state")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "borrower", "loan"), name="collections_member_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("offer_set__isnull", False), ("state", "OFFERED")),
                            models.Q(models.Q(("state", "OFFERED"), _negated=True), ("offer_set", None)),
                            _connector="OR",
                        ),
                        name="collections_member_has_the_offer",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Vulnerability",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="vulnerabilities",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                ("category", models.CharField(max_length=20, verbose_name="category")),
                (
                    "is_specialist",
                    models.BooleanField(db_default=False, default=False, verbose_name="goes to a specialist"),
                ),
                ("consented_on", models.DateField(blank=True, null=True, verbose_name="consented on")),
                ("noted_on", models.DateField(verbose_name="noted on")),
                (
                    "noted_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="noted by",
                    ),
                ),
                ("review_on", models.DateField(verbose_name="look again on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ended by",
                    ),
                ),
            ],
            options={
                "verbose_name": "special care",
                "verbose_name_plural": "special care",
                "permissions": [
                    ("note_vulnerability", "Can note that a borrower needs special care"),
                    ("see_category_vulnerability", "Can see why a borrower needs special care"),
                ],
                "indexes": [
                    models.Index(fields=["borrower", "-id"], name="collections_care_by_owner"),
                    models.Index(
                        condition=models.Q(("ended_on", None)), fields=["review_on"], name="collections_care_to_review"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_on", None)),
                        fields=("borrower", "category"),
                        name="collections_care_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_on", None), ("ended_on__gte", models.F("noted_on")), _connector="OR"
                        ),
                        name="collections_care_dates_agree",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Complaint",
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
                ("asked_at", models.DateTimeField(verbose_name="received")),
                ("due_on", models.DateField(verbose_name="answer due")),
                ("words", models.TextField(blank=True, default="", verbose_name="in their words")),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="held by",
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("answer", models.TextField(blank=True, default="", verbose_name="answer")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.complaints.new_complaint_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="key")),
                (
                    "loan",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="collections_mgmt.hold",
                        verbose_name="hold",
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("CONTACT", "How or how often I was contacted"),
                            ("STAFF", "How somebody treated me"),
                            ("AMOUNT", "An amount, a fee or interest"),
                            ("PAYMENT", "A payment that is missing or wrong"),
                            ("CONTRACT", "The contract, or what was said before I signed"),
                            ("PRIVACY", "What is done with my data"),
                            ("SERVICE", "These pages, or how long something takes"),
                            ("OTHER", "Something else"),
                        ],
                        max_length=10,
                        verbose_name="about",
                    ),
                ),
                ("wish", models.TextField(blank=True, default="", verbose_name="what they wish")),
                ("reopened_at", models.DateTimeField(blank=True, null=True, verbose_name="reopened")),
                ("root_cause", models.CharField(blank=True, default="", max_length=40, verbose_name="root cause")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "complaint",
                "verbose_name_plural": "complaints",
                "permissions": [("answer_complaint", "Can answer complaints")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at", None)),
                        fields=["due_on", "id"],
                        name="collections_complaint_waiting",
                    ),
                    models.Index(fields=["borrower", "-id"], name="collections_complaint_by_owner"),
                    models.Index(fields=["asked_at", "id"], name="collections_complaint_by_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at", None),
                            models.Q(("answered_at__isnull", False), models.Q(("root_cause", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="collections_closed_complaint_is_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reopened_at", None), ("reopened_at__gte", models.F("asked_at")), _connector="OR"
                        ),
                        name="collections_complaint_reopened_later",
                    ),
                ],
            },
        ),
        CreateModel(
            name="ComplaintMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="collections_mgmt.complaint",
                        verbose_name="complaint",
                    ),
                ),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name="key")),
                ("is_ours", models.BooleanField(verbose_name="from us")),
                ("words", models.TextField(verbose_name="words")),
                ("written_at", models.DateTimeField(verbose_name="written")),
                ("actor", models.TextField(verbose_name="written by")),
            ],
            options={
                "verbose_name": "message of a complaint",
                "verbose_name_plural": "messages of complaints",
                "ordering": ["pk"],
            },
        ),
        CreateModel(
            name="DeskDay",
            fields=[
                ("business_date", models.DateField(primary_key=True, serialize=False, verbose_name="business date")),
                ("times_closed", models.PositiveSmallIntegerField(verbose_name="times closed")),
                ("written_at", models.DateTimeField(verbose_name="written at")),
            ],
            options={
                "verbose_name": "day of the overview",
                "verbose_name_plural": "Overview",
            },
        ),
        CreateModel(
            name="DeskFigure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "business_date",
                        "measure",
                        "detail",
                        "product",
                        "currency",
                        "team",
                        "strategy",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("business_date", models.DateField(verbose_name="business date")),
                ("measure", models.CharField(max_length=20, verbose_name="figure")),
                ("detail", models.CharField(max_length=40, verbose_name="detail")),
                ("product", models.CharField(max_length=50, verbose_name="product")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("team", models.CharField(max_length=60, verbose_name="team")),
                ("strategy", models.CharField(max_length=60, verbose_name="strategy")),
                ("count", models.PositiveIntegerField(verbose_name="count")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
            ],
            options={
                "verbose_name": "figure of the desk",
                "verbose_name_plural": "figures of the desk",
            },
        ),
        CreateModel(
            name="LoanMove",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "loan_id", "month_end", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("month_end", models.DateField(verbose_name="month end")),
                ("bucket_before", models.CharField(max_length=20, verbose_name="bucket before")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("product", models.CharField(max_length=50, verbose_name="product")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "principal_before_minor",
                    models.BigIntegerField(db_default=0, default=0, verbose_name="principal before"),
                ),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
                ("team", models.CharField(db_default="", default="", max_length=60, verbose_name="team")),
                ("strategy", models.CharField(db_default="", default="", max_length=60, verbose_name="strategy")),
                (
                    "was_contacted",
                    models.BooleanField(db_default=False, default=False, verbose_name="contacted by a person"),
                ),
            ],
            options={
                "verbose_name": "move between buckets",
                "verbose_name_plural": "moves between buckets",
                "indexes": [
                    models.Index(
                        fields=["month_end", "bucket_before", "bucket", "loan"], name="collections_moves_of_month"
                    )
                ],
            },
        ),
        CreateModel(
            name="BucketMove",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month_end",
                        "bucket_before",
                        "bucket",
                        "product",
                        "currency",
                        "team",
                        "strategy",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month_end", models.DateField(verbose_name="month end")),
                ("bucket_before", models.CharField(max_length=20, verbose_name="bucket before")),
                ("bucket", models.CharField(max_length=20, verbose_name="bucket")),
                ("product", models.CharField(max_length=50, verbose_name="product")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("team", models.CharField(max_length=60, verbose_name="team")),
                ("strategy", models.CharField(max_length=60, verbose_name="strategy")),
                ("loans", models.PositiveIntegerField(verbose_name="loans")),
                ("contacted", models.PositiveIntegerField(verbose_name="contacted by a person")),
                ("principal_before_minor", models.BigIntegerField(verbose_name="principal before")),
                ("principal_minor", models.BigIntegerField(verbose_name="principal")),
            ],
            options={
                "verbose_name": "moves between two buckets",
                "verbose_name_plural": "moves between buckets by month",
            },
        ),
        CreateModel(
            name="Dispute",
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
                ("asked_at", models.DateTimeField(verbose_name="received")),
                ("due_on", models.DateField(verbose_name="answer due")),
                ("words", models.TextField(blank=True, default="", verbose_name="in their words")),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="held by",
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("answer", models.TextField(blank=True, default="", verbose_name="answer")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.disputes.new_dispute_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                ("month", models.DateField(blank=True, null=True, verbose_name="month")),
                (
                    "hold",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="collections_mgmt.hold",
                        verbose_name="hold",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CORRECTED", "Corrected"),
                            ("STANDS", "The record stands"),
                            ("WITHDRAWN", "Taken back by the borrower"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("statement", models.TextField(blank=True, default="", verbose_name="the borrower's statement")),
                ("stated_at", models.DateTimeField(blank=True, null=True, verbose_name="stated")),
            ],
            options={
                "verbose_name": "dispute of a credit record",
                "verbose_name_plural": "disputes of credit records",
                "permissions": [("answer_dispute", "Can answer disputes of credit records")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at", None)),
                        fields=["due_on", "id"],
                        name="collections_dispute_waiting",
                    ),
                    models.Index(fields=["borrower", "-id"], name="collections_dispute_by_owner"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at", None)),
                        fields=("loan", "month"),
                        name="collections_one_open_dispute",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("outcome", "")),
                            models.Q(("answered_at__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="collections_dispute_answer_has_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("statement", ""), ("outcome", "STANDS"), _connector="OR"),
                        name="collections_statement_to_what_stands",
                    ),
                ],
            },
        ),
        CreateModel(
            name="LegalCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.legal.new_legal_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_cases",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("APPROVED", "To be filed"),
                            ("FILED", "Filed"),
                            ("JUDGMENT", "Judgment"),
                            ("SETTLED", "Settled"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        db_default="APPROVED",
                        default="APPROVED",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("claim_minor", models.BigIntegerField(verbose_name="claim")),
                (
                    "confirmed",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="confirmed"
                    ),
                ),
                ("last_day", models.DateField(blank=True, null=True, verbose_name="limitation")),
                ("opened_on", models.DateField(verbose_name="approved on")),
                (
                    "court",
                    models.CharField(blank=True, db_default="", default="", max_length=120, verbose_name="court"),
                ),
                (
                    "court_number",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=80, verbose_name="number at the court"
                    ),
                ),
                ("filed_on", models.DateField(blank=True, null=True, verbose_name="filed on")),
                ("judged_on", models.DateField(blank=True, null=True, verbose_name="judgment of")),
                ("judged_minor", models.BigIntegerField(blank=True, null=True, verbose_name="granted")),
                ("stayed_on", models.DateField(blank=True, null=True, verbose_name="rests since")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("actor", models.TextField(verbose_name="asked by")),
            ],
            options={
                "verbose_name": "claim at court",
                "verbose_name_plural": "claims at court",
                "ordering": ["-pk"],
                "permissions": [
                    ("ask_legalcase", "Can ask for a claim to be taken to court"),
                    ("steer_legalcase", "Can note what happens at court"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["APPROVED", "FILED", "JUDGMENT"])),
                        fields=("loan",),
                        name="collections_one_open_legal_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["APPROVED", "WITHDRAWN", "SETTLED"]),
                            ("filed_on__isnull", False),
                            _connector="OR",
                        ),
                        name="collections_legal_case_was_filed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "JUDGMENT"), _negated=True),
                            models.Q(("judged_minor__gte", 0), ("judged_on__gte", models.F("filed_on"))),
                            _connector="OR",
                        ),
                        name="collections_legal_case_was_judged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_on__isnull", False),
                                ("status__in", ["SETTLED", "WITHDRAWN"]),
                                ("stayed_on", None),
                            ),
                            models.Q(
                                models.Q(("status__in", ["SETTLED", "WITHDRAWN"]), _negated=True), ("ended_on", None)
                            ),
                            _connector="OR",
                        ),
                        name="collections_legal_case_has_ended",
                    ),
                ],
            },
        ),
        CreateModel(
            name="LegalStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="collections_mgmt.legalcase",
                        verbose_name="claim at court",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("APPROVED", "Approved"),
                            ("FILED", "Filed"),
                            ("JUDGMENT", "Judgment"),
                            ("COST", "Expense"),
                            ("STAYED", "Rests"),
                            ("RESUMED", "Goes on"),
                            ("SETTLED", "Settled"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("on", models.DateField(verbose_name="on")),
                ("amount_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="amount")),
                ("words", models.TextField(blank=True, db_default="", default="", verbose_name="words")),
                ("actor", models.TextField(verbose_name="by")),
            ],
            options={
                "verbose_name": "step at court",
                "verbose_name_plural": "steps at court",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0)), name="collections_legal_step_amount"
                    )
                ],
            },
        ),
        CreateModel(
            name="LossClaim",
            fields=[],
            options={
                "verbose_name": "claim booked as a loss",
                "verbose_name_plural": "claims booked as losses",
                "ordering": ["-pk"],
                "proxy": True,
            },
            bases=("loans.loan",),
        ),
        CreateModel(
            name="Agency",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("license", models.CharField(max_length=80, verbose_name="license")),
                ("contract_from", models.DateField(verbose_name="contract from")),
                ("contract_to", models.DateField(help_text="The last day, included.", verbose_name="contract to")),
                ("evaluated_on", models.DateField(blank=True, null=True, verbose_name="evaluated on")),
                (
                    "score",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="From 0 to 100.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(100)],
                        verbose_name="score",
                    ),
                ),
                ("is_active", models.BooleanField(db_default=True, default=True, verbose_name="gets loans")),
            ],
            options={
                "verbose_name": "agency",
                "verbose_name_plural": "agencies",
                "ordering": ["code"],
                "permissions": [("evaluate_agency", "Can evaluate agencies")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("contract_to__gte", models.F("contract_from"))),
                        name="collections_agency_contract_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("evaluated_on", None), ("score", None)),
                            models.Q(("evaluated_on__isnull", False), ("score__range", (0, 100))),
                            _connector="OR",
                        ),
                        name="collections_agency_score_of_a_day",
                    ),
                ],
            },
        ),
        CreateModel(
            name="AgencyRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rates",
                        to="collections_mgmt.agency",
                        verbose_name="agency",
                    ),
                ),
                ("from_days", models.PositiveSmallIntegerField(verbose_name="from days past due")),
                (
                    "bps",
                    models.PositiveSmallIntegerField(
                        help_text="1,500 is 15%.",
                        validators=[django.core.validators.MaxValueValidator(5000)],
                        verbose_name="commission in bps",
                    ),
                ),
            ],
            options={
                "verbose_name": "commission",
                "verbose_name_plural": "commissions",
                "ordering": ["from_days"],
                "constraints": [
                    models.UniqueConstraint(fields=("agency", "from_days"), name="collections_agency_rate_once"),
                    models.CheckConstraint(
                        condition=models.Q(("bps__lte", 5000)), name="collections_agency_rate_is_sound"
                    ),
                ],
            },
        ),
        CreateModel(
            name="AgencyFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=collections_mgmt.models.placing.new_file_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="file",
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="collections_mgmt.agency",
                        verbose_name="agency",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("PLACEMENT", "Loans that it gets"), ("RECALL", "Loans that come back")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("made_on", models.DateField(verbose_name="prepared on")),
                ("made_by", models.TextField(verbose_name="prepared by")),
                ("loans", models.PositiveIntegerField(verbose_name="loans")),
            ],
            options={
                "verbose_name": "file for an agency",
                "verbose_name_plural": "files for agencies",
                "permissions": [("export_agencyfile", "Can take files for agencies")],
            },
        ),
        CreateModel(
            name="Placement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        default=collections_mgmt.models.placing.new_placement_reference,
                        max_length=16,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="placements",
                        to="collections_mgmt.agency",
                        verbose_name="agency",
                    ),
                ),
                (
                    "loan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="placements",
                        to="loans.loan",
                        verbose_name="loan",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="placed",
                        to="collections_mgmt.agencyfile",
                        verbose_name="file",
                    ),
                ),
                ("placed_on", models.DateField(verbose_name="placed on")),
                ("ends_on", models.DateField(verbose_name="up to")),
                ("owed_minor", models.BigIntegerField(verbose_name="overdue when placed")),
                ("days", models.PositiveIntegerField(verbose_name="days past due when placed")),
                ("bps", models.PositiveSmallIntegerField(verbose_name="commission in bps")),
                ("after_event", models.BigIntegerField(editable=False)),
                ("until_event", models.BigIntegerField(editable=False, null=True)),
                ("recalled_on", models.DateField(blank=True, null=True, verbose_name="came back on")),
                ("recalled_at", models.DateTimeField(blank=True, null=True, verbose_name="came back at")),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="because",
                    ),
                ),
                ("words", models.TextField(blank=True, db_default="", default="", verbose_name="in our words")),
                ("actor", models.TextField(verbose_name="placed by")),
                (
                    "recall_file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recalled",
                        to="collections_mgmt.agencyfile",
                        verbose_name="told by the file",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
            ],
            options={
                "verbose_name": "placement",
                "verbose_name_plural": "placements",
                "ordering": ["-pk"],
                "permissions": [
                    ("place_placement", "Can ask for loans to go to an agency"),
                    ("recall_placement", "Can call loans back from an agency"),
                ],
                "indexes": [
                    models.Index(fields=["agency", "placed_on"], name="collections_placed_by_agency"),
                    models.Index(
                        condition=models.Q(("recall_file", None), ("recalled_on__isnull", False)),
                        fields=["agency"],
                        name="collections_recall_to_tell",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("recalled_on", None)),
                        fields=("loan",),
                        name="collections_one_running_placement",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("recalled_at", None), ("recalled_on", None), ("until_event", None)),
                            models.Q(
                                ("recalled_at__isnull", False),
                                ("recalled_on__gte", models.F("placed_on")),
                                ("until_event__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="collections_placement_came_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("placed_on")), ("owed_minor__gt", 0)),
                        name="collections_placement_is_sound",
                    ),
                ],
            },
        ),
        CreateModel(
            name="QualityDraw",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField(unique=True, verbose_name="week from")),
                ("drawn_at", models.DateTimeField(verbose_name="drawn at")),
                ("seen", models.PositiveIntegerField(db_default=0, default=0, verbose_name="pieces of work")),
                ("drawn", models.PositiveIntegerField(db_default=0, default=0, verbose_name="drawn")),
            ],
            options={
                "verbose_name": "draw for quality review",
                "verbose_name_plural": "draws for quality review",
                "ordering": ["-week"],
            },
        ),
        CreateModel(
            name="QualityReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField(verbose_name="week from")),
                (
                    "work",
                    models.CharField(
                        choices=[("CONTACT", "Contact"), ("NOTE", "Note")], max_length=8, verbose_name="kind"
                    ),
                ),
                (
                    "attempt",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quality_review",
                        to="messaging.contactattempt",
                        verbose_name="contact",
                    ),
                ),
                (
                    "event",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quality_review",
                        to="collections_mgmt.casefileevent",
                        verbose_name="note",
                    ),
                ),
                (
                    "collector",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="collector",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_mgmt.team",
                        verbose_name="team",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("RANDOM", "drawn at random"),
                            ("COMPLAINT", "the borrower complained"),
                            ("CARE", "the borrower needs special care"),
                        ],
                        max_length=9,
                        verbose_name="drawn because",
                    ),
                ),
                ("done_at", models.DateTimeField(verbose_name="done at")),
                ("due_on", models.DateField(verbose_name="review due")),
                (
                    "reviewer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewer",
                    ),
                ),
                ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="taken up at")),
                ("answers", models.JSONField(db_default=[], default=list, verbose_name="answers")),
                ("score_bps", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="score")),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PASSED", "As it should be"),
                            ("FAILED", "To be improved"),
                            ("CRITICAL", "Failed on something critical"),
                        ],
                        db_default="",
                        default="",
                        max_length=8,
                        verbose_name="result",
                    ),
                ),
                (
                    "critical",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        db_default=[],
                        default=list,
                        size=None,
                        verbose_name="critical",
                    ),
                ),
                ("coaching", models.TextField(blank=True, db_default="", default="", verbose_name="coaching note")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="reviewed at")),
                ("answer", models.TextField(blank=True, db_default="", default="", verbose_name="answer")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered at")),
                (
                    "follow_up",
                    models.TextField(blank=True, db_default="", default="", verbose_name="what was done about it"),
                ),
                ("followed_up_at", models.DateTimeField(blank=True, null=True, verbose_name="seen to at")),
                (
                    "followed_up_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="seen to by",
                    ),
                ),
            ],
            options={
                "verbose_name": "quality review",
                "verbose_name_plural": "quality reviews",
                "ordering": ["due_on", "pk"],
                "permissions": [("review_qualityreview", "Can review how colleagues worked")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("reviewed_at", None)),
                        fields=["due_on", "id"],
                        name="collections_review_waiting",
                    ),
                    models.Index(fields=["collector", "-done_at"], name="collections_review_of_one"),
                    models.Index(fields=["done_at"], name="collections_review_by_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("attempt__isnull", False), ("event", None), ("work", "CONTACT")),
                            models.Q(("attempt", None), ("event__isnull", False), ("work", "NOTE")),
                            _connector="OR",
                        ),
                        name="collections_review_of_one_piece",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewer", None),
                            models.Q(("reviewer", models.F("collector")), _negated=True),
                            _connector="OR",
                        ),
                        name="collections_nobody_reviews_themselves",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("result", ""), ("reviewed_at", None), ("score_bps", None)),
                            models.Q(
                                ("reviewed_at__isnull", False),
                                ("reviewer__isnull", False),
                                ("score_bps__lte", 10000),
                                models.Q(("result", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="collections_review_has_a_result",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("result", "CRITICAL"), ("score_bps", 0)),
                            models.Q(models.Q(("result", "CRITICAL"), _negated=True), ("followed_up_at", None)),
                            _connector="OR",
                        ),
                        name="collections_critical_fails_the_whole",
                    ),
                ],
            },
        ),
        CreateModel(
            name="ReliefLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "return_url",
                    models.URLField(blank=True, db_default="", default="", max_length=500, verbose_name="goes on at"),
                ),
                ("phone_shown", models.CharField(max_length=32, verbose_name="bound to the phone")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="opened at")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                (
                    "confirmation_hash",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
                ),
                (
                    "offer_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="collections_mgmt.offerset",
                        verbose_name="offer of relief",
                    ),
                ),
            ],
            options={
                "verbose_name": "link to an offer of relief",
                "verbose_name_plural": "links to offers of relief",
                "ordering": ["-id"],
            },
        ),
        CreateModel(
            name="ReliefAccessCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("salt", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("code_hash", models.CharField(editable=False, max_length=64)),
                ("sealed_code", dashu.users.sealing.SealedText(null=True)),
                ("phone_shown", models.CharField(max_length=32, verbose_name="sent to")),
                ("made_at", models.DateTimeField(verbose_name="asked for at")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("expires_at", models.DateTimeField(verbose_name="holds until")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="signed with at")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="collections_mgmt.relieflink",
                        verbose_name="link to an offer of relief",
                    ),
                ),
            ],
            options={
                "verbose_name": "code of a link to an offer of relief",
                "verbose_name_plural": "codes of links to offers of relief",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_code__isnull", False)),
                        fields=["expires_at"],
                        name="collections_access_to_forget",
                    )
                ],
            },
        ),
        CreateModel(
            name="ScriptVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(db_index=False, max_length=40, verbose_name="code")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SUBMITTED", "Waiting for approval"),
                            ("APPROVED", "In use"),
                            ("RETIRED", "No longer in use"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        db_default="DRAFT",
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "steps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None, verbose_name="steps"
                    ),
                ),
                ("is_disclosure", models.BooleanField(db_default=False, default=False, verbose_name="has to be said")),
                ("title", models.JSONField(verbose_name="title")),
                ("texts", models.JSONField(verbose_name="texts")),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
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
                (
                    "withdrawal_id",
                    models.BigIntegerField(blank=True, null=True, verbose_name="approval of the withdrawal"),
                ),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved at")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired at")),
            ],
            options={
                "verbose_name": "script",
                "verbose_name_plural": "scripts",
                "ordering": ["code", "-version"],
                "permissions": [("write_scriptversion", "Can write scripts and ask for their approval")],
                "constraints": [
                    models.UniqueConstraint(fields=("code", "version"), name="collections_script_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "APPROVED")),
                        fields=("code",),
                        name="collections_one_approved_script",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", False), ("retired_at", None), ("status", "APPROVED")),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("retired_at__isnull", False),
                                ("status__in", ["RETIRED", "WITHDRAWN"]),
                            ),
                            models.Q(
                                ("approved_at", None), ("retired_at", None), ("status__in", ["DRAFT", "SUBMITTED"])
                            ),
                            _connector="OR",
                        ),
                        name="collections_script_dates_fit_status",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Strategy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "product",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CONSUMER", "Consumer loan"),
                            ("SME", "Business loan"),
                            ("CARD_REPAYMENT", "Credit-card repayment loan"),
                        ],
                        db_default="",
                        default="",
                        max_length=20,
                        unique=True,
                        verbose_name="for the product",
                    ),
                ),
            ],
            options={
                "verbose_name": "strategy",
                "verbose_name_plural": "strategies",
                "ordering": ["code"],
            },
        ),
        CreateModel(
            name="StrategyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "strategy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="collections_mgmt.strategy",
                        verbose_name="strategy",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("SUBMITTED", "Waiting for approval"),
                            ("PUBLISHED", "In use"),
                            ("RETIRED", "No longer in use"),
                        ],
                        db_default="DRAFT",
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("CHAMPION", "Champion"), ("CHALLENGER", "Challenger")],
                        db_default="CHAMPION",
                        default="CHAMPION",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                (
                    "share_bps",
                    models.PositiveSmallIntegerField(
                        db_default=10000, default=10000, verbose_name="share of the borrowers"
                    ),
                ),
                ("note", models.TextField(blank=True, db_default="", default="", verbose_name="what is different")),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
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
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="in use since")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="in use until")),
                ("end_reason", models.TextField(blank=True, db_default="", default="", verbose_name="why it ended")),
            ],
            options={
                "verbose_name": "version of a strategy",
                "verbose_name_plural": "versions of strategies",
                "ordering": ["strategy", "-number"],
                "permissions": [("write_strategyversion", "Can write strategies, ask to publish them and stop them")],
                "constraints": [
                    models.UniqueConstraint(fields=("strategy", "number"), name="collections_strategy_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "PUBLISHED")),
                        fields=("strategy", "role"),
                        name="collections_one_version_of_a_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", "CHAMPION"), ("share_bps", 10000)),
                            models.Q(("role", "CHALLENGER"), ("share_bps__range", (1, 5000))),
                            _connector="OR",
                        ),
                        name="collections_strategy_share_fits_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("published_at__isnull", False), ("retired_at", None), ("status", "PUBLISHED")),
                            models.Q(
                                ("published_at__isnull", False), ("retired_at__isnull", False), ("status", "RETIRED")
                            ),
                            models.Q(
                                ("published_at", None), ("retired_at", None), ("status__in", ["DRAFT", "SUBMITTED"])
                            ),
                            _connector="OR",
                        ),
                        name="collections_strategy_moments_agree",
                    ),
                ],
            },
        ),
        CreateModel(
            name="StrategyRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="collections_mgmt.strategyversion",
                        verbose_name="version",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(verbose_name="place")),
                ("from_days", models.PositiveIntegerField(db_default=0, default=0, verbose_name="from days past due")),
                ("to_days", models.PositiveIntegerField(blank=True, null=True, verbose_name="up to days past due")),
                (
                    "capacity",
                    models.CharField(blank=True, db_default="", default="", max_length=10, verbose_name="capacity"),
                ),
                (
                    "readiness",
                    models.CharField(blank=True, db_default="", default="", max_length=10, verbose_name="readiness"),
                ),
                (
                    "product",
                    models.CharField(blank=True, db_default="", default="", max_length=20, verbose_name="product"),
                ),
                (
                    "care",
                    models.CharField(blank=True, db_default="", default="", max_length=10, verbose_name="special care"),
                ),
                (
                    "language",
                    models.CharField(blank=True, db_default="", default="", max_length=10, verbose_name="language"),
                ),
                ("level", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="level")),
                (
                    "steps",
                    models.JSONField(
                        db_default=models.Value([], models.JSONField()), default=list, verbose_name="steps"
                    ),
                ),
            ],
            options={
                "verbose_name": "row of a strategy",
                "verbose_name_plural": "rows of strategies",
                "ordering": ["place"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "place"), name="collections_strategy_row_once"),
                    models.CheckConstraint(
                        condition=models.Q(("to_days", None), ("to_days__gte", models.F("from_days")), _connector="OR"),
                        name="collections_strategy_days_agree",
                    ),
                ],
            },
        ),
        CreateModel(
            name="StrategyDraw",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="collections_mgmt.strategyversion",
                        verbose_name="version",
                    ),
                ),
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
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
                ("is_challenger", models.BooleanField(verbose_name="follows the challenger")),
                ("drawn_on", models.DateField(verbose_name="drawn on")),
                ("overdue_minor", models.BigIntegerField(verbose_name="overdue")),
            ],
            options={
                "verbose_name": "part of a trial",
                "verbose_name_plural": "parts of trials",
                "constraints": [models.UniqueConstraint(fields=("version", "borrower"), name="collections_drawn_once")],
            },
        ),
        CreateModel(
            name="StrategyPlace",
            fields=[
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="strategy",
                        serialize=False,
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
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
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="collections_mgmt.strategyversion",
                        verbose_name="version",
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_mgmt.strategyrow",
                        verbose_name="row",
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                ("steps_done", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="steps done")),
                ("counted_from", models.DateField(verbose_name="days count from")),
                (
                    "paused",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("HOLD", "A hold runs"),
                            ("HELP", "A request for help waits for our answer"),
                            ("COMPLAINT", "A complaint waits for our answer"),
                            ("PROMISE", "A promise runs"),
                            ("PLAN", "A payment plan runs"),
                            ("SETTLEMENT", "A settlement is offered or being paid"),
                            ("DESK", "The desk waits for an answer or a payment"),
                        ],
                        db_default="",
                        default="",
                        max_length=10,
                        verbose_name="stands still",
                    ),
                ),
                ("product", models.CharField(max_length=20, verbose_name="product")),
                ("capacity", models.CharField(max_length=10, verbose_name="capacity")),
                ("readiness", models.CharField(max_length=10, verbose_name="readiness")),
                ("surplus_minor", models.BigIntegerField(blank=True, null=True, verbose_name="a month leaves")),
                ("asked_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="a month asks")),
                ("opened", models.PositiveIntegerField(db_default=0, default=0, verbose_name="messages opened")),
                ("kept", models.PositiveIntegerField(db_default=0, default=0, verbose_name="promises kept")),
                ("broken", models.PositiveIntegerField(db_default=0, default=0, verbose_name="promises broken")),
                ("paid", models.PositiveIntegerField(db_default=0, default=0, verbose_name="payments made signed in")),
            ],
            options={
                "verbose_name": "place in a strategy",
                "verbose_name_plural": "places in strategies",
            },
        ),
        CreateModel(
            name="StrategyAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="strategy_acts",
                        to="collections_mgmt.casefile",
                        verbose_name="case file",
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_mgmt.strategyrow",
                        verbose_name="row",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="collections_mgmt.strategyversion",
                        verbose_name="version",
                    ),
                ),
                ("since", models.DateField(verbose_name="since")),
                ("number", models.PositiveSmallIntegerField(verbose_name="step")),
                ("act", models.CharField(max_length=10, verbose_name="what")),
                (
                    "channel",
                    models.CharField(blank=True, db_default="", default="", max_length=8, verbose_name="channel"),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("QUEUED", "message queued"),
                            ("BLOCKED", "message not allowed"),
                            ("TASK", "given to the desk"),
                            ("NOTHING", "left in peace"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("done_on", models.DateField(verbose_name="on")),
                ("message_id", models.BigIntegerField(blank=True, null=True, verbose_name="message")),
            ],
            options={
                "verbose_name": "step of a strategy",
                "verbose_name_plural": "steps of strategies",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("message_id__isnull", False)),
                        fields=["message_id"],
                        name="collections_step_of_message",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("file", "row", "since", "number"), name="collections_strategy_step_once"
                    )
                ],
            },
        ),
    ]
