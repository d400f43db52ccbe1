"""The ways a member gets credits, as data. docs/credits.md has the rules."""

from dataclasses import dataclass

from studio.credits.models import Account


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares the team's wallet: no limit of their own."""

    def __str__(self) -> str:
        return "shares the wallet"


@dataclass(frozen=True, slots=True)
class Monthly:
    """So many credits a month; what is left expires with the month."""

    credits: int

    def __post_init__(self) -> None:
        if self.credits < 1:
            raise ValueError("An allowance is more than nothing.")

    def __str__(self) -> str:
        return f"{self.credits:,} credits a month"


@dataclass(frozen=True, slots=True)
class Given:
    """Only what people give; it lasts until it is spent."""

    def __str__(self) -> str:
        return "only what is given"


Mode = Shares | Monthly | Given
SHARES = Shares()


def mode_of(account: Account) -> Mode:
    """How an account gets its credits."""
    if account.monthly is not None:
        return Monthly(account.monthly)
    return Given() if account.limited else Shares()


def usual(monthly: int | None) -> Mode:
    """How new members get theirs."""
    return Shares() if monthly is None else Monthly(monthly)


def monthly(mode: Mode) -> int | None:
    """The credits a month of a mode that has some."""
    return mode.credits if isinstance(mode, Monthly) else None
