"""What there is to choose from among the entries."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django import forms

from gallery.models import Project
from studio.credits import entries
from studio.credits.models import Account, MemberTotal, ProjectTotal
from studio.credits.periods import Period
from studio.imageapi import MODELS
from studio.office import names
from studio.office.entries import Choice
from studio.office.spans import SpanForm


class EntriesForm(SpanForm):
    """Which entries somebody asks for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = names.members(Account.objects.filter(sandbox=False).values_list("pk", flat=True))
        self.accounts = {name.id: account for account, name in accounts.items()}
        kinds = [
            ("What happened", list(entries.KINDS.items())),
            ("What was made", list(entries.MADE.items())),
        ]
        models = [(name, MODELS[name].title if name in MODELS else names.plain(name)) for name in _models()]
        self._offer("member", "Every member", _named(accounts.values()))
        self._offer("project", "Every project", _named(names.projects(_projects()).values()))
        self._offer("kind", "Every kind", kinds)
        self._offer("model", "Every model", models)

    def _offer(self, name: str, everything: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = forms.ChoiceField(choices=[("", everything), *choices], required=False)
        field.error_messages["invalid_choice"] = f"There is no such {name}."
        field.widget.attrs |= {"class": "input", "aria-label": name.capitalize()}
        if len(choices) < 2:
            # There is nothing to choose.
            field.widget = forms.HiddenInput()
        self.fields[name] = field

    @property
    def choice(self) -> Choice:
        """What a valid form asks for."""
        said = self.cleaned_data
        member, project = (int(said[name]) if said[name] else None for name in ("member", "project"))
        return Choice(
            period=Period(said["from"], said["to"]),
            member=member,
            account=self.accounts[member] if member else None,
            project=project,
            kind=said["kind"],
            model=said["model"],
        )


def _named(known: Collection[names.Name]) -> list[tuple[str, str]]:
    """What there is to choose from by name; those of one name with what tells them apart."""
    several = Counter(name.label for name in known)
    offered = [
        (str(name.id), f"{name.label} ({name.note})" if several[name.label] > 1 else name.label)
        for name in known
    ]
    return sorted(offered, key=lambda choice: choice[1].casefold())


def _projects() -> set[int]:
    """All projects there are, and those of which only the books know."""
    booked = ProjectTotal.objects.filter(grain=ProjectTotal.Grain.MONTH)
    there = Project.objects.order_by().values_list("pk", flat=True)
    return {*there, *booked.values_list("project_id", flat=True).distinct()}


def _models() -> list[str]:
    """All models there are or were."""
    used = MemberTotal.objects.filter(grain=MemberTotal.Grain.MONTH).exclude(model_name="")
    return sorted({*MODELS, *used.values_list("model_name", flat=True).distinct()})
