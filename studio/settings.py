"""Every setting of the studio, each once, from the environment. README.md has them as a table."""

import importlib.util
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from studio import environment
from studio.environment import count, env, seconds
from studio.remote import secretfile

BASE_DIR = Path(__file__).resolve().parent.parent

# Where things are kept
STUDIO_DATA_DIR = environment.writable_folder("STUDIO_DATA_DIR", BASE_DIR / "var")
SECRET_KEY = environment.secret_key("STUDIO_SECRET_KEY", STUDIO_DATA_DIR / "secret-key")
MEDIA_ROOT = STUDIO_DATA_DIR / "media"
STATIC_ROOT = Path(env.str("STUDIO_STATIC_DIR", default=str(STUDIO_DATA_DIR / "static")))
# Where the proxy in front finds the media, when it sends them itself after our yes.
STUDIO_MEDIA_HANDOVER = environment.handover("STUDIO_MEDIA_HANDOVER")

# Where it is reached
STUDIO_BIND = environment.bind("STUDIO_BIND", "127.0.0.1:8000")
STUDIO_URL = environment.origin("STUDIO_URL", f"http://{STUDIO_BIND}")
HTTPS = STUDIO_URL.startswith("https://")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", urlsplit(STUDIO_URL).hostname or ""]
CSRF_TRUSTED_ORIGINS = [STUDIO_URL]
# We speak no TLS ourselves: behind an https address there is a proxy.
STUDIO_TRUSTED_PROXIES = environment.count("STUDIO_TRUSTED_PROXIES", 1 if HTTPS else 0, least=0)

# How much is done at once
STUDIO_WORKER_THREADS = count("STUDIO_WORKER_THREADS", 16)

# The image API
STUDIO_API_URL = environment.address("STUDIO_API_URL", "https://api.3daistudio.com")
STUDIO_API_KEY = secretfile.Secret(env.str("STUDIO_API_KEY", default=""))
STUDIO_API_KEY_FILE = Path(env.str("STUDIO_API_KEY_FILE", default=str(STUDIO_DATA_DIR / "api-key")))
STUDIO_ASSET_HOSTS = environment.origins("STUDIO_ASSET_HOSTS")
STUDIO_SUBMITS_PER_MINUTE = count("STUDIO_SUBMITS_PER_MINUTE", 3)
STUDIO_WINDOW_SECONDS = seconds("STUDIO_WINDOW_SECONDS", 60)
STUDIO_DOWNLOAD_MB = count("STUDIO_DOWNLOAD_MB", 40)
STUDIO_UPLOAD_MB = count("STUDIO_UPLOAD_MB", 20)
STUDIO_SANDBOX_SECONDS = environment.seconds_range("STUDIO_SANDBOX_SECONDS", "6")
STUDIO_SANDBOX_URL = environment.origin("STUDIO_SANDBOX_URL", "http://127.0.0.1:8010")

# The times of a job's life, here so that tests can shorten them
STUDIO_LEASE_SECONDS = seconds("STUDIO_LEASE_SECONDS", 180)
STUDIO_POST_SECONDS = seconds("STUDIO_POST_SECONDS", 120)
STUDIO_STOP_SECONDS = seconds("STUDIO_STOP_SECONDS", 20)
STUDIO_LATE_ANSWER_SECONDS = seconds("STUDIO_LATE_ANSWER_SECONDS", 900)
STUDIO_SWEEP_SECONDS = seconds("STUDIO_SWEEP_SECONDS", 3)
STUDIO_LOOK_SECONDS = seconds("STUDIO_LOOK_SECONDS", 0.5)
STUDIO_RETRY_SECONDS = seconds("STUDIO_RETRY_SECONDS", 2)
STUDIO_RETRY_MOST_SECONDS = seconds("STUDIO_RETRY_MOST_SECONDS", 30, most=600)
STUDIO_MISSING_SECONDS = seconds("STUDIO_MISSING_SECONDS", 300)
STUDIO_RESULTS_SECONDS = seconds("STUDIO_RESULTS_SECONDS", 24 * 3600)
STUDIO_REFUND_SECONDS = seconds("STUDIO_REFUND_SECONDS", 300)
if STUDIO_POST_SECONDS >= STUDIO_LEASE_SECONDS:
    raise ImproperlyConfigured(
        "STUDIO_POST_SECONDS must be less than STUDIO_LEASE_SECONDS: no call outlives its lease."
    )

# Django's own
INSTALLED_APPS = [
    "studio",
    "studio.accounts",
    "studio.credits",
    "studio.jobs",
    "studio.office",
    "gallery",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "studio.middleware.private_pages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "studio.middleware.signing_in",
    "studio.clashes.TryAgain",
]
ROOT_URLCONF = "studio.urls"
WSGI_APPLICATION = "studio.wsgi.application"
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
                "studio.context.frame",
            ],
        },
    }
]
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
DATABASES = {
    "default": environment.database("DATABASE_URL", f"sqlite:///{STUDIO_DATA_DIR / 'studio.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Tests keep theirs in a file too: real worker processes share it.
    test_database = {"NAME": str(STUDIO_DATA_DIR / "test.sqlite3")}
    DATABASES["default"] |= {"OPTIONS": SQLITE, "CONN_MAX_AGE": None, "TEST": test_database}
elif not all(map(importlib.util.find_spec, ("psycopg", "psycopg_pool"))):
    raise ImproperlyConfigured(
        "DATABASE_URL names PostgreSQL, but its driver is not installed: "
        ".venv/bin/pip install --require-hashes -r requirements-postgres.txt"
    )
elif "CONN_MAX_AGE" not in DATABASES["default"]:
    # Celery closes a task's connection, and making one costs more than most tasks ask of it: so they come from a pool.
    # After an outage of 40 s with 8 threads asking, kept connections worked again at once, the pool after 1 s; with its
    # own 300 s of reconnect_timeout it would be 20 s, as its pauses double. In an outage a page fails after `timeout`.
    POOL = {
        "min_size": 1,
        # Each thread of a process has one at most, so none ever waits for another's: a worker submits with as many,
        # looks with twice and saves with a quarter of them, and has a few more.
        "max_size": 4 * STUDIO_WORKER_THREADS + 8,
        "max_idle": 60,
        "timeout": 5,
        "reconnect_timeout": 5,
    }
    options = DATABASES["default"].setdefault("OPTIONS", {})
    options["pool"] = POOL
    # PostgreSQL would compile a page's longer queries anew each time, 100 ms for what then takes 10.
    options.setdefault("options", "-c jit=off")
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    # A PgBouncer in between is a pool already.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The database, not Valkey: sign-in and its throttles must work while Valkey is down.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
LANGUAGE_CODE = "en"
TIME_ZONE = environment.time_zone("TZ")
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "studio.assets.HashedStaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Signing in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "studio.accounts.adapter.InvitedOnly"
ACCOUNT_FORMS = {"login": "studio.accounts.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_SESSION_REMEMBER = True
# From the right of X-Forwarded-For; what stands left of it anyone can write.
ALLAUTH_TRUSTED_PROXY_COUNT = STUDIO_TRUSTED_PROXIES

# What a browser may do
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
FILE_UPLOAD_TEMP_DIR = STUDIO_DATA_DIR / "tmp"
# Views that take files say so themselves (`gallery.uploads.takes_uploads`).
FILE_UPLOAD_HANDLERS = ["gallery.uploads.NoFiles"]
# Above the 14 of an order, so that one too many is told in our words.
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# Mail, when a server for it is named
vars().update(mail := environment.mail("EMAIL_URL"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = STUDIO_MAIL_FROM = environment.sender(
    "STUDIO_MAIL_FROM", default=mail["EMAIL_HOST_USER"], needed=bool(mail["EMAIL_HOST"])
)

# Waking the workers
REDIS_URL = environment.told("REDIS_URL")
# Kombu has its own name for a unix socket.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1) or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 15,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    # Without these kombu tries for 6 s to reach a dead broker, and every order waits as long.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "socket_timeout": 5,
    # A host that vanished says no goodbye; a unix socket has no use for it and is not asked.
    "socket_keepalive": True,
}
# Kombu believes any certificate unless told. What the address says itself (?ssl_ca_certs=...) counts before this.
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": "required"} if REDIS_URL.startswith("rediss://") else None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A Redis elsewhere may be away for longer than a hundred tries: orders wait, and nothing dies.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# When nights and months begin.
CELERY_TIMEZONE = TIME_ZONE
# The gallery deletes no picture for good that an order under way is made from, and knows nothing of orders.
PICTURES_IN_USE = "studio.jobs.ordered.in_use"

CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "studio.jobs.tasks.sweep",
        "schedule": STUDIO_SWEEP_SECONDS,
        # By the worker's clock, which may be another machine's: it must stand some difference, and no more may pile up.
        "options": {"expires": 20 * STUDIO_SWEEP_SECONDS},
    },
    "wallet": {"task": "studio.jobs.tasks.read_wallet", "schedule": 300.0, "options": {"expires": 300}},
    "clean up": {"task": "studio.housekeeping.clean_up", "schedule": 24 * 3600.0},
    "tidy": {"task": "gallery.tidying.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
    "renew": {"task": "studio.office.tasks.renew_allowances", "schedule": crontab(minute="1,31")},
    "fold": {"task": "studio.office.tasks.fold_entries", "schedule": 300.0, "options": {"expires": 300}},
    "count": {"task": "studio.office.tasks.fold_orders", "schedule": 300.0, "options": {"expires": 300}},
    "close": {"task": "studio.office.tasks.close_months", "schedule": crontab(minute=5)},
    "warn": {"task": "studio.office.tasks.warn_of_budget", "schedule": 60.0, "options": {"expires": 60}},
    "alarm": {"task": "studio.office.tasks.alarm", "schedule": 60.0, "options": {"expires": 60}},
    "audit": {"task": "studio.office.tasks.audit_books", "schedule": crontab(hour=3, minute=17)},
    "mail": {"task": "studio.office.mail.send", "schedule": 60.0, "options": {"expires": 60}},
}

# One line a fact
STRUCTLOG_BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        *STRUCTLOG_BEFORE,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.LogfmtRenderer(
                    key_order=["timestamp", "level", "event"], drop_missing=True
                ),
            ],
            "foreign_pre_chain": [*STRUCTLOG_BEFORE, structlog.processors.format_exc_info],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "studio": {"level": "INFO"},
        "gallery": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
