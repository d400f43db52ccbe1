"""The judge of one fault: both sides' books, the bound of what nobody can know, and how long it took to recover."""

import time
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from bench.faults.crowd import Crowd
from bench.faults.row import Row
from bench.faults.scene import Scene
from bench.faults.table import Fault
from bench.figures import percentile
from studio.credits.models import Entry, Loss, WalletFinding, WalletReading
from studio.jobs import moves, outlay
from studio.jobs.models import Job
from studio.jobs.states import State
from tests import truth

OVERDUE = timedelta(seconds=1)
MOST_MB = 400
"""What a worker may take, whatever it is sent."""


class Judge:
    """Looks at the wallet before anything happens, and at everything when it is over."""

    def __init__(self, scene: Scene, crowd: Crowd, fault: Fault) -> None:
        self.scene, self.crowd, self.fault = scene, crowd, fault
        self.opening = outlay.read_wallet(settings.STUDIO_API_URL)

    def recovery(self, most: float) -> float:
        """Seconds from now until the leases of the dead are taken over, nothing is overdue, and the line moves."""
        scene, began, accepted = self.scene, time.monotonic(), self._accepted()
        leased = scene.ask(lambda: set(self._leases()))
        scene.wait(lambda: not leased.intersection(self._leases()), most)
        scene.wait(lambda: not self._overdue(), most)
        scene.wait(lambda: not self._waits() or self._accepted() > accepted, most)
        return time.monotonic() - began

    def _leases(self) -> QuerySet:
        return Job.objects.exclude(lease_token=None).values_list("lease_token", flat=True)

    def _overdue(self) -> bool:
        late = timezone.now() - OVERDUE
        jobs = Job.objects.filter(
            moves.due(late), moves.unleased(late), state__in=[State.MAKING, State.SAVING]
        )
        return jobs.exists()

    def row(self, database: str, *, recovered: float, took: float) -> Row:
        """Everything counted."""
        self.crowd.join(60)
        closing = self._last_reading()
        if (peak := self.scene.peak()) > MOST_MB:
            self.scene.complaints.append(f"a worker took {peak} MB")
        self.scene.studio.kill()
        verdict = truth.judge(self.scene.studio.world, self._must_come)
        may_be_unknown = truth.unanswered(self.scene.studio.world) | self.scene.cut
        said = [*self.scene.complaints, *self._orders(), *self._wallet(closing), *verdict.all()]
        said += [
            f"{job} is unknown, and neither was its answer dropped nor its sender killed"
            for job in verdict.unknown - may_be_unknown
        ]
        return Row(
            fault=self.fault.name,
            database=database,
            jobs=self.scene.jobs,
            lost=len(verdict.lost),
            twice=len(verdict.twice),
            wrong=len(verdict.wrong),
            stuck=len(verdict.stuck),
            unknown=len(verdict.unknown),
            bound=len(may_be_unknown),
            recovered=recovered,
            ordered=percentile(self.crowd.waits, 95),
            took=took,
            by_hand=self.scene.by_hand,
            words=said,
        )

    def _must_come(self, job: Job) -> bool:
        return not (self.fault.hopeless and self.fault.hopeless in job.prompt)

    def _waits(self) -> bool:
        return Job.objects.filter(state=State.WAITING).exists()

    def _accepted(self) -> int:
        return sum(submit.accepted for submit in self.scene.studio.world.submits())

    def _orders(self) -> list[str]:
        """Orders that were not taken, or twice."""
        there = Job.objects.count()
        return [f"{there} orders of {self.scene.jobs}"] if there != self.scene.jobs else []

    def _last_reading(self) -> WalletReading:
        """A reading with nothing under way."""
        for _ in range(100):
            time.sleep(0.1)
            reading = outlay.read_wallet(settings.STUDIO_API_URL)
            if reading.open == 0:
                break
        return reading

    def _wallet(self, closing: WalletReading) -> list[str]:
        """Whether all that the wallet moved by is in the books, or has been found."""
        paid = -(Entry.objects.filter(kind=Entry.Kind.CAPTURE).aggregate(sum=Sum("d_held"))["sum"] or 0)
        paid += Loss.objects.filter(finding=None).aggregate(sum=Sum("credits"))["sum"] or 0
        moved = closing.balance - self.opening.balance + paid
        found = sum(WalletFinding.objects.values_list("amount", flat=True))
        if closing.open:
            return [f"the last reading says {closing.open} credits are open"]
        return [f"the wallet moved by {moved} beside the books, {found} were found"] if moved != found else []
