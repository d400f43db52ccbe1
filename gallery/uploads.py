"""Files that people send: cut off when they are too much, kept as pictures when they are good."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, JsonResponse, QueryDict
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from gallery import access, files, library, previews, provenance
from gallery.forms import UploadForm
from gallery.models import Image

log = structlog.get_logger(__name__)
MOST_FILES = 14
# Room for what else a form holds: Django itself lets 2.5 MB of fields in.
FORM_BYTES = 3 * 2**20
TOO_LONG = "There is more text in this form than can be read. Nothing was kept of it."
View = Callable[..., HttpResponseBase]
Decorator = Callable[[View], View]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not taken: an HTTP status and a sentence for people."""

    status: int
    sentence: str


NO_ROOM = Refusal(507, "The server's disk is full. Tell an admin; the picture was not kept.")


class CappedUpload(FileUploadHandler):
    """At most `most` files of STUDIO_UPLOAD_MB each, on the media's own disk; `refusal` says what was cut.

    A request that is too big as a whole is not read at all. A file that is too big is dropped, and the rest
    of the form is still read, so that what was typed is not lost.
    """

    def __init__(self, request: HttpRequest, most: int) -> None:
        super().__init__(request)
        self.left = most
        self.most = most
        self.bytes = settings.STUDIO_UPLOAD_MB * 2**20
        self.refusal: Refusal | None = None

    def handle_raw_input(
        self, _input: object, _meta: object, content_length: int, *_rest: object
    ) -> tuple[QueryDict, "MultiValueDict[str, UploadedFile[bytes]]"] | None:
        """Read nothing of a request that can't be right."""
        if content_length <= self.most * self.bytes + FORM_BYTES:
            return None
        self.refusal = self._too_big()
        return QueryDict(), MultiValueDict()

    def _too_big(self) -> Refusal:
        return Refusal(413, f"This is too big. A picture may have up to {settings.STUDIO_UPLOAD_MB} MB.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file that has no name on the disk, so that a crash leaves nothing."""
        super().new_file(*args, **kwargs)
        self.left -= 1
        if self.left < 0:
            self._drop(Refusal(413, f"No more than {self.most} at a time."))
        self.file = tempfile.TemporaryFile(dir=files.folder("incoming"))  # noqa: SIM115  outlives this call

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece, unless it is one too many."""
        if start + len(raw_data) > self.bytes:
            self._drop(self._too_big())
        try:
            self.file.write(raw_data)
        except OSError:
            log.exception("gallery.upload_not_written")
            self._drop(NO_ROOM)

    def _drop(self, refusal: Refusal) -> None:
        self.refusal = refusal
        raise SkipFile

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """The whole file, from its beginning."""
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        """Let go of a file whose sender went away."""
        self.file.close()


class NoFiles(FileUploadHandler):
    """For every view that asks for no files, the sign-in among them: a body with one is not read any further."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> None:
        """Hang up."""
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Nothing gets here."""

    def file_complete(self, file_size: int) -> None:
        """Nothing gets here."""


def takes_uploads(*, refuse: Callable[[HttpRequest, Refusal], HttpResponseBase], most: int) -> Decorator:
    """For a view of a form with up to `most` files: what is too much is answered by `refuse` instead.

    `refuse` gets the fields that could be read in request.POST. The view is protected against CSRF like any
    other, after the body is read, for the token may be in it. Put `login_required` above this.
    """

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def read_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            handler = CappedUpload(request, most)
            request.upload_handlers = [handler]
            try:
                request.FILES  # noqa: B018  reading it is what parses the body
            except UnreadablePostError:
                return HttpResponseBadRequest("The upload broke off.", content_type="text/plain")
            except RequestDataTooBig:
                return render(request, "413.html", {"detail": TOO_LONG}, status=413)
            # Django goes on without a file that its handler dropped; the view must not see such a request.
            if handler.refusal:
                return refuse(request, handler.refusal)
            return protected(request, *args, **kwargs)

        return read_first

    return decorate


def _refuse(_request: HttpRequest, refusal: Refusal) -> HttpResponseBase:
    return JsonResponse({"error": refusal.sentence}, status=refusal.status)


@login_required
@require_POST
@takes_uploads(most=1, refuse=_refuse)
def add(request: HttpRequest) -> HttpResponseBase:
    """Keep the file `image`: 201 and the picture as JSON, or 413, 422, 507 and {"error": sentence}."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        sentence = next(iter(form.errors.values()))[0]
        return _refuse(request, Refusal(422, str(sentence)))
    fields = form.cleaned_data
    try:
        brought = library.bring(
            owner=request.user, project=fields["project"], file=fields["image"], private=fields["private"]
        )
    except files.NotAPicture as error:
        return _refuse(request, Refusal(422, str(error)))
    except OSError:
        log.exception("gallery.upload_not_kept")
        return _refuse(request, NO_ROOM)
    return JsonResponse(_as_json(brought.image) | {"known": brought.known}, status=201)


@login_required
@require_POST
def known(request: HttpRequest) -> JsonResponse:
    """Whether a file of this `sha256` is among one's own uploads, `private` or not: its number, or nothing."""
    same = access.visible_to(request.user).filter(
        owner=request.user.pk,
        kind=Image.Kind.UPLOAD,
        sha256=request.POST.get("sha256", ""),
        private=bool(request.POST.get("private")),
    )
    return JsonResponse({"id": same.values_list("pk", flat=True).first()})


def _as_json(image: Image) -> dict[str, Any]:
    """What a script needs to show a picture, to name it as a source, and to order it once more if it was made here."""
    order = provenance.order_of(image)
    return {
        "id": image.pk,
        "url": image.get_absolute_url(),
        "preview": previews.url(image, previews.WIDTHS[0]),
        "width": image.width,
        "height": image.height,
        "ratio": image.ratio,
        "order": asdict(order) if order else None,
    }
