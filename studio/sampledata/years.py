"""Three years of a gallery: who ordered what when, written past the writers because there may be a million of it."""

import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gallery import files, search
from gallery.models import Favourite, Image, Parent, Placed, Project, Tag, Tagged
from gallery.models.marks import key_of
from studio import remote
from studio.accounts.models import User
from studio.imageapi import GEMINI_25_FLASH
from studio.jobs.models import Job, Source
from studio.jobs.states import State
from studio.sampledata import words
from studio.sampledata.albums import Shelf
from studio.sampledata.bulk import AT_ONCE, Table
from studio.sampledata.paintings import Files

DAYS = 3 * 365
TRASH_DAYS = 29
# Edits are made of what was made lately.
LATELY = 400
TAGGED, LIKED, PLACED, PRIVATE, NOTED, CHOSEN, TRASHED, EDITED = 0.35, 0.06, 0.1, 0.08, 0.02, 0.15, 0.01, 0.3
# Of the orders for one picture.
BROUGHT = 0.3


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that others may be made from."""

    id: int
    ratio: str
    tags: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Years:
    """What is being written, and from what. `tags` are the numbers of the tags by their names."""

    members: list[User]
    projects: list[Project]
    files: Files
    tags: dict[str, int]
    shelf: Shelf
    chance: random.Random
    next_id: int = 0
    recent: deque[Kept] = field(default_factory=lambda: deque(maxlen=LATELY))
    brought: dict[int, int] = field(default_factory=dict)
    images: Table = field(default_factory=lambda: Table(Image, numbered=True, by_itself=False))
    beside: dict[type, Table] = field(default_factory=dict)
    said: list[tuple[int, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Numbers go on where they ended."""
        self.next_id = (Image.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
        # In this order each row finds what it points at.
        self.beside = {
            model: Table(model, by_itself=False) for model in (Job, Source, Parent, Tagged, Favourite, Placed)
        }

    def flush(self) -> None:
        """Write what was gathered."""
        for table in (self.images, *self.beside.values()):
            table.flush()
        said, self.said = self.said, []
        with transaction.atomic():
            search.write(said)


def all_tags() -> dict[str, int]:
    """Every tag of the themes with its number; those that are there are kept."""
    return {name: Tag.objects.get_or_create(key=key_of(name))[0].pk for name in words.tags()}


def live(years: Years, count: int, told: Callable[[int], None]) -> None:
    """So many pictures, order after order, from the first day to this hour; `told` hears how many are there."""
    done = 0
    for begin, seconds, due in days(count):
        asked = sizes(years.chance, due - done)
        for at in moments(years.chance, begin, seconds, len(asked)):
            order(years, at, asked=asked.pop())
        done = due
        if len(years.images.rows) >= AT_ONCE:
            years.flush()
            told(done)
    years.flush()


def days(count: int) -> Iterator[tuple[datetime, float, int]]:
    """Each morning, the seconds until the evening or now, and how many pictures there are by then.

    The team grows, and rests at weekends.
    """
    now = timezone.now()
    first = timezone.localtime(now).replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    mornings = [first + timedelta(days=day) for day in range(DAYS + 1) if first + timedelta(days=day) < now]
    weights = [
        (0.15 if morning.weekday() > 4 else 1) * (0.4 + day / DAYS) for day, morning in enumerate(mornings)
    ]
    sums = list(accumulate(weights))
    for morning, until in zip(mornings, sums, strict=True):
        yield morning, min(16 * 3600.0, (now - morning).total_seconds()), round(count * until / sums[-1])


def sizes(chance: random.Random, count: int) -> list[int]:
    """Orders of one to four that come to so many pictures."""
    found: list[int] = []
    while count:
        found.append(min(chance.choice((1, 1, 2, 4, 4)), count))
        count -= found[-1]
    return found


def moments(chance: random.Random, begin: datetime, seconds: float, count: int) -> list[datetime]:
    """So many moments of a day in their order, most of them before noon."""
    passed = sorted(chance.triangular(0, seconds, seconds * 0.4) for _ in range(count))
    return [begin + timedelta(seconds=after) for after in passed]


def order(years: Years, at: datetime, *, asked: int) -> None:
    """An order of so many pictures; some of those for one are uploads instead."""
    chance = years.chance
    # Some people make far more than others.
    owner = years.members[min(int(chance.expovariate(3 / len(years.members))), len(years.members) - 1)]
    where = years.projects[(owner.pk * 7 + chance.choice((0, 0, 0, 1, 2, 5))) % len(years.projects)]
    fields: dict[str, Any] = {
        "owner_id": owner.pk,
        "project_id": where.pk,
        "created_at": at,
        "private": chance.random() < PRIVATE,
    }
    if asked == 1 and chance.random() < BROUGHT and (photo := _not_brought_yet(years, owner)):
        name = chance.choice(words.FILE_NAMES).format(chance.randrange(1, 9999))
        _picture(years, fields | {"kind": "upload", "file_name": name}, photo, words.BROUGHT)
    else:
        _order(years, fields, where, asked=asked)


def _not_brought_yet(years: Years, owner: User) -> files.Picture | None:
    """A photo that this member has not uploaded: the same bytes twice are one picture."""
    number = years.brought.get(owner.pk, 0)
    if number >= len(years.files.photos):
        return None
    years.brought[owner.pk] = number + 1
    return years.files.photos[number]


def _order(years: Years, fields: dict[str, Any], where: Project, *, asked: int) -> None:
    """An order of the sandbox: play money stands in no books, so that nobody has to have paid for it."""
    chance, job = years.chance, uuid.UUID(int=years.chance.getrandbits(128), version=4)
    source = chance.choice(years.recent) if years.recent and chance.random() < EDITED else None
    idea = words.change(chance, source.tags) if source else words.idea(chance)
    painted = chance.choice(years.files.painted)
    made, ratio = "edit" if source else "generate", painted.ratio.replace("-", ":")
    _job(years, fields, job=job, made=made, prompt=idea.prompt, ratio=ratio, asked=asked, where=where)
    winner = chance.randrange(asked) if asked > 1 and chance.random() < CHOSEN else None
    options = {"model": GEMINI_25_FLASH.name, "aspect_ratio": ratio, "output_format": "jpeg"}
    ordered = fields | {"job": job, "kind": made, "prompt": idea.prompt, "options": options}
    if source:
        years.beside[Source].add(job_id=job, image_id=source.id, position=0)
    for position in range(asked):
        one = _picture(
            years, ordered | {"position": position, "winner": position == winner}, painted, idea.tags
        )
        if source:
            years.beside[Parent].add(child_id=one, parent_id=source.id, position=0)


def _job(years: Years, fields: dict[str, Any], *, job: uuid.UUID, where: Project, **said: Any) -> None:
    """The order as it is once all of it is home and put away."""
    at = fields["created_at"]
    times = dict.fromkeys(("state_at", "due_at", "settled_at", "finished_at", "dismissed_at"), at)
    times |= dict.fromkeys(("ordered_at", "queued_at"), at - timedelta(seconds=50))
    years.beside[Job].add(
        id=job,
        owner_id=fields["owner_id"],
        project_id=where.pk,
        project_name=where.name,
        private=fields["private"],
        made=said["made"],
        prompt=said["prompt"],
        aspect_ratio=said["ratio"],
        asked=said["asked"],
        delivered=said["asked"],
        model_name=GEMINI_25_FLASH.name,
        output_format="jpeg",
        price=GEMINI_25_FLASH.price,
        state=State.DONE.value,
        api=remote.SANDBOX,
        task_id=job.hex,
        counted=True,
        sent_at=at - timedelta(seconds=45),
        **times,
    )


def _picture(years: Years, fields: dict[str, Any], file: files.Picture, tags: tuple[str, ...]) -> int:
    """A picture with what people put on it; its number."""
    chance, number = years.chance, years.next_id
    years.next_id += 1
    trashed = chance.random() < TRASHED and not fields.get("winner")
    gone = timezone.now() - timedelta(days=chance.uniform(0, TRASH_DAYS)) if trashed else None
    told = {
        name: getattr(file, name)
        for name in ("format", "width", "height", "size", "sha256", "ratio", "colour")
    }
    note = chance.choice(words.NOTES) if chance.random() < NOTED else ""
    if gone:
        fields = fields | {"trashed_at": max(gone, fields["created_at"]), "trashed_by_id": fields["owner_id"]}
    years.images.add(id=number, note=note, **told, **fields)
    years.said.append((number, [fields.get("prompt", ""), fields.get("file_name", ""), note]))
    if not fields["private"] and not gone:
        years.recent.append(Kept(number, file.ratio, tags))
    _marks(years, number, fields, tags)
    return number


def _marks(years: Years, number: int, fields: dict[str, Any], tags: tuple[str, ...]) -> None:
    """Tags, favourites and places in albums."""
    chance, at, owner = years.chance, fields["created_at"], fields["owner_id"]
    if chance.random() < TAGGED:
        for name in chance.sample(tags, min(chance.choice((1, 1, 2)), len(tags))):
            years.beside[Tagged].add(image_id=number, tag_id=years.tags[name], name=name, by_id=owner, at=at)
            years.said[-1][1].append(name)
    if chance.random() < LIKED:
        fan = owner if fields["private"] else chance.choice(years.members).pk
        years.beside[Favourite].add(user_id=fan, image_id=number, at=at)
    if chance.random() < PLACED and (album := years.shelf.album_of(owner, chance)):
        years.beside[Placed].add(album_id=album, image_id=number, position=number, by_id=owner, at=at)
