"""Databases of a test's own for the processes it starts, migrated by the studio itself."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.started import ENVIRONMENT, ROOT

MIGRATE = "import django; django.setup(); from studio.supervisor import prepare; prepare.database(str)"


@dataclass(frozen=True)
class Database:
    """A database at a DATABASE_URL, and the data folder of the studio that has it."""

    url: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the studio needs to work with it, and a broker that does not answer."""
        return ENVIRONMENT | {
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "DATABASE_URL": self.url,
            "STUDIO_DATA_DIR": str(self.folder),
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "TZ": "UTC",
        }

    def migrate(self) -> "Database":
        """Make the tables, as `runstudio` does."""
        subprocess.run([sys.executable, "-c", MIGRATE], cwd=ROOT, env=self.environment, check=True)
        return self


def sqlite(folder: Path) -> Database:
    """The database file in a data folder."""
    return Database(f"sqlite:///{folder / 'studio.sqlite3'}", folder)
