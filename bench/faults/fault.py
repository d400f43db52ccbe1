"""What a fault is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.faults.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `seconds` is how long it lasts at most, in the long form and in the short one.

    `hopeless` is a word in the prompts of orders that can't get all of their pictures. `needs` is what not every
    machine has.
    """

    name: str
    meddle: "Callable[[Scene], None]"
    seconds: tuple[float, float] = (120, 40)
    starred: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    making: tuple[float, float] = (1, 3)
    web: bool = False
    hopeless: str = ""
    databases: tuple[str, ...] = ("SQLite", "PostgreSQL")
    needs: tuple[str, ...] = ()
    in_ci: bool = False
