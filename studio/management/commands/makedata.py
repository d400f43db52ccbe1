"""`manage.py makedata --images N`: a gallery of years to try things out with, and to measure by."""

import random
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gallery.models import Image
from studio.sampledata import albums, paintings, team, years
from studio.sampledata.bulk import quickly


class Command(BaseCommand):
    """Fills the gallery with pictures that nobody ordered, as orders of the sandbox that cost nothing."""

    help = "Fill the gallery with sample pictures of three years. Not for a studio that people work with."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many of what."""
        parser.add_argument("--images", type=int, required=True, help="pictures, to a million and more")
        parser.add_argument("--members", type=int, default=12, help="the team, those who are here included")
        parser.add_argument("--seed", type=int, default=1, help="another number, other pictures")
        parser.add_argument("--anyway", action="store_true", help="also where there are pictures already")

    def handle(self, *, images: int, members: int, seed: int, anyway: bool, **_options: Any) -> None:
        """Make them, and say how many there are and who can sign in."""
        if images < 1 or not 1 <= members <= team.MOST_MEMBERS:
            raise CommandError(f"At least one picture, and 1 to {team.MOST_MEMBERS} members.")
        if not anyway and Image.objects.exists():
            raise CommandError(
                "There are pictures here already, and sample pictures can't be told from them later. "
                "Give it a studio of its own (STUDIO_DATA_DIR), or --anyway."
            )
        began = time.monotonic()
        people = self._fill(images, members, random.Random(seed))  # noqa: S311 - scenery, not secrets
        self.stdout.write(f"{images:,} pictures in {time.monotonic() - began:.0f} s.")
        if people.new:
            admin = next((user.email for user in people.members if user.is_staff), "")
            self.stdout.write(
                f"{len(people.new)} new members; the admin is {admin}. Their password: {people.password}"
            )

    def _fill(self, images: int, members: int, chance: random.Random) -> team.Team:
        """All of it."""
        people = team.gather(members)
        files = paintings.paint(images, chance)
        with quickly():
            story = years.Years(
                members=people.members,
                projects=team.projects(people.members[0]),
                files=files,
                tags=years.all_tags(),
                shelf=albums.put_up(people.members, chance),
                chance=chance,
            )
            years.live(story, images, lambda done: self.stdout.write(f"{done:,} …"))
        return people
