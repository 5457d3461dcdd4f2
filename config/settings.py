"""Every setting, read from the environment.

A file `.env` in the project's folder may hold the same names; the environment wins over it.
PARALLAX_PROFILE is "production" unless it says "local", which `make setup` writes on a laptop.
"""

import os
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env", overwrite=False)

PROFILE = env.str("PARALLAX_PROFILE", "production")
if PROFILE not in {"production", "local"}:
    raise ImproperlyConfigured(
        f"PARALLAX_PROFILE is {PROFILE!r}; it can be 'production' or 'local'."
    )
LOCAL = PROFILE == "local"


def secret_key() -> str:
    """Return the key that signs cookies and links.

    Raises: ImproperlyConfigured when there is none, or in production when it is short.
    """
    key = env.str("SECRET_KEY", "")
    local_key_file = VAR_DIR / "secret_key"
    if LOCAL and not key:
        if not local_key_file.is_file():
            raise ImproperlyConfigured(
                "There is no var/secret_key yet: run `make setup`, or set SECRET_KEY."
            )
        return local_key_file.read_text().strip()
    if not LOCAL and len(key) < 50:
        raise ImproperlyConfigured(
            "SECRET_KEY must hold at least 50 random characters; make one with "
            "`python3 -c 'import secrets; print(secrets.token_urlsafe(64))'` and keep it secret."
        )
    return key


SECRET_KEY = secret_key()
DEBUG = LOCAL and env.bool("DEBUG", False)

# A server that is not told its names answers to this machine alone.
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=["127.0.0.1", "localhost", "testserver"] if LOCAL else ["127.0.0.1", "localhost"],
)
if not LOCAL and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the hosts people type, separated by commas and without '*', "
        "for example ALLOWED_HOSTS=reviews.example.org."
    )
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The accounts of the example review have a published password: never on a server.
EXAMPLE_ACCOUNTS = env.bool("PARALLAX_EXAMPLE", False)
if EXAMPLE_ACCOUNTS and not LOCAL:
    raise ImproperlyConfigured(
        "PARALLAX_EXAMPLE opens accounts with a published password; "
        "it is allowed only with PARALLAX_PROFILE=local."
    )

# --- Applications -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "lucide",
    "screening",
    "extraction",
    "reporting",
    "django_tasks",
    # Behind screening, whose worker is this one's with more duties.
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.never_stored",
    "config.middleware.in_utf8",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.PassingTroubles",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
SILENCED_SYSTEM_CHECKS: list[str] = []

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.page_settings",
                "screening.context_processors.example_accounts",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database ---------------------------------------------------------------------------------

# A transaction that will write takes the write lock when it begins, and a commit reaches the disk
# before it is answered: a vote shown as saved survives a power cut. Never mmap_size. Nor
# trusted_schema=OFF: SQLite then refuses JSON_VALID(), which guards every JSON column.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=FULL;"
        "PRAGMA foreign_keys=ON;"
        "PRAGMA cache_size=-32000;"
        "PRAGMA journal_size_limit=67108864;"
    ),
}


def database() -> dict:
    """Return the database that DATABASE_URL names, SQLite in var/ when it names none."""
    config = env.db_url("DATABASE_URL", default="sqlite:///var/parallax.sqlite3")
    # A new connection costs a vote a fifth of its time: SQLite reads the whole schema, and forgets
    # the statements it knew.
    config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 600)
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["ENGINE"] = "config.sqlite"
        config["NAME"] = str(BASE_DIR / config["NAME"])
        config["OPTIONS"] = SQLITE_OPTIONS
        # A file, as in real life: SQLite in memory knows no write-ahead log. One for each process,
        # so that two runs on one machine do not meet.
        config["TEST"] = {"NAME": str(VAR_DIR / f"test-{os.getpid()}.sqlite3")}
        return config
    if config["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgres://.")
    config["CONN_HEALTH_CHECKS"] = True
    # Compiling a plan takes longer than any question of ours: the one for the next record became
    # ten times as slow.
    config.setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People and sign-in -----------------------------------------------------------------------

AUTH_USER_MODEL = "screening.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

# Without an invitation nobody opens an account, unless the host says so.
OPEN_SIGN_UP = env.bool("OPEN_SIGN_UP", False)

ACCOUNT_ADAPTER = "screening.account_adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "screening.account_adapter.SignUpDetails"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Addresses are not confirmed by e-mail, so nobody may add one to their account by themselves.
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Parallax: "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if LOCAL else "https"
# Failed sign-ins are counted in one place, axes, which keeps them in the database.
ACCOUNT_RATE_LIMITS = {"login_failed": None}

# How many proxies of the host's own stand in front. Each must replace X-Forwarded-Proto and append
# to X-Forwarded-For; with 0 both are ignored, since anybody can send them.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

AXES_LOCKOUT_PARAMETERS = "config.lockout.counted_by"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "config.lockout.account_name"
AXES_CLIENT_IP_CALLABLE = "config.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "config.lockout.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "email", "next", "code"]

# Two-step sign-in, for whoever wants it. The codes before and after the present one hold too,
# since clocks differ; see config/two_steps.py for how often a code may be wrong.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "config.two_steps.Adapter"
MFA_FORMS = {
    "activate_totp": "config.two_steps.TurnOnForm",
    "authenticate": "config.two_steps.SecondStepForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1

# --- Sessions and cookies ---------------------------------------------------------------------

# Fourteen days from sign-in. Counting idle hours instead would write the session on every GET.
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_NAME = "sessionid" if LOCAL else "__Host-sessionid"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = not LOCAL
# Our script reads this cookie when it sends a vote that waited over a new sign-in: the token in
# the page is then an old one.
CSRF_COOKIE_NAME = "csrftoken" if LOCAL else "__Host-csrftoken"
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = not LOCAL
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- What browsers are told -------------------------------------------------------------------

SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# --- Files ------------------------------------------------------------------------------------

MEDIA_ROOT = env.path("PARALLAX_FILES", default=str(VAR_DIR / "files"))
MEDIA_ROOT = BASE_DIR / str(MEDIA_ROOT)
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 500

# The largest file a browser may bring in; `manage.py import_file` takes any size.
IMPORT_UPLOAD_BYTES = 100 * 1024 * 1024
# What is read and stored while somebody waits; larger files are stored by a worker.
IMPORT_UPLOAD_ENTRIES = 20_000

# Names with a digest and ready-made compression need `collectstatic` first; tests and
# `manage.py runserver` read the files where they lie.
HASHED_STATIC_FILES = env.bool("HASHED_STATIC_FILES", not LOCAL)
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
WHITENOISE_AUTOREFRESH = not HASHED_STATIC_FILES
WHITENOISE_USE_FINDERS = not HASHED_STATIC_FILES
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "config.static_files.HashedStaticFiles"
            if HASHED_STATIC_FILES
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

# --- E-mail -----------------------------------------------------------------------------------

vars().update(
    env.email_url("EMAIL_URL", default="consolemail://" if LOCAL else "smtp://localhost:25")
)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "parallax@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Screening --------------------------------------------------------------------------------

# Seconds in which a reviewer can take a vote back before anybody sees what it led to.
UNDO_SECONDS = env.int("UNDO_SECONDS", 10)

# --- Jobs -------------------------------------------------------------------------------------

# Tasks wake workers, `manage.py db_worker`; what there is to do stands in rows of our own.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# A worker that showed no life for so long is taken for dead, and another one begins its job again.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", 60)

# --- Language, time, log ----------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# Names of addresses and exceptions only, never what people sent.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "filters": {"no_trace_of_refusals": {"()": "config.log_lines.NoTraceOfRefusals"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_trace_of_refusals"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
