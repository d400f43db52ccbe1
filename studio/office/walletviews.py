"""The page where the wallet and the books lie side by side, and where admins say what its changes were."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from studio.credits import findings, outlook, reconcile, sheets, wallet
from studio.credits.models import WalletFinding
from studio.credits.sheets import Cell
from studio.jobs import evidence
from studio.office import lostanswers, reconciliation, spans, walletfindings
from studio.office.admins import admins_only, me
from studio.office.spans import Span

# More than these are no evidence any more that somebody reads; the files have all.
MOST = 50
File = tuple[tuple[str, ...], Iterator[list[Cell]]]


class DecisionForm(forms.Form):
    """What a change was: the orders it paid for, whether what came in is a refund, and a note."""

    lost = forms.MultipleChoiceField(required=False)
    refund = forms.BooleanField(required=False)
    note = forms.CharField(required=False, max_length=300)

    def __init__(self, data: QueryDict, *, costs: dict[UUID, int]) -> None:
        super().__init__(data)
        self._costs = {str(job): (job, credits) for job, credits in costs.items()}
        self.fields["lost"] = forms.MultipleChoiceField(
            required=False,
            choices=[(job, job) for job in self._costs],
            error_messages={"invalid_choice": "One of these orders is explained by now. Look again."},
        )

    def decision(self) -> reconcile.Decision:
        """The same for the books."""
        data = self.cleaned_data
        lost = dict(self._costs[job] for job in data["lost"])
        return reconcile.Decision(lost=lost, refund=data["refund"], note=data["note"])


@admins_only
@require_GET
def wallet_page(request: HttpRequest) -> HttpResponse:
    """What should be in the wallet, what is, since when they differ, and what is to be decided."""
    api, (span, form) = wallet.api_in_use(), spans.chosen(request.GET)
    context: dict[str, Any] = {"tab": "wallet", "span": span, "form": form, "usual": spans.USUAL}
    context["sandbox_only"] = wallet.in_sandbox()
    if not context["sandbox_only"]:
        context |= {
            "now": reconciliation.standing(api),
            "outlook": outlook.words(),
            "api": api,
            "cards": walletfindings.undecided(me(request)),
            "more": max(0, walletfindings.waiting() - walletfindings.MOST_CARDS),
        }
    if span and not context["sandbox_only"]:
        rows = reconciliation.rows(api, span)
        context |= {
            "chart": reconciliation.chart(api, span),
            "parts": reconciliation.PARTS.values(),
            "rows": rows,
            "sums": reconciliation.sums(rows),
            "lost": lostanswers.lost_answers(api, span, me(request), MOST),
            "decided": walletfindings.decided(api, span, MOST),
            "most": MOST,
        }
    return render(request, "office/reports/wallet.html", context, status=200 if span else 422)


@admins_only
@require_POST
def decide_finding(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Say what a change of the wallet was; what it lost the team goes into the books."""
    finding = get_object_or_404(WalletFinding, pk=finding_id)
    form = DecisionForm(request.POST, costs=evidence.of(finding).costs)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("wallet")
    try:
        decided = reconcile.decide(finding_id, form.decision(), by=me(request))
    except reconcile.Decided:
        messages.error(request, "Somebody else decided this a moment ago.")
    except reconcile.TooMuch as error:
        messages.error(request, f"{error} Tick fewer.")
    else:
        messages.success(request, f"{walletfindings.told(decided, findings.rest(decided)).words}.")
    return redirect("wallet")


@admins_only
@require_GET
def wallet_csv(request: HttpRequest, table: str) -> HttpResponseBase:
    """One table of the page as a file; of days that make no sense the page tells."""
    span, _form = spans.chosen(request.GET)
    files: dict[str, Callable[[str, Span, HttpRequest], File]] = {
        "days": _days,
        "changes": _changes,
        "lost-answers": _lost_answers,
    }
    if table not in files or wallet.in_sandbox():
        raise Http404
    if span is None:
        return redirect(f"{reverse('wallet')}?{request.GET.urlencode()}")
    header, rows = files[table](wallet.api_in_use(), span, request)
    return sheets.answer(f"wallet-{table}-{span.period.first}-{span.period.last}.csv", header, rows)


def _days(api: str, span: Span, _request: HttpRequest) -> File:
    head = ("Day" if span.by == "day" else "Month", *reconciliation.PARTS.values(), "Wallet")
    return head, reconciliation.sheet(reconciliation.rows(api, span))


def _changes(api: str, span: Span, _request: HttpRequest) -> File:
    return walletfindings.HEADER, walletfindings.sheet(walletfindings.decided(api, span))


def _lost_answers(api: str, span: Span, request: HttpRequest) -> File:
    return lostanswers.HEADER, lostanswers.sheet(lostanswers.lost_answers(api, span, me(request)))
