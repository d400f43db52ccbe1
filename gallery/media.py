"""Views of bytes, for pages: every byte a page shows leaves through here, after `access.find`.

A proxy that can read the media may send them itself once we said yes: it asks for that with each request.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from gallery import access, files, previews
from gallery.models import Image
from gallery.pixels import NotAPicture

log = structlog.get_logger(__name__)
NAME_LENGTH = 60
HEADERS = {
    # The bytes under an address never change; a browser that kept them asks nobody for a year.
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@require_safe
def original(request: HttpRequest, image_id: int) -> HttpResponseBase:
    """A picture, byte for byte as it was kept."""
    image = access.find(request.user, image_id)
    return _send(
        request, image.etag, lambda: files.original(image), content_type=image.mime, filename=file_name(image)
    )


@require_safe
def preview(request: HttpRequest, image_id: int, width: int) -> HttpResponseBase:
    """A small copy; one that is missing is made now."""
    image = access.find_kept(request.user, image_id)
    if width not in previews.WIDTHS:
        raise Http404("No such picture.")
    etag = f"{image.etag}-{width}"
    return _send(request, etag, lambda: previews.find(image, width), content_type="image/webp")


def _send(request: HttpRequest, etag: str, path: Callable[[], Path], **how: Any) -> HttpResponseBase:
    """304 for who has these bytes, else the file; `how` is what FileResponse takes."""
    response = get_conditional_response(request, etag=f'"{etag}"') or _file(request, path, **how)
    for header, value in (HEADERS | {"ETag": f'"{etag}"'}).items():
        response[header] = value
    patch_vary_headers(response, ("Cookie",))
    return response


def _file(request: HttpRequest, path: Callable[[], Path], **how: Any) -> HttpResponseBase:
    """The file as an answer; one that is lost or damaged is a 404 for the person and an error in the log."""
    try:
        file = path()
        opened = file.open("rb")
    except (NotAPicture, OSError):
        log.exception("gallery.file_unreadable")
        raise Http404("No such picture.") from None
    response = FileResponse(opened, **how)
    if not _proxy_asks(request):
        return response
    # The file alone: an answer that is closed counts as the end of the request.
    opened.close()
    return _handed_over(file, response)


def _proxy_asks(request: HttpRequest) -> bool:
    """Whether the proxy this installation has is in front of this request, and says where it keeps our media."""
    where = settings.STUDIO_MEDIA_HANDOVER
    return bool(where) and request.headers.get("X-Media-Handover") == where


def _handed_over(file: Path, whole: FileResponse) -> HttpResponse:
    """An empty answer that tells the proxy which file to send, with the headers of the whole one."""
    answer = HttpResponse(headers=whole.headers)
    del answer["Content-Length"]
    inside = file.relative_to(settings.MEDIA_ROOT).as_posix()
    answer["X-Accel-Redirect"] = settings.STUDIO_MEDIA_HANDOVER + inside
    return answer


def file_name(image: Image, encoding: str = "") -> str:
    """A file's name from the prompt's beginning, safe on every system and no other picture's: "a-red-fox-17.png"."""
    words = slugify(image.prompt or Path(image.file_name).stem, allow_unicode=True)[:NAME_LENGTH].strip("-_")
    return f"{words or 'picture'}-{image.pk}.{files.EXTENSIONS[encoding or image.format]}"
