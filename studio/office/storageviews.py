"""The page of what pictures take on the disk, and its table as a file."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from studio.credits import periods, sheets
from studio.office import operations, storage
from studio.office.admins import admins_only


@admins_only
@require_GET
def storage_page(request: HttpRequest) -> HttpResponse:
    """Who keeps how much, and how much room there is left."""
    table = storage.table()
    context = {"table": table.shown(request.GET.dict()), "disks": operations.disks()}
    return render(request, "office/reports/storage.html", context)


@admins_only
@require_GET
def storage_csv(_request: HttpRequest) -> HttpResponseBase:
    """The table as a file; its sizes are bytes."""
    return sheets.answer(f"storage-{periods.today()}.csv", *storage.table().sheet())
