"""What an order costs, what is left after it, and whether it fits: told before it is sent."""

from dataclasses import dataclass, replace

from studio.accounts.models import User
from studio.credits import periods, requests, spending
from studio.jobs import forecast, words
from studio.jobs.forms import MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price of `pictures`, of the credits in `room`.

    `prospect` once somebody asked when they would be ready, `asked` while the wish for more credits is unanswered.
    """

    pictures: int
    room: spending.Room
    prospect: forecast.Prospect | None = None
    asked: bool = False

    @property
    def cost(self) -> int:
        """In credits."""
        return self.pictures * MODEL.price

    @property
    def fits(self) -> bool:
        """Whether the order would be taken."""
        return self._most is None or self.cost <= self._most

    @property
    def fewer(self) -> int:
        """How many pictures fit when these don't; 0 when they do, or none does."""
        return 0 if self._most is None or self.fits else self._most // MODEL.price

    @property
    def short_of_own(self) -> bool:
        """Whether the member's own credits are too few: then they can ask for more."""
        return self.room.own is not None and self.cost > self.room.own

    @property
    def ask(self) -> str:
        """The words of the way to more credits; "" when the member's own are enough."""
        if not self.short_of_own:
            return ""
        return "Asked, waiting for an admin" if self.asked else "Ask for more"

    @property
    def waits(self) -> bool:
        """Whether the team's wallet or its hard budget is known to have less: the order is taken, and waits."""
        return self.fits and bool(self._delays())

    @property
    def words(self) -> str:
        """What stands beside the price."""
        if not self.fits:
            return self._too_much()
        parts = [self._left(), *(self._delays() or [words.prospect(self.prospect)])]
        return " · ".join(part for part in parts if part)

    @property
    def _most(self) -> int | None:
        """The credits an order may take at most."""
        return min((most for most in (self.room.own, self.room.project) if most is not None), default=None)

    @property
    def _by_project(self) -> bool:
        """Whether it is the project that allows least."""
        return self.room.project == self._most != self.room.own

    def _left(self) -> str:
        if self._most is None:
            return self._left_of_the_wallet()
        return f"{self._most - self.cost:,} left{' of the project' if self._by_project else ''}"

    def _left_of_the_wallet(self) -> str:
        """For whom nothing else limits; when the order would wait for a top-up, that is said instead."""
        wallet = self.room.wallet
        return "" if wallet is None or wallet < self.cost else f"{wallet - self.cost:,} left in the wallet"

    def _too_much(self) -> str:
        who = "this month the project has" if self._by_project else "you have"
        enough = f", enough for {self.fewer}" if self.fewer else ""
        return f"{who} {self._most:,}{enough}"

    def _delays(self) -> list[str]:
        """Why the order would be taken and not be made at once."""
        budget, wallet = self.room.budget, self.room.wallet
        found = [self._budget(budget)] if budget is not None and self.cost > budget else []
        if wallet is not None and self.cost > wallet:
            found.append(f"the team's wallet has {wallet:,}, so it will wait")
        return found

    def _budget(self, left: int) -> str:
        today = periods.today()
        has = f"has {left:,} left" if left else "is used up"
        until = f"{periods.next_month(today):%-d %B}"
        return f"the team's budget for {today:%B} {has}: this will wait until {until}, or until an admin raises it"


def quote(
    user: User, project_id: int | None, pictures: int, prospect: forecast.Prospect | None = None
) -> Quote:
    """The price of pictures for a project, held against what may be spent now."""
    told = Quote(pictures=pictures, room=spending.afford(user, project_id or 0), prospect=prospect)
    return replace(told, asked=True) if told.short_of_own and requests.waits(user) else told
