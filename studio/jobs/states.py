"""The life of a job, as data: its states and the moves between them. `manage.py states` draws it."""

from typing import Final

from django.db import models


class State(models.TextChoices):
    """Where a job is."""

    WAITING = "waiting"
    SENDING = "sending"
    MAKING = "making"
    SAVING = "saving"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


# What brings a job from the first state to the second. A move that is not here can't happen.
MOVES: Final[dict[tuple[State, State], str]] = {
    (State.WAITING, State.SENDING): "its turn, and a slot is free",
    (State.WAITING, State.CANCELLED): "cancelled by its owner or an admin, or its API is not in use",
    (State.SENDING, State.WAITING): "surely not accepted: never sent, 401, 402, 429, or an option refused",
    (State.SENDING, State.MAKING): "the API gave a task id",
    (State.SENDING, State.FAILED): "the API refused this order",
    (State.SENDING, State.UNKNOWN): "the answer was lost, or the worker died",
    (State.UNKNOWN, State.MAKING): "the answer came late",
    (State.MAKING, State.SAVING): "FINISHED, with results",
    (State.MAKING, State.FAILED): "FAILED, expired, or given up by an admin",
    (State.SAVING, State.DONE): "every picture that can be had is home, or the others were given up",
    (State.SAVING, State.FAILED): "no picture could be had, or it was given up",
}

AT_REST: Final = frozenset({State.DONE, State.FAILED, State.CANCELLED})
WORKING: Final = frozenset({State.SENDING, State.MAKING, State.SAVING})


def sources_of(to: State) -> frozenset[State]:
    """The states from which a job may come to this one."""
    return frozenset(start for start, end in MOVES if end == to)
