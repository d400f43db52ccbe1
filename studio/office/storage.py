"""What the pictures take on the disk, member by member. Private pictures are bytes here, and nothing else."""

from collections import Counter

from django.db.models import Count, Q, Sum
from django.template.defaultfilters import filesizeformat

from gallery import access
from studio.accounts.models import User
from studio.office.names import plain
from studio.office.tables import Row, Sums, Table, summed

NAMES = ("pictures", "bytes", "trashed", "trashed_bytes")


def _size(value: int) -> str:
    return filesizeformat(value).replace("\xa0", " ")


COLUMNS = (
    summed("pictures", "Pictures"),
    summed("bytes", "Size", _size),
    summed("trashed", "In the trash"),
    summed("trashed_bytes", "Size in the trash", _size),
)


def table() -> Table:
    """Who has how many pictures and how many bytes, in one look at them all; sizes in a file are bytes."""
    found = _by_owner()
    people = User.objects.in_bulk(found)
    called = Counter(str(member) for member in people.values())
    return Table(
        slug="storage",
        title="By member",
        head="Member",
        file_heads=("Member", "E-mail address"),
        columns=COLUMNS,
        rows=[_row(people[owner], sums, called) for owner, sums in found.items()],
        sort="-bytes",
    )


def _by_owner() -> dict[int, Sums]:
    """The sums of each member who has pictures."""
    in_trash, teams = Q(trashed_at__isnull=False), Q(private=False)
    sums = access.with_files().order_by().values("owner")
    found = sums.annotate(
        pictures=Count("pk", filter=teams),
        bytes=Sum("size"),
        trashed=Count("pk", filter=teams & in_trash),
        trashed_bytes=Sum("size", filter=in_trash, default=0),
    )
    return {
        owner: dict(zip(NAMES, figures, strict=True))
        for owner, *figures in found.values_list("owner", *NAMES)
    }


def _row(member: User, sums: Sums, called: Counter[str]) -> Row:
    """Of namesakes a page tells the addresses, a file of everyone."""
    name, email = plain(str(member)), plain(member.email)
    state = "" if member.is_active else "not in the team any more"
    note = " · ".join(filter(None, (email if called[str(member)] > 1 else "", state)))
    return Row(name=name, note=note, cells=(name, email), sums=sums)
