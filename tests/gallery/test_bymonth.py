from datetime import UTC, datetime

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from gallery import asked, bymonth, finding
from gallery.models import Image
from tests.gallery import pictures
from tests.gallery.test_pages import monthly

pytestmark = pytest.mark.django_db


def counted(user, query="") -> list[tuple[str, int]]:
    wanted = asked.read(QueryDict(query))
    found = bymonth.months(user, wanted, finding.albums(user, wanted))
    return [(f"{month.first:%Y-%m}", month.count) for month in found]


def test_without_pictures_there_are_no_months(alice, charlie):
    assert counted(alice) == []
    monthly(charlie, 3)
    assert counted(charlie) == []


@pytest.mark.parametrize("query", ["", "by=me", "project=1", "q=fox", "kind=generate", "by=me&kind=generate"])
def test_each_month_has_its_true_count_newest_first(alice, query):
    for image in monthly(alice, 3, 5, 5, prompt="a fox"):
        pictures.search.index(image.pk)
    assert counted(alice, query) == [("2026-05", 2), ("2026-03", 1)]


@pytest.mark.parametrize("query", ["", "project=1", "q=fox", "kind=generate"])
def test_what_others_hide_or_throw_away_counts_nowhere(alice, bob, query):
    monthly(alice, 3, prompt="a fox")
    monthly(bob, 3, 4, prompt="a fox", private=True)
    monthly(bob, 3, 5, prompt="a fox", trashed_at=timezone.now())
    pictures.search.index_all()
    assert counted(alice, query) == [("2026-03", 1)]


def test_a_month_begins_where_the_reader_is(alice):
    pictures.rows(alice, 1, created_at=datetime(2026, 5, 31, 23, 30, tzinfo=UTC))
    for query in ("", "kind=generate"):
        with timezone.override("Europe/Berlin"):
            assert counted(alice, query) == [("2026-06", 1)]
        with timezone.override("America/New_York"):
            assert counted(alice, query) == [("2026-05", 1)]


def test_a_month_leads_to_its_place_with_all_filters(alice):
    monthly(alice, 3)
    (month,) = bymonth.months(alice, asked.read(QueryDict("kind=generate&at=2026-01")), {})
    assert month.url == "/gallery/?kind=generate&at=2026-03"


@pytest.mark.parametrize("query", ["", "by=me", "kind=generate"])
def test_pictures_of_long_ago_that_came_later_are_counted_too(alice, query):
    """A backup that was put in, or made data: numbers do not tell how old they are."""
    monthly(alice, 6, 3)
    assert counted(alice, query) == [("2026-06", 1), ("2026-03", 1)]


@pytest.mark.parametrize("query", ["", "kind=generate"])
def test_counting_costs_two_queries_however_many_months(alice, query, django_assert_num_queries):
    monthly(alice, *range(1, 11))
    pictures.rows(alice, 1, created_at=datetime(2020, 1, 1, tzinfo=UTC))
    Image.objects.update(prompt="x")
    with django_assert_num_queries(2):
        assert len(counted(alice, query)) >= 10


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's plan")
@pytest.mark.parametrize(
    ("query", "index"),
    [("", "image_team_months"), ("by=me", "image_own_months"), ("project=1", "image_project_months")],
)
def test_each_tab_counts_by_an_index(alice, query, index):
    images = asked.images(alice, asked.read(QueryDict(query)), {}).order_by()
    plan = images.filter(created_at__gte=timezone.now(), created_at__lt=timezone.now()).explain()
    assert index in plan
