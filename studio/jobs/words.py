"""A job in words: what is so, what was charged, what comes next. They never lie and never invent a figure."""

from datetime import datetime, timedelta

from django.utils import timezone

from studio.accounts.models import User
from studio.jobs import forecast, making, overdue, pace, watch
from studio.jobs.line import needs_admin
from studio.jobs.models import Job, Line
from studio.jobs.states import State

TOO_LATE = "Too late: it was sent already."
DELAYED = "delayed, since the studio’s worker does not answer"


def pictures(count: int) -> str:
    """ "1 picture", "4 pictures"."""
    return f"{count} picture{'' if count == 1 else 's'}"


def of(job: Job, line: forecast.Schedule | None = None) -> str:
    """The state in a sentence, with what was charged and what comes next."""
    match State(job.state):
        case State.WAITING:
            return _waiting(job, line)
        case State.SENDING:
            return "Sending to the API…"
        case State.MAKING:
            return _making(job)
        case State.SAVING:
            return _saving(job)
        case State.DONE:
            return _done(job)
        case State.FAILED:
            return f"{job.reason} {_credits_back(job)}"
        case State.CANCELLED:
            return job.reason or f"Cancelled. {_credits_back(job)}"
        case _:
            return _unknown(job)


def _waiting(job: Job, schedule: forecast.Schedule | None) -> str:
    """Its place, and when it starts and is ready, if that can be said."""
    turn = schedule.turns.get(job.pk) if schedule else None
    if schedule and schedule.line.stop:
        return stop_words(schedule.line)
    if schedule is None or turn is None:
        return "In line"
    if turn.start is None:
        return f"{place_words(turn.place)}{f' · {DELAYED}' if schedule.delayed else ''}"
    start = _start(turn.start, schedule.line, job.api)
    return f"{place_words(turn.place)} · {start} · {ready_words(job, turn)}"


def place_words(place: int) -> str:
    """ "Next in line", "3rd in line"."""
    return "Next in line" if place == 1 else f"{ordinal(place)} in line"


def _start(start: datetime, line: Line, api: str) -> str:
    """When it starts; while the API asks us to wait, what it told us."""
    now = timezone.now()
    told = pace.not_before(line, api, now)
    if now < told >= start:
        return f"the API asks us to wait until {timezone.localtime(told):%H:%M:%S}"
    return start_words(start)


def start_words(start: datetime) -> str:
    """When a job starts."""
    soon = start - timezone.now() < timedelta(minutes=1)
    return f"starts {'in under a minute' if soon else f'about {forecast.about(start)}'}"


def ready_words(job: Job, turn: forecast.Turn) -> str:
    """When it is ready; while too few were made here to tell, with how long it is documented to take."""
    usually = "" if making.of(job).learned else f" ({forecast.usually(job)})"
    return f"ready about {forecast.about(forecast.ready(job, turn))}{usually}"


def prospect(order: forecast.Prospect | None) -> str:
    """What an order would have before it; nothing while nobody asked, or it can't be said."""
    if order is None or order.turn.start is None:
        return ""
    turn = order.turn
    # Who is next waits too while the window is full.
    waits = turn.place > 1 or order.turn.start > timezone.now()
    line = [place_words(turn.place), start_words(order.turn.start)] if waits else []
    return " · ".join([*line, ready_words(order.job, turn)])


def why(job: Job, turn: forecast.Turn, reader: User, schedule: forecast.Schedule) -> str:
    """Why a job stands where it does."""
    if schedule.line.stop:
        return stop_words(schedule.line)
    if schedule.delayed:
        return "Delayed; the order is kept"
    if job.first_at:
        return f"{'You' if job.first_by == reader else job.first_by} moved it first"
    if turn.among_own > 1:
        return f"{ordinal(turn.among_own)} order of one member: all members take turns"
    if turn.place == 1:
        return "Starts with the next free slot"
    fair = "whoever was served longest ago goes first"
    head = next(iter(schedule.turns.values()))
    return fair.capitalize() if head.among_own else f"After what was moved first, {fair}"


def narrowed(line: Line, api: str, now: datetime) -> str:
    """That the API takes fewer submits than are set; nothing when it does not."""
    less = pace.narrowed(line, api, now)
    return fewer(less, pace.most(line)) if less else ""


def fewer(taken: int, most: int) -> str:
    """That so many of so many submits are taken."""
    return f"The API takes {taken} a minute at the moment, {most} are set."


def too_late(job: Job) -> str:
    """Why a job that waited a moment ago can't be moved any more."""
    return "It was cancelled meanwhile." if job.state == State.CANCELLED else TOO_LATE


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def stop_words(line: Line) -> str:
    """Why nothing is sent, for the person who waits."""
    again = _trying_again(line.probe_at)
    if line.stop == Line.Stop.LOST and needs_admin(line):
        return "Answers of the API were lost in a row. Nothing is sent until an admin says so; your order is kept."
    return {
        Line.Stop.KEY: "The API key was refused. Admins see this too; your order is kept.",
        Line.Stop.WALLET: "The team's wallet is empty. Admins see this too; your order is kept.",
        Line.Stop.LOST: f"The API's last answer was lost. Nothing is sent until it answers again.{again}",
        Line.Stop.UNREACHABLE: f"Can't reach the API.{again}",
        Line.Stop.REFUSED: f"The API takes no orders. Admins see this too; your order is kept.{again}",
        Line.Stop.BUDGET: "The team's budget for this month is reached. Admins see this too; your order is kept.",
        Line.Stop.RESTORED: "This seems to come from a backup. An admin says when it goes on; your order is kept.",
    }.get(Line.Stop(line.stop), "In line")


def _trying_again(moment: datetime | None) -> str:
    """The moment of the next attempt; once it is past nobody knows it to the second."""
    if moment is None or moment <= timezone.now():
        return " Trying again."
    return f" Trying again at {timezone.localtime(moment):%H:%M:%S}."


def _making(job: Job) -> str:
    now = timezone.now()
    if job.missing_since:
        return f"The API doesn't know of it at the moment.{_trying_again(job.due_at)}"
    if job.troubles >= 2:
        return f"Can't reach the API.{_trying_again(job.due_at)}"
    if job.empty_since:
        return f"Made; waiting for {pictures(job.asked)} to be handed over…"
    if watch.no_news(job, now):
        rarely = " every five minutes" if overdue.may_be_given_up(job, now) else ""
        return f"No news from the API for {overdue.waited(job, now)}. Still checking{rarely}."
    late = job.sent_at and now - job.sent_at > timedelta(seconds=making.of(job).most * 1.25 + 5)
    return f"Making {pictures(job.asked)} · {'slower than usual, ' if late else ''}{forecast.usually(job)}"


def _saving(job: Job) -> str:
    """How many results are not home yet, and what went wrong with them."""
    missing = [output for output in job.outputs.all() if output.saved_at is None]
    trouble = " Some can't be fetched yet; trying again." if any(one.attempts for one in missing) else ""
    return f"Saving {pictures(len(missing))}…{trouble}" if missing else "Saving…"


def _done(job: Job) -> str:
    if job.reason_code == "late":
        return f"{pictures(job.delivered)} ready · they came late, and you paid nothing"
    if job.delivered == job.asked:
        return f"{pictures(job.delivered)} ready"
    back = job.cost - job.captured
    return f"{job.delivered} of {job.asked} saved · {back} credits back{job.reason and f'. {job.reason}'}"


def _credits_back(job: Job) -> str:
    """What was charged, as the books have it."""
    return f"{job.cost} credits are back." if job.settled_at and not job.captured else "Nothing was charged."


def _unknown(job: Job) -> str:
    # The credits first: on a narrow card the rest is cut.
    lost = "The API's answer was lost; we won't send the order twice."
    if job.settled_at:
        return f"{job.cost} credits are back. {lost}"
    until = forecast.clock(job.state_at + watch.late_answers())
    return f"{job.cost} credits come back by {until} unless the pictures arrive. {lost}"
