"""How somebody gets credits, as forms ask it: one set of choices for the set-up, invitations, members and the team."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField, BoundWidget
from django.http import QueryDict
from django.utils import timezone

from studio.credits import periods
from studio.credits.models import Account
from studio.credits.modes import Given, Mode, Monthly, Shares, mode_of

WALLET, MONTHLY, GIVEN = "wallet", "monthly", "given"
MODES = [
    (WALLET, "Shares the wallet"),
    (MONTHLY, "So many credits a month"),
    (GIVEN, "Only what is given"),
]
LEAST, MOST = 5, 1_000_000


def named(mode: Mode) -> str:
    """The choice that stands for a mode."""
    match mode:
        case Shares():
            return WALLET
        case Monthly():
            return MONTHLY
        case Given():
            return GIVEN


def initial(mode: Mode) -> dict[str, Any]:
    """What a form begins with."""
    return {"sharing": named(mode), "monthly": mode.credits if isinstance(mode, Monthly) else None}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the choices as it is shown, with what it means and the field of its amount, if it has one."""

    option: BoundWidget
    words: str
    amount: BoundField | None


def among(choices: list[tuple[str, str]]) -> forms.ChoiceField:
    """The field that asks for one of these modes."""
    return forms.ChoiceField(choices=choices, initial=WALLET, widget=forms.RadioSelect)


class AllowanceForm(forms.Form):
    """One of the modes, with the amount that it needs."""

    amounts: ClassVar[dict[str, str]] = {MONTHLY: "monthly"}

    sharing = among(MODES)
    monthly = forms.IntegerField(required=False, min_value=LEAST, max_value=MOST, label="Credits a month")

    @property
    def mode(self) -> Mode:
        """The mode that a valid form names."""
        match self.cleaned_data["sharing"]:
            case "monthly":
                return Monthly(self.cleaned_data["monthly"])
            case "given":
                return Given()
            case _:
                return Shares()

    def meanings(self) -> dict[str, str]:
        """What each choice means, in a sentence or two."""
        zone = timezone.get_current_timezone_name()
        return {
            WALLET: "Spends what the team's wallet has, without a limit of their own.",
            MONTHLY: f"Given on the 1st of every month at 0:00 ({zone}). What is left then expires.",
            GIVEN: "Spends what an admin gives. Nothing comes by itself, nothing expires.",
        }

    def choices(self) -> Iterator[Choice]:
        """The choices for the page."""
        meanings = self.meanings()
        for option in self["sharing"]:
            value = option.data["value"]
            amount = self[self.amounts[value]] if value in self.amounts else None
            yield Choice(option, meanings[value], amount)

    def clean(self) -> dict[str, Any]:
        """An amount without its choice, or the choice of a month's amount without one, is not what somebody meant."""
        data = super().clean() or {}
        chosen = data.get("sharing")
        if chosen == MONTHLY and not data.get("monthly") and "monthly" not in self.errors:
            self.add_error("monthly", "How many credits a month?")
        for choice, name in self.amounts.items():
            if chosen not in {None, choice} and data.get(name) and name in self.changed_data:
                self.add_error(name, "Choose this for the amount to count, or empty it.")
        return data


class UsualForm(AllowanceForm):
    """What new members get when nothing else is said."""

    sharing = among(MODES[:2])


class ChangeForm(AllowanceForm):
    """How a member gets credits from now on, and what becomes of those they have."""

    def __init__(self, data: QueryDict | None = None, *, account: Account) -> None:
        self.account, self.now = account, mode_of(account)
        super().__init__(data, initial=initial(self.now))

    def meanings(self) -> dict[str, str]:
        """What each choice means, and what it changes at once."""
        found = super().meanings()
        return {choice: f"{words} {self._at_once(choice)}".rstrip() for choice, words in found.items()}

    def _at_once(self, choice: str) -> str:
        if choice == named(self.now) != MONTHLY:
            return ""
        match choice, self.now:
            case "monthly", Monthly(credits):
                return f"More than {credits:,} counts at once, less counts from {self._next()} on."
            case "monthly", _:
                return "The whole amount is given at once, whatever day it is."
            case "wallet", _:
                return f"What they have left, {self._left:,}, expires at once." if self._left else ""
            case _:
                return (
                    f"They begin with {f'what they have left, {self._left:,}' if self._left else 'nothing'}."
                )

    @property
    def _left(self) -> int:
        return max(0, self.account.available)

    def _next(self) -> str:
        return f"{periods.next_month(periods.today()):%-d %B}"
