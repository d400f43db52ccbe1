"""The page for bringing many pictures at once: a plain form, or files and folders that are dropped on it."""

from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from gallery import access, files, library, projects
from gallery.access import Person
from gallery.forms import PlaceForm
from gallery.models import Image
from gallery.uploads import NO_ROOM, Refusal, takes_uploads

log = structlog.get_logger(__name__)
# In one form; a script sends one after the other, and as many as one likes.
MOST_FILES = 50
ADDED, KNOWN = "Added.", "It was here already."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: the picture, or why there is none."""

    name: str
    words: str
    image: Image | None = None


def _too_much(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """What was cut off; of the other files of the form nothing was kept."""
    return _page(request, {"problem": f"{refusal.sentence} Nothing was added."}, status=refusal.status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@takes_uploads(most=MOST_FILES, refuse=_too_much)
def bring(request: HttpRequest) -> HttpResponse:
    """The form, or what became of each of its files: 422 when none could be kept."""
    if request.method != "POST":
        return _page(request, {})
    form, sent = PlaceForm(request.POST), request.FILES.getlist("images")
    if not form.is_valid():
        return _page(request, {"problem": next(iter(form.errors.values()))[0]}, status=422)
    if not sent:
        return _page(request, {"problem": "There was no file. Pick some pictures."}, status=422)
    outcomes = [_keep(request.user, file, form) for file in sent]
    kept = any(outcome.image for outcome in outcomes)
    return _page(request, {"outcomes": outcomes}, status=200 if kept else 422)


def _keep(user: Person, file: "UploadedFile[bytes]", form: PlaceForm) -> Outcome:
    """Keep one file; what is wrong with it holds up no other."""
    name, fields = file.name or "A file", form.cleaned_data
    try:
        brought = library.bring(owner=user, project=fields["project"], file=file, private=fields["private"])
    except files.NotAPicture as error:
        return Outcome(name, str(error))
    except OSError:
        log.exception("gallery.upload_not_kept")
        return Outcome(name, NO_ROOM.sentence)
    return Outcome(name, KNOWN if brought.known else ADDED, brought.image)


def _page(request: HttpRequest, told: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The page with what there is to tell."""
    offered = projects.by_client(projects.alphabetical(access.open_projects()))
    chosen = request.POST.get("project", "")
    context = {
        "groups": offered,
        "chosen": int(chosen) if chosen.isdecimal() else 0,
        "private": bool(request.POST.get("private")),
        "most": MOST_FILES,
    }
    return render(request, "gallery/bring.html", context | told, status=status)
