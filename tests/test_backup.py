"""What README says of restoring a backup does what it says."""

import re

import pytest
from django.conf import settings as site
from django.core.management import call_command

from studio.credits import balances
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.conftest import person
from tests.jobs.cast import in_state, order


@pytest.mark.django_db
def test_orders_of_an_old_backup_can_be_cancelled_with_their_credits(admin):
    poor = person("Poor", credits=20)
    for _ in range(2):
        order(poor)
    making = in_state(poor, State.MAKING)
    said = (site.BASE_DIR / "README.md").read_text()
    assert re.search(r"manage.py line park`", said)
    assert re.search(r"`line cancel --by …`", said)
    call_command("line", "park")
    call_command("line", "cancel", "--by", admin.email)
    assert not Job.objects.filter(state=State.WAITING).exists()
    assert Job.objects.get(pk=making.pk).state == State.MAKING
    assert (balances.of(poor).available, balances.of(poor).held) == (15, 5)
