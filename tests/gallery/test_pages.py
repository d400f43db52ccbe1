import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import library, pages
from gallery.asked import Asked
from gallery.models import Image, Project
from tests.gallery import pictures


def stacks(page):
    return [stack.images for day in page.days for stack in day.stacks]


TEAM, MINE = Asked(), Asked({"by": "me"})


def of(project) -> Asked:
    return Asked({"project": str(project.pk)})


def walked(user, size=3, wanted=TEAM):
    """All stacks, page by page."""
    found, before = [], None
    while True:
        page = pages.page(user, wanted, pages.Place(before=before), size=size)
        found += stacks(page)
        before = page.older
        if before is None:
            return found


def walked_up(user, size=3, wanted=TEAM):
    """All stacks, page by page, from the oldest on."""
    found, after = [], 0
    while after is not None:
        page = pages.page(user, wanted, pages.Place(after=after), size=size)
        found = stacks(page) + found
        after = page.newer
    return found


def test_an_empty_gallery_is_an_empty_page(alice):
    assert pages.page(alice) == pages.Page(days=[], older=None, total=0)


def test_a_stranger_has_empty_pages(alice, charlie):
    pictures.rows(charlie, 3)
    for wanted in (TEAM, MINE, of(pictures.general()), Asked({"kind": "generate"})):
        assert pages.page(charlie, wanted).days == []


def test_newest_first_and_each_picture_once_over_all_pages(alice):
    found = pictures.rows(alice, 11)
    assert walked(alice) == [[image] for image in reversed(found)]


@pytest.mark.parametrize("count", [3, 6])
def test_a_last_page_that_is_just_full_leads_nowhere(alice, count):
    pictures.rows(alice, count)
    assert len(walked(alice)) == count
    assert pages.page(alice, size=count).older is None


def test_the_pictures_of_an_order_are_one_stack_first_to_last(alice):
    order = pictures.rows(alice, 4, job=uuid.uuid4())
    assert stacks(pages.page(alice)) == [order]
    assert pages.page(alice).days[0].stacks[0].cover == order[0]


def top(user, wanted=TEAM):
    return [stack.cover for day in pages.page(user, wanted).days for stack in day.stacks]


def wins(image, **fields):
    Image.objects.filter(pk=image.pk).update(winner=True, **fields)


def test_the_winner_is_on_top_and_the_stack_stays_where_it_is(alice):
    order = pictures.rows(alice, 4, job=uuid.uuid4())
    (later,) = pictures.rows(alice, 1)
    wins(order[2])
    assert walked(alice) == [[later], order]
    assert top(alice) == [later, order[2]]
    drawn = pages.page(alice).days[0].stacks[1].drawn
    assert drawn == [order[2], order[0], order[1], order[3]]


@pytest.mark.parametrize("hidden", [{"private": True}, {"trashed_at": timezone.now()}])
def test_a_winner_that_one_does_not_see_is_on_top_of_nothing(alice, bob, hidden):
    order = pictures.rows(alice, 3, job=uuid.uuid4())
    wins(order[1], **hidden)
    assert top(bob) == [order[0]]
    assert walked(bob) == [[order[0], order[2]]]


def test_with_a_filter_the_winner_is_on_top_of_what_matches(alice):
    order = pictures.rows(alice, 3, job=uuid.uuid4())
    wins(order[2])
    assert top(alice, Asked({"kind": "generate"})) == [order[2]]
    Image.objects.filter(pk=order[2].pk).update(ratio="1-1")
    assert top(alice, Asked({"ratio": "3-2"})) == [order[0]]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_no_page_border_cuts_a_stack(alice, size):
    single = pictures.rows(alice, 2)
    orders = [pictures.rows(alice, 4, job=uuid.uuid4()) for _ in range(4)]
    late = pictures.rows(alice, 1)
    wanted = [late, *reversed(orders), *([image] for image in reversed(single))]
    assert walked(alice, size) == wanted
    assert walked_up(alice, size) == wanted


def test_a_picture_that_comes_home_late_joins_its_stack(alice):
    order = pictures.rows(alice, 3, job=uuid.uuid4())
    newer = pictures.rows(alice, 1)
    last = Image.objects.get(pk=order[0].pk)
    last.pk, last.position = None, 3
    last.save()
    assert walked(alice) == [newer, [*order, last]]


def test_a_stack_goes_on_without_its_first_picture(alice):
    order = pictures.rows(alice, 3, job=uuid.uuid4())
    Image.objects.filter(pk=order[0].pk).update(trashed_at=timezone.now())
    assert walked(alice) == [order[1:]]


def test_uploads_are_not_stacked(alice):
    found = pictures.rows(alice, 3)
    for image in found:
        image.kind, image.job, image.credits, image.sha256 = "upload", None, 0, f"{image.pk:064}"
        image.save()
    assert walked(alice) == [[image] for image in reversed(found)]


def test_the_tabs_show_the_team_mine_and_a_project(alice, bob):
    spring = Project.objects.create(name="Spring")
    (team,), (own,) = pictures.rows(bob, 1), pictures.rows(alice, 1, private=True, project=spring)
    (other,) = pictures.rows(bob, 1, private=True, project=spring)
    assert walked(alice, wanted=TEAM) == [[team]]
    assert walked(alice, wanted=MINE) == [[own]]
    assert walked(alice, wanted=of(spring)) == [[own]]
    assert walked(bob, wanted=MINE) == [[other], [team]]


def test_an_order_of_which_one_picture_is_private_is_a_stack_of_the_others(alice, bob):
    order = pictures.rows(alice, 3, job=uuid.uuid4())
    Image.objects.filter(pk=order[0].pk).update(private=True)
    assert walked(alice) == walked(bob) == [order[1:]]
    assert [[image.pk for image in stack] for stack in walked(alice, wanted=MINE)] == [
        [image.pk for image in order]
    ]


def test_days_are_those_of_the_readers_time_zone(alice):
    pictures.rows(alice, 1, created_at=datetime(2026, 6, 13, 23, 30, tzinfo=UTC))
    pictures.rows(alice, 1, created_at=datetime(2026, 6, 14, 12, 0, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        assert [(day.date, len(day.stacks)) for day in pages.page(alice).days] == [(date(2026, 6, 14), 2)]
    with timezone.override("UTC"):
        assert [day.date for day in pages.page(alice).days] == [date(2026, 6, 14), date(2026, 6, 13)]


def test_a_page_has_a_bound_of_pictures_and_none_is_lost_over_it(alice, monkeypatch):
    monkeypatch.setattr(pages, "MOST_IMAGES", 9)
    orders = [pictures.rows(alice, 4, job=uuid.uuid4()) for _ in range(5)]
    singles = [[image] for image in pictures.rows(alice, 3)]
    whole = [*reversed(singles), *reversed(orders)]
    assert stacks(pages.page(alice)) == [*reversed(singles), orders[4]]
    assert walked(alice, size=50) == walked_up(alice, size=50) == whole


def test_an_order_of_more_pictures_than_a_page_may_have_is_a_page(alice, monkeypatch):
    monkeypatch.setattr(pages, "MOST_IMAGES", 3)
    orders = [pictures.rows(alice, 4, job=uuid.uuid4()) for _ in range(2)]
    assert stacks(pages.page(alice)) == [orders[1]]
    assert walked(alice, size=50) == walked_up(alice, size=50) == [orders[1], orders[0]]


def test_a_picture_is_liked_by_its_reader_alone(alice, bob):
    order = pictures.rows(alice, 2, job=uuid.uuid4())
    library.favourite([order[1].pk], by=bob)
    liked = [image.liked for stack in stacks(pages.page(bob)) for image in stack]
    assert liked == [False, True]
    assert not any(image.liked for stack in stacks(pages.page(alice)) for image in stack)
    filtered = stacks(pages.page(bob, Asked({"kind": "generate"})))
    assert sorted(image.liked for stack in filtered for image in stack) == [False, True]


def test_a_clock_that_went_back_makes_no_second_heading(alice):
    noon = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
    for hours in (0, -24, 0):
        pictures.rows(alice, 1, created_at=noon + timedelta(hours=hours))
    assert [(day.date.day, len(day.stacks)) for day in pages.page(alice).days] == [(14, 2), (13, 1)]


def test_a_page_costs_the_same_however_many_pictures_there_are(alice, bob):
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for stack in stacks(pages.page(alice)):
                for image in stack:
                    str(image.owner), str(image.project)
        return [query["sql"] for query in queries]

    pictures.rows(alice, 1)
    few = asked()
    for _ in range(40):
        pictures.rows(bob, 4, job=uuid.uuid4())
    many = asked()
    assert len(few) == len(many) == 2
    assert not [sql for sql in many if "COUNT(" in sql.upper() or "OFFSET" in sql.upper()]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize("before", [None, 500])
@pytest.mark.parametrize(
    ("parts", "index"),
    [({}, "image_team"), ({"by": "me"}, "image_mine"), ({"project": "1"}, "image_project")],
)
def test_each_tab_walks_an_index_and_sorts_nothing(alice, parts, index, before):
    place, wanted = pages.Place(before=before), Asked(parts)
    plan = pages.covers(alice, wanted).filter(place.within).order_by("-pk")[: pages.SIZE].explain()
    assert f"gallery_image USING INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan
    order = " USING INDEX sqlite_autoindex_gallery_image_1 (job=?)"
    assert order in plan
    members = pages.members(alice, wanted, [Image(job=uuid.uuid4()), Image(job=uuid.uuid4())]).explain()
    assert "(job=?)" in members


# What a look at the tables says of 200,000 pictures of twelve members.
TOLD = [
    ("gallery_project", "project_name_once", "24 1"),
    ("accounts_user", "email_once_whatever_its_case", "12 1"),
    ("accounts_user", "sqlite_autoindex_accounts_user_1", "12 1"),
    ("gallery_image", "image_project_months", "200784 401 3 3 3"),
    ("gallery_image", "image_own_months", "187460 401 3"),
    ("gallery_image", "image_team_months", "184428 3"),
    ("gallery_image", "image_private", "28952 1"),
    ("gallery_image", "image_of_ratio", "351036 401 1"),
    ("gallery_image", "image_of_kind", "698400 401 1"),
    ("gallery_image", "image_sha256", "91728 22"),
    ("gallery_image", "image_project", "405756 401 1"),
    ("gallery_image", "image_mine", "353065 401 1"),
    ("gallery_image", "image_team", "310684 1"),
    ("gallery_image", "sqlite_autoindex_gallery_image_1", "945648 6 2"),
]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize("parts", [{}, {"by": "me"}, {"project": "1"}])
def test_a_page_of_a_tab_begins_with_its_pictures_whatever_sqlite_knows_of_the_tables(alice, parts):
    pictures.rows(alice, 3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", TOLD)
        cursor.execute("ANALYZE sqlite_schema")
    with CaptureQueriesContext(connection) as queries:
        pages.page(alice, Asked(parts))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        plan = "\n".join(row[3] for row in cursor.fetchall())
    assert "SCAN accounts_user" not in plan
    assert "SCAN gallery_project" not in plan


# From a month or a picture on


def monthly(owner, *months: int, **fields):
    """A picture of noon on the 14th of each of these months of 2026."""
    return [
        pictures.rows(owner, 1, created_at=datetime(2026, month, 14, 12, 0, tzinfo=UTC), **fields)[0]
        for month in months
    ]


def opened(user, at, parts=None, size=3):
    return pages.page(user, Asked(parts or {}), pages.Place(at=at), size=size)


@pytest.mark.parametrize("parts", [{}, {"by": "me"}, {"project": "1"}, {"kind": "generate"}])
def test_a_month_opens_at_its_newest_picture_with_ways_up_and_down(alice, parts):
    found = monthly(alice, 3, 4, 5, 6)
    page = opened(alice, "2026-05", parts, size=2)
    assert stacks(page) == [[found[2]], [found[1]]]
    assert (page.newer, page.older) == (found[2].pk, found[1].pk)
    above = pages.page(alice, Asked(parts), pages.Place(after=page.newer))
    assert stacks(above) == [[found[3]]]


def test_a_month_without_pictures_opens_at_the_ones_before_it(alice):
    found = monthly(alice, 3, 6)
    assert stacks(opened(alice, "2026-05")) == [[found[0]]]


def test_a_month_opens_where_its_pictures_were_put_in_after_newer_ones(alice):
    """Made data, or a backup, beside what was there."""
    newest, *older = monthly(alice, 9, 3, 4, 5)
    assert stacks(opened(alice, "2026-04")) == [[older[1]], [older[0]]]
    assert stacks(opened(alice, "2026-09", size=9))[-1] == [newest]


def test_above_the_newest_month_there_is_nothing(alice):
    monthly(alice, 3, 4)
    assert opened(alice, "2026-04").newer is None
    assert opened(alice, "2026-12").newer is None


def test_a_month_before_all_pictures_leads_up_to_the_oldest(alice):
    found = monthly(alice, 3, 4)
    page = opened(alice, "2001-01")
    assert page.days == []
    assert stacks(pages.page(alice, TEAM, pages.Place(after=page.newer))) == [[found[1]], [found[0]]]


def test_above_the_newest_picture_is_an_empty_page_that_leads_back(alice):
    found = monthly(alice, 3)
    page = pages.page(alice, TEAM, pages.Place(after=found[0].pk))
    assert (page.days, page.newer) == ([], None)
    assert stacks(pages.page(alice, TEAM, pages.Place(before=page.older))) == [found]


def test_what_others_hide_is_not_felt_above(alice, bob):
    found = monthly(alice, 3)
    monthly(bob, 6, private=True)
    assert opened(alice, "2026-03").newer is None
    assert stacks(opened(alice, "2026-03")) == [found]


def test_a_month_is_one_of_the_readers_time_zone(alice):
    (image,) = pictures.rows(alice, 1, created_at=datetime(2026, 5, 31, 23, 30, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        assert opened(alice, "2026-05").days == []
        assert stacks(opened(alice, "2026-06")) == [[image]]
    with timezone.override("UTC"):
        assert stacks(opened(alice, "2026-05")) == [[image]]


# With filters


def test_what_matches_is_counted_and_no_more_than_a_thousand(alice):
    found = pictures.rows(alice, 70)
    kind = Asked({"kind": "generate"})
    assert pages.page(alice, kind).total == 70
    assert pages.page(alice, kind, pages.Place(before=found[10].pk)).total is None
    pictures.rows(alice, 1000)
    assert pages.page(alice, kind).total == 1001


def test_matches_of_one_order_are_a_stack_where_the_newest_of_them_is(alice):
    order = pictures.rows(alice, 4, job=uuid.uuid4())
    Image.objects.filter(pk=order[1].pk).update(ratio="1-1")
    (late,) = pictures.rows(alice, 1)
    assert walked(alice, size=9, wanted=Asked({"ratio": "3-2"})) == [[late], [order[0], *order[2:]]]


def test_a_page_with_filters_is_one_query(alice, django_assert_num_queries):
    pictures.rows(alice, 100)
    with django_assert_num_queries(1):
        pages.page(alice, Asked({"kind": "generate"}))
