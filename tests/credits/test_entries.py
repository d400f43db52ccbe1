"""The entries of an account: told in words, chosen, paged, added up, and as a file."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.models import Project
from studio.credits import entries, ledger, periods
from studio.credits.entries import ALL, Choice, Ordered, Picture
from studio.credits.ledger import account_of
from studio.credits.models import Entry
from tests.conftest import person
from tests.credits.test_balances import done, last_month
from tests.jobs.cast import order

pytestmark = pytest.mark.django_db
TODAY = periods.today()
THIS_MONTH = periods.month_of(TODAY)


def words(user, **choice) -> list[str]:
    rows, _older = entries.page(account_of(user), None, choice=Choice(**choice))
    return [row.words for row in rows]


@pytest.fixture
def spring(db):
    """A second project."""
    return Project.objects.create(name="Spring")


@pytest.fixture
def ann(admin, spring):
    """A member with books of two months, two projects and two kinds of work; the latest entries are of today."""
    user = person("Ann", credits=30)
    done(user)
    last_month(user)
    ledger.hold(user, 10, booking(spring, made="edit"))
    ledger.adjust(user, -3, key="a", why=ledger.Why(actor=admin, reason="A mistake"))
    return user


def booking(project, made="generate") -> ledger.Booking:
    return ledger.Booking(
        job=uuid4(), project_id=project.pk, project_name=project.name, made=made, model_name="m"
    )


def test_the_entries_tell_what_happened_newest_first(admin):
    user = person("Ann", credits=30)
    done(user, asked=2, delivered=1)
    ledger.adjust(user, -3, key="a", why=ledger.Why(actor=admin, reason="A mistake"))
    ledger.expire(account_of(user), 2, key="e", why=ledger.Why(actor=None, reason="The month is over"))
    rows, older = entries.page(account_of(user), None)
    assert [(row.words, row.available, row.held) for row in rows] == [
        ("Expired: The month is over", "−2", "0"),
        ("Corrected by Ada: A mistake", "−3", "0"),
        ("Given back 5, not delivered", "+5", "−5"),
        ("Paid 5 for 1 picture", "0", "−5"),
        ("Held 10 for an order", "−10", "+10"),
        ("Given", "+30", "0"),
    ]
    assert older is None


def test_what_was_paid_is_told_apart_from_what_was_held_for_it(alice):
    done(alice, asked=2, delivered=1)
    rows, _older = entries.page(account_of(alice), None)
    assert [(row.available, row.held, row.paid) for row in rows] == [
        ("+5", "−5", 0), ("0", "−5", 5), ("−10", "+10", 0)
    ]  # fmt: skip


def test_the_entries_of_others_are_theirs(alice, bob):
    order(bob)
    assert entries.page(account_of(alice), None) == ([], None)


def test_what_the_job_was_stands_beside_and_its_pictures_where_they_were_paid(alice):
    job = done(alice)
    picture = Picture("/images/1/", "/media/1/320.webp", "picture 1")
    rows, _ = entries.page(
        account_of(alice), None, orders=lambda jobs: {one: Ordered("a fox", (picture,)) for one in jobs}
    )
    assert [(row.words, row.job, row.pictures) for row in rows] == [
        ("Paid 5 for 1 picture: a fox", job.pk, (picture,)),
        ("Held 5 for an order: a fox", job.pk, ()),
    ]


def test_the_pages_hold_every_entry_once(alice, monkeypatch):
    monkeypatch.setattr(entries, "PAGE", 3)
    for number in range(7):
        ledger.grant(alice, 1 + number, key=f"g{number}", why=ledger.NOBODY)
    found, before = [], None
    while True:
        rows, before = entries.page(account_of(alice), before)
        found += [row.available for row in rows]
        if before is None:
            break
    assert found == ["+7", "+6", "+5", "+4", "+3", "+2", "+1"]


@pytest.mark.parametrize(("number", "told"), [(0, "0"), (5, "+5"), (-10, "−10"), (-1240, "−1,240")])
def test_figures_have_their_sign(number, told):
    assert entries.signed(number) == told


# Choosing


def test_of_a_month_only_what_counts_for_it(ann):
    assert words(ann, month=THIS_MONTH) == ["Corrected by Ada: A mistake", "Held 10 for an order"]
    assert words(ann, month=periods.last_month(TODAY)) == [
        "Paid 5 for 1 picture", "Held 5 for an order", "Given"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "count"),
    [("grant", 1), ("adjust", 1), ("hold", 2), ("capture", 1), ("release", 0), ("generate", 2), ("edit", 1)],
)
def test_of_a_kind_of_entry_or_of_work_only_those(ann, kind, count):
    assert len(words(ann, kind=kind)) == count


def test_of_a_project_only_its_own(ann, spring):
    assert words(ann, project=spring.pk) == ["Held 10 for an order"]
    assert words(ann, project=spring.pk, kind="capture") == []


def test_what_is_chosen_adds_up(ann, spring):
    rows = Entry.objects.filter(account=account_of(ann))
    whole = sum(row.d_available for row in rows), sum(row.d_held for row in rows)
    assert whole == (12, 10)
    assert entries.sums(account_of(ann), ALL) == ("+12", "+10")
    assert entries.sums(account_of(ann), Choice(month=THIS_MONTH)) == ("−13", "+10")
    assert entries.sums(account_of(ann), Choice(month=periods.last_month(TODAY))) == ("+25", "0")
    assert entries.sums(account_of(ann), Choice(kind="release")) == ("0", "0")


def test_there_are_the_months_since_the_first_entry_to_choose_from(ann, alice):
    projects = {1: "General"}
    found = entries.choices(account_of(ann), projects)
    assert (found.months, found.projects) == ([THIS_MONTH, periods.last_month(TODAY)], projects)
    assert entries.choices(account_of(alice), projects).months == []


def test_a_month_in_which_nothing_happened_can_be_chosen_too(alice):
    ledger.grant(alice, 1, key="g", why=ledger.NOBODY)
    super(type(Entry.objects.all()), Entry.objects.all()).update(day=date(TODAY.year - 1, TODAY.month, 28))
    assert len(entries.choices(account_of(alice), {}).months) == 13


@pytest.mark.parametrize(
    "asked",
    [
        {"month": "2026-13"}, {"month": "9999-12"}, {"month": "x"}, {"month": ""}, {"kind": "theft"}, {"kind": "GRANT"},
        {"project": "999"}, {"project": "9" * 30}, {"project": "-1"}, {"project": "x"},
    ],
)  # fmt: skip
def test_what_nobody_offered_is_not_chosen(ann, spring, asked):
    assert entries.choices(account_of(ann), {spring.pk: "Spring"}).chosen(asked) == ALL


def test_an_address_chooses_all_three(ann, spring):
    asked = {"month": f"{TODAY:%Y-%m}", "kind": "edit", "project": str(spring.pk)}
    chosen = entries.choices(account_of(ann), {spring.pk: "Spring"}).chosen(asked)
    assert chosen == Choice(month=THIS_MONTH, kind="edit", project=spring.pk)


# As a file


def test_a_file_has_every_chosen_entry_with_all_it_says(ann, admin, spring):
    def told(jobs):
        return {one: Ordered("a fox") for one in jobs}

    adjust, hold = (
        dict(zip(entries.HEADER, row, strict=True))
        for row in entries.sheet(account_of(ann), Choice(month=THIS_MONTH), told)
    )
    assert (adjust["What"], adjust["Order"], adjust["Credits"], adjust["Held"]) == ("Corrected", "", -3, 0)
    assert (adjust["By"], adjust["Reason"], adjust["Job"]) == ("Ada", "A mistake", None)
    assert (hold["Kind"], hold["Order"], hold["Credits"], hold["Held"]) == ("hold", "a fox", -10, 10)
    assert (hold["Made"], hold["Project"], hold["Day"], hold["By"]) == ("edit", "Spring", TODAY, "")


def test_a_file_of_any_length_asks_what_was_ordered_once_a_batch(alice, monkeypatch):
    monkeypatch.setattr(entries, "BATCH", 4)
    for number in range(10):
        ledger.grant(alice, 1 + number, key=f"g{number}", why=ledger.NOBODY)
    with CaptureQueriesContext(connection) as queries:
        rows = list(entries.sheet(account_of(alice), ALL, entries.untold))
    assert [row[9] for row in rows] == list(range(10, 0, -1))
    assert len(queries) <= 3
