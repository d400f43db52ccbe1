"""The studio's own settings, in a data folder of the tests' own, blind to this machine's keys and servers."""

import os
import tempfile

DATA = tempfile.mkdtemp(prefix="studio-tests-")
for name in [name for name in os.environ if name.startswith(("STUDIO_", "REDIS_"))]:
    # The contract tests alone may speak to the real API, when a key is given for them.
    if not name.startswith("STUDIO_CONTRACT_"):
        del os.environ[name]
for name in ("EMAIL_URL", "EMAIL_URL_FILE", "DATABASE_URL_FILE"):
    os.environ.pop(name, None)
os.environ["STUDIO_DATA_DIR"] = DATA
os.environ["TZ"] = "UTC"
# Nobody listens there until a flow starts a real broker: everything else is tested with a dead one.
# With PostgreSQL it is Redis over TCP, at an address of this machine that is this process's own.
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
ALONE = ".".join(map(str, os.getpid().to_bytes(3)))
os.environ["REDIS_URL"] = f"redis://127.{ALONE}:6379/0" if ON_POSTGRES else f"unix://{DATA}/valkey.sock"

from studio.settings import *  # noqa: E402, F403

# Children of the tests run the studio as it is.
os.environ["DJANGO_SETTINGS_MODULE"] = "studio.settings"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
