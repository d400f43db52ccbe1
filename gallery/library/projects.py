"""What pictures are made for."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from gallery import access
from gallery.access import Person
from gallery.models import Image, Project

TAKEN_NAME = "There is a project of this name."
TAKEN_CODE = "There is a project with this code."


@transaction.atomic
def add_project(*, name: str, by: AbstractBaseUser, code: str = "", client: str = "") -> Project:
    """A new project; ValidationError, with a sentence, for a name or code that is taken, empty or too long."""
    if not by.is_active:
        raise PermissionDenied("Only an active member can add a project.")
    project = Project(created_by_id=by.pk)
    _call(project, name=name, code=code, client=client)
    return project


@transaction.atomic
def change_project(*, project: Project, by: AbstractBaseUser, name: str, code: str, client: str) -> None:
    """Give a project other names, by an admin; ValidationError as for a new one, and then nothing has changed."""
    _only_admins(by)
    _call(Project.objects.select_for_update().get(pk=project.pk), name=name, code=code, client=client)
    project.refresh_from_db()


def _call(project: Project, **names: str) -> None:
    """Write a project with these names, if they are its own."""
    for field, text in names.items():
        setattr(project, field, " ".join(text.split()))
    for field, words in (("name", TAKEN_NAME), ("code", TAKEN_CODE)):
        # SQLite's LOWER knows only A to Z, so that the constraint would let "Äpfel" and "äpfel" both in.
        others = Project.objects.exclude(pk=project.pk).values_list(field, flat=True)
        if getattr(project, field).casefold() in {one.casefold() for one in others if one}:
            raise ValidationError({field: words})
    project.full_clean(exclude=("created_by",))
    project.save()


@transaction.atomic
def archive_project(*, project: Project, by: AbstractBaseUser) -> None:
    """Close a project for new pictures, by an admin; its pictures stay. The last open one can't be closed."""
    _only_admins(by)
    # Two admins who close the last two at the same moment must not leave the team without one.
    still_open = set(access.open_projects().select_for_update().order_by("pk").values_list("pk", flat=True))
    if not still_open - {project.pk}:
        raise ValidationError("This is the last open project. Add another one first.")
    Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=timezone.now())
    project.refresh_from_db()


@transaction.atomic
def reopen_project(*, project: Project, by: AbstractBaseUser) -> None:
    """Let an archived project take new pictures again, by an admin."""
    _only_admins(by)
    Project.objects.filter(pk=project.pk).update(archived_at=None)
    project.refresh_from_db()


def _only_admins(by: AbstractBaseUser) -> None:
    if not by.is_active or not getattr(by, "is_staff", False):
        raise PermissionDenied("Only an admin can change a project.")


@transaction.atomic
def move(numbers: Iterable[int], *, project: Project, by: Person) -> dict[int, list[int]]:
    """Put the whole orders of these pictures, and uploads, into an open project, by their owner or an admin.

    The pictures that moved and that the person sees, by the project they came from. The credits stay where they were
    booked, and each picture of an order remembers where that is. ValidationError when the project is archived.
    """
    if not access.open_projects().filter(pk=project.pk).exists():
        raise ValidationError(f"“{project}” is archived and takes no pictures.")
    meant = access.answered_by(by).filter(pk__in=list(numbers))
    orders = Image.objects.filter(job__in=meant.filter(job__isnull=False).values("job"))
    meant = Image.objects.filter(Q(pk__in=meant.values("pk")) | Q(pk__in=orders.values("pk")))
    # Locked first, so that a picture of an order that is kept meanwhile is moved too, or comes to where they are.
    found = meant.select_for_update(of=("self",)).order_by("pk").values_list("pk", "project_id")
    before = {pk: project_id for pk, project_id in found if project_id != project.pk}
    elsewhere = NullIf(Coalesce(F("booked_on_id"), F("project_id")), Value(project.pk))
    booked = Case(When(job=None, then=None), default=elsewhere)
    Image.objects.filter(pk__in=before).update(project=project, booked_on=booked)
    moved: dict[int, list[int]] = {}
    for pk in access.visible_to(by).filter(pk__in=before).order_by("pk").values_list("pk", flat=True):
        moved.setdefault(before[pk], []).append(pk)
    return moved
