"""Which days a report covers, as people choose them: a usual period, or from a day to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from studio.credits import periods
from studio.credits.periods import Period, last_month, month, month_of

USUAL = {"this-month": "This month", "last-month": "Last month", "30-days": "30 days"}
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
DAYS = {"from", "to"}
BOUNDS = f"Give a day from {FIRST.year} to {LAST.year}."
# Days that the books can be of; beyond them the calendar ends, and sums of days with it.
VALIDATORS = [MinValueValidator(FIRST, BOUNDS), MaxValueValidator(LAST, BOUNDS)]
# More days than a quarter has are shown by month.
MOST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a report; `usual` names them when they were chosen by name."""

    period: Period
    usual: str = ""

    @property
    def words(self) -> str:
        """ "November 2026", "3 November 2026", "3 – 17 November 2026", "3 October – 2 November 2026"."""
        first, last = self.period.first, self.period.last
        if self.month:
            return f"{first:%B %Y}"
        year = "" if first.year == last.year else f" {first.year}"
        name = "" if not year and first.month == last.month else f" {first:%B}"
        begin = "" if first == last else f"{first.day}{name}{year} – "
        return f"{begin}{last:%-d %B %Y}"

    @property
    def month(self) -> date | None:
        """The first day of the month it is, when it is one."""
        first = self.period.first
        return first if self.period == month(month_of(first)) else None

    @property
    def by(self) -> str:
        """Whether its table of days has days, or months."""
        return "day" if self.period.days <= MOST_DAYS else "month"

    @property
    def query(self) -> dict[str, str]:
        """The same days in an address."""
        return {"from": f"{self.period.first}", "to": f"{self.period.last}"}

    def link(self, **more: object) -> str:
        """The query of an address for these days and what else is asked for."""
        return "?" + urlencode(self.query | {name: str(value) for name, value in more.items()})


def usual(name: str) -> Span:
    """The days of a usual period, as of today."""
    now = periods.today()
    known = {
        "this-month": month(month_of(now)),
        "last-month": month(last_month(now)),
        "30-days": Period(now - timedelta(days=29), now),
    }
    return Span(known[name], name)


class SpanForm(forms.Form):
    """From which day to which; both count."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A field can't be declared by this name.
        self.fields["from"] = _day("From", "Say from which day, like 2026-11-01.")
        self.fields["to"] = _day("to", "Say to which day, like 2026-11-30.")

    def clean(self) -> dict[str, Any]:
        """Time goes forward."""
        data = super().clean() or {}
        for name in DAYS.intersection(self.errors):
            # A browser shows no nonsense in a field for days, and people should see what they wrote.
            self.fields[name].widget = _widget("text")
        first, last = data.get("from"), data.get("to")
        if first and last and last < first:
            self.add_error("to", "This day is before the first one.")
        return data


def _day(label: str, words: str) -> forms.DateField:
    """A day that the books can be of; what is wrong is said in one way, whatever it is."""
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        validators=VALIDATORS,
        widget=_widget("date"),
        error_messages={"required": words, "invalid": words},
    )


def _widget(kind: str) -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": kind, "class": "input"})


def chosen(asked: Mapping[str, str]) -> tuple[Span | None, SpanForm]:
    """What an address asks for: this month unless told otherwise, None when its days make no sense; and the form."""
    if "from" in asked or "to" in asked:
        form = SpanForm(asked)
        if not form.is_valid():
            return None, form
        return Span(Period(form.cleaned_data["from"], form.cleaned_data["to"])), form
    name = asked.get("period", "")
    span = usual(name if name in USUAL else "this-month")
    return span, SpanForm(initial=span.query)
