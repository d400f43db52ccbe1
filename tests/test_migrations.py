"""An installation with years of books is brought up to date, and back, and the books are the same."""

import json
import subprocess
import sys

import pytest

from tests.started import ROOT

WRITE = "import django; django.setup(); from tests import oldbooks; oldbooks.write()"
READ = """
import django, json; django.setup()
from studio.credits.models import Account, Entry
from studio.jobs.models import Job
said = ("kind", "d_available", "d_held", "made", "pictures")
print(json.dumps({
    "accounts": list(Account.objects.values_list("limited", "available", "held")),
    "entries": [list(map(str, row)) for row in Entry.objects.order_by("id").values_list(*said)],
    "made": sorted(Job.objects.values_list("made", flat=True)),
}))
"""


def run(database, *command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=database.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


# With PostgreSQL when there is time.
@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.long])]
)
def test_old_books_say_what_they_were_for_are_sealed_and_agree_also_after_going_back(request, kind):
    database = request.getfixturevalue(f"{kind}_database")
    run(database, "-c", WRITE)
    run(database, "manage.py", "migrate")
    books = json.loads(run(database, "-c", READ).stdout)
    assert books["accounts"] == [[True, 65, 10]]
    assert books["entries"] == [
        ["grant", "100", "0", "", "0"],
        ["hold", "-10", "10", "generate", "0"],
        ["capture", "0", "-10", "generate", "2"],
        ["hold", "-20", "20", "edit", "0"],
        ["capture", "0", "-15", "edit", "3"],
        ["release", "5", "-5", "edit", "0"],
        ["hold", "-5", "5", "generate", "0"],
        ["release", "5", "-5", "generate", "0"],
        ["hold", "-10", "10", "generate", "0"],
    ]
    assert books["made"] == ["edit", "generate", "generate", "generate"]
    # Back and forth once more: nothing is added twice, and nothing is missing.
    run(database, "-c", "import django; django.setup(); from tests import oldbooks; oldbooks.go_back()")
    run(database, "manage.py", "migrate")
    assert json.loads(run(database, "-c", READ).stdout) == books
    assert "all agree" in run(database, "manage.py", "audit").stdout
