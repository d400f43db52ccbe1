"""The orders of a day: how each is taken, how it ends, and what that costs."""

import random
import uuid
from datetime import date, datetime, timedelta
from types import SimpleNamespace

from django.conf import settings
from django.utils import timezone

from bench.written import Purse, Written, moment, post
from studio.credits.models import Loss
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs.states import State

PROMPTS = (
    "A lighthouse at dusk with waves breaking over the rocks, soft light, seen from a boat",
    "Fresh bread on a wooden table beside a window, morning sun, shallow depth of field",
    "A red bicycle leaning against a blue wall, summer afternoon, wide angle",
    "The packaging of an organic tea on white, front view, long soft shadows",
    "Rolling hills in autumn with mist in the valleys, seen from above, calm colours",
)
MOST_WAITING = 5
# Outcomes of an order and how many of a thousand end so.
OUTCOMES = {
    ("done", ""): 903,
    ("done", "partly"): 20,
    ("failed", "model"): 28,
    ("failed", "validation_failed"): 8,
    ("failed", "expired"): 1,
    ("cancelled", ""): 34,
    ("cancelled", "admin"): 2,
    ("unknown", "lost"): 3,
    ("done", "late"): 1,
}


def orders_of(written: Written, day: date, count: int, *, last: bool) -> list[tuple]:
    """The orders of a day and how each of them ends, as events; on the last day only what has happened."""
    chance, here = written.chance, [one for one in written.purses if one.joined <= day <= one.left]
    weights = [1 / (rank + 4) for rank in range(len(here))]
    ends = chance.choices(list(OUTCOMES), list(OUTCOMES.values()), k=count)
    now = timezone.now()
    latest = min(16 * 3600.0, (now - moment(day, 0)).total_seconds() - 700) if last else 16 * 3600.0
    if latest <= 0:
        return []
    events: list[tuple] = []
    for number, (purse, (state, code)) in enumerate(
        zip(chance.choices(here, weights, k=count), ends, strict=True)
    ):
        at = moment(day, min(chance.triangular(0, 16 * 3600, 7 * 3600), latest))
        job = order(purse, chance, at, state, code)
        events.append((at, hold, purse, job))
        if not last or number >= MOST_WAITING:
            events.append((job.finished_at, end, purse, job))
        else:
            job.state, job.reason_code, job.sent_at = State.WAITING, "", None
    return events


def order(purse: Purse, chance: random.Random, at: datetime, state: str, code: str) -> SimpleNamespace:
    """A job as it will be once it is at rest."""
    asked = chance.choice([1, 1, 2, 4, 4])
    sent = at + timedelta(seconds=chance.expovariate(1 / 40)) if state != "cancelled" else None
    took = chance.uniform(20, 90) if state != "cancelled" else chance.uniform(2, 60)
    ended = min((sent or at) + timedelta(seconds=took), at + timedelta(seconds=650))
    project = chance.choices(purse.projects, [1 / (rank + 1) for rank in range(len(purse.projects))])[0]
    delivered = {"done": asked if code != "partly" else max(1, asked - 1)}.get(state, 0)
    return SimpleNamespace(
        id=uuid.UUID(int=chance.getrandbits(128), version=4),
        made="edit" if chance.random() < 0.25 else "generate",
        project=project,
        asked=asked,
        delivered=delivered,
        state=State(state),
        reason_code=code if code != "partly" or delivered < asked else "",
        ordered_at=at,
        sent_at=min(sent, ended) if sent else None,
        finished_at=ended,
    )


def hold(written: Written, at: datetime, purse: Purse, job: SimpleNamespace) -> None:
    """Take the order, when its member can pay for it; with fewer pictures when only they fit."""
    price = GEMINI_25_FLASH.price
    if purse.account.limited and purse.available < price * job.asked:
        job.asked = purse.available // price
        job.delivered = min(job.delivered, job.asked)
        job.reason_code = job.reason_code.replace("partly", "")
    if not job.asked:
        return
    cost = price * job.asked
    post(written, purse, "hold", (-cost, cost), at=at, key=f"hold:{job.id}", job=job)
    written.wallet.open += cost
    if job.state == State.WAITING:
        add_job(written, purse, job, captured=0)


def end(written: Written, at: datetime, purse: Purse, job: SimpleNamespace) -> None:
    """Settle a job; what came late, expired or was lost costs the team."""
    if not job.asked:
        return
    cost, price = GEMINI_25_FLASH.price * job.asked, GEMINI_25_FLASH.price
    received = job.delivered if job.reason_code != "late" else 0
    captured = price * received
    written.wallet.open -= cost
    what = {"at": at, "job": job}
    if captured:
        post(written, purse, "capture", (0, -captured), key=f"capture:{job.id}", pictures=received, **what)
    if back := cost - captured:
        post(written, purse, "release", (back, -back), key=f"release:{job.id}", **what)
    written.wallet.spent += captured
    written.wallet.balance -= captured
    lose(written, at, job, price)
    add_job(written, purse, job, captured=captured)


def lose(written: Written, at: datetime, job: SimpleNamespace, price: int) -> None:
    why = {"late": Loss.Why.LATE, "expired": Loss.Why.EXPIRED}.get(job.reason_code)
    cost = price * (job.delivered if job.reason_code == "late" else job.asked)
    if why:
        day = timezone.localdate(at)
        written.losses.add(
            job=job.id, api=settings.STUDIO_API_URL, why=why.value, credits=cost, at=at, day=day
        )
        written.wallet.spent += cost
        written.wallet.balance -= cost
    elif job.state == State.UNKNOWN and written.chance.random() < 0.5:
        # Taken by the provider all the same: only the wallet shows it.
        written.wallet.balance -= cost


def add_job(written: Written, purse: Purse, job: SimpleNamespace, *, captured: int) -> None:
    """The job's row. None of them is counted yet."""
    waiting = job.state == State.WAITING
    ended = None if waiting else job.finished_at
    written.jobs.add(
        id=job.id,
        owner_id=purse.account.user_id,
        ordered_at=job.ordered_at,
        model_name=GEMINI_25_FLASH.name,
        made=job.made,
        prompt=PROMPTS[job.id.int % len(PROMPTS)],
        aspect_ratio="auto",
        output_format="png",
        asked=job.asked,
        price=GEMINI_25_FLASH.price,
        project_id=job.project.pk,
        project_name=job.project.name,
        state=job.state.value,
        state_at=ended or job.ordered_at,
        due_at=ended or job.ordered_at,
        api=settings.STUDIO_API_URL,
        sent_at=job.sent_at,
        remote_at=job.sent_at,
        task_id=f"task-{job.id}"
        if job.sent_at and job.reason_code not in {"lost", "validation_failed"}
        else "",
        delivered=job.delivered,
        captured=captured,
        reason_code=job.reason_code,
        settled_at=ended,
        finished_at=None if job.state == State.UNKNOWN else ended,
        dismissed_at=ended,
    )
