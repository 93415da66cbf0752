"""What people do with runs: states, queue, pins, deletion. Asked of every implementation of `RunBook`."""

import inspect
from typing import Any

import pytest

from core.contract import Command
from core.errors import InvalidSettingError, LeaseLostError, NotFoundError
from core.runs.protocols import ID_LETTERS, RunBook
from core.runs.records import Standing, pin_name
from core.runs.store import RunStore
from tests.support.store_implementations import Opener
from tests.support.stores import Clock, claimed, queued


def test_a_new_run_waits_under_an_id_that_cannot_be_misread(store: RunStore) -> None:
    run = queued(store, title="My first")
    assert run == store.book.get(run.id)
    assert len(run.id) == 6
    assert set(run.id) <= set(ID_LETTERS)
    assert not set(ID_LETTERS) & set("01ilo")
    assert (run.state, run.config, run.phases, run.title) == ("queued", {"epochs": 5, "rate": 0.1}, (5,), "My first")


def test_a_run_that_does_not_exist_is_said_so(store: RunStore) -> None:
    with pytest.raises(NotFoundError, match=r"no run “zzzzzz”.*Runs"):
        store.book.get("zzzzzz")
    with pytest.raises(NotFoundError):
        queued(store, parent="zzzzzz")


def test_runs_are_found_by_task_state_text_and_owner_and_sorted(store: RunStore, clock: Clock) -> None:
    first, second = queued(store, title="wide net"), queued(store, owner="bob", title="Deep NET")
    third = store.book.create("voice", {}, phases=(1,), owner="ada", title="gru")
    store.book.request_stop(third.id)

    def ids(**conditions: Any) -> list[str]:
        return [run.id for run in store.book.find(**conditions)]

    assert ids() == [third.id, second.id, first.id]
    assert ids(sort="oldest") == [first.id, second.id, third.id]
    assert ids(sort="title") == [second.id, third.id, first.id]
    assert ids(task="voice") == [third.id]
    assert ids(states=["stopped"]) == [third.id]
    assert ids(states=["queued", "stopped"], owner="ada") == [third.id, first.id]
    assert ids(text="Net") == [second.id, first.id]
    assert ids(text=first.id.upper()) == [first.id]
    assert ids(text="%") == []
    assert ids(config=first.config) == [run.id for run in (second, first) if run.config == first.config]
    assert ids(config={"width": 99}) == []


def test_only_the_owner_changes_a_run_when_one_is_named(store: RunStore) -> None:
    run = queued(store)
    with pytest.raises(NotFoundError, match="of yours"):
        store.book.rename(run.id, "mine now", owner="bob")
    assert store.book.rename(run.id, " better ", owner="ada").title == "better"
    with pytest.raises(InvalidSettingError, match="1 to 100 characters"):
        store.book.rename(run.id, "  ")


def test_every_change_is_refused_of_a_run_of_others_and_of_none_and_changes_nothing(store: RunStore) -> None:
    """All methods of the protocol that take an owner, so that a new one is asked too."""
    run = queued(store)
    given: dict[str, dict[str, Any]] = {"rename": {"title": "mine now"}, "extend": {"epochs": 1}}
    takers = [
        name
        for name, method in inspect.getmembers(RunBook, inspect.isfunction)
        if {"run_id", "owner"} <= set(inspect.signature(method).parameters)
    ]
    assert {"rename", "delete", "restore", "request_stop", "resume", "extend", "command", "go_on"} == set(takers)
    for name in takers:
        change = getattr(store.book, name)
        with pytest.raises(NotFoundError, match="of yours"):
            change(run.id, **given.get(name, {}), owner="bob")
        with pytest.raises(NotFoundError):
            change("zzzzzz", **given.get(name, {}))
    assert store.book.find() == [run]


def test_a_second_stop_does_nothing_and_a_queued_run_stops_at_once(store: RunStore) -> None:
    waiting, running = queued(store, owner="bob"), queued(store)
    assert store.book.request_stop(waiting.id).state == "stopped"
    lease = claimed(store)
    store.claims.renew(lease, status="training")
    assert not store.claims.signals(lease).stop_requested
    assert store.book.request_stop(running.id).stop_requested
    assert store.book.request_stop(running.id).state == "running"
    assert store.claims.signals(lease).stop_requested
    store.claims.finish(lease, "stopped")
    before = store.book.get(running.id)
    assert store.book.request_stop(running.id) == before


@pytest.mark.parametrize("status", ["starting", "loading data", "measuring"])
def test_a_run_that_has_no_step_to_save_stops_at_once_and_its_worker_writes_nothing_more(
    store: RunStore, status: str
) -> None:
    run = queued(store)
    lease = claimed(store)
    store.claims.renew(lease, status=status)
    assert store.book.request_stop(run.id).state == "stopped"
    with pytest.raises(LeaseLostError):
        store.claims.renew(lease, status="training")
    assert store.book.resume(run.id).state == "queued"


@pytest.mark.parametrize("heard", [False, True])
def test_a_resume_takes_back_a_stop_that_is_pending(store: RunStore, heard: bool) -> None:
    run = queued(store)
    lease = claimed(store)
    store.claims.renew(lease, status="training")
    store.book.request_stop(run.id)
    assert store.book.resume(run.id).state == "running"
    assert not store.claims.signals(lease).stop_requested
    if heard:  # before that, so its worker saves and stops: the run goes on with another
        store.claims.stop(lease)
        assert store.book.get(run.id).state == "queued"
        assert claimed(store).run_id == run.id


def test_resume_and_extend_put_a_run_back_and_say_when_they_cannot(store: RunStore) -> None:
    run = queued(store)
    store.claims.finish(claimed(store), "failed", reason="The disk is full")
    assert store.book.resume(run.id).state == "queued"
    assert store.book.resume(run.id).state == "queued", "a second click"
    with pytest.raises(InvalidSettingError, match="is queued"):
        store.book.extend(run.id, 3)
    store.claims.finish(claimed(store), "completed", metrics={"loss": 1.0})
    with pytest.raises(InvalidSettingError, match="extend it"):
        store.book.resume(run.id)
    with pytest.raises(InvalidSettingError, match="1 to 100"):
        store.book.extend(run.id, 0)
    longer = store.book.extend(run.id, 3)
    assert (longer.state, longer.phases, longer.metrics, longer.reason) == ("queued", (5, 3), {}, "")


def test_an_extended_run_shows_its_new_plan_and_not_the_rest_of_the_old(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    standing = Standing(step=500, total_steps=500, epoch=5.0, examples_per_second=1e3, seconds_left=0.0)
    store.claims.renew(lease, progress=standing, status="training")
    store.claims.finish(lease, "completed")
    assert store.book.extend(run.id, 5).progress == Standing(step=500, total_steps=1000, epoch=5.0)


def test_whoever_is_queued_after_the_clock_was_set_back_is_still_behind(store: RunStore, clock: Clock) -> None:
    first = queued(store)
    clock.now -= 3600
    second = queued(store, owner="bob")
    assert [place.position for place in (store.book.places()[run.id] for run in (first, second))] == [1, 2]
    assert claimed(store).run_id == first.id


def test_pins_reach_the_worker_newest_first_and_bounded(store: RunStore, clock: Clock) -> None:
    run = queued(store)
    lease = claimed(store)
    version = store.claims.signals(lease).pins_version
    for number in range(40):
        clock.now += 1
        store.book.set_pin(run.id, f"pin{number}", [number])
    store.book.set_pin(run.id, "pin39", [0.5])
    store.book.set_pin(run.id, "pin38", None)
    assert store.claims.signals(lease).pins_version != version
    pins = store.book.pins(run.id)
    assert len(pins) == 32
    assert pins[pin_name("pin39", [0.5])] == [0.5]
    assert not {"pin38", "pin0"} & {name.partition("@")[0] for name in pins}


def test_sessions_pin_beside_each_other_and_what_they_leave_is_their_browsers(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    store.book.set_pin(run.id, "ada/1", [1])
    store.book.set_pin(run.id, "ada/2", [7])
    assert store.book.pins(run.id) == {pin_name("ada", [1]): [1], pin_name("ada", [7]): [7]}
    store.book.set_pin(run.id, "ada/2", [3])  # in the place of the seven alone
    assert sorted(store.book.pins(run.id).values()) == [[1], [3]]
    version = store.claims.signals(lease).pins_version
    for session in ("ada/1", "ada/2"):
        store.book.leave_pins(session, browser="ada")
    assert store.book.pins(run.id) == {pin_name("ada", [3]): [3]}, "one for each browser, however many sessions it had"
    assert store.claims.signals(lease).pins_version != version


def test_deletion_is_undone_within_a_day_and_final_after_it(store: RunStore, clock: Clock) -> None:
    kept, run = queued(store, owner="bob"), queued(store)
    child = queued(store, owner="eve", parent=run.id)
    lease = claimed(store, max_running=2)
    assert lease.run_id == kept.id
    running = claimed(store, "w2", max_running=2)
    store.claims.renew(running, status="training")
    for one in (run, kept):
        store.files.write(one.id, "checkpoints/a/state.json", [b"{}"])
    assert store.book.delete(run.id).stop_requested
    assert run.id not in [found.id for found in store.book.find()]
    assert [found.id for found in store.book.find(deleted=True)] == [run.id]
    clock.now += 25 * 3600
    assert store.purge() == [], "its worker has not ended yet"
    store.claims.finish(running, "stopped")
    assert store.book.restore(run.id).deleted_at is None
    store.book.delete(run.id)
    assert store.purge() == []
    clock.now += 25 * 3600
    assert store.purge() == [run.id]
    with pytest.raises(FileNotFoundError):
        store.files.open(run.id, "checkpoints/a/state.json")
    store.files.open(kept.id, "checkpoints/a/state.json").close()
    with pytest.raises(NotFoundError):
        store.book.get(run.id)
    assert store.book.get(child.id).parent is None


def test_the_times_of_runs_are_of_the_clock_that_the_book_tells(store: RunStore, clock: Clock) -> None:
    run = queued(store)
    assert run.created_at == store.book.now()
    clock.now += 60
    assert store.book.now() - run.created_at == 60
    store.book.check()
    assert store.book.find() == [run]


def test_a_paused_run_is_told_its_commands_by_number_until_it_goes_on(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    assert store.claims.signals(lease).command is None
    assert store.book.command(run.id).command == Command(1, "", 1)
    store.book.command(run.id, "generator", 10)
    assert store.claims.signals(lease).command == Command(2, "generator", 10)
    assert store.book.go_on(run.id).command is None
    assert store.book.command(run.id).command == Command(3, "", 1), "numbers are never used twice"
    with pytest.raises(InvalidSettingError, match="1 to 100 steps"):
        store.book.command(run.id, "generator", 101)
    store.claims.finish(lease, "stopped")
    with pytest.raises(InvalidSettingError, match="resume it first"):
        store.book.command(run.id)
    assert store.book.resume(run.id).command is None


def test_a_paused_run_knows_whether_somebody_else_waits(store: RunStore) -> None:
    queued(store)
    lease = claimed(store)
    queued(store)
    assert not store.claims.signals(lease).is_awaited, "its owner's own runs wait for it anyway"
    queued(store, owner="bob")
    assert store.claims.signals(lease).is_awaited


def test_whoever_opens_the_store_reads_what_others_have_written(store: RunStore, opened: Opener) -> None:
    run = queued(store)
    other = opened()
    assert other.address == store.address
    assert other.book.get(run.id) == run
    store.close()
    other.book.rename(run.id, "theirs")
    assert store.book.get(run.id).title == "theirs"
    lease = claimed(other)
    assert store.book.get(run.id).state == "running"
    store.book.set_pin(run.id, "ada", [1])
    store.book.command(run.id)
    signals = other.claims.signals(lease)
    assert (signals.command, signals.pins_version) == (Command(1, "", 1), 1)
