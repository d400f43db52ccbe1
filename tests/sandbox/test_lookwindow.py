"""An API that counts looks, too: so many in a window, and 429 for the rest."""


def test_looks_over_the_limit_are_told_to_wait_and_cost_no_place(make_world, serve):
    world = make_world(seconds=(60, 60), looks=2, window_seconds=30)
    caller = serve(world)
    task = caller.submit().json()["task_id"]
    answers = [caller.status(task) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert 28 <= int(answers[-1].headers["Retry-After"]) <= 30
    assert (world.look_window.refused, world.looks(task).count) == (2, 2)


def test_a_place_is_free_a_window_later(make_world, serve):
    world = make_world(seconds=(60, 60), looks=1, window_seconds=0.05)
    caller = serve(world)
    task = caller.submit().json()["task_id"]
    caller.status(task)
    while caller.status(task).status_code == 429:
        pass
    assert world.looks(task).count == 2


def test_nobody_counts_looks_unless_told_to(make_world, serve):
    world = make_world(seconds=(60, 60))
    caller = serve(world)
    task = caller.submit().json()["task_id"]
    assert {caller.status(task).status_code for _ in range(20)} == {200}
