"""The cast of every test: Alice owns, Bob is in the team, Charlie is a stranger."""

import os
import tempfile
from pathlib import Path

# Before Django reads its settings: tests keep their own data folder and never see this machine's key.
DATA = Path(tempfile.mkdtemp(prefix="studio-tests-"))
os.environ["STUDIO_DATA_DIR"] = str(DATA)
for name in ("STUDIO_API_KEY", "STUDIO_API_KEY_FILE", "STUDIO_URL", "STUDIO_BIND", "REDIS_URL"):
    os.environ.pop(name, None)

import shutil  # noqa: E402

import pytest  # noqa: E402


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture
def media(settings, tmp_path):
    """A media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def person(name: str, **fields):
    """A member with an account; unlimited unless told otherwise."""
    from studio.accounts.models import User
    from studio.credits import ledger

    credits = fields.pop("credits", None)
    user = User.objects.create_user(f"{name.lower()}@example.com", "correct horse", name=name, **fields)
    ledger.open_account(user, limited=credits is not None)
    if credits:
        ledger.grant(user, credits, key=f"test:{user.pk}", why=ledger.NOBODY)
    return user


@pytest.fixture
def alice(db):
    """Owns the pictures and jobs of the test."""
    return person("Alice")


@pytest.fixture
def bob(db):
    """Is in the team too."""
    return person("Bob")


@pytest.fixture
def charlie(db):
    """Was in the team: a stranger now."""
    return person("Charlie", is_active=False)


@pytest.fixture
def admin(db):
    """Answers for the credits."""
    return person("Ada", is_staff=True, is_superuser=True)
