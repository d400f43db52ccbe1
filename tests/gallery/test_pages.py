import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import pages
from gallery.models import Image, Project
from tests.gallery import pictures


def stacks(page):
    return [stack.images for day in page.days for stack in day.stacks]


def walked(user, size=3, **options):
    """All stacks, page by page."""
    found, before = [], None
    while True:
        page = pages.page(user, before=before, size=size, **options)
        found += stacks(page)
        before = page.next
        if before is None:
            return found


def test_an_empty_gallery_is_an_empty_page(alice):
    assert pages.page(alice) == pages.Page(days=[], next=None)


def test_a_stranger_has_empty_pages(alice, charlie):
    pictures.rows(charlie, 3)
    for scope in ("team", "mine", pictures.general().pk):
        assert pages.page(charlie, scope=scope).days == []


def test_newest_first_and_each_picture_once_over_all_pages(alice):
    found = pictures.rows(alice, 11)
    assert walked(alice) == [[image] for image in reversed(found)]


@pytest.mark.parametrize("count", [3, 6])
def test_a_last_page_that_is_just_full_leads_nowhere(alice, count):
    pictures.rows(alice, count)
    assert len(walked(alice)) == count
    assert pages.page(alice, size=count).next is None


def test_the_pictures_of_an_order_are_one_stack_first_to_last(alice):
    order = pictures.rows(alice, 4, job=uuid.uuid4())
    assert stacks(pages.page(alice)) == [order]
    assert pages.page(alice).days[0].stacks[0].cover == order[0]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_no_page_border_cuts_a_stack(alice, size):
    single = pictures.rows(alice, 2)
    orders = [pictures.rows(alice, 4, job=uuid.uuid4()) for _ in range(4)]
    late = pictures.rows(alice, 1)
    wanted = [late, *reversed(orders), *([image] for image in reversed(single))]
    assert walked(alice, size) == wanted


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
    assert walked(alice, scope="team") == [[team]]
    assert walked(alice, scope="mine") == [[own]]
    assert walked(alice, scope=spring.pk) == [[own]]
    assert walked(bob, scope="mine") == [[other], [team]]


def test_days_are_those_of_the_readers_time_zone(alice):
    pictures.rows(alice, 1, created_at=datetime(2026, 6, 13, 23, 30, tzinfo=UTC))
    pictures.rows(alice, 1, created_at=datetime(2026, 6, 14, 12, 0, tzinfo=UTC))
    with timezone.override("Europe/Berlin"):
        assert [(day.date, len(day.stacks)) for day in pages.page(alice).days] == [(date(2026, 6, 14), 2)]
    with timezone.override("UTC"):
        assert [day.date for day in pages.page(alice).days] == [date(2026, 6, 14), date(2026, 6, 13)]


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
            for stack in stacks(pages.page(alice, scope="team")):
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
    ("scope", "index"), [("team", "image_team"), ("mine", "image_mine"), (1, "image_project")]
)
def test_each_tab_walks_an_index_and_sorts_nothing(alice, scope, index, before):
    plan = pages.covers(alice, scope, before)[: pages.SIZE].explain()
    assert f"gallery_image USING INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan
    order = "SEARCH U0 USING INDEX sqlite_autoindex_gallery_image_1 (job=?)"
    assert order in plan
    members = pages.members(alice, [Image(job=uuid.uuid4()), Image(job=uuid.uuid4())]).explain()
    assert "(job=?)" in members
