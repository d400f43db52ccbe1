"""The page of the team's budget."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from studio.credits import budgets
from studio.credits.models import TeamBudget
from studio.jobs import line
from studio.jobs.tasks import wake_line
from studio.office import budget
from studio.office.admins import admins_only, me
from studio.office.projectforms import LEAST, MOST

SOFT, HARD = "soft", "hard"


class BudgetForm(forms.Form):
    """The most the team may take a month, and what happens then. What stops everybody is confirmed."""

    monthly = forms.IntegerField(
        required=False,
        min_value=LEAST,
        max_value=MOST,
        label="Credits a month for the whole team",
        help_text="Empty: no budget.",
    )
    rule = forms.ChoiceField(
        choices=[(SOFT, "Warn"), (HARD, "Stop the line")],
        required=False,
        initial=SOFT,
        widget=forms.RadioSelect,
    )
    sure = forms.BooleanField(required=False, label="Yes, at the budget nobody's orders are made any more")

    def clean(self) -> dict[str, Any]:
        """Nobody stops a team by a slip of the hand."""
        data = super().clean() or {}
        if data.get("monthly") and data.get("rule") == HARD and not data.get("sure"):
            self.add_error("sure", "Confirm what it means, or choose to warn.")
        return data


def _initial(now: TeamBudget | None) -> dict[str, Any]:
    """What the form begins with."""
    hard = bool(now and now.hard)
    return {"monthly": now and now.monthly, "rule": HARD if hard else SOFT, "sure": hard}


@admins_only
@require_http_methods(["GET", "POST"])
def team_budget(request: HttpRequest) -> HttpResponse:
    """What the team may take a month, what it took so far, and who decided so."""
    form = BudgetForm(request.POST or None, initial=_initial(budgets.team_budget()))
    if request.method == "POST" and form.is_valid():
        monthly, hard = form.cleaned_data["monthly"], form.cleaned_data["rule"] == HARD
        under_way = line.under_way()
        with transaction.atomic():
            budgets.set_team_budget(monthly, hard=bool(monthly) and hard, under_way=under_way, by=me(request))
            # A line that the old budget stopped need not wait for its next look.
            transaction.on_commit(wake_line, robust=True)
        messages.success(request, _said(budget.standing()))
        return redirect("budget")
    context = {
        "tab": "budget",
        "form": form,
        "now": budget.standing(),
        "warnings": budget.warnings(),
        "history": budget.history(),
        "play_money": budget.play_money(),
    }
    return render(request, "office/reports/budget.html", context, status=422 if form.errors else 200)


def _said(now: budget.Standing) -> str:
    """What holds from now on, and what that means at once."""
    if now.budget is None:
        return "The team has no budget now."
    may = f"The team may take {now.budget.monthly:,} credits a month now."
    if now.left:
        return f"{may} {now.left:,} are left for {now.month.first:%B}."
    then = f"Nothing more is sent until {now.month.end:%-d %B}." if now.budget.hard else "Orders go on."
    return f"{may} {now.spent:,} are spent already. {then}"
