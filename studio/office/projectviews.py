"""The pages of the projects: everyone sees them and adds some, admins change them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gallery import library
from gallery.models import Project
from studio.accounts.models import User
from studio.credits import budgets
from studio.office import projects
from studio.office.admins import admins_only, me
from studio.office.projectforms import CapForm, ProjectForm


@login_required
@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """What the team works for, with what it takes of the credits, and a form for more."""
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = library.add_project(**form.cleaned_data, by=me(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{project} is there. The composer offers it from now on.")
            return redirect("project", project_id=project.pk)
    context = {
        "form": form,
        "closed": projects.archived_as(form["name"].value() or "") if form.errors else None,
        "projects": projects.listed(request.user),
        "clients": projects.clients(),
        "admin": User.objects.whom_to_ask(),
    }
    return render(request, "office/projects.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def one(request: HttpRequest, project_id: int) -> HttpResponse:
    """One project: its figures; for admins also its names, its cap and whether it is open."""
    return _page(request, get_object_or_404(Project, pk=project_id))


def _page(
    request: HttpRequest, project: Project, form: ProjectForm | None = None, cap_form: CapForm | None = None
) -> HttpResponse:
    row = projects.row(project, request.user)
    names = {name: getattr(project, name) for name in ("name", "code", "client")}
    context = {
        "row": row,
        "project": project,
        "form": form or ProjectForm(initial=names),
        "cap_form": cap_form or CapForm(initial={"monthly": row.cap and row.cap.monthly}),
        "history": projects.history(project),
        "clients": projects.clients(),
        "month": budgets.month(),
        "admin": User.objects.whom_to_ask(),
    }
    refused = (form and form.errors) or (cap_form and cap_form.errors)
    return render(request, "office/project.html", context, status=422 if refused else 200)


@admins_only
@require_POST
def change(request: HttpRequest, project_id: int) -> HttpResponse:
    """Call a project something else; the books keep the name it had."""
    project = get_object_or_404(Project, pk=project_id)
    form = ProjectForm(request.POST)
    if form.is_valid():
        try:
            library.change_project(project=project, by=me(request), **form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect("project", project_id=project_id)
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, project, form=form)


@admins_only
@require_POST
def cap(request: HttpRequest, project_id: int) -> HttpResponse:
    """Cap what a project may take a month, or take the cap away."""
    project = get_object_or_404(Project, pk=project_id)
    form = CapForm(request.POST)
    if not form.is_valid():
        return _page(request, project, cap_form=form)
    monthly = form.cleaned_data["monthly"]
    budgets.set_cap(project.pk, monthly, by=me(request))
    may = "has no cap" if monthly is None else f"may take {monthly:,} credits a month"
    messages.success(request, f"{project} {may} now.")
    return redirect("project", project_id=project_id)


@admins_only
@require_POST
def archive(request: HttpRequest, project_id: int) -> HttpResponse:
    """Close a project for new pictures; what is there stays."""
    project = get_object_or_404(Project, pk=project_id, archived_at=None)
    try:
        library.archive_project(project=project, by=me(request))
        words = f"{project} is archived. It takes no new pictures."
        messages.success(request, words, extra_tags=reverse("reopen", args=[project_id]))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("project", project_id=project_id)


@admins_only
@require_POST
def reopen(request: HttpRequest, project_id: int) -> HttpResponse:
    """Let an archived project take pictures again."""
    project = get_object_or_404(Project.objects.exclude(archived_at=None), pk=project_id)
    library.reopen_project(project=project, by=me(request))
    words = f"{project} is open again."
    messages.success(request, words, extra_tags=reverse("archive", args=[project_id]))
    return redirect("project", project_id=project_id)
