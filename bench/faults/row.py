"""What came of one fault, and how it is shown."""

from dataclasses import dataclass, field

COLUMNS = (
    "fault", "database", "jobs", "lost", "twice", "wrong", "stuck", "unknown (bound)",
    "recovered", "by hand", "order p95", "took",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"
MOST_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All but `unknown` and the seconds must be nothing, and `unknown` at most its bound.

    `by_hand` is how often an admin had to start the line: answers were lost in a row. `ordered` is how long it took
    until an order was taken, however often it had to be sent again, in 95 of 100 cases.
    """

    fault: str
    database: str
    jobs: int
    lost: int
    twice: int
    wrong: int
    stuck: int
    unknown: int
    bound: int
    recovered: float
    ordered: float
    took: float
    by_hand: int
    words: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing happened that never may."""
        broken = self.lost or self.twice or self.wrong or self.stuck or self.words
        return not broken and self.unknown <= self.bound

    def __str__(self) -> str:
        figures = f"{self.lost} | {self.twice} | {self.wrong} | {self.stuck} | {self.unknown} ({self.bound})"
        times = f"{self.recovered:.1f} s | {self.by_hand} | {self.ordered:.2f} s | {self.took:.0f} s"
        said = "".join(f"\n  - {words}" for words in self.words[:MOST_WORDS])
        return f"| {self.fault} | {self.database} | {self.jobs} | {figures} | {times} |{said}"
