import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import dashu.users.models.people
import dashu.users.sealing
from dashu.new_tables import CreateModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        error_messages={"unique": "Someone already signs in with this e-mail address."},
                        max_length=254,
                        null=True,
                        unique=True,
                        verbose_name="e-mail address",
                    ),
                ),
                (
                    "name",
                    dashu.users.sealing.SealedText(blank=True, editable=True, max_length=120, verbose_name="name"),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("zh-hans", "Simplified Chinese"),
                            ("zh-hant", "Traditional Chinese"),
                            ("en", "English"),
                        ],
                        default="zh-hans",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("BORROWER", "Borrower"),
                            ("COLLECTOR", "Collector"),
                            ("SUPERVISOR", "Supervisor"),
                            ("UNDERWRITER", "Underwriter"),
                            ("ACCOUNTANT", "Accountant"),
                            ("PARTNER", "Partner"),
                            ("ADMIN", "Administrator"),
                        ],
                        default="BORROWER",
                        max_length=16,
                        verbose_name="role",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("is_staff", models.BooleanField(default=False, editable=False, verbose_name="staff")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created at"
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="users_user_email_is_lower_case",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("is_staff", True),
                                ("role__in", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER", "ACCOUNTANT", "ADMIN"]),
                            ),
                            models.Q(
                                models.Q(
                                    ("role__in", ["COLLECTOR", "SUPERVISOR", "UNDERWRITER", "ACCOUNTANT", "ADMIN"]),
                                    _negated=True,
                                ),
                                ("is_staff", False),
                            ),
                            _connector="OR",
                        ),
                        name="users_user_staff_follows_role",
                    ),
                ],
            },
        ),
        CreateModel(
            name="Borrower",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.CharField(
                        default=dashu.users.models.people.new_borrower_number,
                        max_length=32,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                ("name", dashu.users.sealing.SealedText(editable=True, max_length=120, verbose_name="name")),
                ("name_index", models.CharField(blank=True, db_default="", default="", editable=False, max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[("PERSON", "Person"), ("ENTITY", "Company")],
                        db_default="PERSON",
                        default="PERSON",
                        max_length=8,
                        verbose_name="kind",
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
                        db_default="zh-hans",
                        default="zh-hans",
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                (
                    "phone",
                    dashu.users.sealing.SealedText(
                        blank=True, db_default="", default="", editable=True, max_length=32, verbose_name="phone"
                    ),
                ),
                ("phone_index", models.CharField(blank=True, db_default="", default="", editable=False, max_length=64)),
                (
                    "phone_end_index",
                    models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
                ),
                (
                    "email",
                    models.EmailField(
                        blank=True, db_default="", default="", max_length=254, verbose_name="e-mail address"
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="borrower",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "source",
                    models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="source"),
                ),
                (
                    "external_id",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=80, verbose_name="number at the source"
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
                "verbose_name": "borrower",
                "verbose_name_plural": "borrowers",
                "indexes": [
                    models.Index(
                        condition=models.Q(("name_index", ""), _negated=True),
                        fields=["name_index"],
                        name="users_borrower_name",
                    ),
                    models.Index(
                        condition=models.Q(("phone_index", ""), _negated=True),
                        fields=["phone_index"],
                        name="users_borrower_phone",
                    ),
                    models.Index(
                        condition=models.Q(("phone_end_index", ""), _negated=True),
                        fields=["phone_end_index"],
                        name="users_borrower_phone_end",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("source", "external_id"),
                        name="users_borrower_source_is_unique",
                        violation_error_message="This borrower of that source is already here.",
                    )
                ],
            },
        ),
        CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        limit_choices_to={"role": "PARTNER"},
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="partner",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("is_active", models.BooleanField(db_default=True, default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "partner",
                "verbose_name_plural": "partners",
                "ordering": ["code"],
            },
        ),
        CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "borrower",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identity",
                        to="users.borrower",
                        verbose_name="borrower",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("CN_ID", "Resident ID number"), ("USCC", "Unified social credit code")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("name", dashu.users.sealing.SealedText(verbose_name="legal name")),
                ("number", dashu.users.sealing.SealedText(verbose_name="number")),
                ("number_index", models.CharField(editable=False, max_length=64)),
                ("phone", dashu.users.sealing.SealedText(verbose_name="phone")),
                ("phone_index", models.CharField(editable=False, max_length=64)),
                ("recorded_at", models.DateTimeField(verbose_name="recorded at")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
                ("verified_by", models.TextField(blank=True, db_default="", default="", verbose_name="verified by")),
            ],
            options={
                "verbose_name": "identity of a borrower",
                "verbose_name_plural": "identities of borrowers",
                "permissions": [("verify_identity", "Can note that an identity was compared with the card")],
                "indexes": [
                    models.Index(fields=["number_index"], name="users_identity_number"),
                    models.Index(fields=["phone_index"], name="users_identity_phone"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verified_at", None), ("verified_by", "")),
                            models.Q(("verified_at__isnull", False), models.Q(("verified_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="users_identity_verified_by_someone",
                    )
                ],
            },
        ),
        CreateModel(
            name="SignInPhone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_in_phone",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("phone", dashu.users.sealing.SealedText(verbose_name="phone")),
                ("phone_index", models.CharField(editable=False, max_length=64)),
                ("given_at", models.DateTimeField(verbose_name="given at")),
                ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified at")),
            ],
            options={
                "verbose_name": "phone to sign in with",
                "verbose_name_plural": "phones to sign in with",
                "indexes": [
                    models.Index(
                        condition=models.Q(("verified_at", None)), fields=["given_at"], name="users_phone_unverified"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("verified_at__isnull", False)),
                        fields=("phone_index",),
                        name="users_sign_in_phone_once",
                    )
                ],
            },
        ),
    ]
