"""The books: every credit has an entry, no entry is ever changed, and nothing is booked twice."""

import uuid

import pytest
from django.contrib.admin import site
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, Sum
from django.test import RequestFactory
from model_bakery import baker

from studio.credits import audit, ledger
from studio.credits.models import Account, Entry
from tests.conftest import person

pytestmark = pytest.mark.django_db
Kind = Entry.Kind


def booking() -> ledger.Booking:
    return ledger.Booking(
        job=uuid.uuid4(), project_id=1, project_name="General", made="generate", model_name="gemini-2.5-flash"
    )


def figures(user) -> tuple[int, int]:
    account = ledger.account_of(user)
    return account.available, account.held


def because(user, reason="A mistake") -> ledger.Why:
    return ledger.Why(actor=user, reason=reason)


@pytest.fixture
def limited(db):
    """May spend twenty credits."""
    return person("Lim", credits=20)


def test_a_limited_member_cannot_hold_more_than_they_have(limited):
    with pytest.raises(ledger.NotEnough, match="needs 25, you have 20") as refused:
        ledger.hold(limited, 25, booking())
    assert (refused.value.needed, refused.value.available) == (25, 20)
    assert figures(limited) == (20, 0)
    assert Entry.objects.filter(kind=Kind.HOLD).count() == 0


def test_a_member_who_was_granted_nothing_can_hold_nothing(db):
    nothing = person("Nil", credits=0)
    with pytest.raises(ledger.NotEnough):
        ledger.hold(nothing, 1, booking())


def test_an_unlimited_member_shares_the_wallet_and_goes_below_zero(alice):
    ledger.hold(alice, 500, booking())
    assert figures(alice) == (-500, 500)


def test_a_hold_sets_credits_aside_to_the_last_one(limited):
    ledger.hold(limited, 20, booking())
    assert figures(limited) == (0, 20)


@pytest.mark.parametrize(("captured", "after"), [(0, (20, 0)), (5, (15, 0)), (20, (0, 0))])
def test_settling_pays_for_what_was_delivered_and_gives_the_rest_back(limited, captured, after):
    job = booking()
    ledger.hold(limited, 20, job)
    assert ledger.settle(held=20, captured=captured, pictures=captured // 5, booking=job)
    assert figures(limited) == after


@pytest.mark.parametrize("second", [0, 5, 20])
def test_settling_twice_changes_nothing_the_second_time(limited, second):
    job = booking()
    ledger.hold(limited, 20, job)
    ledger.settle(held=20, captured=5, pictures=1, booking=job)
    ledger.settle(held=20, captured=second, pictures=second // 5, booking=job)
    assert figures(limited) == (15, 0)


def test_a_capture_after_the_release_takes_nothing_from_another_jobs_hold(limited):
    given_back, other = booking(), booking()
    ledger.hold(limited, 10, given_back)
    ledger.settle(held=10, captured=0, pictures=0, booking=given_back)
    ledger.hold(limited, 10, other)
    assert not ledger.settle(held=10, captured=10, pictures=2, booking=given_back)
    assert figures(limited) == (10, 10)
    assert ledger.settle(held=10, captured=10, pictures=2, booking=other)
    assert figures(limited) == (10, 0)


def test_more_than_was_held_is_never_captured(limited):
    job = booking()
    ledger.hold(limited, 10, job)
    with pytest.raises(ValueError, match="can't be settled"):
        ledger.settle(held=10, captured=11, pictures=3, booking=job)
    assert not ledger.post(ledger.account_of(limited), Kind.CAPTURE, (0, -11), key="capture:x", booking=job)
    assert figures(limited) == (10, 10)


def test_a_key_is_booked_once(limited):
    assert ledger.grant(limited, 7, key="monthly:2026-11", why=ledger.NOBODY)
    assert not ledger.grant(limited, 7, key="monthly:2026-11", why=ledger.NOBODY)
    assert figures(limited) == (27, 0)


def test_a_key_booked_before_leaves_the_callers_transaction_whole(limited):
    with transaction.atomic():
        assert ledger.grant(limited, 3, key="first", why=ledger.NOBODY)
        assert not ledger.grant(limited, 3, key="first", why=ledger.NOBODY)
        assert ledger.grant(limited, 3, key="second", why=ledger.NOBODY)
    assert figures(limited) == (26, 0)


def test_an_entry_and_its_sums_come_and_go_together(limited):
    with transaction.atomic():
        ledger.hold(limited, 5, booking())
        transaction.set_rollback(True)
    assert figures(limited) == (20, 0)
    assert not Entry.objects.filter(kind=Kind.HOLD).exists()


@pytest.mark.parametrize("amount", [0, -5])
def test_a_grant_is_more_than_nothing(limited, amount):
    with pytest.raises(ValueError, match="more than nothing"):
        ledger.grant(limited, amount, key="k", why=ledger.NOBODY)


@pytest.mark.parametrize("reason", ["", "   "])
def test_an_adjust_names_a_reason(limited, admin, reason):
    with pytest.raises(ValueError, match="a person and a reason"):
        ledger.adjust(limited, -5, key="k", why=because(admin, reason))


def test_an_adjust_names_a_person(limited):
    with pytest.raises(ValueError, match="a person and a reason"):
        ledger.adjust(limited, -5, key="k", why=ledger.Why(actor=None, reason="A mistake"))


def test_an_adjust_never_takes_a_limited_member_below_zero(limited, admin):
    assert not ledger.adjust(limited, -21, key="k", why=because(admin))
    assert ledger.adjust(limited, -20, key="k", why=because(admin))
    assert figures(limited) == (0, 0)
    entry = Entry.objects.get(key="k")
    assert (entry.actor, entry.reason) == (admin, "A mistake")


def test_expired_credits_only_ever_lower_what_may_be_spent(limited):
    account = ledger.account_of(limited)
    assert ledger.post(account, Kind.EXPIRE, (-8, 0), key="expire:1")
    assert figures(limited) == (12, 0)
    for wrong in [(8, 0), (-8, 8), (0, 0)]:
        with pytest.raises(IntegrityError), transaction.atomic():
            ledger.post(account, Kind.EXPIRE, wrong, key=f"expire:{wrong}")
    assert figures(limited) == (12, 0)


def test_opening_an_account_twice_keeps_the_first(limited):
    assert ledger.open_account(limited, limited=False).limited
    assert Account.objects.filter(user=limited).count() == 1


SHAPES = [
    (Kind.GRANT, 0, 0), (Kind.GRANT, -1, 0), (Kind.GRANT, 1, 1), (Kind.ADJUST, 0, 0), (Kind.ADJUST, 1, 1),
    (Kind.HOLD, -5, 4), (Kind.HOLD, 5, -5), (Kind.HOLD, 0, 5), (Kind.HOLD, 0, 0), (Kind.CAPTURE, 0, 5),
    (Kind.CAPTURE, 5, -5), (Kind.CAPTURE, 0, 0), (Kind.RELEASE, 5, -4), (Kind.RELEASE, -5, 5),
    (Kind.RELEASE, 0, 0), (Kind.EXPIRE, 5, 0), (Kind.EXPIRE, 0, -5), ("gift", 5, 0),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "d_available", "d_held"), SHAPES)
def test_the_database_refuses_entries_that_make_or_lose_credits(limited, admin, kind, d_available, d_held):
    of_a_job = kind in {Kind.HOLD, Kind.CAPTURE, Kind.RELEASE}
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            account=ledger.account_of(limited), kind=kind, d_available=d_available, d_held=d_held, key="raw",
            job=uuid.uuid4() if of_a_job else None, project_id=1 if of_a_job else None,
            actor=admin, reason="raw",
        )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": Kind.HOLD, "d_available": -5, "d_held": 5},
        {"kind": Kind.HOLD, "d_available": -5, "d_held": 5, "job": uuid.uuid4()},
        {"kind": Kind.GRANT, "d_available": 5, "d_held": 0, "job": uuid.uuid4(), "project_id": 1},
        {"kind": Kind.ADJUST, "d_available": 5, "d_held": 0, "reason": "nobody did it"},
        {"kind": Kind.ADJUST, "d_available": 5, "d_held": 0, "actor": "somebody"},
    ],
    ids=[
        "hold of no job",
        "job of no project",
        "grant of a job",
        "adjust by nobody",
        "adjust without reason",
    ],
)
def test_the_database_refuses_entries_that_explain_nothing(limited, admin, fields):
    if fields.get("actor"):
        fields = fields | {"actor": admin}
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(account=ledger.account_of(limited), key="raw", **fields)


@pytest.mark.parametrize("change", [{"held": -1}, {"available": -1}])
def test_the_database_refuses_sums_below_zero(limited, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(user=limited).update(**change)
    account = ledger.account_of(limited)
    for name, value in change.items():
        setattr(account, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        account.save()


def test_an_entry_is_never_changed_or_deleted_through_its_model(limited):
    entry = Entry.objects.get()
    entry.d_available = 1000
    with pytest.raises(TypeError, match="never changed"):
        entry.save()
    with pytest.raises(TypeError, match="never deleted"):
        entry.delete()
    with pytest.raises((TypeError, IntegrityError)), transaction.atomic():
        baker.prepare(
            Entry, pk=entry.pk, account=entry.account, kind="grant", d_available=1000, d_held=0, key="k"
        ).save()
    assert Entry.objects.get().d_available == 20


@pytest.mark.parametrize(
    "attack",
    [
        lambda entries: entries.update(d_available=1000),
        lambda entries: entries.delete(),
        lambda entries: entries.bulk_update(list(entries), ["reason"]),
        lambda entries: entries.bulk_create([Entry()], ignore_conflicts=True),
        lambda entries: entries.update_or_create(key="k", defaults={"d_available": 9}),
        lambda entries: entries.get_or_create(key="k", defaults={"d_available": 9}),
    ],
    ids=["update", "delete", "bulk_update", "bulk_create", "update_or_create", "get_or_create"],
)
def test_entries_are_never_changed_in_bulk(limited, attack):
    account = ledger.account_of(limited)
    for entries in (Entry.objects.all(), Entry.objects.filter(key="x"), account.entries.all()):
        with pytest.raises(TypeError, match="never changed and never deleted"):
            attack(entries)
    assert Entry.objects.get().d_available == 20


def test_accounts_and_people_with_entries_are_never_deleted(limited):
    for row in (ledger.account_of(limited), limited):
        with pytest.raises(ProtectedError):
            row.delete()
    with pytest.raises(ProtectedError):
        Account.objects.all().delete()


@pytest.mark.parametrize("model", [Account, Entry])
def test_the_admin_site_only_shows_the_books(client, admin, model):

    request = RequestFactory().get("/")
    request.user = admin
    page = site.get_model_admin(model)
    assert page.has_view_permission(request)
    allowed = [page.has_add_permission, page.has_change_permission, page.has_delete_permission]
    assert not any(may(request) for may in allowed)
    assert "delete_selected" not in page.get_actions(request)
    client.force_login(admin)
    row = model.objects.first() or model.objects.create(
        account=ledger.account_of(admin), kind="grant", d_available=1, d_held=0, key="k"
    )
    address = f"/admin/credits/{model._meta.model_name}/"
    assert client.post(f"{address}{row.pk}/change/", {"available": 9}).status_code == 403
    assert client.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{address}add/").status_code == 403


def test_the_audit_is_silent_about_honest_books(limited, alice, admin):
    job = booking()
    ledger.hold(limited, 10, job)
    ledger.settle(held=10, captured=5, pictures=1, booking=job)
    ledger.adjust(alice, -3, key="k", why=because(admin))
    ledger.hold(alice, 5, booking())
    assert not audit.drift().exists()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE credits_entry SET d_available = d_available + 5 WHERE kind = 'grant'",
        "UPDATE credits_account SET available = available + 5 WHERE limited",
        "UPDATE credits_account SET held = held + 5 WHERE limited",
        "DELETE FROM credits_entry WHERE kind = 'hold'",
    ],
)
def test_the_audit_finds_what_was_written_past_the_ledger(limited, alice, tampering):
    ledger.hold(limited, 5, booking())
    with connection.cursor() as cursor:
        cursor.execute(tampering)
    assert [account.user for account in audit.drift()] == [limited]


def test_the_audit_finds_an_entry_moved_to_another_account(limited, alice):
    ledger.account_of(alice).entries.add(Entry.objects.get())
    assert {account.user for account in audit.drift()} == {limited, alice}


def test_entries_name_the_job_and_its_project_as_they_stood(limited):
    job = booking()
    ledger.hold(limited, 5, job)
    entry = Entry.objects.get(kind=Kind.HOLD)
    assert (entry.job, entry.project_id, entry.project_name) == (job.job, 1, "General")
    total = Entry.objects.filter(account__user=limited).aggregate(Sum("d_available"), Sum("d_held"))
    assert tuple(total.values()) == figures(limited)
