"""The records as files."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from studio.credits import periods, sheets
from studio.office import records
from studio.office.admins import admins_only


@admins_only
@require_GET
def record_csv(_request: HttpRequest, slug: str) -> HttpResponseBase:
    """One record, all of it."""
    read = records.RECORDS.get(slug)
    if read is None:
        raise Http404
    return sheets.answer(f"{slug}-{periods.today()}.csv", *read())
