"""The operator's page, and what admins do there."""

import html
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from studio import diskspace
from studio.credits.models import Account
from studio.jobs import line, tasks
from studio.jobs.line import MOST_LOSSES, Stop
from studio.jobs.models import Heard, Job, Line, Output
from studio.jobs.states import State
from tests.jobs.cast import in_state, order, the_line
from tests.office.conftest import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(client, admin):
    """The page as an admin sees it, as text without white space between words."""

    def get() -> str:
        client.force_login(admin)
        response = client.get(reverse("operations"))
        assert response.status_code == 200
        return " ".join(html.unescape(response.content.decode()).split())

    return get


@pytest.fixture
def do(client, admin):
    """An admin presses a button; what the next page says of it."""

    def post(name: str, *arguments, **said) -> str:
        client.force_login(admin)
        response = client.post(reverse(name, args=arguments), said, follow=True)
        assert response.status_code == 200
        return " ".join(str(message) for message in response.context["messages"])

    return post


def lose(times: int) -> None:
    for _ in range(times):
        Line.objects.update(stop="")
        line.stop(Stop.LOST, "No answer", "sandbox")


def silent(owner, **fields) -> Job:
    """An order in the making of which there is no news."""
    return in_state(owner, State.MAKING, **({"sent_at": timezone.now() - timedelta(minutes=40)} | fields))


def not_saved(owner, hours: float, **fields) -> Job:
    """An order that was made and whose picture can't be fetched."""
    then = timezone.now() - timedelta(hours=hours)
    job = in_state(owner, State.SAVING, sent_at=then, state_at=then, **fields)
    Output.objects.create(job=job, position=0, url="http://a/0", attempts=9, problem="The disk is full.")
    return job


class TestThePage:
    def test_with_nothing_in_trouble_it_says_so(self, shown):
        said = shown()
        assert "Running · nobody waits" in said
        assert "Everything that was made is home." in said
        assert "No order takes longer than half an hour." in said
        assert "No answer was lost in the last 30 days." in said
        assert "Try now" not in said

    def test_processes_that_were_never_heard_of_or_are_silent(self, shown):
        assert shown().count("Never heard") == 2
        assert "mail, reports and cleaning wait" in shown()
        tasks.heard("sweep")
        assert "Getting through" in shown()
        tasks.heard("worker")
        Heard.objects.create(name="beat", at=timezone.now() - timedelta(minutes=7))
        said = shown()
        assert "<dd>Running</dd><dd>heard of 0 s ago</dd>" in said
        assert "for 7 min: start it again" in said
        Heard.objects.filter(name="worker").update(at=timezone.now() - timedelta(minutes=2))
        assert "nothing goes out until it is started again" in shown()

    @pytest.mark.parametrize(("there", "words"), [(True, "wakes the workers"), (False, "start it again")])
    def test_whether_the_broker_is_there(self, shown, monkeypatch, there, words):
        monkeypatch.setattr(tasks, "broker_answers", lambda: there)
        assert words in shown()

    def test_for_how_long_the_api_asks_to_be_left_alone(self, shown):
        until = timezone.now() + timedelta(minutes=20)
        Line.objects.update(not_before=until, paced_api="sandbox")
        assert f"The API asks us to wait until {timezone.localtime(until):%H:%M:%S}." in shown()

    def test_a_disk_that_is_full_and_one_that_is_gone(self, shown, monkeypatch):
        full = diskspace.Room(holds="pictures", free=10, total=10**12)
        monkeypatch.setattr(diskspace, "rooms", lambda: [full])
        assert '<div class="tile bad"><dt>Room for pictures</dt><dd>0.0 GB</dd>' in shown()

        def gone():
            raise FileNotFoundError(2, "No such file or directory")

        monkeypatch.setattr(diskspace, "rooms", gone)
        assert "No such file or directory" in shown()

    def test_a_stopped_line_says_why_since_when_and_when_it_tries_again(self, shown, alice):
        order(alice)
        line.stop(Stop.WALLET, "The wallet has 3 credits.", "sandbox")
        said = shown()
        again = timezone.localtime(the_line().probe_at)
        assert "1 order waits" in said
        assert f"The wallet has 3 credits. Next attempt at {again:%H:%M:%S}." in said
        assert "Try now" in said

    def test_fewer_submits_than_set(self, shown):
        Line.objects.update(narrowed_to=2, narrowed_at=timezone.now(), paced_api="sandbox", per_minute=3)
        assert "<dd>2</dd>" in shown()
        assert "The API takes 2 a minute at the moment, 3 are set." in shown()

    def test_what_is_paid_and_not_saved_with_its_trouble_and_how_urgent_it_is(self, shown, alice):
        not_saved(alice, 13)
        not_saved(alice, 21)
        said = shown()
        assert said.count("The disk is full") >= 2
        assert 'class="warn"' in said
        assert 'class="bad"' in said
        assert "13 h 0 min ago" in said

    def test_what_is_silent_and_private_is_told_without_its_prompt(self, shown, alice):
        silent(alice, prompt="a secret", private=True)
        said = shown()
        assert "40 min ago" in said
        assert "a secret" not in said
        assert "Private" in said

    def test_many_are_cut_and_counted_and_cost_no_more_queries(self, shown, client, admin, alice):
        client.force_login(admin)
        silent(alice)
        few = asked(client, reverse("operations"))
        for _ in range(54):
            silent(alice)
        assert "5 more stand behind these." in shown()
        # One more, to count those that are not shown.
        assert asked(client, reverse("operations")) <= few + 1

    def test_lost_answers_are_there(self, shown, alice):
        in_state(alice, State.UNKNOWN, due_at=timezone.now(), prompt="lost words")
        assert "The answer may still come, until" in shown()


class TestTheLine:
    def test_it_is_started_by_hand_after_answers_were_lost_in_a_row(self, shown, do, alice):
        order(alice)
        lose(MOST_LOSSES)
        assert "4 orders in a row were sent and never answered." in shown()
        assert do("start_line") == "The line goes on, with one order first."
        assert (the_line().stop, the_line().careful) == ("", True)

    def test_who_starts_a_line_that_waits_for_nobody_is_told(self, do):
        assert do("start_line") == "The line does not wait for anybody."

    def test_it_is_tried_now(self, do):
        line.stop(Stop.KEY, "Refused", "sandbox")
        assert do("try_line").startswith("It is tried now.")
        assert the_line().probe_at <= timezone.now()

    def test_there_is_nothing_to_try_while_it_runs_or_waits_for_an_admin(self, do):
        assert do("try_line") == "There is nothing to try."
        lose(MOST_LOSSES)
        assert do("try_line") == "There is nothing to try."

    def test_what_a_backup_brought_along_is_cancelled_and_what_is_new_stays(self, shown, do, alice):
        old = order(alice)
        line.park()
        new = order(alice)
        assert "Cancel 1 and go on" in shown()
        do("start_line", cancel="on")
        assert Job.objects.get(pk=old.pk).state == State.CANCELLED
        assert Job.objects.get(pk=new.pk).state == State.WAITING
        assert the_line().stop == ""
        assert Account.objects.get(user=alice).held == 5

    def test_what_a_backup_brought_along_is_sent_when_an_admin_says_so(self, do, alice):
        old = order(alice)
        line.park()
        do("start_line")
        assert line.take() == old


class TestOrders:
    def test_an_order_is_tried_now(self, do, alice):
        job = not_saved(alice, 1, due_at=timezone.now() + timedelta(minutes=4))
        assert do("try_job", job.pk) == "It is tried now."
        assert Job.objects.get(pk=job.pk).due_at <= timezone.now()

    def test_one_that_is_over_is_not_tried(self, do, alice):
        assert do("try_job", in_state(alice, State.DONE).pk).startswith("It is over meanwhile")

    def test_giving_up_is_asked_first_and_changes_nothing_until_confirmed(self, client, admin, alice):
        job = silent(alice)
        client.force_login(admin)
        page = client.get(reverse("give_up", args=[job.pk])).content.decode()
        assert "Alice gets 5 credits back." in page
        assert Job.objects.get(pk=job.pk).state == State.MAKING

    def test_one_without_news_is_given_up(self, do, alice):
        job = silent(alice)
        assert do("give_up", job.pk) == "Given up. Alice has 5 credits back."
        job.refresh_from_db()
        assert (job.state, job.reason) == (
            State.FAILED,
            "Ada gave this order up after 40 min: there was no news of it.",
        )

    def test_what_is_home_stays(self, do, alice):
        job = not_saved(alice, 2, num_images=2, delivered=1)
        assert do("give_up", job.pk) == "Given up. Alice has 5 credits back. Kept: 1 picture."
        assert Job.objects.get(pk=job.pk).state == State.DONE

    def test_too_early_and_too_late_nothing_is_given_up(self, do, alice):
        for job in (in_state(alice, State.MAKING), in_state(alice, State.DONE)):
            assert do("give_up", job.pk).startswith("It is over meanwhile")
            assert Job.objects.get(pk=job.pk).state == job.state

    def test_its_owner_reads_who_gave_it_up(self, do, client, alice):
        do("give_up", silent(alice).pk)
        client.force_login(alice)
        assert "Ada gave this order up after 40 min" in client.get("/queue/").content.decode()
