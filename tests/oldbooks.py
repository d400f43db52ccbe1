"""Books as the version before reports wrote them: run in a process of its own, which goes back in time and writes."""

import uuid
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

BEFORE = [("credits", "0002_accounts_of_two_kinds"), ("jobs", "0005_ordered_for_one_api")]
PRICE = 5


def go_back() -> Any:
    """Unmake the migrations since then; the models as they were."""
    MigrationExecutor(connection).migrate(BEFORE)
    executor = MigrationExecutor(connection)
    nodes = [
        *BEFORE,
        *(node for node in executor.loader.graph.leaf_nodes() if node[0] in {"accounts", "gallery"}),
    ]
    return executor.loader.project_state(nodes).apps


def write() -> None:
    """A member with orders that were delivered, delivered in part, and are under way."""
    apps = go_back()
    user = apps.get_model("accounts", "User").objects.create(email="old@example.com", name="Old")
    apps.get_model("credits", "ApiUsed").objects.create(name="https://api.test")
    account = apps.get_model("credits", "Account").objects.create(user=user, sandbox=False, limited=True)
    books = Books(apps, user, account)
    books.entry("grant", 100, 0, key="first")
    books.settled(books.job("done", asked=2, delivered=2))
    books.settled(books.job("done", asked=4, delivered=3, edit=True))
    books.settled(books.job("failed", asked=1, delivered=0))
    books.hold(books.job("waiting", asked=2, delivered=0))
    account.save()


class Books:
    """What the ledger of that time wrote."""

    def __init__(self, apps: Any, user: Any, account: Any) -> None:
        self.apps, self.user, self.account = apps, user, account

    def entry(self, kind: str, available: int, held: int, *, key: str, job: Any = None) -> None:
        self.account.available += available
        self.account.held += held
        work = {"job": job.pk, "project_id": job.project_id, "project_name": job.project_name} if job else {}
        entries = self.apps.get_model("credits", "Entry").objects
        entries.create(account=self.account, kind=kind, d_available=available, d_held=held, key=key, **work)

    def job(self, state: str, *, asked: int, delivered: int, edit: bool = False) -> Any:
        now = timezone.now()
        job = self.apps.get_model("jobs", "Job").objects.create(
            owner=self.user,
            model_name="gemini-2.5-flash",
            prompt="an old one",
            aspect_ratio="auto",
            output_format="png",
            asked=asked,
            price=PRICE,
            project_id=1,
            project_name="General",
            state=state,
            api="https://api.test",
            task_id=str(uuid.uuid4()) if delivered else "",
            delivered=delivered,
            captured=delivered * PRICE,
            settled_at=None if state == "waiting" else now,
            finished_at=None if state == "waiting" else now,
        )
        if edit:
            self.apps.get_model("jobs", "Source").objects.create(job=job, image=self.image(), position=0)
        return job

    def image(self) -> Any:
        return self.apps.get_model("gallery", "Image").objects.create(
            owner=self.user,
            project_id=1,
            kind="upload",
            format="png",
            width=1,
            height=1,
            size=1,
            sha256="0" * 64,
            ratio="1-1",
            colour=0,
        )

    def hold(self, job: Any) -> None:
        cost = job.asked * PRICE
        self.entry("hold", -cost, cost, key=f"hold:{job.pk}", job=job)

    def settled(self, job: Any) -> None:
        self.hold(job)
        paid, back = job.delivered * PRICE, (job.asked - job.delivered) * PRICE
        if paid:
            self.entry("capture", 0, -paid, key=f"capture:{job.pk}", job=job)
        if back:
            self.entry("release", back, -back, key=f"release:{job.pk}", job=job)
