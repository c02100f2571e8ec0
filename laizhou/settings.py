"""Settings of the platform: everything stands here, the environment decides.

A missing secret stops the process. Every variable is described in `.env.example`.
"""

import sys
from pathlib import Path
from urllib.parse import unquote

import environ
import pghistory
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from common.logs import logging_config
from common.patience import PromptConnection

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

SECRET_KEY = env("SECRET_KEY")
# "1:<base64 of 32 bytes>,2:<…>": the highest number encrypts, all of them decrypt.
FIELD_KEYS = env("FIELD_KEYS")
# Key of the blind index (HMAC) of personal numbers and of row hashes.
INDEX_KEY = env("INDEX_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
PUBLIC_URL = env("PUBLIC_URL", default="http://localhost:8000")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=PUBLIC_URL.startswith("https://"))
# Shown on every page when the data is generated, e.g. by the demo.
ENVIRONMENT_BANNER = env("ENVIRONMENT_BANNER", default="")
# Where the demo's desk for its made-up agencies listens; empty = there is none, and no page speaks of it.
DEMO_DESK_URL = env("DEMO_DESK_URL", default="")

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.admin",
    "csp",
    "django_filters",
    "django_htmx",
    "leaflet",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "drf_spectacular",
    "common",
    "accounts",
    "addresses",
    "elements",
    "events",
    "tagging",
    "duty",
    "analytics",
    "exchange",
    "console",
]
# History is read by object alone: an index on every foreign key of an event would cost each import more than the event.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_CONTEXT_FIELD = pghistory.ContextForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True)

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.PatienceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.AuthVersionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "laizhou.urls"
ASGI_APPLICATION = "laizhou.asgi.application"
WSGI_APPLICATION = "laizhou.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "console.frame.frame",
            ],
        },
    }
]

# The owner migrates and loads reference data; everything else runs as the application role, which may
# neither change tables nor touch audit rows (two database roles from the first migration).
OWNER_COMMANDS = {"migrate", "makemigrations", "flush", "sqlmigrate", "dbshell"}
_running_tests = "pytest" in Path(sys.argv[0]).name or "pytest" in sys.modules
_runs_as_owner = _running_tests or (len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS)
DATABASES = {
    "default": env.db_url(
        "DATABASE_OWNER_URL" if _runs_as_owner and "DATABASE_OWNER_URL" in env.ENVIRON else "DATABASE_URL",
        engine="django.contrib.gis.db.backends.postgis",
    )
}
# A unix socket folder is written percent-encoded in the URL.
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = False
DATABASES["default"].setdefault("OPTIONS", {})
# The web server answers within five seconds, whatever the database does; long work has its own limits, the owner has none.
_serves_web = env("PROCESS_ROLE", default="") == "web"
_limits_ms = {"statement_timeout": 1_800_000, "lock_timeout": 600_000, "idle_in_transaction_session_timeout": 600_000}
if _serves_web:
    _limits_ms = {"statement_timeout": 3_500, "lock_timeout": 3_000, "idle_in_transaction_session_timeout": 30_000}
# How long a silent server is believed to be working: a little longer than it may.
DATABASE_SILENCE_S = None if _runs_as_owner else _limits_ms["statement_timeout"] / 1_000 + 1
if not _running_tests:
    # A line that lost the other end is noticed within half a minute; a connection that died idle is not handed out.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    _limits = "" if _runs_as_owner else " ".join(f"-c {name}={value}" for name, value in _limits_ms.items())
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3, "tcp_user_timeout": 20_000, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
        "pool": {"min_size": 1, "max_size": 8, "timeout": 2.5, "reconnect_timeout": 3, "connection_class": PromptConnection},
        **DATABASES["default"]["OPTIONS"],
        "options": f"{_limits} {DATABASES['default']['OPTIONS'].get('options', '')}".strip(),
    }  # fmt: skip
else:
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
DATABASE_APP_ROLE = env("DATABASE_APP_ROLE", default="laizhou_app")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "console:today"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrftoken"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_COOKIES
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True
FIRST_DAY_OF_WEEK = 1

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or _running_tests
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or _running_tests
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "media")))
# Where the database keeps its files, if on this machine: the disk is watched as that of the uploads is.
DATABASE_FOLDER = env("DATABASE_FOLDER", default="")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=100 * 2**20)

# Who exchange may talk to by HTTP, each with one port: "10.1.2.0/24:443,api.bureau.lan:8443". Empty: nobody.
EXCHANGE_PEERS = env.list("EXCHANGE_PEERS", default=[])
# Folder below which the ferry folders of agencies and partners lie; empty: there are none.
EXCHANGE_FERRY_ROOT = env("EXCHANGE_FERRY_ROOT", default="")

vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="platform@laizhou.invalid")

REDIS_URL = env("REDIS_URL", default="redis://localhost:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BEAT_SCHEDULE = {
    "reap-jobs": {"task": "common.tasks.reap_jobs", "schedule": 30.0},
    # What is due once a day says so itself (`common/daily.py`): the ringer may be dead, double or wrong about the time.
    "start-daily": {"task": "common.tasks.start_daily", "schedule": 120.0},
    "watch-platform": {"task": "accounts.tasks.watch_platform", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-uploads": {"task": "exchange.tasks.sweep_uploads", "schedule": 900.0},
    "sweep-photos": {"task": "elements.tasks.sweep_photos", "schedule": 900.0},
    "fold-tile-deltas": {"task": "addresses.tasks.fold_tile_deltas", "schedule": 10.0},
    "fan-out": {"task": "exchange.tasks.fan_out", "schedule": 5.0, "options": {"expires": 10}},
    "deliver": {"task": "exchange.tasks.deliver", "schedule": 3.0, "options": {"expires": 10}},
    "claim-disputes": {"task": "exchange.tasks.claim_disputes", "schedule": 60.0},
    "run-links": {"task": "exchange.tasks.run_links", "schedule": 10.0},
    "answer-links": {"task": "exchange.tasks.answer_links", "schedule": 20.0},
    "tie-events": {"task": "events.tasks.tie_events", "schedule": 15.0, "options": {"expires": 30}},
    "run-rules": {"task": "tagging.tasks.run_rules", "schedule": 0.5, "options": {"expires": 2}},
    "run-rules-clock": {"task": "tagging.tasks.run_clock", "schedule": 60.0, "options": {"expires": 60}},
    "escalate-alerts": {"task": "tagging.tasks.escalate_alerts", "schedule": 30.0, "options": {"expires": 30}},
    "count-days": {"task": "analytics.tasks.count_days", "schedule": 5.0, "options": {"expires": 10}},
    "send-reports": {"task": "analytics.tasks.send_reports", "schedule": 300.0, "options": {"expires": 300}},
    "settle-orders": {"task": "duty.tasks.settle_orders", "schedule": 120.0},
    "start-due-border-moves": {"task": "addresses.tasks.start_due_border_moves", "schedule": 600.0},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasPost"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.api.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "交通要素管控平台 API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "common.openapi.add_refusals"],
}

LEAFLET_CONFIG = {
    "NO_GLOBALS": False,
    "DEFAULT_CENTER": (37.18, 119.94),
    "DEFAULT_ZOOM": 10,
    "MIN_ZOOM": 7,
    "MAX_ZOOM": 19,
    "TILES": [],
    "RESET_VIEW": False,
}

LOGGING = logging_config(env("LOG_LEVEL", default="INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"
SILENCED_SYSTEM_CHECKS = ["gis.W001"]  # we never accept a coordinate system or a link from a user's file
