"""Who writes past the ledger is stopped, or found by the next audit; honest books pass it.

What the ledger, the models, the database and the admin site refuse is held in test_ledger.py, and what
people try at the same time in tests/races. Here somebody has the database itself, with its checks switched off.
"""

import uuid
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import CheckConstraint, QuerySet
from django.utils import timezone

from bench import books
from studio.credits import findings, seals, statements, totals
from studio.credits.models import (
    Account,
    Entry,
    Loss,
    MemberTotal,
    ProjectTotal,
    Statement,
    WalletFinding,
    WalletReading,
)
from studio.jobs import statistics
from studio.jobs.models import DayOfJobs, Job
from studio.jobs.states import State
from studio.office import audit

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(django_db_setup, django_db_blocker):
    """The books of a small team over three months, of which two are closed; all that is undone at the end.

    It is the 20th for them: on the first of a month nothing would have happened in it yet.
    """
    last = timezone.localtime().replace(day=1) - timedelta(days=1)
    with pytest.MonkeyPatch.context() as clock, django_db_blocker.unblock(), transaction.atomic():
        clock.setattr(timezone, "now", lambda: last.replace(day=20, hour=15))
        books.build(books.Size(entries=900, members=6, projects=4, months=3))
        totals.fold()
        statistics.fold()
        statements.close_past_months()
        yield
        transaction.set_rollback(True)


@contextmanager
def switched_off():
    """The database holds no rule while somebody is at it; what they did is undone."""
    lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if lite:
            cursor.execute("PRAGMA ignore_check_constraints=ON")
        try:
            with transaction.atomic():
                if not lite:
                    drop_the_rules(cursor)
                yield cursor
                transaction.set_rollback(True)
        finally:
            if lite:
                cursor.execute("PRAGMA ignore_check_constraints=OFF")


def drop_the_rules(cursor) -> None:
    """Take PostgreSQL's checks and keys away, until the transaction is rolled back."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for model in (Account, Entry, Job, Loss):
        for rule in model._meta.constraints:
            if isinstance(rule, CheckConstraint):
                cursor.execute(f'ALTER TABLE {model._meta.db_table} DROP CONSTRAINT "{rule.name}"')
    cursor.execute("SET LOCAL session_replication_role = replica")


def found() -> str:
    """What the audit says."""
    return audit.look().words()


def entry(kind=Entry.Kind.CAPTURE, *, closed=False) -> Entry:
    """An entry from the middle of its account's chain."""
    month = timezone.localdate().replace(day=1)
    entries = Entry.objects.filter(kind=kind)
    entries = entries.filter(day__lt=month) if closed else entries.filter(day__gte=month)
    return entries.order_by("id")[entries.count() // 2]


def test_honest_books_pass(written):
    report = audit.look()
    assert report.found == ()
    assert report.looked_at.startswith(
        f"{Entry.objects.count():,} entries, 6 accounts, {Job.objects.count():,} orders"
    )
    assert report.words().endswith(f"{Statement.objects.count():,} statements: all agree.")


CHANGED = {
    "account_id": lambda was: Account.objects.exclude(pk=was).first().pk,
    "kind": "release",
    "d_available": lambda was: was + 5,
    "d_held": lambda was: was - 5,
    "key": lambda was: f"{was}x",
    "job": uuid.UUID(int=1),
    "project_id": lambda was: was + 1,
    "project_name": "Another",
    "made": lambda was: "edit" if was == "generate" else "generate",
    "model_name": "another-model",
    "pictures": lambda was: was + 1,
    "actor_id": 1,
    "reason": "Because",
    "at": lambda was: was + timedelta(microseconds=1),
    "day": lambda was: was - timedelta(days=1),
    "seal": "0" * 64,
}


def test_every_column_of_an_entry_is_tried():
    assert CHANGED.keys() == {field.attname for field in Entry._meta.concrete_fields} - {"id"}


@pytest.mark.parametrize("closed", [False, True], ids=["this month", "closed month"])
@pytest.mark.parametrize("column", CHANGED)
def test_any_column_of_an_entry_that_is_changed_is_found(written, column, closed):
    one = entry(closed=closed)
    field = Entry._meta.get_field(column)
    change = CHANGED[column]
    changed = change(getattr(one, column)) if callable(change) else change
    value = field.get_db_prep_save(changed, connection)
    with switched_off() as cursor:
        cursor.execute(f"UPDATE credits_entry SET {column} = %s WHERE id = %s", [value, one.pk])
        words = found()
        assert f"Entry {one.pk}" in words or f"account {one.account_id}" in words


@pytest.mark.parametrize("kind", Entry.Kind.values)
def test_an_entry_of_any_kind_that_is_taken_out_is_found(written, kind):
    one = Entry.objects.filter(kind=kind).order_by("id")[1]
    after = Entry.objects.filter(account=one.account_id, pk__gt=one.pk).order_by("id").first()
    with switched_off() as cursor:
        cursor.execute("DELETE FROM credits_entry WHERE id = %s", [one.pk])
        assert f"Entry {after.pk} of account {one.account_id} is not as it was sealed" in found()


def test_the_last_entry_that_is_taken_away_is_found_though_the_sums_are_made_to_fit(written):
    last = Entry.objects.order_by("id").last()
    with switched_off() as cursor:
        cursor.execute("DELETE FROM credits_entry WHERE id = %s", [last.pk])
        cursor.execute(
            "UPDATE credits_account SET available = available - %s, held = held - %s WHERE id = %s",
            [last.d_available, last.d_held, last.account_id],
        )
        assert f"The newest entry of account {last.account_id} is not the one the account knows" in found()


@pytest.mark.parametrize("sealed", [False, True])
def test_a_gift_that_is_put_in_past_the_ledger_is_found(written, sealed):
    account = Account.objects.filter(limited=True).first()
    gift = Entry(account=account, kind="grant", d_available=1000, d_held=0, key="gift", at=timezone.now())
    gift.seal = seals.of(account.seal, gift) if sealed else "0" * 64
    with switched_off() as cursor:
        gift.save()
        cursor.execute("UPDATE credits_account SET available = available + 1000 WHERE id = %s", [account.pk])
        assert f"account {account.pk}" in found()


def test_an_allowance_that_is_booked_again_under_its_key_is_found(written):
    one = Entry.objects.filter(key__startswith="allowance:").order_by("id").first()
    with switched_off() as cursor:
        # A copy of the table has no key that is unique.
        cursor.execute("CREATE TABLE copied AS SELECT * FROM credits_entry")
        cursor.execute("DROP TABLE credits_entry")
        cursor.execute("ALTER TABLE copied RENAME TO credits_entry")
        twin = Entry.objects.get(pk=one.pk)
        twin.pk, twin._state.adding = Entry.objects.latest("pk").pk + 1, True
        twin.save()
        assert f"Entry {twin.pk} books {one.key} another time" in found()


@pytest.mark.parametrize("column", ["available", "held"])
def test_sums_of_an_account_that_are_changed_are_found(written, column):
    account = Account.objects.select_related("user").first()
    with switched_off() as cursor:
        cursor.execute(f"UPDATE credits_account SET {column} = {column} + 5 WHERE id = %s", [account.pk])
        assert f"Account {account.pk} of {account.user} has" in found()


def test_an_account_that_is_taken_away_is_found(written):
    account = Account.objects.last()
    with switched_off() as cursor:
        cursor.execute("UPDATE credits_entry SET account_id = 999999 WHERE account_id = %s", [account.pk])
        assert "belongs to account 999999, which is not there" in found()


def test_a_real_account_that_is_called_a_sandbox_is_found(written):
    account = Account.objects.first()
    with switched_off() as cursor:
        cursor.execute("UPDATE credits_account SET sandbox = %s WHERE id = %s", [True, account.pk])
        assert "was never booked" in found()


@pytest.mark.parametrize("table", [MemberTotal, ProjectTotal])
@pytest.mark.parametrize("grain", ["day", "month"])
@pytest.mark.parametrize("change", ["used = used + 5", "start = %s"])
def test_a_total_that_is_changed_is_found(written, table, grain, change):
    row = table.objects.filter(grain=grain, used__gt=0).first()
    with switched_off() as cursor:
        name = table._meta.db_table
        values = [date(2020, 2, 1)] if "%s" in change else []
        cursor.execute(f"UPDATE {name} SET {change} WHERE id = %s", [*values, row.pk])
        assert f"The total of {grain} {row.start}" in found()


def test_a_total_that_is_taken_away_is_found(written):
    row = MemberTotal.objects.filter(grain="day").first()
    with switched_off() as cursor:
        cursor.execute("DELETE FROM credits_membertotal WHERE id = %s", [row.pk])
        assert f"The total of day {row.start} of account {row.account_id}" in found()


def team_statement() -> Statement:
    return Statement.objects.filter(scope="team").order_by("month").last()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sha256": "0" * 64}, "its words are not those of its hash"),
        ({"body": {"number": "2020-01-T"}}, "its words are not those of its hash"),
        ({"number": "2020-01-T"}, "filed under another number"),
        ({"month": date(2020, 1, 1)}, "filed under another number"),
        ({"scope": "project", "subject_id": 99}, "filed under another number"),
    ],
)
def test_a_statement_that_is_changed_is_found(written, changed, words):
    row = team_statement()
    with switched_off():
        QuerySet(Statement).filter(pk=row.pk).update(**changed)
        assert f"Statement {changed.get('number', row.number)}: {words}" in found().replace("it is ", "")


@pytest.mark.parametrize(
    ("part", "changed", "words"),
    [
        ("figures", {"used": 5}, "used is 5, by the ledger"),
        ("figures", {"opening": 12345}, "it opens with 12,345; the one before it closed with"),
        ("figures", {"closing": 12345}, "its closing is not its opening and what moved"),
        ("entries", {"sha256": "0" * 64}, "the entries of its month are not those"),
        ("entries", {"count": 5}, "the entries of its month are not those"),
    ],
)
def test_a_statement_that_is_changed_is_found_though_its_hash_is_made_to_fit(written, part, changed, words):
    row = team_statement()
    body = row.body | {part: row.body[part] | changed}
    with switched_off():
        QuerySet(Statement).filter(pk=row.pk).update(body=body, sha256=statements.sha256(body))
        assert f"Statement {row.number}: {words}" in found()


def test_a_statement_that_is_taken_away_is_found(written):
    row = Statement.objects.filter(scope="member").order_by("month").first()
    with switched_off():
        QuerySet(Statement).filter(pk=row.pk)._raw_delete("default")
        said = found()
        assert f"Statement {row.number} is missing; its month is closed" in said
        assert (
            f"Statement {row.month:%Y-%m}-T: the statements it binds are not those it was made with" in said
        )


def test_all_statements_taken_away_are_found_by_the_next_audit(written):
    audit.keep(audit.look())
    with switched_off():
        QuerySet(Statement).all()._raw_delete("default")
        assert "newest statement of the audit" in found()


def test_members_projects_and_losses_written_anew_are_found_though_all_hashes_are_made_to_fit(written):
    row = team_statement()
    parts = [part | {"used": part["used"] + 5} for part in row.body["members"]]
    with switched_off():
        for changed, words in (
            ({"members": parts}, "don't come to"),
            ({"losses": {"late": 5}}, "its losses are not"),
        ):
            body = row.body | changed
            QuerySet(Statement).filter(pk=row.pk).update(body=body, sha256=statements.sha256(body))
            assert words in found()


def test_a_loss_that_is_taken_out_of_a_closed_month_is_found(written):
    row = team_statement()
    with switched_off():
        body = row.body | {"losses": {"expired": 10}}
        QuerySet(Statement).filter(pk=row.pk).update(body=body, sha256=statements.sha256(body))
        assert f"Statement {row.number}: its losses are not those of the books" in found()


@pytest.mark.parametrize("attack", ["update", "delete"])
def test_statements_are_never_changed_through_the_studio(written, attack):
    row = team_statement()
    with pytest.raises(TypeError, match="never changed"):
        getattr(Statement.objects.filter(pk=row.pk), attack)(**({"sha256": ""} if attack == "update" else {}))
    with pytest.raises(TypeError, match="never changed"):
        row.save()


def job(state=State.DONE, **where) -> Job:
    return Job.objects.filter(state=state, **where).order_by("ordered_at").first()


JOB = {
    "captured": ("captured - 5", "is not what order"),
    "delivered": ("delivered - 1", "pictures at 5"),
    "price": ("price + 1", "is not what order"),
    "asked": ("asked + 1", "is not what order"),
    "project_id": ("project_id + 1", "is not what order"),
    "project_name": ("'Another'", "is not what order"),
    "model_name": ("'another-model'", "is not what order"),
    "settled_at": ("NULL", "not settled and holds nothing"),
    "api": ("'sandbox'", "is not what order"),
}


@pytest.mark.parametrize("column", JOB)
def test_an_order_that_is_changed_is_found(written, column):
    value, words = JOB[column]
    one = job(asked=4, delivered=4, captured=20)
    with switched_off() as cursor:
        cursor.execute(
            f"UPDATE jobs_job SET {column} = {value} WHERE id = %s",
            [Job._meta.pk.get_db_prep_save(one.pk, connection)],
        )
        said = found()
        assert str(one.pk) in said
        assert words in said


def test_an_order_that_is_given_to_another_member_is_found(written):
    one = job()
    with switched_off():
        Job.objects.filter(pk=one.pk).update(owner=Account.objects.exclude(user=one.owner_id).first().user)
        assert f"is not what order {one.pk} says" in found()


def test_an_order_that_was_never_booked_is_found(written):
    one = job()
    with switched_off():
        Job.objects.create(
            **{
                name: getattr(one, name)
                for name in ("owner_id", "model_name", "made", "prompt", "api", "price", "project_id")
            },
            project_name=one.project_name,
            asked=1,
        )
        assert "is not settled and holds nothing" in found()


def test_an_order_that_is_taken_away_is_found(written):
    one = job()
    with switched_off() as cursor:
        cursor.execute(
            "DELETE FROM jobs_job WHERE id = %s", [Job._meta.pk.get_db_prep_save(one.pk, connection)]
        )
        assert f"is not what order {one.pk} says" in found()


def test_an_order_at_rest_that_still_holds_its_credits_is_found(written):
    one = job(State.WAITING)
    with switched_off():
        Job.objects.filter(pk=one.pk).update(state=State.FAILED, finished_at=timezone.now())
        assert f"Order {one.pk} is failed and not settled." in found()


@pytest.mark.parametrize("change", [{"orders": 999}, {"pictures": 999}, {"made": "nothing"}])
def test_a_day_of_orders_that_is_changed_is_found(written, change):
    with switched_off():
        DayOfJobs.objects.filter(pk=DayOfJobs.objects.first().pk).update(**change)
        assert "The days count" in found()


@pytest.mark.parametrize("credits", [0, 1000])
def test_a_loss_that_no_order_can_have_made_is_found(written, credits):
    row = Loss.objects.first() or Loss(
        job=job(State.DONE).pk, api=job().api, why="late", credits=5, day=timezone.localdate()
    )
    if row.pk is None:
        row.save()
    with switched_off() as cursor:
        cursor.execute("UPDATE credits_loss SET credits = %s WHERE id = %s", [credits, row.pk])
        assert f"Loss {row.pk}" in found()


def test_a_finding_that_is_taken_away_is_found(written):
    with switched_off():
        # Whether the team's own three months have one is a matter of the day.
        quiet = findings.quiet(settings.STUDIO_API_URL).last()
        what = {"balance": quiet.balance - 20, "spent": quiet.spent, "open": 0}
        row = findings.look(WalletReading.objects.create(api=quiet.api, **what))
        assert "beside the books" not in found()
        WalletFinding.objects.filter(pk=row.pk).delete()
        assert "moved by -20 beside the books" in found()


@pytest.mark.parametrize("fields", [{"held": -5}, {"limited": True, "available": -5}])
def test_rules_that_were_switched_off_are_asked_again(written, fields):
    with switched_off():
        account = Account.objects.last()
        Account.objects.filter(pk=account.pk).update(**fields)
        assert f"Account {account.pk} breaks the rule that" in found()


def test_play_money_never_enters(written):
    with switched_off() as cursor:
        account = Account.objects.create(user=Account.objects.first().user, sandbox=True)
        cursor.execute("UPDATE credits_account SET available = 999 WHERE id = %s", [account.pk])
        assert found().endswith("all agree.")
