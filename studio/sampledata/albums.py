"""The albums of the sample data: some for the team, some for named members, some for oneself."""

import random
from dataclasses import dataclass

from gallery.models import Album, Guest
from studio.accounts.models import User
from studio.sampledata import words

AN_OWNER = 4


@dataclass(frozen=True, slots=True)
class Shelf:
    """The numbers of each member's albums."""

    albums: dict[int, list[int]]

    def album_of(self, owner: int, chance: random.Random) -> int | None:
        """One of a member's albums."""
        theirs = self.albums.get(owner)
        return chance.choice(theirs) if theirs else None


def put_up(members: list[User], chance: random.Random) -> Shelf:
    """A few albums for each member."""
    albums: dict[int, list[int]] = {}
    for owner in members:
        taken = {name.casefold() for name in Album.objects.filter(owner=owner).values_list("name", flat=True)}
        names = [name for name in words.ALBUMS if name.casefold() not in taken]
        for name in chance.sample(names, min(AN_OWNER, len(names))):
            team = chance.choice(list(Album.Team))
            album = Album.objects.create(owner=owner, name=name, team=team)
            albums.setdefault(owner.pk, []).append(album.pk)
            if team == Album.Team.NOTHING:
                _invite(album, [one for one in members if one != owner], chance)
    return Shelf(albums)


def _invite(album: Album, others: list[User], chance: random.Random) -> None:
    """Nobody, or one or two by name."""
    for member in chance.sample(others, min(chance.choice((0, 1, 2)), len(others))):
        Guest.objects.create(album=album, member=member, may_add=chance.random() < 0.5)
