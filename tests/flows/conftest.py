"""A whole studio for one test."""

import pytest

from tests.installation import Studio


@pytest.fixture
def studio(transactional_db, django_db_serialized_rollback, tmp_path, settings):
    """A studio that is not started yet."""
    made = Studio(settings.STUDIO_DATA_DIR, tmp_path)
    with made.server:
        yield made
        made.kill()


@pytest.fixture
def running(studio):
    """A studio with Valkey, worker and beat running."""
    studio.start()
    return studio
