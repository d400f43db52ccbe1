"""`manage.py media check`, with the files of real orders at a provider over real HTTP."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from gallery import audit, files, library
from gallery.models import Image
from studio.jobs import line, looks, moves, saving, steps
from studio.jobs.models import Job
from studio.jobs.states import State
from tests.gallery import pictures
from tests.gallery.test_audit import age, orphan, spoil
from tests.jobs.cast import order
from tests.jobs.conftest import _quick, clock, provider

__all__ = ["_quick", "clock", "provider"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def ordered(provider, alice):
    """Two pictures of an order, home from the provider."""
    order(alice, num_images=2)
    job = line.take()
    steps.send(job)
    Job.objects.update(due_at=job.ordered_at)
    looks.look(moves.claim(job.pk, State.MAKING))
    Job.objects.update(due_at=job.ordered_at)
    saving.save(moves.claim(job.pk, State.SAVING))
    return list(Image.objects.order_by("position"))


def check(capsys, *, repair=False) -> list[str]:
    """The findings it printed, without the folders."""
    capsys.readouterr()
    try:
        call_command("media", "check", *(["--repair"] if repair else []))
    finally:
        printed = capsys.readouterr().out.splitlines()
    return printed


def test_a_picture_the_provider_never_had_stays_missing_and_keeps_its_row(media, alice, capsys):
    image = pictures.made(alice)
    files.original(image).unlink()
    with pytest.raises(
        CommandError, match=r"1 pictures are missing.*provider has them no more.*No row was deleted"
    ):
        check(capsys, repair=True)
    assert Image.objects.get() == image


def test_a_missing_file_is_only_told_until_repair_is_asked_for(ordered, capsys):
    files.original(ordered[1]).unlink()
    with pytest.raises(CommandError, match=r"1 pictures are missing or changed\. Run it with --repair"):
        check(capsys)
    assert not files.original(ordered[1]).exists()


def test_a_missing_file_is_fetched_again_and_is_the_same(ordered, capsys):
    path = files.original(ordered[1])
    before = path.read_bytes()
    path.unlink()
    assert check(capsys, repair=True) == [f"missing {path} fetched again", "1 findings."]
    assert path.read_bytes() == before
    assert list(audit.findings()) == []


def test_after_a_day_it_is_not_asked_for(ordered, provider, clock, capsys):
    files.original(ordered[1]).unlink()
    clock.forward(timedelta(hours=25).total_seconds())
    with pytest.raises(CommandError, match="The provider has them no more"):
        check(capsys, repair=True)


def test_other_bytes_than_those_that_were_kept_are_not_put_there(ordered, capsys):
    image = ordered[0]
    Image.objects.filter(pk=image.pk).update(sha256="f" * 64)
    image.refresh_from_db()
    with pytest.raises(CommandError, match="The provider has them no more"):
        check(capsys, repair=True)
    assert not files.original(image).exists()


def test_a_provider_that_is_away_is_no_crash(ordered, settings, capsys):
    files.original(ordered[0]).unlink()
    settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="1 pictures are missing"):
        check(capsys, repair=True)


def test_a_changed_file_gives_way_to_the_right_one_and_is_kept(media, ordered, capsys):
    path = files.original(ordered[0])
    right = path.read_bytes()
    spoil(path)
    wrong = path.read_bytes()
    said = check(capsys, repair=True)
    assert said == [f"changed {path} fetched again, the changed file is in quarantine", "1 findings."]
    assert path.read_bytes() == right
    assert (media / "quarantine" / path.name).read_bytes() == wrong


def test_a_changed_file_stays_where_nothing_better_is_to_be_had(media, alice, capsys):
    path = files.original(pictures.made(alice))
    spoil(path)
    wrong = path.read_bytes()
    with pytest.raises(CommandError, match="1 pictures are missing or changed"):
        check(capsys, repair=True)
    assert path.read_bytes() == wrong
    assert list((media / "quarantine").iterdir()) == []


def test_strangers_go_to_quarantine_only_when_told(media, alice, capsys):
    stranger = orphan(media, 0)
    assert check(capsys) == [f"orphan {stranger}", "1 findings."]
    assert stranger.exists()
    assert check(capsys, repair=True) == [f"orphan {stranger} quarantined", "1 findings."]
    assert (media / "quarantine" / stranger.name).exists()
    assert check(capsys) == ["Every picture has its file, and every file its picture."]


def test_the_trash_keeps_its_files(media, alice, capsys):
    image = pictures.made(alice)
    library.trash([image.pk], by=alice)
    age(files.original(image))
    assert check(capsys, repair=True) == ["Every picture has its file, and every file its picture."]
