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
def test_orders_of_an_old_backup_can_be_cancelled_before_the_start_with_their_credits():
    poor = person("Poor", credits=20)
    for _ in range(2):
        order(poor)
    making = in_state(poor, State.MAKING)
    code = re.search(r'manage.py shell -c "(.+)"', (site.BASE_DIR / "README.md").read_text())[1]
    call_command("shell", command=code, verbosity=0)
    assert not Job.objects.filter(state=State.WAITING).exists()
    assert Job.objects.get(pk=making.pk).state == State.MAKING
    assert (balances.of(poor).available, balances.of(poor).held) == (15, 5)
