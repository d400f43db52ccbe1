"""Every address, asked by everybody: who is no member sees nothing, and a new address needs a row here."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from gallery import library
from gallery.models import Project, Tag, Tagged
from studio.accounts.models import Invitation
from studio.credits import ledger, statements
from studio.credits.models import BudgetWarning, CreditRequest, Entry, Loss, Price, Scope, WalletFinding
from studio.jobs.models import Job
from studio.jobs.states import WORKING, State
from studio.office import newpassword, setup, team
from tests.conftest import person
from tests.credits import readings
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once("who may enter is no matter of the database, and each page has tests of its own"),
]
DOOR = 302
"""Sent to sign in."""

# name: (anonymous, owner, other member, deactivated with an old session, admin), by GET
GET = {
    "healthz": (200, 200, 200, 200, 200),
    "readyz": (503, 503, 503, 503, 503),
    "setup": (404, 404, 404, 404, 404),
    "welcome": (200, 200, 200, 200, 200),
    "new_password": (200, 200, 200, 200, 200),
    "account_login": (200, 302, 302, 200, 302),
    "account_logout": (302, 200, 200, 302, 200),
    "account_change_password": (DOOR, 200, 200, DOOR, 200),
    "account_reauthenticate": (DOOR, 200, 200, DOOR, 200),
    "live": (DOOR, 200, 200, DOOR, 200),
    "jobs:studio": (DOOR, 200, 200, DOOR, 200),
    "jobs:estimate": (DOOR, 200, 200, DOOR, 200),
    "jobs:job": (DOOR, 302, 404, DOOR, 302),
    "jobs:queue": (DOOR, 200, 200, DOOR, 200),
    "gallery:index": (DOOR, 200, 200, DOOR, 200),
    "gallery:filters": (DOOR, 200, 200, DOOR, 200),
    "gallery:months": (DOOR, 200, 200, DOOR, 200),
    "gallery:trash": (DOOR, 200, 200, DOOR, 200),
    "gallery:empty": (DOOR, 200, 200, DOOR, 200),
    "gallery:restore": (DOOR, 200, 200, DOOR, 200),
    "gallery:numbers": (DOOR, 200, 200, DOOR, 200),
    "gallery:image": (DOOR, 200, 404, DOOR, 404),
    "gallery:compare": (DOOR, 200, 404, DOOR, 404),
    "gallery:bring": (DOOR, 200, 200, DOOR, 200),
    "gallery:albums": (DOOR, 200, 200, DOOR, 200),
    "gallery:choose_album": (DOOR, 200, 200, DOOR, 200),
    "gallery:album": (DOOR, 200, 404, DOOR, 404),
    "gallery:change_album": (DOOR, 200, 404, DOOR, 404),
    "gallery:order_album": (DOOR, 200, 404, DOOR, 404),
    "gallery:original": (404, 200, 404, 404, 404),
    "gallery:preview": (404, 200, 404, 404, 404),
    "gallery:download": (404, 200, 404, 404, 404),
    "credits": (DOOR, 200, 200, DOOR, 200),
    "credits_csv": (DOOR, 200, 200, DOOR, 200),
    "requests": (DOOR, 404, 404, DOOR, 200),
    "team": (DOOR, 404, 404, DOOR, 200),
    "member": (DOOR, 404, 404, DOOR, 200),
    "projects": (DOOR, 200, 200, DOOR, 200),
    "project": (DOOR, 200, 200, DOOR, 200),
    "settings": (DOOR, 200, 200, DOOR, 200),
    "keys": (DOOR, 200, 200, DOOR, 200),
    "statements": (DOOR, 200, 200, DOOR, 200),
    "statements_csv": (DOOR, 200, 200, DOOR, 200),
    "statement": (DOOR, 200, 404, DOOR, 200),
    "statement_csv": (DOOR, 200, 404, DOOR, 200),
    "price": (DOOR, 404, 404, DOOR, 200),
    "reports": (DOOR, 404, 404, DOOR, 200),
    "report_csv": (DOOR, 404, 404, DOOR, 200),
    "report_entries": (DOOR, 404, 404, DOOR, 200),
    "report_entries_csv": (DOOR, 404, 404, DOOR, 200),
    "report_orders": (DOOR, 404, 404, DOOR, 200),
    "report_losses": (DOOR, 404, 404, DOOR, 200),
    "report_orders_csv": (DOOR, 404, 404, DOOR, 200),
    "report_losses_csv": (DOOR, 404, 404, DOOR, 200),
    "budget": (DOOR, 404, 404, DOOR, 200),
    "wallet": (DOOR, 404, 404, DOOR, 200),
    # Play money stands in no report.
    "wallet_csv": (DOOR, 404, 404, DOOR, 404),
    "storage": (DOOR, 404, 404, DOOR, 200),
    "storage_csv": (DOOR, 404, 404, DOOR, 200),
    "audit": (DOOR, 404, 404, DOOR, 200),
    "record_csv": (DOOR, 404, 404, DOOR, 200),
    "operations": (DOOR, 404, 404, DOOR, 200),
    "give_up": (DOOR, 404, 404, DOOR, 200),
    "admin_login": (DOOR, 403, 403, DOOR, 302),
    "admin:index": (DOOR, 302, 302, DOOR, 200),
}
# The same by POST, for what only takes that: what happens is the view's own test.
POST = {
    "theme": (302, 302, 302, 302, 302),
    "single_keys": (302, 302, 302, 302, 302),
    "jobs:order": (DOOR, 422, 422, DOOR, 422),
    "jobs:cancel": (DOOR, 303, 404, DOOR, 303),
    "jobs:reorder": (DOOR, 422, 404, DOOR, 422),
    "jobs:first": (DOOR, 404, 404, DOOR, 303),
    "jobs:back": (DOOR, 404, 404, DOOR, 303),
    "jobs:dismiss_ready": (DOOR, 303, 303, DOOR, 303),
    "jobs:dismiss": (DOOR, 303, 404, DOOR, 404),
    "gallery:download_many": (DOOR, 422, 422, DOOR, 422),
    "gallery:link": (DOOR, 422, 422, DOOR, 422),
    "gallery:act": (DOOR, 422, 422, DOOR, 422),
    "gallery:undo": (DOOR, 303, 303, DOOR, 303),
    "gallery:delete": (DOOR, 422, 422, DOOR, 422),
    "gallery:known": (DOOR, 200, 200, DOOR, 200),
    "gallery:upload": (DOOR, 422, 422, DOOR, 422),
    "gallery:move": (DOOR, 404, 404, DOOR, 404),
    "gallery:note": (DOOR, 303, 404, DOOR, 404),
    "gallery:share_album": (DOOR, 422, 404, DOOR, 404),
    "gallery:unshare_album": (DOOR, 404, 404, DOOR, 404),
    "gallery:cover_album": (DOOR, 303, 404, DOOR, 404),
    "gallery:trash_album": (DOOR, 303, 404, DOOR, 404),
    "gallery:restore_album": (DOOR, 303, 404, DOOR, 404),
    "ask": (DOOR, 302, 302, DOOR, 302),
    "withdraw": (DOOR, 302, 302, DOOR, 302),
    "answer_seen": (DOOR, 302, 404, DOOR, 404),
    "answer_yes": (DOOR, 404, 404, DOOR, 302),
    "answer_no": (DOOR, 404, 404, DOOR, 302),
    "invite": (DOOR, 404, 404, DOOR, 422),
    "revoke": (DOOR, 404, 404, DOOR, 302),
    "usual": (DOOR, 404, 404, DOOR, 422),
    "limit": (DOOR, 404, 404, DOOR, 422),
    "allowance": (DOOR, 404, 404, DOOR, 422),
    "give": (DOOR, 404, 404, DOOR, 422),
    "change_member": (DOOR, 404, 404, DOOR, 302),
    "password_link": (DOOR, 404, 404, DOOR, 302),
    "change_project": (DOOR, 404, 404, DOOR, 422),
    "cap": (DOOR, 404, 404, DOOR, 302),
    "archive": (DOOR, 404, 404, DOOR, 302),
    "reopen": (DOOR, 404, 404, DOOR, 302),
    "audit_now": (DOOR, 404, 404, DOOR, 302),
    "take_back_price": (DOOR, 404, 404, DOOR, 302),
    "put_away": (DOOR, 404, 404, DOOR, 302),
    "decide_finding": (DOOR, 404, 404, DOOR, 302),
    "start_line": (DOOR, 404, 404, DOOR, 302),
    "try_line": (DOOR, 404, 404, DOOR, 302),
    "try_job": (DOOR, 404, 404, DOOR, 302),
}
ROLES = ("anonymous", "owner", "other", "deactivated", "admin", "guest")
# Whom the owner shares the album with that the private picture lies in: to everything else they are another member.
SHARED = ("gallery:image", "gallery:original", "gallery:preview", "gallery:download", "gallery:album")
GUEST = dict.fromkeys(SHARED, 200)
OPEN = {"healthz", "readyz", "welcome", "new_password", "account_login"}


def names(resolver: URLResolver, space: str = "") -> set[str]:
    """Every named address; of Django's admin only the doors, for its own tests hold the rest."""
    found = set()
    for part in resolver.url_patterns:
        inner = f"{space}{part.namespace}:" if getattr(part, "namespace", None) else space
        if isinstance(part, URLPattern):
            found.add(f"{space}{part.name}")
        else:
            found |= names(part, inner)
    return found


def test_every_address_has_a_row_here():
    known = {name for name in names(get_resolver()) if not name.startswith("admin:")}
    assert known == {name for name in GET | POST if not name.startswith("admin:")}


def expected(table: dict[str, tuple[int, ...]], name: str, role: str) -> int:
    if role == "guest":
        return GUEST.get(name, table[name][ROLES.index("other")])
    return table[name][ROLES.index(role)]


@pytest.fixture
def dave(db):
    """A member with whom Alice shares an album."""
    return person("Dave")


ALBUM = ("album", "change_album", "share_album", "unshare_album", "order_album", "cover_album", "trash_album")


@pytest.fixture
def address(alice, admin, charlie, dave, media):
    """The addresses of what belongs to Alice; her picture is private."""
    picture = pictures.made(alice, private=True, prompt="Alices own vixen")
    album = pictures.album(alice, picture, name="Alices own album", guests=[dave])
    thrown = pictures.album(alice, name="Alices own old album", trashed_at=timezone.now())
    dora = person("Dora")
    spare, old = (Project.objects.create(name=name) for name in ("Spare", "Old"))
    Project.objects.filter(pk=old.pk).update(archived_at=timezone.now())
    token = team.invite(email="new@example.com", by=admin)
    ledger.post(ledger.account_of(alice, sandbox=False), Entry.Kind.GRANT, (5, 0), key="real")
    asked = CreditRequest.objects.create(user=alice, sentence="Posters")
    for balance in (1000, 990):
        readings.read(balance)
    own_statement = statements.number_of(timezone.localdate(), Scope.MEMBER, alice.pk)
    arguments = {
        "setup": [setup.token()], "welcome": [token], "member": [charlie.pk], "change_member": [charlie.pk],
        "allowance": [charlie.pk], "give": [charlie.pk], "report_csv": ["members"],
        "record_csv": ["requests"],
        "take_back_price": [Price.objects.create(start=timezone.localdate(), amount=1, currency="EUR").pk],
        "new_password": newpassword.make(dora, by=admin), "password_link": [dora.pk],
        "gallery:image": [picture.pk], "gallery:original": [picture.pk], "gallery:download": [picture.pk],
        "gallery:preview": [picture.pk, 320], "gallery:move": [picture.pk],
        "gallery:note": [picture.pk],
        "answer_seen": [asked.pk], "answer_yes": [asked.pk], "answer_no": [asked.pk],
        "statement": [own_statement], "statement_csv": [own_statement],
        "project": [spare.pk], "change_project": [spare.pk], "cap": [spare.pk], "archive": [spare.pk],
        "wallet_csv": ["days"], "decide_finding": [WalletFinding.objects.get().pk],
        "gallery:undo": [uuid4()], "gallery:restore_album": [thrown.pk],
        **{f"gallery:{name}": [album.pk] for name in ALBUM},
        "put_away": [BudgetWarning.objects.create(month=timezone.localdate(), percent=50, spent=5, budget=10).pk],
        "reopen": [old.pk], "revoke": [Invitation.objects.get().pk],
    }  # fmt: skip

    an_hour_ago = timezone.now() - timedelta(hours=1)

    def find(name: str) -> str:
        waiting = {"jobs:cancel", "jobs:reorder", "jobs:first", "jobs:back"}
        if name in {"jobs:job", "jobs:dismiss", *waiting}:
            job = order(alice) if name in waiting else in_state(alice, State.DONE)
            return reverse(name, args=[job.pk])
        if name in {"try_job", "give_up"}:
            return reverse(name, args=[in_state(alice, State.MAKING, sent_at=an_hour_ago, private=True).pk])
        if name == "gallery:compare":
            other = pictures.made(alice, private=True, prompt="Alices own cub")
            return f"{reverse(name)}?a={picture.pk}&b={other.pk}"
        return reverse(name, args=arguments.get(name, ()))

    return find


@pytest.fixture
def sign_in(client, alice, bob, charlie, dave, admin):
    """Signs in as a role; the deactivated one has a session from better days."""

    def become(role: str):
        if role == "deactivated":
            type(charlie).objects.filter(pk=charlie.pk).update(is_active=True)
        if role != "anonymous":
            cast = {"owner": alice, "other": bob, "deactivated": charlie, "admin": admin, "guest": dave}
            client.force_login(cast[role])
        type(charlie).objects.filter(pk=charlie.pk).update(is_active=False)
        return client

    return become


def fetched(client, where: str) -> tuple[int, bytes]:
    """The status and the whole body of a page or a file."""
    response = client.get(where)
    return response.status_code, b"".join(response)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_open_what(address, sign_in, role):
    client = sign_in(role)
    found = {name: fetched(client, address(name))[0] for name in GET}
    assert found == {name: expected(GET, name, role) for name in GET}


def done(client, address, name: str) -> int:
    """The status of what is done there; it is undone, so that the next thing finds all as it was."""
    where = address(name)
    with transaction.atomic():
        status = client.post(where).status_code
        transaction.set_rollback(True)
    return status


@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(address, sign_in, role):
    client = sign_in(role)
    found = {name: done(client, address, name) for name in POST}
    assert found == {name: expected(POST, name, role) for name in POST}


def test_what_changes_something_can_not_be_fetched(address, sign_in):
    client = sign_in("admin")
    assert {name: fetched(client, address(name))[0] for name in POST} == dict.fromkeys(POST, 405)


def test_nobody_outside_the_team_gets_anything_but_the_doors():
    for name, (anonymous, _owner, _other, deactivated, _admin) in (GET | POST).items():
        assert name in OPEN or 200 not in {anonymous, deactivated}, name


@pytest.mark.parametrize("role", ["anonymous", "deactivated", "other"])
def test_what_is_alices_alone_is_on_no_page_of_others(address, sign_in, alice, role):
    order(alice, prompt="Alices own idea", private=True)
    client = sign_in(role)
    pages = {name: fetched(client, address(name))[1] for name in GET if name not in OPEN}
    assert [name for name, said in pages.items() if b"Alices own idea" in said] == []


@pytest.mark.parametrize("role", ["anonymous", "deactivated", "other", "admin"])
def test_a_private_picture_and_its_album_are_on_no_page_of_others(address, sign_in, role):
    client = sign_in(role)
    pages = {name: fetched(client, address(name))[1] for name in GET}
    assert [name for name, said in pages.items() if b"Alices own" in said] == []


@pytest.fixture
def hidden_since(alice, media):
    """What Alice ordered for all and hid or deleted after the fact: done, failed, late, lost, to be paid."""
    an_hour_ago = timezone.now() - timedelta(hours=1)
    sent = dict.fromkeys(("sent_at", "state_at", "due_at"), an_hour_ago)
    over = dict.fromkeys(("settled_at", "finished_at"), an_hour_ago)
    words = {"prompt": "Alices own vixen", "reason": "Alices own vixen was refused"}
    # Reports tell of the real API alone, and operations of the one in use.
    hidden, gone = {"api": "sandbox"}, {"api": "http://real.example"}
    for state in (State.DONE, State.FAILED, State.CANCELLED, State.UNKNOWN, State.MAKING, State.SAVING):
        for api in (hidden, gone):
            job = in_state(alice, state)
            number = pictures.made(alice, job=job.pk, prompt="Alices own vixen").pk
            moments = sent if state in WORKING else over if state == State.CANCELLED else sent | over
            Job.objects.filter(pk=job.pk).update(**words, **api, **moments)
            loss = {"why": Loss.Why.UNKNOWN, "credits": 5, "day": timezone.localdate()}
            Loss.objects.create(job=job.pk, **api, **loss)
            library.hide([number], by=alice)
            if api == gone:
                library.show([number], by=alice)
                library.trash([number], by=alice)
                assert library.delete([number], by=alice)


PAGES_OF_ORDERS = (
    "live", "jobs:studio", "jobs:queue", "credits", "credits_csv", "gallery:index", "gallery:trash", "gallery:filters",
    "requests", "team", "member", "projects", "project", "statements", "statement", "reports", "report_entries",
    "report_entries_csv", "report_orders", "report_orders_csv", "report_losses", "report_losses_csv",
    "wallet", "audit", "operations", "give_up", "storage",
)  # fmt: skip


@pytest.mark.parametrize("role", ["other", "admin"])
def test_what_is_hidden_or_deleted_after_the_fact_is_on_no_page_of_others(
    address, hidden_since, client, alice, bob, admin, role
):
    client.force_login({"other": bob, "admin": admin}[role])
    queries = ("?state=failed", "?state=cancelled", "?state=unknown")
    asked = [
        address(name) + query for name in PAGES_OF_ORDERS for query in ("", *queries * ("report_" in name))
    ]
    asked.append(reverse("member", args=[alice.pk]))
    assert [where for where in asked if b"Alices own" in fetched(client, where)[1]] == []


def test_its_owner_still_reads_what_was_hidden_or_deleted(address, hidden_since, client, alice):
    client.force_login(alice)
    for name in ("jobs:queue", "credits"):
        assert b"Alices own vixen" in b"".join(client.get(address(name)))


FINDING = (
    "gallery:albums",
    "gallery:choose_album",
    "gallery:index",
    "gallery:filters",
    "gallery:months",
    "projects",
    "live",
)
QUERIES = (
    "",
    "?q=vixen",
    "?private=1",
    "?q=-cat",
    "?kind=generate",
    "?at=2099-01",
    "?project=1",
    "?tag=Hero",
    "?album=1",
)


def as_read(client, where: str) -> bytes:
    """A page without what differs each time."""
    return re.sub(rb'[A-Za-z0-9]{64}|"[0-9a-f]{32}"', b"-", b"".join(client.get(where)))


@pytest.mark.parametrize("role", ["other", "admin"])
@pytest.mark.parametrize("name", FINDING)
def test_a_private_picture_changes_nothing_that_others_see(client, alice, bob, admin, media, name, role):
    pictures.made(alice)
    client.force_login({"other": bob, "admin": admin}[role])
    where = [reverse(name) + query for query in QUERIES]
    before = [as_read(client, one) for one in where]
    hidden = pictures.made(alice, private=True, prompt="Alices own vixen")
    Tagged.objects.create(image=hidden, tag=Tag.objects.create(key="hero"), name="Hero", by=alice)
    pictures.album(alice, hidden, name="Alices own album")
    assert [as_read(client, one) for one in where] == before


def test_a_hidden_picture_answers_like_one_that_never_was(address, sign_in):
    hidden, absent = (sign_in("other").get(where) for where in (address("gallery:image"), "/images/999999/"))
    assert hidden.status_code == absent.status_code == 404


@pytest.mark.parametrize("number", ["9" * 25, "0"])
def test_a_number_that_no_row_has_is_404(client, admin, number):
    client.force_login(admin)
    for where in ("/images/{}/", "/albums/{}/", "/media/{}/original/", "/team/{}/", "/media/1/{}.webp"):
        assert client.get(where.format(number)).status_code == 404
    assert client.post(f"/projects/{number}/archive/").status_code == 404


def test_an_invitation_that_is_over_opens_nothing(client, db):
    assert client.get("/welcome/nonsense/").status_code == 404


def test_the_first_start_has_one_door_while_nobody_is_here(client, db):
    assert client.get(reverse("setup", args=[setup.token()])).status_code == 200
    assert client.get("/setup/nonsense/").status_code == 404


def test_pages_lead_back_after_signing_in(client, db):
    assert client.get("/gallery/?by=me")["Location"] == "/accounts/login/?next=/gallery/%3Fby%3Dme"


def test_a_post_does_not_lead_back_to_itself(client, db):
    assert client.post("/jobs/", {"prompt": "x"})["Location"] == "/accounts/login/?next=%2F"
    referer = "http://testserver/gallery/"
    assert client.post(f"/jobs/{uuid4()}/cancel/", HTTP_REFERER=referer)["Location"] == (
        "/accounts/login/?next=%2Fgallery%2F"
    )


@pytest.mark.parametrize("role", ["owner", "other"])
def test_who_is_no_admin_is_told_so_at_the_admins_door(sign_in, role):
    response = sign_in(role).get("/admin/", follow=True)
    assert response.status_code == 403
    assert "This page or action is for admins." in response.content.decode()


@pytest.mark.parametrize("model", ["jobs/job", "credits/entry", "credits/account", "gallery/image"])
def test_an_admin_reads_raw_rows_and_changes_none(client, admin, alice, media, model):
    pictures.made(alice)
    order(alice)
    client.force_login(admin)
    assert client.get(f"/admin/{model}/").status_code == 200
    assert client.get(f"/admin/{model}/add/").status_code == 403


def test_time_is_told_to_admins_of_an_archived_project(client, admin):
    project = Project.objects.create(name="Old", archived_at=timezone.now())
    client.force_login(admin)
    assert client.post(f"/projects/{project.pk}/archive/").status_code == 404
