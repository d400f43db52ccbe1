"""Views of what people take with them: one picture as a file, or many as an archive."""

from collections.abc import Callable, Iterator

import structlog
from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from gallery import access, archive, exports, selection
from gallery.access import Person
from gallery.exports import Leaving
from gallery.forms import DownloadForm
from gallery.media import HEADERS
from gallery.pixels import NotAPicture

log = structlog.get_logger(__name__)


@require_safe
def download(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """A picture as a file to keep, named by its prompt: as it was made, or in the format and size that is asked for."""
    image = access.find(request.user, image_id)
    form = DownloadForm(request.GET)
    if not form.is_valid():
        raise Http404("No such picture.")
    try:
        leaving = exports.leaving(image, form.wanted())
        answer = get_conditional_response(request, etag=f'"{leaving.etag}"') or _file(leaving)
    except (NotAPicture, OSError):
        log.exception("gallery.file_unreadable", image=image.pk)
        raise Http404("No such picture.") from None
    # Its words may change while its pixels stay: the author's name, or what it was made from.
    for header, value in (
        HEADERS | {"ETag": f'"{leaving.etag}"', "Cache-Control": "private, no-cache"}
    ).items():
        answer[header] = value
    patch_vary_headers(answer, ("Cookie",))
    return answer


def _file(leaving: Leaving) -> HttpResponseBase:
    answer = _attachment(leaving.name, f"image/{leaving.format}", leaving.chunks())
    answer["Content-Length"] = str(leaving.size)
    return answer


def _attachment(name: str, content_type: str, content: Iterator[bytes]) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return answer


@login_required
@require_POST
def download_many(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The pictures of these numbers as a ZIP, those that one may see; 422 when there are too many or no numbers."""
    form = DownloadForm(request.POST)
    if not form.is_valid():
        return render(request, "422.html", {"detail": "There is no such format or size."}, status=422)
    try:
        numbers = selection.chosen(request.user, request.POST)
    except ValidationError as error:
        return render(request, "422.html", {"detail": " ".join(error.messages)}, status=422)
    images = access.visible_to(request.user).filter(pk__in=numbers)
    if not images.exists():
        raise Http404("No such picture.")
    content = archive.stream(images, wanted=form.wanted(), reader=reader(request))
    answer = _attachment(f"pictures-{timezone.localdate():%Y-%m-%d}.zip", "application/zip", content)
    answer["Cache-Control"] = "private, no-store"
    # A proxy that gathers all of it first would be silent for minutes.
    answer["X-Accel-Buffering"] = "no"
    return answer


def reader(request: HttpRequest) -> Callable[[], Person]:
    """Asks anew who it is: nobody once they signed out, changed the password elsewhere, or left the team."""

    def who() -> Person:
        if not request.session.exists(request.session.session_key or ""):
            request.session.flush()
        return get_user(request)

    return who
