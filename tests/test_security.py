"""What a browser is told, what a stranger may try, and what people wrote that must stay words."""

import html
import json
import os
import re
import subprocess
import sys
from contextlib import closing
from http.cookies import SimpleCookie

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from gallery.models import Image, Project
from studio.accounts.models import User
from studio.credits import ledger
from studio.jobs.models import Line
from studio.jobs.states import State
from studio.office import setup
from tests.gallery import pictures
from tests.jobs.cast import in_state, order

pytestmark = pytest.mark.django_db
POLICY = (
    "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' blob: data:; manifest-src 'self'; script-src 'self'; style-src 'self'"
)
PAGES = ("/", "/gallery/", "/queue/", "/credits/", "/projects/", "/settings/", "/team/", "/accounts/logout/",
         "/accounts/password/change/", "/admin/", "/absent/")  # fmt: skip
EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7|add:7 }}"


def sign_in(client, password="correct horse", email="alice@example.com", **options):
    return client.post("/accounts/login/", {"login": email, "password": password} | options)


# Headers


def guarded(response):
    policy = response["Content-Security-Policy"]
    assert "; ".join([policy.split("; ")[0], *sorted(policy.split("; ")[1:])]) == POLICY or (
        sorted(policy.split("; ")) == sorted(POLICY.split("; "))
    )
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_guarded(client, admin, address):
    client.force_login(admin)
    guarded(client.get(address))


@pytest.mark.parametrize("address", ["/accounts/login/", "/healthz", "/absent/", "/gallery/"])
def test_what_strangers_see_is_guarded_too(client, address):
    guarded(client.get(address))


@pytest.mark.parametrize("address", PAGES[:8])
def test_a_page_is_one_persons_and_fit_for_the_back_button(client, admin, address):
    client.force_login(admin)
    kept = client.get(address)["Cache-Control"]
    assert "private" in kept
    assert "no-store" not in kept or address.startswith("/accounts/")


@pytest.mark.parametrize("address", ["/", "/gallery/", "/queue/"])
def test_pages_with_pictures_are_asked_for_anew_at_each_visit(client, alice, address):
    client.force_login(alice)
    assert set(client.get(address)["Cache-Control"].split(", ")) == {"private", "no-cache"}


def test_signing_out_takes_along_what_the_browser_kept(client, alice):
    client.force_login(alice)
    response = client.post("/accounts/logout/")
    assert (response.status_code, response["Clear-Site-Data"]) == (302, '"cache"')
    assert client.get("/gallery/").status_code == 302


# Signing in


def test_the_session_is_a_new_one_after_signing_in(client, alice):
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies = SimpleCookie({site.SESSION_COOKIE_NAME: session.session_key})
    assert sign_in(client).status_code == 302
    assert client.cookies[site.SESSION_COOKIE_NAME].value != session.session_key
    cookie = client.cookies[site.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("door", ["/accounts/login/", "/admin/login/"])
def test_a_guesser_is_stopped_at_ten_whichever_door(client, alice, door):
    for guess in range(10):
        page = client.get(door, {"next": "/admin/"}, follow=True)
        where = re.search(r'<form class="form" method="post" action="([^"]+)"', page.content.decode())[1]
        answer = client.post(where, {"login": "alice@example.com", "password": f"guess {guess}"})
        assert answer.status_code in {200, 429}
    assert sign_in(client).status_code != 302
    assert "_auth_user_id" not in client.session


def test_the_throttle_needs_no_broker(client, alice):
    assert sign_in(client).status_code == 302


def test_who_is_deactivated_can_not_sign_in(client, charlie):
    response = sign_in(client, email="charlie@example.com")
    assert "_auth_user_id" not in client.session
    assert "not in the team any more" in client.get(response["Location"]).content.decode()


def test_a_wrong_address_is_told_like_a_wrong_password(client, alice):
    known, unknown = sign_in(client, "wrong"), sign_in(client, "wrong", email="nobody@example.com")
    said = [
        re.search(r"errorlist.*?<li>(.*?)</li>", answer.content.decode(), re.DOTALL)[1]
        for answer in (known, unknown)
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(client, alice, where):
    assert sign_in(client, next=where)["Location"] == "/"
    assert client.post("/theme/", {"theme": "dark", "next": where})["Location"] == "/"
    assert client.post("/keys/single/", {"next": where})["Location"] == "/"


@pytest.mark.parametrize("where", ["", "/a\nSet-Cookie: x=1", "x" * 3000])
def test_an_odd_way_back_breaks_nothing(client, where):
    response = client.post("/theme/", {"theme": "light", "next": where})
    assert response.status_code == 302
    assert "\n" not in response["Location"]
    assert set(response.cookies) == {"theme"}


def test_the_theme_is_kept_and_can_be_the_systems_again(client, db):
    assert client.post("/theme/", {"theme": "dark", "next": "/x/?a=1"})["Location"] == "/x/?a=1"
    assert b'data-theme="dark"' in client.get("/accounts/login/").content
    client.post("/theme/", {"theme": "<pink>"})
    assert b"data-theme" not in client.get("/accounts/login/").content


def test_single_keys_can_be_switched_off_and_on_again(client, alice):
    client.force_login(alice)
    assert b"data-keys" not in client.get("/settings/").content
    assert client.post("/keys/single/", {"next": "/settings/#keys"})["Location"] == "/settings/#keys"
    off = client.get("/settings/").content
    assert b'data-keys="off"' in off
    assert b'name="keys" value="on" aria-describedby="keys-help-text">' in off
    client.post("/keys/single/", {"keys": "on"})
    assert b"data-keys" not in client.get("/settings/").content


def test_the_list_of_keys_is_a_page_and_for_a_dialog_a_part(client, alice):
    client.force_login(alice)
    assert b"<html" in client.get("/keys/").content
    part = client.get("/keys/", headers={"HX-Request": "true"}).content
    assert b"<html" not in part
    assert b"<kbd>Del</kbd>" in part


# Forged and broken requests


@pytest.mark.parametrize(
    "address", ["/jobs/", "/uploads/", "/theme/", "/projects/", "/accounts/logout/", "/settings/"]
)
def test_a_post_without_our_token_is_refused_in_our_look(alice, address, media):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(address, {"prompt": "a fox", "image": pictures.file()})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()
    assert 'class="nav"' in response.content.decode()
    assert not Image.objects.exists()


def test_the_token_of_a_page_is_taken(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    token = re.search(r'"X-CSRFToken": "(\w+)"', client.get("/").content.decode())[1]
    assert client.post("/jobs/", {"prompt": "a fox"}, HTTP_X_CSRFTOKEN=token).status_code == 303


def test_a_fault_of_ours_shows_nothing_of_the_inside(client, alice, monkeypatch):
    client.force_login(alice)
    client.raise_request_exception = False
    monkeypatch.setattr("studio.credits.entries.page", lambda *_, **__: 1 / 0)
    response = client.get("/credits/")
    assert response.status_code == 500
    assert "Something broke here" in response.content.decode()
    assert not re.search(r"ZeroDivision|Traceback|credits/entries", response.content.decode())


def test_what_is_not_there_is_told_in_our_look(client, alice):
    assert "Nothing here" in client.get("/absent/").content.decode()
    client.force_login(alice)
    page = client.get("/absent/").content.decode()
    assert "Nothing here" in page
    assert 'class="nav"' in page


def test_a_host_that_is_not_ours_is_refused(client):
    response = client.get("/accounts/login/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "That request was not understood" in response.content.decode()


# What people wrote


@pytest.fixture
def evil(alice, admin, media):
    """Everything people or the provider can write, in every place that shows it."""
    User.objects.filter(pk=alice.pk).update(name=EVIL[:80])
    project = Project.objects.create(name=EVIL[:80], created_by=alice)
    upload = pictures.made(alice)
    Image.objects.filter(pk=upload.pk).update(
        kind="upload", job=None, credits=0, prompt="", file_name=EVIL, project=project
    )
    image = pictures.made(alice, prompt=EVIL, project=project, parents=[upload])
    order(alice, prompt=EVIL)
    in_state(alice, State.MAKING)
    for state in (State.FAILED, State.UNKNOWN, State.DONE, State.MAKING, State.SAVING):
        job = in_state(alice, state, reason=EVIL)
        type(job).objects.filter(pk=job.pk).update(prompt=EVIL, project_name=EVIL[:80])
    ledger.grant(alice, 5, key="evil", why=ledger.Why(actor=alice, reason=EVIL))
    Line.objects.update(stop=Line.Stop.KEY, words=EVIL)
    return image


@pytest.mark.parametrize("who", ["alice", "admin"])
def test_what_people_wrote_stays_words_on_every_page(client, request, evil, who, alice):
    client.force_login(User.objects.get(pk=request.getfixturevalue(who).pk))
    addresses = [
        *PAGES,
        evil.get_absolute_url(),
        f"/?edit={evil.pk}",
        "/gallery/?project=1",
        "/live/?page=queue",
    ]
    for address in [*addresses, f"/team/{alice.pk}/", "/admin/jobs/job/", "/admin/credits/entry/"]:
        page = client.get(address).content.decode()
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert "14</" not in re.findall(r"onerror=alert\(1\)&gt;(.{0,4})", page), address


def test_what_was_typed_comes_back_as_words(client, alice):
    client.force_login(alice)
    page = client.post("/jobs/", {"prompt": EVIL, "num_images": "9", "aspect_ratio": EVIL}).content.decode()
    assert "<script>alert" not in page
    assert EVIL in html.unescape(page)


def test_the_name_of_a_file_is_only_ever_words(client, alice, media):
    client.force_login(alice)
    response = client.post(
        "/jobs/", {"prompt": "x", "images": pictures.file(b"no", '"><script>alert(1).png')}
    )
    assert response.status_code == 422
    assert "<script>alert" not in response.content.decode()


def test_a_download_has_a_tame_name(client, evil, alice):
    client.force_login(alice)
    with closing(client.get(f"/media/{evil.pk}/download/")) as response:
        assert re.fullmatch(r'attachment; filename="[\w-]+\.png"', response["Content-Disposition"])


# Secrets and settings


def test_the_key_is_on_no_page(client, admin, settings):
    settings.STUDIO_API_KEY = type(settings.STUDIO_API_KEY)("sk-secret-key-1234")
    client.force_login(admin)
    for address in PAGES:
        assert b"sk-secret-key" not in client.get(address).content
    assert b"1234" in client.get("/settings/").content


def test_a_key_or_password_that_was_refused_is_not_written_back(client, admin, settings):
    settings.STUDIO_API_URL = "http://127.0.0.1:9"
    client.force_login(admin)
    response = client.post("/settings/", {"api_key": "sk-typed-key"})
    assert response.status_code == 422
    assert b"sk-typed-key" not in response.content


def test_the_setup_page_writes_no_secret_back(client, db, settings):
    settings.STUDIO_API_URL = "http://127.0.0.1:9"
    typed = {"name": "Ada", "email": "ada@example.com", "password": "short1!", "api_key": "sk-typed-key"}
    response = client.post(reverse("setup", args=[setup.token()]), typed | {"sharing": "wallet"})
    assert response.status_code == 422
    assert b"sk-typed-key" not in response.content
    assert b"short1!" not in response.content
    assert b"ada@example.com" in response.content


def told(tmp_path, **environment) -> dict:
    """What settings say in a process of its own."""
    names = [
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
        "CSRF_TRUSTED_ORIGINS",
        "ALLOWED_HOSTS",
        "ALLAUTH_TRUSTED_PROXY_COUNT",
    ]
    code = f"import json; from studio import settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    environment = {"PATH": os.environ["PATH"], "STUDIO_DATA_DIR": str(tmp_path)} | environment
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=site.BASE_DIR, capture_output=True, check=True
    )
    return json.loads(run.stdout)


def test_behind_https_cookies_and_the_browsers_memory_are_strict(tmp_path):
    said = told(tmp_path, STUDIO_URL="https://studio.example.com")
    assert said["SESSION_COOKIE_SECURE"] is said["CSRF_COOKIE_SECURE"] is True
    assert said["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert said["CSRF_TRUSTED_ORIGINS"] == ["https://studio.example.com"]
    assert "studio.example.com" in said["ALLOWED_HOSTS"]


def test_without_https_nothing_asks_for_it(tmp_path):
    said = told(tmp_path)
    assert (said["SESSION_COOKIE_SECURE"], said["SECURE_HSTS_SECONDS"]) == (False, 0)


@pytest.mark.parametrize(
    ("environment", "proxies"),
    [
        ({}, 0),
        ({"STUDIO_URL": "https://studio.example.com"}, 1),
        ({"STUDIO_URL": "https://studio.example.com", "STUDIO_TRUSTED_PROXIES": "2"}, 2),
        ({"STUDIO_TRUSTED_PROXIES": "1"}, 1),
    ],
)
def test_behind_https_one_proxy_is_believed_and_else_none(tmp_path, environment, proxies):
    assert told(tmp_path, **environment)["ALLAUTH_TRUSTED_PROXY_COUNT"] == proxies


def knock(forwarded: str, password="wrong", login="alice@example.com") -> Client:
    """Someone new at the door, with the header a proxy writes."""
    client = Client(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    client.post("/accounts/login/", {"login": login, "password": password})
    return client


def test_behind_a_proxy_one_attacker_locks_out_nobody_else(alice, settings):
    cache.clear()
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(11):
        # What stands left was written by the attacker.
        knock(f"192.0.2.{number}, 203.0.113.6", login=f"guess{number}@example.com")
    assert "_auth_user_id" not in knock("203.0.113.6", "correct horse").session
    assert "_auth_user_id" in knock("203.0.113.7", "correct horse").session


def test_without_a_proxy_a_forged_header_escapes_no_throttle(alice, settings):
    cache.clear()
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    for number in range(11):
        knock(f"192.0.2.{number}", login=f"guess{number}@example.com")
    assert "_auth_user_id" not in knock("192.0.2.99", "correct horse").session


def test_djangos_own_checks_find_nothing_to_deploy(tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "STUDIO_DATA_DIR": str(tmp_path),
        "STUDIO_URL": "https://a.example",
    }
    run = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        env=environment,
        cwd=site.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(re.findall(r"\((\w+\.W\d+)\)", run.stderr))
    # The proxy in front redirects to https; whether subdomains and preload lists want it is not ours to say.
    assert found <= {"security.W005", "security.W008", "security.W021"}


def test_the_tables_are_as_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
