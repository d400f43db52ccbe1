"""The projects with what they take of the credits: for the list, and for the page of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from gallery import access, projects
from gallery.access import Person
from gallery.models import Project
from studio.credits import budgets, wallet
from studio.credits.models import Change, Entry

# The share of a cap from which on the bar says that it runs out.
NEARLY = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One project: its pictures that this person may see, the credits it used this month, and for how many pictures."""

    project: Project
    pictures: int
    used: int
    paid: int
    cap: budgets.Cap | None
    last_used: date | None

    @property
    def level(self) -> str:
        """How near the cap is: "", "warn" or "bad"."""
        if self.cap is None or self.cap.taken < NEARLY * self.cap.monthly:
            return ""
        return "bad" if self.cap.left == 0 else "warn"

    @property
    def bar(self) -> int:
        """How far the bar goes: a cap that was lowered may be less than what was taken."""
        return min(self.cap.taken, self.cap.monthly) if self.cap else 0

    @property
    def under_way(self) -> int:
        """The credits that count against the cap and are not paid yet."""
        return max(0, self.cap.taken - self.used) if self.cap else 0


@dataclass(frozen=True, slots=True)
class Listed:
    """All projects, by client and name; those that are archived apart."""

    open: list[Row]
    archived: list[Row]


def listed(user: Person) -> Listed:
    """The projects for the list, in a few queries however many there are."""
    rows = _rows(projects.alphabetical(Project.objects.select_related("created_by")), user)
    return Listed(
        open=[row for row in rows if not row.project.archived_at],
        archived=[row for row in rows if row.project.archived_at],
    )


def row(project: Project, user: Person) -> Row:
    """One project."""
    return _rows([project], user)[0]


def _rows(found: Iterable[Project], user: Person) -> list[Row]:
    of_these = list(found)
    numbers = [project.pk for project in of_these]
    pictures, used, lately = _pictures(numbers, user), _used(numbers), _last_used(numbers)
    caps, nothing = budgets.caps(), (0, 0)
    return [
        Row(
            project=project,
            pictures=pictures.get(project.pk, 0),
            used=used.get(project.pk, nothing)[0],
            paid=used.get(project.pk, nothing)[1],
            cap=caps.get(project.pk),
            last_used=lately.get(project.pk),
        )
        for project in of_these
    ]


def _pictures(numbers: list[int], user: Person) -> dict[int, int]:
    """How many pictures of each project a person may see."""
    seen = access.visible_to(user).filter(project__in=numbers).order_by()
    return dict(seen.values("project").annotate(count=Count("pk")).values_list("project", "count"))


def _used(numbers: list[int]) -> dict[int, tuple[int, int]]:
    """What was paid this month for each project, of the credits in use, and for how many pictures."""
    month = budgets.month()
    paid = Entry.objects.filter(
        project_id__in=numbers,
        day__range=(month.first, month.last),
        kind=Entry.Kind.CAPTURE,
        account__sandbox=wallet.in_sandbox(),
    )
    sums = paid.values("project_id").annotate(credits=-Sum("d_held"), received=Sum("pictures"))
    return {row["project_id"]: (row["credits"], row["received"]) for row in sums}


def _last_used(numbers: list[int]) -> dict[int, date]:
    """The day of each project's newest entry: an order, or what became of one."""
    newest = Entry.objects.filter(project_id=OuterRef("pk")).order_by("-day").values("day")[:1]
    found = Project.objects.filter(pk__in=numbers).annotate(last=Subquery(newest)).order_by()
    return {pk: last for pk, last in found.values_list("pk", "last") if last}


def history(project: Project) -> QuerySet[Change]:
    """Who changed the project's cap, and when, newest first."""
    changes = Change.objects.filter(of=Change.Of.CAP, subject_id=project.pk)
    return changes.select_related("actor").order_by("-id")


def archived_as(name: str) -> Project | None:
    """The archived project that has this name, whatever its case."""
    wanted = " ".join(name.split()).casefold()
    archived = Project.objects.exclude(archived_at=None)
    return next((project for project in archived if project.name.casefold() == wanted), None)


def clients() -> list[str]:
    """The clients there are projects of, by name: what is typed once need not be typed again."""
    names = Project.objects.exclude(client="").order_by().values_list("client", flat=True).distinct()
    return sorted(names, key=str.casefold)
