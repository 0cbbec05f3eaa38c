"""Settings shared by every installation. What differs is read from the environment by `env`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from . import env
from .enum_names import ENUM_NAMES

BASE_DIR = Path(__file__).resolve().parents[2]
DASHU_HOME = env.home()

DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "dashu.urls"
WSGI_APPLICATION = "dashu.wsgi.application"
ASGI_APPLICATION = "dashu.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "dashu.portal.back_office_app.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_celery_beat",
    "django_structlog",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "dashu.ledger",
    "dashu.audit",
    "dashu.alerts",
    "dashu.policy",
    "dashu.users",
    "dashu.consents",
    "dashu.messaging",
    "dashu.approvals",
    "dashu.webhooks",
    "dashu.bulk",
    "dashu.api",
    "dashu.web",
    "dashu.accounts",
    "dashu.break_glass",
    "loans",
    "repayments",
    "collections_mgmt",
    "education",
    "dashu.provisioning",
    "dashu.credit_reporting",
    "dashu.tapes",
    "dashu.privacy",
    "dashu.analysis",
    "dashu.insight",
    "dashu.regulatory",
    "dashu.portal",
    "dashu.console",
    "dashu.operations",
    "dashu.sandbox",
]

MIDDLEWARE = [
    "dashu.operations.metrics.requests.AnswerMetrics",
    "dashu.operations.metrics.requests.MeasureRequests",
    "dashu.web.sandbox.SayItIsSandbox",
    "django.middleware.security.SecurityMiddleware",
    "dashu.api.middleware.RefusePlainCalls",
    "dashu.web.content_policy.ContentPolicy",
    "dashu.web.content_policy.BrowserLimits",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "dashu.api.middleware.RecordCalls",
    "dashu.api.middleware.ConditionalAnswers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "dashu.web.middleware.RefuseNul",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashu.web.middleware.KeepNoPages",
    "dashu.web.middleware.PersonLanguage",
    "dashu.web.offline.MarkReader",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashu.web.request_log.LogRequests",
    "dashu.web.middleware.RefuseImpossibleKeys",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashu.accounts.middleware.SessionEnds",
    "dashu.accounts.second_factor.AskStaffForSecondFactor",
    "dashu.break_glass.middleware.TakeRightsAlong",
    "dashu.portal.seen_people.NoteSeenPeople",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashu.portal.rooms.tabs",
                "dashu.accounts.context.kept_input",
                "dashu.web.sandbox.is_sandbox",
                "dashu.break_glass.context.emergency",
            ],
            "builtins": ["dashu.web.templatetags.dashu"],
        },
    }
]

# --- data ---------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database(env.service_url("DATABASE_URL"))}
# A request waits no longer for one statement, see `dashu.failing`; jobs and commands wait.
STATEMENT_SECONDS = env.whole("DASHU_STATEMENT_SECONDS", 20)
REDIS_URL = env.service_url("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # Without them a thread would wait for as long as TCP tries, when the line is dead.
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 2},
    }
}

# --- people -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "dashu.accounts.backends.SignInBackend",
    "dashu.break_glass.backends.EmergencyBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "dashu.accounts.passwords.KnownPasswordValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "dashu.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# One field takes either, see `dashu.accounts.forms`; what is marked here is what allauth's checks look at.
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]
ACCOUNT_FORMS = {
    "login": "dashu.accounts.forms.LoginForm",
    "signup": "dashu.accounts.forms.SignupForm",
    "set_password": "dashu.accounts.forms.FirstPasswordForm",
    "reset_password": "dashu.accounts.forms.RecoveryForm",
    "reset_password_from_key": "dashu.accounts.forms.NewPasswordForm",
    "change_password": "dashu.accounts.forms.ChangePasswordForm",
    "reauthenticate": "dashu.accounts.forms.ReauthenticateForm",
    "add_email": "dashu.accounts.forms.AddEmailForm",
    "change_phone": "dashu.accounts.forms.ChangePhoneForm",
    "verify_phone": "dashu.accounts.forms.VerifyPhoneForm",
    "confirm_email_verification_code": "dashu.accounts.forms.ConfirmAddressForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
# Whoever opens an account enters it by a code; `dashu.accounts.stages` says who is not asked for one.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 600
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_FORMAT = ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = {
    "numeric": True,
    "length": 6,
    "dashed": False,
}
ACCOUNT_RATE_LIMITS = {
    "verify_phone": "1/m/key,5/h/key,10/d/key,20/m/ip,300/d/ip",
    "confirm_email": "1/30s/key,10/h/key",
    "change_phone": "10/m/user",
}
TRUSTED_PROXIES = env.whole("DASHU_TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_ADAPTER = "dashu.accounts.authenticators.AuthenticatorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody is let in by an address that they did not confirm
MFA_TOTP_TOLERANCE = 1  # cheap phones keep time badly
MFA_FORMS = {
    "authenticate": "dashu.accounts.forms.SecondStepForm",
    "reauthenticate": "dashu.accounts.forms.SecondStepAgainForm",
    "activate_totp": "dashu.accounts.forms.AddAuthenticatorForm",
    "add_webauthn": "dashu.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "dashu.accounts.forms.RenamePasskeyForm",
}
# What stands in a page is never run: no script, style or handler is written into one. See `dashu.web.content_policy`.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        # Browsers hold it against where a form's answer leads, too, such as a payment provider's page.
        "form-action": [SELF, *env.words("DASHU_FORM_TARGETS")],
        "frame-ancestors": [NONE],
    }
}
SESSION_ENGINE = "dashu.accounts.sessions"
# Without use for so long, a session is over; on a device where somebody asked to stay signed in, after these days.
SESSION_IDLE = timedelta(minutes=env.whole("DASHU_SESSION_IDLE_MINUTES", 30))
SESSION_IDLE_REMEMBERED = timedelta(days=env.whole("DASHU_SESSION_REMEMBERED_DAYS", 14))
# However much it is used, a session is over after these.
SESSION_LONGEST = timedelta(hours=env.whole("DASHU_SESSION_LONGEST_HOURS", 12))
SESSION_LONGEST_REMEMBERED = timedelta(days=env.whole("DASHU_SESSION_REMEMBERED_LONGEST_DAYS", 30))
# Staff without a passkey or an app get to the page that adds one, and to nothing else.
STAFF_NEED_SECOND_FACTOR = True
SECOND_FACTOR_PAGE = "/accounts/security/"
# Before what moves money or opens what is sealed, whoever is signed in proves it again.
STEP_UP = True
# Hashes of stolen passwords, see `dashu.accounts.passwords`; "" for Django's own list alone.
BREACHED_PASSWORDS = env.text("DASHU_BREACHED_PASSWORDS", "")
SESSION_COOKIE_AGE = int(SESSION_IDLE_REMEMBERED.total_seconds())
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True  # no script of ours reads them
CSRF_FAILURE_VIEW = "dashu.accounts.views.form_refused"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "dashu.api.callers.client_ip"
AXES_USERNAME_CALLABLE = "dashu.web.signing_in.attempted_name"
AXES_LOCKOUT_CALLABLE = "dashu.web.signing_in.locked_out"
AXES_SENSITIVE_PARAMETERS = ["login", "email", "phone", "username"]
AXES_VERBOSE = False
AXES_CLIENT_STR_CALLABLE = "dashu.web.signing_in.client_in_logs"

# --- languages and time -------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("zh-hant", _("Traditional Chinese")), ("en", _("English"))]
LOCALE_PATHS = [DASHU_HOME / "locale"]  # compiled from `locale/` by `python -m dashu.runtime.catalogs compile`
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# --- files --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DASHU_HOME / "static"
# Compressed once, named by content and kept by browsers for good; a file not yet collected is still found by its name.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # What people send us: never served by an address of its own, and sealed before it gets there.
    "private": env.private_storage(),
}
# A file that may be taken stays in memory on its way, so that it lies nowhere unsealed.
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "dashu.uploads.UpToLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
WHITENOISE_MANIFEST_STRICT = False
MEDIA_ROOT = DASHU_HOME / "media"

# --- jobs ---------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = ("dashu.events.route_task",)
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "send-due-messages": {
        "task": "dashu.messaging.tasks.send_due_messages",
        "schedule": 60,
        "options": {"expires": 55},
    },
    "tell-of-unread-messages": {
        "task": "dashu.messaging.tasks.tell_of_unread_messages",
        "schedule": 600,
        "options": {"expires": 590},
    },
    "expire-overdue-requests": {
        "task": "dashu.approvals.tasks.expire_overdue_requests",
        "schedule": 900,
        "options": {"expires": 890},
    },
    "sweep-secret-texts": {
        "task": "dashu.messaging.tasks.sweep_secret_texts",
        "schedule": 30,
        "options": {"expires": 25},
    },
    "link-audit-records": {
        "task": "dashu.audit.tasks.link_audit_records",
        "schedule": 60,
        "options": {"expires": 55},
    },
    "verify-audit-chain": {"task": "dashu.audit.tasks.verify_audit_chain", "schedule": crontab(minute=45, hour=4)},
    "watch-emergencies": {"task": "dashu.break_glass.tasks.watch_emergencies", "schedule": crontab(minute=35)},
    "tidy-accounts": {"task": "dashu.accounts.tasks.tidy_accounts", "schedule": crontab(minute=20, hour=4)},
    # Start and sweep in one: each call takes up whatever date or range is owed.
    "close-due-dates": {"task": "collections_mgmt.tasks.close_due_dates", "schedule": 60, "options": {"expires": 55}},
    "wake-files": {"task": "collections_mgmt.tasks.wake_files", "schedule": 60, "options": {"expires": 55}},
    "bring-back-placements": {
        "task": "collections_mgmt.tasks.bring_back_placements",
        "schedule": 300,
        "options": {"expires": 290},
    },
    "watch-reviews": {"task": "collections_mgmt.tasks.watch_reviews", "schedule": 3600, "options": {"expires": 3590}},
    # Mondays; on other days it only makes up for a week that was missed.
    "draw-quality": {
        "task": "collections_mgmt.tasks.draw_quality",
        "schedule": crontab(minute=50, hour=5),
        "options": {"expires": 3600},
    },
    "review-settlements": {
        "task": "collections_mgmt.tasks.review_settlements",
        "schedule": 3600,
        "options": {"expires": 3590},
    },
    "follow-relief": {"task": "collections_mgmt.tasks.follow_relief", "schedule": 60, "options": {"expires": 55}},
    "follow-relief-lists": {
        "task": "collections_mgmt.tasks.follow_relief_lists",
        "schedule": 60,
        "options": {"expires": 55},
    },
    # After the close of the night; each later call only makes up for one that was missed.
    "run-relief-campaigns": {
        "task": "collections_mgmt.tasks.run_relief_campaigns",
        "schedule": crontab(minute=30, hour="6-8"),
        "options": {"expires": 3590},
    },
    # What came with the day, and what an event missed; a later call finds nothing new.
    "notice-moments-of-learning": {
        "task": "education.tasks.notice_morning",
        "schedule": crontab(minute=40, hour="8,14"),
        "options": {"expires": 3600},
    },
    # Once the last night of a month is closed; a later call finds the run there.
    "calculate-provision": {
        "task": "dashu.provisioning.tasks.calculate_new_month",
        "schedule": crontab(minute=10, hour="6-9"),
        "options": {"expires": 3590},
    },
    "watch-clocks": {"task": "collections_mgmt.tasks.watch_clocks", "schedule": 3600, "options": {"expires": 3590}},
    # After the close of the night; each later call only makes up for one that was missed.
    "tell-before-report": {
        "task": "collections_mgmt.tasks.tell_before_report",
        "schedule": crontab(minute=15, hour="8-20"),
        "options": {"expires": 3000},
    },
    # A part of the night's questions with each call, and what a bureau that was down left behind.
    "watch-bureau": {
        "task": "collections_mgmt.tasks.watch_bureau",
        "schedule": crontab(minute="*/10", hour="0-6"),
        "options": {"expires": 590},
    },
    # What an event missed, and what is due to be tried again.
    "deliver-events": {"task": "dashu.webhooks.tasks.deliver_due_events", "schedule": 10, "options": {"expires": 9}},
    "tidy-events": {"task": "dashu.webhooks.tasks.tidy_events", "schedule": crontab(minute=25, hour=4)},
    "sweep-bulk-jobs": {"task": "dashu.bulk.tasks.sweep_jobs", "schedule": 60, "options": {"expires": 55}},
    "forget-old-job-files": {"task": "dashu.bulk.tasks.forget_old_files", "schedule": crontab(minute=10, hour=4)},
    "forget-old-answers": {"task": "dashu.api.tasks.forget_old_answers", "schedule": 86_400},
    "forget-old-calls": {"task": "dashu.api.tasks.forget_old_calls", "schedule": crontab(minute=10, hour=4)},
    # Each call takes up whatever hours are owed.
    "sum-up-calls": {"task": "dashu.api.tasks.sum_up_calls", "schedule": 600, "options": {"expires": 590}},
    # After the close of the night; each later call only makes up for one that was missed.
    "reconcile-books": {
        "task": "repayments.tasks.reconcile_books",
        "schedule": crontab(minute=30, hour="5-23"),
        "options": {"expires": 3000},
    },
    "sweep-bank-statements": {
        "task": "repayments.tasks.sweep_bank_statements",
        "schedule": 900,
        "options": {"expires": 890},
    },
    "sweep-applications": {"task": "loans.tasks.sweep_applications", "schedule": 60, "options": {"expires": 55}},
    # Once a night; each later call only makes up for one that was missed.
    "watch-scorecard": {
        "task": "loans.tasks.watch_scorecard",
        "schedule": crontab(minute=45, hour="5-23"),
        "options": {"expires": 3000},
    },
    "watch-behavior": {
        "task": "collections_mgmt.tasks.watch_behavior",
        "schedule": crontab(minute=50, hour="5-23"),
        "options": {"expires": 3000},
    },
    # What was closed, booked back, objected to and answered; a later call finds nothing new.
    "build-credit-files": {
        "task": "dashu.credit_reporting.tasks.build_due_files",
        "schedule": crontab(minute=55, hour="6-22"),
        "options": {"expires": 3000},
    },
    "tidy-credit-files": {
        "task": "dashu.credit_reporting.tasks.tidy_credit_files",
        "schedule": crontab(minute=45, hour=4),
    },
    "sweep-checkouts": {"task": "repayments.tasks.sweep_checkouts", "schedule": 300, "options": {"expires": 290}},
    "watch-covenants": {"task": "loans.tasks.watch_covenants", "schedule": 3600, "options": {"expires": 3590}},
    "sweep-payouts": {"task": "repayments.tasks.sweep_payouts", "schedule": 120, "options": {"expires": 115}},
    "collect-autopay": {"task": "repayments.tasks.collect_autopay", "schedule": 1800, "options": {"expires": 1790}},
    "give-virtual-accounts": {"task": "repayments.tasks.give_virtual_accounts", "schedule": 3600},
    "sweep-receipts": {"task": "repayments.tasks.sweep_receipts", "schedule": 900, "options": {"expires": 890}},
    # What an event missed, or a scanner that was down.
    "sweep-documents": {"task": "loans.tasks.sweep_documents", "schedule": 300, "options": {"expires": 290}},
    "sweep-lost-files": {"task": "loans.tasks.sweep_lost_files", "schedule": crontab(minute=40, hour=4)},
    # What an event missed, or a mail server that was down.
    "sweep-change-mails": {
        "task": "dashu.console.tasks.sweep_change_mails",
        "schedule": 300,
        "options": {"expires": 290},
    },
    # Copies of own data: what an event missed, and those whose days are over. Closed accounts whose days are over.
    "send-due-reports": {
        "task": "dashu.insight.tasks.send_due_reports",
        "schedule": 60,
        "options": {"expires": 55},
    },
    "sweep-exports": {"task": "dashu.privacy.tasks.sweep_exports", "schedule": 300, "options": {"expires": 290}},
    # By day, because it tells people.
    "keep-no-longer": {
        "task": "dashu.privacy.tasks.keep_no_longer",
        "schedule": crontab(minute=5, hour=10),
        "options": {"expires": 3600},
    },
    "finish-closures": {"task": "dashu.privacy.tasks.finish_closures", "schedule": 3600, "options": {"expires": 3590}},
    # Reminders of workshops, codes that an event missed, and what visitors are told.
    "follow-workshops": {"task": "education.tasks.follow_workshops", "schedule": 60, "options": {"expires": 55}},
    "tidy-workshops": {"task": "education.tasks.tidy_up_workshops", "schedule": 900, "options": {"expires": 890}},
    "publish-due-lessons": {
        "task": "education.tasks.publish_due_lessons",
        "schedule": 60,
        "options": {"expires": 55},
    },
    # At night, some with each call.
    "check-links": {
        "task": "education.tasks.check_links",
        "schedule": crontab(minute="*/10", hour="1-3"),
        "options": {"expires": 590},
    },
    "watch-facts": {"task": "education.tasks.watch_facts", "schedule": crontab(minute=5, hour=7)},
    "sweep-quotes-and-certificates": {
        "task": "repayments.tasks.sweep_quotes_and_certificates",
        "schedule": 900,
        "options": {"expires": 890},
    },
}
# A caller whose work is committed waits for no broker that is down: one try, the sweeps do the rest. Workers and beat
# keep trying by settings of their own.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 0,
}

# --- API ----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["dashu.api.authentication.PartnerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["dashu.api.permissions.HasScopes"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dashu.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "dashu.api.operation_schema.OperationSchema",
    "EXCEPTION_HANDLER": "dashu.api.errors.problem_response",
    "DEFAULT_VERSIONING_CLASS": None,
    "DEFAULT_METADATA_CLASS": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # The form of an answer is asked for by Accept alone; `?format=` is as unknown as any other name.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dashu",
    "DESCRIPTION": "Quotes, loans, schedules and payments for partners of the lender.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dashu.api.schema_links.add_links",
        "dashu.api.webhooks.published.add_webhooks",
        "dashu.api.schema.describe_all_answers",
    ],
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth2_provider.AccessToken"  # noqa: S105
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    # Best practice of today (RFC 9700): tokens are kept as digests and shown in headers only.
    **dict.fromkeys(
        (
            *("COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT", "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT"),
            *("COMPLIANT_BCP_RFC9700_PKCE_METHOD", "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT"),
            *("COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS", "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE"),
            *("COMPLIANT_BCP_RFC9700_REFRESH_TOKEN", "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME"),
            *("REFRESH_TOKEN_REUSE_PROTECTION", "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED"),
        ),
        True,
    ),
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "OAUTH2_VALIDATOR_CLASS": "dashu.api.tokens.ClientValidator",
    "SCOPES_BACKEND_CLASS": "dashu.api.tokens.ClientScopes",
    "SCOPES": {
        "quotes": "Calculate schedules and annual rates",
        "borrowers:read": "Read the borrowers of this partner, with names and phones masked",
        "borrowers:personal": "Read names and phones in full, where borrowers:read shows them",
        "loans:read": "Read the loans this partner brought",
        "payments:read": "Read the payments and refunds of the loans this partner brought",
        "payments:write": "Record payments on the loans this partner brought, and ask for refunds",
        "overdue:read": "Read how far behind the loans this partner brought are and were",
        "relief:read": "Read the restructuring offers for the loans this partner brought",
        "relief:write": "Tell the budget of a borrower and ask for restructuring offers",
        "documents:write": "Issue statements and settlement certificates of the loans this partner brought",
        "applications:read": "Read the applications this partner brought, and what can be applied for",
        "applications:write": "Apply for people, with their consent, and withdraw",
        "events:read": "Read what happened, event by event",
        "webhooks:read": "Read this partner's webhook endpoints and deliveries",
        "webhooks:write": "Change webhook endpoints and send deliveries again",
        "jobs:read": "Read bulk jobs and their result files",
        "jobs:write": "Upload files of quotes, payments or loans as bulk jobs",
        "reports:read": "Read reports on the loans this partner brought",
    },
}

# Calls a minute: of one client that says nothing else; for tokens, of one who names a client from one address, and of
# one address for any.
API_LIMITS = {
    "reads": env.whole("DASHU_API_READS_A_MINUTE", 1200),
    "writes": env.whole("DASHU_API_WRITES_A_MINUTE", 600),
    "tokens": env.whole("DASHU_API_TOKENS_A_MINUTE", 30),
    "addresses": env.whole("DASHU_API_TOKENS_OF_AN_ADDRESS_A_MINUTE", 120),
}
RECORD_API_CALLS = True
# In which header our proxy says what certificate a client showed; without one, nothing of the kind is believed.
CLIENT_CERTIFICATE_HEADER = env.text("DASHU_CLIENT_CERTIFICATE_HEADER", "")
# --- the sandbox --------------------------------------------------------------------------------------------------
# A whole installation in which nothing real happens; every page and answer of it says so.
SANDBOX = env.sandbox()
SANDBOX_URL = env.text("DASHU_SANDBOX_URL", "")  # where this installation's sandbox is

# --- webhooks -----------------------------------------------------------------------------------------------------
WEBHOOKS: dict[str, Any] = {
    # Addresses of the machine itself, also without HTTPS: for tests, and where partners try things out on one machine.
    "ALLOW_LOOPBACK": False,
}

# --- messages to people -------------------------------------------------------------------------------------------
MESSAGING = {
    # "database" keeps messages in the outbox, where staff can read them; "smtp" and "http" really send; "simulated" is
    # a provider that reaches nobody and tells what became of each message.
    "EMAIL_TRANSPORT": env.text("DASHU_EMAIL_TRANSPORT", "database"),
    "EMAIL_GATEWAY_URL": env.text("DASHU_EMAIL_GATEWAY_URL", "http://127.0.0.1:9/mail"),
    "EMAIL_GATEWAY_TOKEN": env.secret("DASHU_EMAIL_GATEWAY_TOKEN", "none"),
    "SMS_TRANSPORT": env.text("DASHU_SMS_TRANSPORT", "database"),
    "SMS_GATEWAY_URL": env.text("DASHU_SMS_GATEWAY_URL", "http://127.0.0.1:9/sms"),
    "SMS_GATEWAY_TOKEN": env.secret("DASHU_SMS_GATEWAY_TOKEN", "none"),
    # By which providers sign what they tell of messages; empty for a secret of this installation's own.
    "CALLBACK_SECRET": env.secret("DASHU_MESSAGE_CALLBACK_SECRET", ""),
}
DEFAULT_FROM_EMAIL = env.text("DASHU_FROM_EMAIL", "Dashu <no-reply@dashu.example>")
EMAIL_HOST = env.text("DASHU_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = env.whole("DASHU_SMTP_PORT", 25)
EMAIL_TIMEOUT = 10
# Up to which size a report goes with the mail that says it is there; 0 for never: then one signs in to see it.
REPORT_MAIL_ATTACHMENT_BYTES = env.whole("DASHU_REPORT_MAIL_ATTACHMENT_BYTES", 0)
# Who is told when the program needs a person: addresses with commas between them.
ADMINS = [("", address.strip()) for address in env.text("DASHU_ALERT_EMAILS", "").split(",") if address.strip()]

# --- the lender ---------------------------------------------------------------------------------------------------
LENDER_POLICY_PACK = env.text("DASHU_POLICY_PACK", "cn")
CURRENCY = "CNY"
# Where issued papers say that they can be checked; without it, the address in use when one is issued.
PUBLIC_URL = env.text("DASHU_PUBLIC_URL", "")
SIMULATED_GATEWAY = True  # a payment provider without money, where the payer chooses what happens
SIMULATED_BUREAU = True  # a credit bureau that knows nobody; what it says follows from the number it is asked about
SIMULATED_BUREAU_DELAY_MS = env.whole("DASHU_SIMULATED_BUREAU_DELAY_MS", 150)
SIMULATED_BUREAU_FAULT = env.text("DASHU_SIMULATED_BUREAU_FAULT", "")  # of every answer, such as "DOWN"
CREDIT_BUREAU, CREDIT_BUREAU_URL, CREDIT_BUREAU_SECRET = env.credit_bureau()
# What looks at files that people send before anyone may open them: "structure" or "clamd".
DOCUMENT_SCANNER, CLAMD_ADDRESS = env.document_scanner()
# What must be in order before an accounting period is closed: functions that take its last day and raise a refusal.
# Named here, because the ledger lies below the apps that they belong to.
LEDGER_CLOSE_CHECKS = (
    "collections_mgmt.services.close_day.refuse_nights_not_closed",
    "repayments.services.reconcile_day.refuse_books_that_differ",
    "dashu.provisioning.services.post.refuse_provision_that_differs",
)
# What the lines of bulk jobs mean, by the code that partners use. Named here, because `dashu.bulk` lies below the apps
# that they belong to; so does what looks at uploaded files for harm.
BULK_JOB_KINDS = {
    "quotes": "loans.api.bulk_quotes.QUOTES",
    "payments": "repayments.api.bulk_payments.PAYMENTS",
    "tape": "dashu.tapes.bulk_tapes.TAPE",
}
BULK_JOB_SCANNER = "loans.scanners.choosing.is_harmful_text"
# How many ranges of one job are worked at once, on however many hosts the workers are.
BULK_AT_ONCE = env.whole("DASHU_BULK_AT_ONCE", 2)
LEDGER_CHART_FILE = Path(env.text("DASHU_CHART_FILE", str(BASE_DIR / "dashu" / "ledger" / "chart.yaml")))
# The provider that takes payments: "simulated", "wechat", or nothing for the simulated one where that is switched on.
PAYMENT_PROVIDER = env.text("DASHU_PAYMENT_PROVIDER", "")
# The provider that sends money out, where it is another one.
PAYOUT_PROVIDER = env.text("DASHU_PAYOUT_PROVIDER", "")
WECHAT_PAY = env.wechat_pay(PUBLIC_URL.rstrip("/") or "http://127.0.0.1:8000")
# A range of the nightly close takes about so long, by the speed of the nights before; the first night knows none.
CLOSE_RANGE_SECONDS = env.whole("DASHU_CLOSE_RANGE_SECONDS", 3)
CLOSE_RANGE_LOANS = env.whole("DASHU_CLOSE_RANGE_LOANS", 50_000)
# How many ranges one database closes at once, on however many hosts the workers are.
CLOSE_AT_ONCE = env.whole("DASHU_CLOSE_AT_ONCE", 4)

# --- admin --------------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "大樹金融",
    "SITE_HEADER": "大樹金融",
    "SITE_SYMBOL": "park",
    "ENVIRONMENT": "dashu.web.sandbox.label",
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("choose_language")},
    "SIDEBAR": {"navigation": "dashu.portal.navigation.sidebar"},
    "DASHBOARD_CALLBACK": "dashu.portal.desk.add_figures",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}],
    "STYLES": [lambda request: static("css/staff.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .015 165)",
            "100": "oklch(93.5% .03 165)",
            "200": "oklch(87% .055 165)",
            "300": "oklch(79% .08 165)",
            "400": "oklch(72% .095 165)",
            "500": "oklch(55% .095 165)",
            "600": "oklch(47.5% .085 165)",
            "700": "oklch(41% .072 165)",
            "800": "oklch(35% .06 165)",
            "900": "oklch(30% .05 165)",
            "950": "oklch(21% .035 165)",
        }
    },
}

# --- monitoring ---------------------------------------------------------------------------------------------------
# Who asks for figures names it; without one, there is nothing at their addresses. See docs/operations/monitoring.
METRICS_TOKEN = env.secret("DASHU_METRICS_TOKEN", "")
METRICS_PORT = env.whole("DASHU_METRICS_PORT", 0)  # where a worker answers
BACKUP_FOLDER = env.text("DASHU_BACKUP_FOLDER", "")  # where `manage.py backup` writes, to tell how old the newest is
# Where traces go, what is told there about who sends them, and as whose they are shown. See docs/operations/logs.md.
TRACES_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT", "")
TRACES_HEADERS = env.secret("OTEL_EXPORTER_OTLP_HEADERS", "")
TRACES_SERVICE = env.text("OTEL_SERVICE_NAME", "dashu")
if TRACES_ENDPOINT:
    MIDDLEWARE.insert(1, "dashu.web.traces.TraceRequests")  # what asks for figures is answered before

# Lines for people; production writes a JSON document a line.
JSON_LOGS = False
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# The id of a call is ours, that of a page the proxy's (`dashu.api.middleware.RecordCalls`); no caller's gets here.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "dashu.web.logs.JsonLines"},
    },
    "filters": {
        "without_keys": {"()": "dashu.web.logs.WithoutKeys"},
        "require_debug_false": {"()": "django.utils.log.RequireDebugFalse"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_keys"]},
        # Failures of requests, to `ADMINS`.
        "mail_admins": {
            "class": "django.utils.log.AdminEmailHandler",
            "level": "ERROR",
            "filters": ["require_debug_false", "without_keys"],
            "reporter_class": "dashu.web.logs.WithoutRequest",
        },
    },
    "loggers": {
        "django": {"handlers": ["mail_admins"], "level": "INFO"},
        "pypdf": {"level": "ERROR"},  # it remarks on every file that is not quite as the norm has it
    },
    "root": {"handlers": ["console"], "level": env.text("DASHU_LOG_LEVEL", "WARNING")},
}
