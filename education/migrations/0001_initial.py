import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import dashu.documents.codes
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
            name="LearningCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="name on it")),
                (
                    "code",
                    models.CharField(
                        default=dashu.documents.codes.new_code, max_length=16, unique=True, verbose_name="code"
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
                ("facts", models.JSONField(verbose_name="content")),
                ("issued_at", models.DateTimeField(verbose_name="issued at")),
            ],
            options={
                "verbose_name": "certificate of learning",
                "verbose_name_plural": "certificates of learning",
            },
        ),
        CreateModel(
            name="LessonFeedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lesson", models.SlugField(max_length=60, verbose_name="lesson")),
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
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "visitor",
                    models.CharField(blank=True, default="", editable=False, max_length=32, verbose_name="visit"),
                ),
                ("is_helpful", models.BooleanField(verbose_name="helpful")),
                ("words", models.TextField(blank=True, default="", max_length=500, verbose_name="in their own words")),
                ("said_at", models.DateTimeField(verbose_name="said at")),
            ],
            options={
                "verbose_name": "word on a lesson",
                "verbose_name_plural": "words on lessons",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["lesson", "is_helpful"], name="education_words_on_lesson")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", False)),
                        fields=("user", "lesson"),
                        name="education_one_word_a_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", True)),
                        fields=("visitor", "lesson"),
                        name="education_one_word_a_visit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("user__isnull", False), ("visitor", "")),
                            models.Q(("user__isnull", True), models.Q(("visitor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="education_word_of_a_person_or_a_visit",
                    ),
                ],
            },
        ),
        CreateModel(
            name="LearningMoment",
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
                ("loan_id", models.BigIntegerField(blank=True, null=True, verbose_name="loan")),
                (
                    "moment",
                    models.CharField(
                        choices=[
                            ("CONTRACT_SIGNED", "A contract was signed"),
                            ("FIRST_DUE", "The first due date is near"),
                            ("MINIMUM_PAID", "Only the least was paid"),
                            ("SECOND_INQUIRY", "Several lenders were asked"),
                            ("OVERDUE", "An installment is one day late"),
                            ("OFFER_MADE", "Relief was offered"),
                            ("PLAN_ACCEPTED", "A plan was accepted"),
                        ],
                        max_length=20,
                        verbose_name="moment",
                    ),
                ),
                ("lesson", models.SlugField(db_index=False, max_length=60, verbose_name="lesson")),
                ("happened_on", models.DateField(verbose_name="on")),
                ("noticed_at", models.DateTimeField(verbose_name="noticed at")),
                (
                    "experiment",
                    models.CharField(blank=True, db_default="", default="", max_length=40, verbose_name="experiment"),
                ),
                ("is_held_out", models.BooleanField(db_default=False, default=False, verbose_name="not pointed to it")),
                ("is_told", models.BooleanField(db_default=False, default=False, verbose_name="message queued")),
                ("owed_minor", models.BigIntegerField(db_default=0, default=0, verbose_name="principal owed")),
                ("days_late", models.PositiveIntegerField(db_default=0, default=0, verbose_name="days behind")),
                (
                    "due_before",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="installments before"),
                ),
                ("late_before", models.PositiveIntegerField(db_default=0, default=0, verbose_name="of them late")),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="opened at")),
                ("put_away_until", models.DateField(blank=True, null=True, verbose_name="put away until")),
            ],
            options={
                "verbose_name": "moment of learning",
                "verbose_name_plural": "moments of learning",
                "indexes": [
                    models.Index(
                        condition=models.Q(("experiment", ""), _negated=True),
                        fields=["experiment", "moment", "borrower"],
                        name="education_experiment",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("borrower", "moment", "loan_id"),
                        name="education_one_moment_a_loan",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_held_out", False),
                            models.Q(("is_told", False), models.Q(("experiment", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="education_held_out_are_not_told",
                    ),
                ],
            },
        ),
        CreateModel(
            name="LearningWish",
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
                ("stopped_at", models.DateTimeField(verbose_name="stopped at")),
            ],
            options={
                "verbose_name": "wish for no lessons",
                "verbose_name_plural": "wishes for no lessons",
            },
        ),
        CreateModel(
            name="LessonProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("lesson", models.SlugField(max_length=60, verbose_name="lesson")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("mastered_at", models.DateTimeField(blank=True, null=True, verbose_name="mastered at")),
            ],
            options={
                "verbose_name": "lesson progress",
                "verbose_name_plural": "lesson progress",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "lesson"), name="education_one_progress_a_lesson")
                ],
            },
        ),
        CreateModel(
            name="QuizAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "progress",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="education.lessonprogress",
                        verbose_name="lesson progress",
                    ),
                ),
                ("question", models.SlugField(max_length=60, verbose_name="question")),
                ("option", models.SlugField(max_length=60, verbose_name="option")),
                ("is_right", models.BooleanField(verbose_name="right")),
                ("answered_at", models.DateTimeField(verbose_name="answered at")),
            ],
            options={
                "verbose_name": "quiz answer",
                "verbose_name_plural": "quiz answers",
                "indexes": [models.Index(fields=["progress", "question", "-id"], name="education_latest_answer")],
            },
        ),
        CreateModel(
            name="Repeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "progress",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="repeats",
                        to="education.lessonprogress",
                        verbose_name="lesson progress",
                    ),
                ),
                ("question", models.SlugField(db_index=False, max_length=60, verbose_name="question")),
                ("stage", models.PositiveSmallIntegerField(verbose_name="right in a row")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="comes again on")),
                ("repeated_on", models.DateField(blank=True, null=True, verbose_name="repeated on")),
            ],
            options={
                "verbose_name": "repeated question",
                "verbose_name_plural": "repeated questions",
                "constraints": [
                    models.UniqueConstraint(fields=("progress", "question"), name="education_one_repeat_a_question")
                ],
            },
        ),
        CreateModel(
            name="LessonVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(db_index=False, max_length=60, verbose_name="lesson")),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("IN_REVIEW", "In review"),
                            ("APPROVED", "Waits for its day"),
                            ("PUBLISHED", "Published"),
                            ("RETIRED", "No longer shown"),
                        ],
                        db_default="DRAFT",
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("files", models.JSONField(verbose_name="texts")),
                ("digest", models.CharField(editable=False, max_length=64, verbose_name="digest")),
                (
                    "revision",
                    models.PositiveIntegerField(db_default=1, default=1, editable=False, verbose_name="revision"),
                ),
                ("written", models.JSONField(default=dict, editable=False, verbose_name="written")),
                ("based_on", models.PositiveIntegerField(blank=True, null=True, verbose_name="based on version")),
                ("note", models.CharField(blank=True, default="", max_length=500, verbose_name="what changes")),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="begun by",
                    ),
                ),
                ("made_at", models.DateTimeField(editable=False, verbose_name="begun at")),
                ("changed_at", models.DateTimeField(editable=False, verbose_name="changed at")),
                ("request_id", models.BigIntegerField(blank=True, null=True, verbose_name="approval")),
                ("publish_at", models.DateTimeField(blank=True, null=True, verbose_name="publish at")),
                ("publish_zone", models.CharField(blank=True, default="", max_length=40, verbose_name="time zone")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired at")),
                (
                    "retired_because",
                    models.CharField(blank=True, default="", max_length=500, verbose_name="retired because"),
                ),
            ],
            options={
                "verbose_name": "version of a lesson",
                "verbose_name_plural": "versions of lessons",
                "ordering": ["slug", "-number"],
                "permissions": [("write_lessonversion", "Can write lessons and ask for their publication")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "APPROVED")),
                        fields=["publish_at"],
                        name="education_versions_to_publish",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("slug", "number"), name="education_lesson_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "PUBLISHED")),
                        fields=("slug",),
                        name="education_one_published_version",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["DRAFT", "IN_REVIEW", "APPROVED"])),
                        fields=("slug",),
                        name="education_one_version_on_its_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("published_at__isnull", False), ("retired_at", None), ("status", "PUBLISHED")),
                            models.Q(("retired_at__isnull", False), ("status", "RETIRED")),
                            models.Q(
                                ("published_at", None),
                                ("retired_at", None),
                                ("status__in", ["DRAFT", "IN_REVIEW", "APPROVED"]),
                            ),
                            _connector="OR",
                        ),
                        name="education_version_dates_fit_status",
                    ),
                ],
            },
        ),
        CreateModel(
            name="LessonEdit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="edits",
                        to="education.lessonversion",
                        verbose_name="version",
                    ),
                ),
                ("revision", models.PositiveIntegerField(verbose_name="revision")),
                ("part", models.CharField(max_length=80, verbose_name="part")),
                ("before", models.TextField(blank=True, default="", verbose_name="before")),
                ("after", models.TextField(blank=True, default="", verbose_name="after")),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
            ],
            options={
                "verbose_name": "edit of a lesson",
                "verbose_name_plural": "edits of lessons",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "revision"), name="education_one_edit_a_revision")
                ],
            },
        ),
        CreateModel(
            name="LessonImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="digest")),
                ("content", models.BinaryField(verbose_name="content")),
                ("width", models.PositiveIntegerField(verbose_name="width")),
                ("height", models.PositiveIntegerField(verbose_name="height")),
                (
                    "added_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="added at")),
            ],
            options={
                "verbose_name": "image of a lesson",
                "verbose_name_plural": "images of lessons",
            },
        ),
        CreateModel(
            name="LinkCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=500, unique=True, verbose_name="address")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("FINE", "Answers"),
                            ("MOVED", "Leads elsewhere"),
                            ("BROKEN", "Does not answer as it should"),
                            ("REFUSED", "Not an address that we open"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("detail", models.CharField(blank=True, default="", max_length=40, verbose_name="detail")),
                ("failures", models.PositiveIntegerField(db_default=0, default=0, verbose_name="failures in a row")),
                ("checked_at", models.DateTimeField(db_index=True, verbose_name="looked at")),
            ],
            options={
                "verbose_name": "link of lessons",
                "verbose_name_plural": "links of lessons",
            },
        ),
        CreateModel(
            name="PartnerOrganization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="name")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                ("website", models.URLField(blank=True, verbose_name="website")),
                ("contact", models.CharField(blank=True, max_length=200, verbose_name="whom to call there")),
                ("is_active", models.BooleanField(default=True, verbose_name="works with us")),
            ],
            options={
                "verbose_name": "partner organization",
                "verbose_name_plural": "partner organizations",
                "ordering": ["name"],
            },
        ),
        CreateModel(
            name="Workshop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(editable=False, max_length=16, unique=True, verbose_name="code")),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="workshops",
                        to="education.partnerorganization",
                        verbose_name="partner organization",
                    ),
                ),
                ("title", models.JSONField(verbose_name="title")),
                ("description", models.JSONField(verbose_name="description")),
                (
                    "lessons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(max_length=60),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="lessons",
                    ),
                ),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("AH", "Anhui"),
                            ("BJ", "Beijing"),
                            ("CQ", "Chongqing"),
                            ("FJ", "Fujian"),
                            ("GD", "Guangdong"),
                            ("GS", "Gansu"),
                            ("GX", "Guangxi"),
                            ("GZ", "Guizhou"),
                            ("HA", "Henan"),
                            ("HB", "Hubei"),
                            ("HE", "Hebei"),
                            ("HI", "Hainan"),
                            ("HK", "Hong Kong"),
                            ("HL", "Heilongjiang"),
                            ("HN", "Hunan"),
                            ("JL", "Jilin"),
                            ("JS", "Jiangsu"),
                            ("JX", "Jiangxi"),
                            ("LN", "Liaoning"),
                            ("MO", "Macao"),
                            ("NM", "Inner Mongolia"),
                            ("NX", "Ningxia"),
                            ("QH", "Qinghai"),
                            ("SC", "Sichuan"),
                            ("SD", "Shandong"),
                            ("SH", "Shanghai"),
                            ("SN", "Shaanxi"),
                            ("SX", "Shanxi"),
                            ("TJ", "Tianjin"),
                            ("TW", "Taiwan"),
                            ("XJ", "Xinjiang"),
                            ("XZ", "Tibet"),
                            ("YN", "Yunnan"),
                            ("ZJ", "Zhejiang"),
                        ],
                        max_length=2,
                        verbose_name="region",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="place")),
                ("online_link", models.URLField(blank=True, max_length=300, verbose_name="link of the online room")),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                (
                    "time_zone",
                    models.CharField(
                        choices=[
                            ("Asia/Shanghai", "Beijing time"),
                            ("Asia/Taipei", "Taipei time"),
                            ("Asia/Hong_Kong", "Hong Kong time"),
                            ("Asia/Singapore", "Singapore time"),
                            ("Europe/London", "London time"),
                            ("America/New_York", "New York time"),
                        ],
                        default="Asia/Shanghai",
                        max_length=40,
                        verbose_name="time zone",
                    ),
                ),
                ("capacity", models.PositiveIntegerField(verbose_name="seats")),
                ("waitlist_size", models.PositiveIntegerField(default=0, verbose_name="places on the waiting list")),
                ("seats_taken", models.PositiveIntegerField(default=0, editable=False, verbose_name="seats taken")),
                ("registration_from", models.DateTimeField(verbose_name="sign-up opens")),
                ("registration_until", models.DateTimeField(verbose_name="sign-up closes")),
                ("organizer", models.CharField(max_length=120, verbose_name="organizer")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("OPEN", "Announced"),
                            ("CANCELLED", "Called off"),
                            ("DONE", "Held"),
                        ],
                        default="DRAFT",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("cancel_reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("sequence", models.PositiveIntegerField(default=0, editable=False, verbose_name="change number")),
                ("changed_at", models.DateTimeField(verbose_name="changed at")),
                ("reminded_day_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("reminded_soon_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "workshop",
                "verbose_name_plural": "workshops",
                "ordering": ["-starts_at", "-id"],
                "permissions": [
                    ("write_workshop", "Can run workshops"),
                    ("check_in_workshop", "Can let people in to workshops"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "OPEN")),
                        fields=["starts_at", "id"],
                        name="education_workshops_coming",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("seats_taken__lte", models.F("capacity"))),
                        name="education_workshop_not_overbooked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="education_workshop_ends_later"
                    ),
                ],
            },
        ),
        CreateModel(
            name="WorkshopMaterial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "workshop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="materials",
                        to="education.workshop",
                        verbose_name="workshop",
                    ),
                ),
                ("lesson", models.SlugField(blank=True, max_length=60, verbose_name="lesson")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("content_type", models.CharField(blank=True, max_length=40, verbose_name="kind of file")),
                ("content", models.BinaryField(null=True)),
                ("added_at", models.DateTimeField(verbose_name="added at")),
            ],
            options={
                "verbose_name": "material",
                "verbose_name_plural": "materials",
                "ordering": ["id"],
            },
        ),
        CreateModel(
            name="WorkshopRegistration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "workshop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="registrations",
                        to="education.workshop",
                        verbose_name="workshop",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                ("name", dashu.users.sealing.SealedText(blank=True, default="", verbose_name="name")),
                ("phone", dashu.users.sealing.SealedText(blank=True, default="", verbose_name="phone")),
                ("email", dashu.users.sealing.SealedText(blank=True, default="", verbose_name="e-mail")),
                ("contact_index", models.CharField(blank=True, default="", editable=False, max_length=64)),
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
                ("code", models.CharField(editable=False, max_length=16, unique=True, verbose_name="code")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("UNCONFIRMED", "Not confirmed"),
                            ("REGISTERED", "Has a seat"),
                            ("WAITING", "On the waiting list"),
                            ("CANCELLED", "Gave it back"),
                        ],
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "consent_version",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="version of the text agreed to"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("joined_at", models.DateTimeField(blank=True, null=True, verbose_name="signed up at")),
                ("moved_up_at", models.DateTimeField(blank=True, null=True, verbose_name="moved up at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="cancelled at")),
                ("checked_in_at", models.DateTimeField(blank=True, null=True, verbose_name="came at")),
                ("checked_in_by", models.CharField(blank=True, max_length=60, verbose_name="let in by")),
                ("gave_feedback", models.BooleanField(default=False, verbose_name="gave feedback")),
                ("forgotten_at", models.DateTimeField(blank=True, null=True, verbose_name="forgotten at")),
            ],
            options={
                "verbose_name": "registration",
                "verbose_name_plural": "registrations",
                "indexes": [
                    models.Index(fields=["workshop", "status", "joined_at", "id"], name="education_registrations_turn"),
                    models.Index(fields=["contact_index", "made_at"], name="education_registrations_of_one"),
                    models.Index(
                        condition=models.Q(("status", "UNCONFIRMED")), fields=["made_at"], name="education_unconfirmed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["REGISTERED", "WAITING"]), ("user__isnull", False)),
                        fields=("workshop", "user"),
                        name="education_one_seat_a_login",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("contact_index", ""), _negated=True), ("status__in", ["REGISTERED", "WAITING"])
                        ),
                        fields=("workshop", "contact_index"),
                        name="education_one_seat_a_contact",
                    ),
                ],
            },
        ),
        CreateModel(
            name="WorkshopCode",
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
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="education.workshopregistration",
                        verbose_name="registration",
                    ),
                ),
            ],
            options={
                "verbose_name": "code of a sign-up",
                "verbose_name_plural": "codes of sign-ups",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sealed_code__isnull", False)),
                        fields=["expires_at"],
                        name="education_code_to_forget",
                    )
                ],
            },
        ),
        CreateModel(
            name="GuestNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "registration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="education.workshopregistration",
                        verbose_name="registration",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("REGISTERED", "Has a seat"),
                            ("WAITING", "On the waiting list"),
                            ("MOVED_UP", "A seat became free"),
                            ("CHANGED", "Time or place changed"),
                            ("CALLED_OFF", "Does not take place"),
                            ("TOMORROW", "Reminder, the day before"),
                            ("SOON", "Reminder, two hours before"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("sequence", models.PositiveIntegerField(default=0, verbose_name="change number")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("not_before", models.DateTimeField(verbose_name="not before")),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="attempts")),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="given up at")),
            ],
            options={
                "verbose_name": "notice to a visitor",
                "verbose_name_plural": "notices to visitors",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True), ("sent_at__isnull", True)),
                        fields=["not_before", "id"],
                        name="education_guests_to_tell",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("registration", "kind", "sequence"), name="education_guest_told_once"
                    )
                ],
            },
        ),
        CreateModel(
            name="WorkshopFeedback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "workshop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feedback",
                        to="education.workshop",
                        verbose_name="workshop",
                    ),
                ),
                ("shuffled", models.UUIDField(editable=False)),
                (
                    "useful",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="useful",
                    ),
                ),
                (
                    "clear",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="clear",
                    ),
                ),
                (
                    "place",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="place or online room",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=1000, verbose_name="words")),
            ],
            options={
                "verbose_name": "feedback",
                "verbose_name_plural": "feedback",
                "ordering": ["shuffled"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clear__range", (1, 5)), ("place__range", (1, 5)), ("useful__range", (1, 5))
                        ),
                        name="education_ratings_of_one_to_five",
                    )
                ],
            },
        ),
    ]
