"""The run store: states, queue, leases and fencing, events, pins, deletion, and what it says when storage fails."""

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from core.contract import Checkpointed, Command, Ended, Evaluated, Event, Placement, Previewed, Stepped
from core.errors import InvalidSettingError, LeaseLostError, NotFoundError, StorageError
from core.runs.protocols import ID_LETTERS, MAX_ATTEMPTS, MAX_FAULTS, PATIENT_ATTEMPTS
from core.runs.records import Lease, Standing, pin_name
from core.runs.sql import database
from core.runs.store import RunStore, open_store
from core.service.reporter import Reporter
from tests.core.stores import Clock, claimed, queued


def stepped(step: int) -> Stepped:
    return Stepped(step=step, epoch=step / 10, metrics={"loss": 1 / (step + 1)})


def checkpointed(step: int, *, best: bool = True) -> Checkpointed:
    return Checkpointed(step=step, epoch=step / 10, state={}, metrics={"loss": 0.1}, best=best)


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


def test_the_store_is_where_the_setting_says(glassbox_home: Path) -> None:
    open_store()
    assert (glassbox_home / "glassbox.sqlite").exists()


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


def test_a_claim_starts_the_run_and_finish_ends_it(store: RunStore, clock: Clock) -> None:
    run = queued(store)
    lease = claimed(store)
    assert lease.run_id == run.id
    assert store.claims.claim("other") is None
    placement = Placement(threads=2, channels_last=True)
    store.claims.describe(lease, placement=placement, num_parameters=42)
    standing = Standing(step=3, total_steps=50, epoch=0.3, examples_per_second=1e3, seconds_left=4.5)
    store.claims.renew(lease, progress=standing, status="training")
    running = store.book.get(run.id)
    assert (running.state, running.status, running.progress) == ("running", "training", standing)
    assert (running.placement, running.num_parameters) == (placement, 42)
    clock.now += 12
    store.claims.finish(lease, "completed", metrics={"accuracy": 97.8})
    over = store.book.get(run.id)
    assert (over.state, over.metrics, over.ended_at) == ("completed", {"accuracy": 97.8}, clock.now)
    assert over.seconds_used == 12
    assert over.is_over


def test_many_claim_at_once_and_one_gets_the_run(store: RunStore) -> None:
    run = queued(store)
    program = (
        "import sys; from core.runs.store import open_store;"
        "lease = open_store(sys.argv[1]).claims.claim(sys.argv[2], max_running=9);"
        "print(lease.run_id if lease else '-')"
    )
    real_time = open_store(store.address)
    processes = [
        subprocess.Popen([sys.executable, "-c", program, store.address, str(n)], stdout=subprocess.PIPE, text=True)
        for n in range(4)
    ]
    threads_won: list[Lease | None] = []
    threads = [
        threading.Thread(target=lambda n=n: threads_won.append(real_time.claims.claim(f"t{n}", max_running=9)))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [process.communicate()[0].strip() for process in processes]
    winners += [lease.run_id if lease else "-" for lease in threads_won]
    assert sorted(winners) == ["-"] * 11 + [run.id]
    assert store.book.get(run.id).attempt == 1


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


def test_a_pause_that_was_too_long_stops_a_run_that_nobody_stopped(store: RunStore) -> None:
    run = queued(store)
    store.claims.stop(claimed(store), reason="It was paused for long.")
    assert (store.book.get(run.id).state, store.book.get(run.id).reason) == ("stopped", "It was paused for long.")


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


def test_a_lease_that_is_not_renewed_ends_and_its_holder_can_write_nothing(store: RunStore, clock: Clock) -> None:
    run = queued(store)
    zombie = claimed(store)
    store.claims.expire()
    clock.now += 15
    store.claims.append_events(zombie, [stepped(1)])  # renews
    store.claims.expire()
    clock.now += 15
    store.claims.expire()
    assert store.book.get(run.id).state == "running"
    clock.now += 6
    store.claims.expire()
    waiting = store.book.get(run.id)
    assert (waiting.state, waiting.reason) == ("queued", "Its worker ended; it goes on from its last checkpoint.")

    writes = [
        lambda: store.claims.renew(zombie, status="training"),
        lambda: store.claims.signals(zombie),
        lambda: store.claims.describe(zombie, placement=Placement(), num_parameters=1),
        lambda: store.claims.notify(zombie, "boo"),
        lambda: store.claims.append_events(zombie, [stepped(2)]),
        lambda: store.claims.add_checkpoint(zombie, checkpointed(2), folder="x", hashes={}),
        lambda: store.claims.drop_checkpoints(zombie, []),
        lambda: store.claims.rewind(zombie, None),
        lambda: store.claims.finish(zombie, "completed"),
        lambda: store.claims.give_back(zombie, reason="boo"),
    ]
    for state in ("queued", "running"):
        before, events = store.book.get(run.id), store.book.events(run.id)
        assert before.state == state
        for write in writes:
            with pytest.raises(LeaseLostError):
                write()
        assert (store.book.get(run.id), store.book.events(run.id)) == (before, events)
        store.claims.claim("heir")


def test_three_crashes_without_a_new_checkpoint_fail_the_run_with_a_reason(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    store.claims.renew(lease, status="training")
    store.claims.bury("w", crashed=True)
    lease = claimed(store)
    store.claims.add_checkpoint(lease, checkpointed(0), folder="a", hashes={})  # so the crash before does not count
    store.claims.bury("w")
    for _ in range(MAX_FAULTS):
        assert store.book.get(run.id).state == "queued"
        store.claims.renew(claimed(store), status="training")
        store.claims.bury("w", crashed=True)
    failed = store.book.get(run.id)
    assert failed.state == "failed"
    assert "crashed its worker 3 times in a row" in failed.reason
    assert "smaller batch" in failed.reason
    store.book.resume(run.id)
    assert claimed(store).run_id == run.id, "a person may try again"


def test_ends_that_are_not_the_runs_fault_fail_it_only_after_very_many(store: RunStore, clock: Clock) -> None:
    run = queued(store)
    for attempt in range(MAX_ATTEMPTS):
        assert store.book.get(run.id).state == "queued"
        lease = claimed(store)
        if attempt % 3 == 0:  # killed in training
            store.claims.renew(lease, status="training")
            store.claims.bury("w")
        elif attempt % 3 == 1:  # it crashed before anything of the run was read
            store.claims.bury("w", crashed=True)
        else:  # nobody knows
            store.claims.expire()
            clock.now += 100
            store.claims.expire()
    failed = store.book.get(run.id)
    assert failed.state == "failed"
    assert f"ended {MAX_ATTEMPTS} times in a row without a word" in failed.reason


def test_a_run_whose_workers_die_again_and_again_lets_all_others_go_first(store: RunStore, clock: Clock) -> None:
    frail = queued(store, owner="ada")
    for _ in range(PATIENT_ATTEMPTS + 1):
        assert claimed(store).run_id == frail.id
        store.claims.bury("w")
    clock.now += 1
    other = queued(store, owner="bob")
    assert [store.book.places()[run.id].position for run in (other, frail)] == [1, 2]
    store.claims.finish(claimed(store), "completed")
    assert store.book.get(other.id).state == "completed"
    assert claimed(store).run_id == frail.id


JUMPS = [3600.0, -3600.0, 24 * 3600.0, -24 * 3600.0]


def two_clocks(path: Path) -> tuple[RunStore, Clock, Clock]:
    """A store, the clock on its wall, and the seconds that really pass."""
    wall, passed = Clock(), Clock()
    return open_store(path, clock=wall, elapsed=passed), wall, passed


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_costs_a_living_run_nothing_and_lets_a_dead_one_go_on(tmp_path: Path, jump: float) -> None:
    store, wall, passed = two_clocks(tmp_path / "glassbox.sqlite")
    run = queued(store)
    lease = claimed(store)
    store.claims.expire()
    wall.now += jump
    for _ in range(20):  # a living worker renews every five seconds, and somebody looks often
        for _ in range(5):
            wall.now, passed.now = wall.now + 1, passed.now + 1
            store.claims.expire()
        store.claims.renew(lease)
    assert store.book.get(run.id).state == "running"
    assert store.book.get(run.id).seconds_used == 100
    for _ in range(21):
        wall.now, passed.now = wall.now + 1, passed.now + 1
        store.claims.expire()
    assert store.book.get(run.id).state == "queued", "its worker has been silent for longer than a lease"
    assert store.book.get(run.id).seconds_used == 100, "as long as its worker worked, whatever the clock said"
    store.claims.finish(claimed(store, "heir"), "completed")
    assert store.book.get(run.id).seconds_used == 100


@pytest.mark.parametrize("act", ["request_stop", "delete"])
def test_stop_and_delete_free_the_place_of_a_worker_that_is_silent(tmp_path: Path, act: str) -> None:
    store, wall, passed = two_clocks(tmp_path / "glassbox.sqlite")
    run, other = queued(store), queued(store, owner="bob")
    lease = claimed(store)
    wall.now -= 3600
    store.claims.expire()
    getattr(store.book, act)(run.id)
    for _ in range(7):
        store.claims.expire()
        passed.now += 1
    assert store.book.get(run.id).state == "stopped"
    assert claimed(store, "next").run_id == other.id
    with pytest.raises(LeaseLostError):
        store.claims.renew(lease)


def test_whoever_is_queued_after_the_clock_was_set_back_is_still_behind(store: RunStore, clock: Clock) -> None:
    first = queued(store)
    clock.now -= 3600
    second = queued(store, owner="bob")
    assert [place.position for place in (store.book.places()[run.id] for run in (first, second))] == [1, 2]
    assert claimed(store).run_id == first.id


def test_an_extended_run_shows_its_new_plan_and_not_the_rest_of_the_old(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    standing = Standing(step=500, total_steps=500, epoch=5.0, examples_per_second=1e3, seconds_left=0.0)
    store.claims.renew(lease, progress=standing, status="training")
    store.claims.finish(lease, "completed")
    assert store.book.extend(run.id, 5).progress == Standing(step=500, total_steps=1000, epoch=5.0)


def test_a_worker_that_dies_after_stop_was_asked_for_leaves_a_stopped_run(store: RunStore) -> None:
    run = queued(store)
    store.claims.renew(claimed(store), status="training")
    store.book.request_stop(run.id)
    store.claims.bury("w")
    assert store.book.get(run.id).state == "stopped"


def test_an_attempt_that_was_given_back_is_not_counted(store: RunStore) -> None:
    run = queued(store)
    for _ in range(MAX_ATTEMPTS + 1):
        store.claims.give_back(claimed(store), reason="The machine was shut down.")
    waiting = store.book.get(run.id)
    assert (waiting.state, waiting.attempts_without_checkpoint) == ("queued", 0)


def test_events_come_back_as_they_were_written(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    events: list[Event] = [
        stepped(1),
        Evaluated(step=2, epoch=0.1 + 0.2, metrics={"loss": 1e-300}),
        Previewed(step=2, epoch=0.3, answers={"mine": [0.1, 0.9]}),
        Ended(step=2, epoch=0.3, reason="completed", message="Completed.", metrics={}),
    ]
    store.claims.append_events(lease, events[:2])
    store.claims.append_events(lease, events[2:])
    assert store.book.events(run.id) == list(enumerate(events, start=1))
    assert store.book.events(run.id, after=2, kinds=[Stepped, Ended]) == [(4, events[3])]


def test_going_on_from_a_checkpoint_withdraws_what_came_after_it(store: RunStore) -> None:
    run = queued(store)
    lease = claimed(store)
    store.claims.append_events(lease, [stepped(1)])
    kept = store.claims.add_checkpoint(lease, checkpointed(1), folder="a", hashes={})
    store.claims.append_events(lease, [stepped(2)])
    store.claims.add_checkpoint(lease, checkpointed(2, best=False), folder="b", hashes={})
    store.claims.append_events(lease, [stepped(3)])
    store.claims.bury("w")
    heir = claimed(store, "heir")
    store.claims.rewind(heir, kept)
    assert store.book.get(run.id).generation == 1
    assert store.book.checkpoints(run.id) == [kept]
    assert [event.step for _, event in store.book.events(run.id)] == [1, 1]
    store.claims.append_events(heir, [stepped(2)])
    assert store.book.events(run.id, after=5) == [(6, stepped(2))], "an old cursor misses nothing new"
    store.claims.rewind(heir, None)
    assert store.book.events(run.id) == []


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
    store.files.write(run.id, "checkpoints/a/state.json", [b"{}"])
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
    with pytest.raises(NotFoundError):
        store.book.get(run.id)
    assert store.book.get(child.id).parent is None


def test_the_store_survives_its_process(tmp_path: Path) -> None:
    path = tmp_path / "glassbox.sqlite"
    run = queued(open_store(path))
    assert open_store(path).book.get(run.id) == run


def test_a_store_of_a_newer_version_and_a_damaged_one_are_said_so(tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite"
    open_store(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StorageError, match="newer Glassbox"):
        open_store(newer)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"nonsense" * 1000)
    with pytest.raises(StorageError, match="damaged"):
        open_store(damaged)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        open_store(tmp_path / "file" / "glassbox.sqlite")


def test_a_full_disk_is_the_reason_and_nothing_is_half_written(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(store)
    lease = claimed(store)
    store.claims.append_events(lease, [stepped(1)])
    store.close()
    connect = database._connect

    def full(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite then really reports SQLITE_FULL: no page may be added
        return connection

    monkeypatch.setattr(database, "_connect", full)
    many = [Previewed(step=2, epoch=0.2, answers={"a": "x" * 5000}) for _ in range(10)]
    with pytest.raises(StorageError, match="The disk is full"):
        store.claims.append_events(lease, many)
    assert store.book.events(run.id) == [(1, stepped(1))]


def test_the_database_keeps_its_promises(store: RunStore) -> None:
    with store.book._database.connection() as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        safe = sqlite3.sqlite_version_info >= database.SAFE_WAL
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == ("wal" if safe else "delete")
        plan = json.dumps([tuple(row) for row in db.execute("EXPLAIN QUERY PLAN SELECT * FROM runs WHERE id = 'x'")])
    assert "SEARCH" in plan


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


def test_a_reporter_waits_for_commands_and_gives_up_a_pause_that_lasts(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.service.reporter.POLL_SECONDS", 0.01)
    run = queued(store)
    with Reporter(store, claimed(store)) as reporter:
        assert reporter.ask(0) is None
        store.book.command(run.id, "generator", 1)
        while (given := reporter.ask(0)) is None:
            pass
        assert given == Command(1, "generator", 1)
        assert not reporter.should_stop()
        monkeypatch.setattr("core.service.reporter.PAUSE_SECONDS", 0.05)
        assert reporter.ask(1) is None
        assert reporter.is_abandoned
        assert reporter.should_stop()
