"""A month's entries counted for everyone they concern: the team, members, projects, and each within the other."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from studio.credits.models import Entry, Scope

Kind = Entry.Kind


@dataclass(slots=True, kw_only=True)
class Figures:
    """A month in credits: opening + granted + adjusted - used - expired = closing.

    A member's balance counts what is still held. One who shares the wallet, and a project, have what they used
    so far as a negative balance.
    """

    opening: int = 0
    granted: int = 0
    adjusted: int = 0
    used: int = 0
    released: int = 0
    expired: int = 0
    held: int = 0
    orders: int = 0
    pictures: int = 0

    @property
    def closing(self) -> int:
        """The balance at the end of the month."""
        return self.opening + self.granted + self.adjusted - self.used - self.expired

    def carry(self, before: Mapping[str, int]) -> None:
        """Begin where a month before ended."""
        self.opening += before.get("closing", 0)
        self.held += before.get("held", 0)

    def add(self, entry: Entry) -> None:
        """Count an entry of the month."""
        match entry.kind:
            case Kind.GRANT:
                self.granted += entry.d_available
            case Kind.ADJUST:
                self.adjusted += entry.d_available
            case Kind.EXPIRE:
                self.expired -= entry.d_available
            case Kind.HOLD:
                self.orders += 1
            case Kind.CAPTURE:
                self.used -= entry.d_held
                self.pictures += entry.pictures
            case Kind.RELEASE:
                self.released += entry.d_available
        self.held += entry.d_held


@dataclass(slots=True)
class Part:
    """What one member or project has of a month."""

    name: str
    figures: Figures = field(default_factory=Figures)


@dataclass(slots=True)
class Sheet(Part):
    """What is gathered for one statement while the month's entries go by."""

    parts: dict[tuple[Scope, int], Part] = field(default_factory=dict)
    used_on: list[tuple[date, int]] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)
    count: int = 0

    def add(self, entry: Entry, parts: Mapping[tuple[Scope, int], str]) -> None:
        """Count an entry, also for its parts by name, and take its seal into the hash."""
        self.figures.add(entry)
        for place, name in parts.items():
            self.parts.setdefault(place, Part(name)).figures.add(entry)
        if entry.kind == Kind.CAPTURE:
            self.used_on.append((entry.day, -entry.d_held))
        self.digest.update(entry.seal.encode())
        self.count += 1


Sheets = dict[tuple[Scope, int], Sheet]


def count(entries: Iterable[Entry], sheets: Sheets) -> None:
    """Count entries, oldest first, on the sheets of everyone they concern; sheets that are missing are begun."""
    for entry in entries:
        user = entry.account.user
        member, project = (Scope.MEMBER, user.pk), (Scope.PROJECT, entry.project_id or 0)
        named: dict[tuple[Scope, int], str] = {member: str(user)}
        if entry.project_id:
            named[project] = entry.project_name
        sheets[Scope.TEAM, 0].add(entry, named)
        for place, name in named.items():
            others = {other: said for other, said in named.items() if other != place}
            sheets.setdefault(place, Sheet(name)).add(entry, others)
