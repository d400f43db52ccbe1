"""The projects' pages: what they take of the credits, what they are called, caps, archiving and the way back."""

import html
import re
import uuid

import pytest
from django.utils import timezone

from gallery.models import Project
from studio.credits import budgets, periods
from studio.credits.models import ApiUsed, Change, Entry
from studio.jobs import orders
from studio.jobs.models import Job
from studio.office import projects
from tests.gallery import pictures
from tests.office.conftest import asked, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client, admin):
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def spring():
    return Project.objects.create(name="Spring", code="NW-7", client="Nordwind")


def text(response) -> str:
    return html.unescape(response.content.decode())


def posted(visitor, address: str, **fields) -> str:
    """What the page says after a form was sent."""
    return text(visitor.post(address, fields, follow=True))


def ordered(owner, project, *, pictures=1, received=None) -> Job:
    """An order for a project, settled with what was received if that is said."""
    job = orders.ask(owner, orders.Ask(prompt="a fox", project=project, num_images=pictures))
    return job if received is None else settled(job, received=received)


# Adding


def test_anyone_adds_a_project_with_client_and_code(client, alice):
    client.force_login(alice)
    page = posted(client, "/projects/", name="  Spring   sale ", code="NW-7", client="Nordwind")
    made = Project.objects.get(name="Spring sale")
    assert (made.created_by, made.code, made.client) == (alice, "NW-7", "Nordwind")
    assert "Spring sale is there. The composer offers it from now on." in page
    assert '<option value="Nordwind"></option>' in text(client.get("/projects/"))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "general"},
        {"name": "x" * 81},
        {"name": "äpfel"},
        {"name": "Pears", "code": "ÄP-1"},
        {"name": "Pears", "code": "x" * 13},
        {"name": "Pears", "client": "x" * 81},
    ],
)
def test_names_and_codes_that_are_taken_empty_or_too_long_are_refused_in_words(client, alice, fields):
    Project.objects.create(name="Äpfel", code="äp-1")
    client.force_login(alice)
    response = client.post("/projects/", fields)
    assert response.status_code == 422
    assert "errorlist" in text(response)
    assert Project.objects.count() == 2


def test_adding_an_archived_name_offers_to_reopen_it(client, alice, admin):
    old = Project.objects.create(name="HR", archived_at=timezone.now())
    client.force_login(admin)
    page = text(client.post("/projects/", {"name": " hr"}))
    assert "“HR” is there already: it was archived on" in page
    assert f'action="/projects/{old.pk}/reopen/"' in page
    client.force_login(alice)
    page = text(client.post("/projects/", {"name": "hr"}))
    assert "ask Ada to open it again" in page
    assert "reopen/" not in page


# The list


def test_the_list_says_who_uses_what_of_which_cap(office, alice, spring):
    budgets.set_cap(spring.pk, 20, by=None)
    ordered(alice, spring, pictures=2, received=1)
    ordered(alice, spring)
    pictures.rows(alice, 3, project=spring)
    pictures.rows(alice, 2, project=spring, private=True)
    row = next(row for row in projects.listed(alice).open if row.project == spring)
    assert (row.pictures, row.used, row.paid, row.cap.taken, row.under_way) == (5, 5, 1, 10, 5)
    assert row.last_used == timezone.localdate()
    page = text(office.get("/projects/"))
    assert re.search(r'<progress class="" value="10" max="20"[^>]+></progress>10 of 20', page)
    assert f'href="/gallery/?project={spring.pk}">3<' in page


def test_last_months_use_is_not_this_months(alice, spring, monkeypatch):
    lately = periods.month_of(periods.today()) - periods.DAY
    with monkeypatch.context() as patched:
        patched.setattr(periods, "today", lambda: lately)
        ordered(alice, spring, received=1)
    row = projects.row(spring, alice)
    assert (row.used, row.last_used) == (0, lately)


def test_what_was_used_in_the_sandbox_is_not_used_once_the_real_api_is_there(alice, spring):
    ordered(alice, spring, received=1)
    assert projects.row(spring, alice).used == 5
    ApiUsed.objects.create(name="https://api.example")
    assert projects.row(spring, alice).used == 0


@pytest.mark.parametrize(("cap", "level"), [(40, ""), (25, "warn"), (20, "bad"), (None, "")])
def test_a_cap_that_runs_out_is_seen(alice, spring, cap, level):
    budgets.set_cap(spring.pk, 40, by=None)
    ordered(alice, spring, pictures=4)
    budgets.set_cap(spring.pk, cap, by=None)
    assert projects.row(spring, alice).level == level


def test_projects_stand_by_client_and_the_archived_apart(office, spring):
    for name, client in [("Zoo", "Alba"), ("Autumn", "Nordwind"), ("Winter", "")]:
        Project.objects.create(name=name, client=client)
    Project.objects.filter(pk=spring.pk).update(archived_at=timezone.now())
    listed = projects.listed(office.get("/projects/").wsgi_request.user)
    names = [row.project.name for row in listed.open]
    assert names == ["Zoo", "Autumn", "General", "Winter"]
    assert [row.project.name for row in listed.archived] == ["Spring"]
    page = text(office.get("/projects/"))
    assert f'href="/projects/{spring.pk}/">Spring</a>' in page.split('id="archived"')[1]


def test_a_hundred_projects_cost_as_many_queries_as_one(office, alice, spring):
    budgets.set_cap(spring.pk, 20, by=None)
    few = asked(office, "/projects/")
    for number in range(100):
        made = Project.objects.create(name=f"P{number}", client=f"C{number % 9}")
        budgets.set_cap(made.pk, 20, by=None)
        pictures.rows(alice, 1, project=made)
    assert asked(office, "/projects/") == few


# One project


def test_a_member_sees_a_project_and_is_told_who_can_change_it(client, alice, admin, spring):
    client.force_login(alice)
    page = text(client.get(f"/projects/{spring.pk}/"))
    assert all(words in page for words in ("Spring", "NW-7", "For Nordwind"))
    assert "Ada can change its names and its cap, and archive it." in page
    assert f"/projects/{spring.pk}/cap/" not in page


def test_a_project_is_called_something_else_and_the_books_keep_the_name_it_had(office, alice, spring):
    ordered(alice, spring, received=1)
    page = posted(office, f"/projects/{spring.pk}/change/", name="Spring sale", code="nw-8", client="")
    assert "Saved." in page
    spring.refresh_from_db()
    assert (spring.name, spring.code, spring.client) == ("Spring sale", "nw-8", "")
    assert set(Entry.objects.exclude(job=None).values_list("project_name", flat=True)) == {"Spring"}


def test_a_name_that_is_taken_is_refused_beside_its_field_and_changes_nothing(office, spring):
    response = office.post(f"/projects/{spring.pk}/change/", {"name": "GENERAL", "code": "X", "client": ""})
    assert response.status_code == 422
    assert "There is a project of this name." in text(response)
    assert ">Spring</h1>" in text(response)
    spring.refresh_from_db()
    assert spring.code == "NW-7"


@pytest.mark.parametrize("monthly", ["4", "-5", "x", "1.5", "99999999999"])
def test_a_cap_that_can_not_be_is_refused_beside_its_field(office, spring, monthly):
    response = office.post(f"/projects/{spring.pk}/cap/", {"monthly": monthly})
    assert response.status_code == 422
    assert "errorlist" in text(response)
    assert budgets.cap_of(spring.pk) is None


def test_a_cap_is_set_and_taken_away_and_its_history_says_by_whom(office, admin, spring):
    address = f"/projects/{spring.pk}/cap/"
    assert "Spring may take 500 credits a month now." in posted(office, address, monthly="500")
    page = posted(office, address, monthly="")
    assert "Spring has no cap now." in page
    told = re.findall(
        r"<td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td></tr>", page.split("Changes of the cap")[1]
    )
    assert told == [("Ada", "500 credits a month", "no cap"), ("Ada", "no cap", "500 credits a month")]
    assert set(Change.objects.values_list("actor", flat=True)) == {admin.pk}


def test_a_cap_that_is_used_up_says_until_when(client, alice, admin, spring):
    budgets.set_cap(spring.pk, 5, by=None)
    ordered(alice, spring, received=1)
    client.force_login(alice)
    page = text(client.get(f"/projects/{spring.pk}/"))
    assert "Spring has taken all of its 5 credits" in page
    assert f"until {budgets.month().end:%-d %B}, unless Ada raises its cap." in page


# Archiving


def undo(page: str) -> str:
    """Where the toast's way back leads."""
    return re.search(r'class="toast"><span>[^<]+</span><form action="([^"]+)"', page)[1]


def test_an_admin_archives_a_project_and_undo_opens_it_again(office, spring):
    page = posted(office, f"/projects/{spring.pk}/archive/")
    assert "Spring is archived. It takes no new pictures." in page
    assert "Archived on" in page
    page = posted(office, undo(page))
    assert "Spring is open again." in page
    assert undo(page) == f"/projects/{spring.pk}/archive/"
    spring.refresh_from_db()
    assert spring.archived_at is None


def test_what_is_done_already_is_not_done_twice(office, spring):
    assert office.post(f"/projects/{spring.pk}/reopen/").status_code == 404
    office.post(f"/projects/{spring.pk}/archive/")
    assert office.post(f"/projects/{spring.pk}/archive/").status_code == 404


def test_the_last_open_project_is_never_archived(office):
    last = Project.objects.get()
    assert "This is the last open project." in posted(office, f"/projects/{last.pk}/archive/")
    assert Project.objects.get().archived_at is None


def test_an_archived_project_keeps_its_page(client, alice, spring):
    ordered(alice, spring, received=1)
    Project.objects.filter(pk=spring.pk).update(archived_at=timezone.now())
    client.force_login(alice)
    page = text(client.get(f"/projects/{spring.pk}/"))
    assert "Archived on" in page
    assert "<dt>Used this month</dt><dd>5</dd>" in page


def test_private_pictures_of_others_are_not_even_counted(client, bob, alice, spring):
    pictures.rows(alice, 2, project=spring, private=True, job=uuid.uuid4())
    client.force_login(bob)
    assert "<dt>In the gallery</dt><dd>0</dd>" in text(client.get(f"/projects/{spring.pk}/"))
