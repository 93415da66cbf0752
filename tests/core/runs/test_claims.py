"""What workers claim, report and finish, and how their leases end. Asked of every implementation of `Claims`."""

import inspect
import subprocess
import sys
import threading

import pytest

from core.contract import Ended, Evaluated, Event, Placement, Previewed, Stepped
from core.errors import LeaseLostError
from core.runs.protocols import MAX_ATTEMPTS, MAX_FAULTS, PATIENT_ATTEMPTS, Claims
from core.runs.records import Lease, Standing
from core.runs.store import RunStore, open_store
from tests.support.store_implementations import Opener
from tests.support.stores import Clock, checkpointed, claimed, queued, stepped


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


def test_a_pause_that_was_too_long_stops_a_run_that_nobody_stopped(store: RunStore) -> None:
    run = queued(store)
    store.claims.stop(claimed(store), reason="It was paused for long.")
    assert (store.book.get(run.id).state, store.book.get(run.id).reason) == ("stopped", "It was paused for long.")


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

    given: dict[str, dict[str, object]] = {
        "renew": {"status": "training"},
        "signals": {},
        "describe": {"placement": Placement(), "num_parameters": 1},
        "notify": {"notice": "boo"},
        "append_events": {"events": [stepped(2)]},
        "add_checkpoint": {"event": checkpointed(2), "folder": "x", "hashes": {}},
        "drop_checkpoints": {"dropped": []},
        "rewind": {"checkpoint": None},
        "finish": {"state": "completed"},
        "stop": {},
        "give_back": {"reason": "boo"},
    }
    fenced = [
        name
        for name, method in inspect.getmembers(Claims, inspect.isfunction)
        if "lease" in inspect.signature(method).parameters
    ]
    assert set(given) == set(fenced), "a new method is asked too"
    for state in ("queued", "running"):
        before, events = store.book.get(run.id), store.book.events(run.id)
        assert before.state == state
        for name in fenced:
            with pytest.raises(LeaseLostError):
                getattr(store.claims, name)(zombie, **given[name])
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


def test_a_worker_that_dies_after_stop_was_asked_for_leaves_a_stopped_run(store: RunStore) -> None:
    run = queued(store)
    store.claims.renew(claimed(store), status="training")
    store.book.request_stop(run.id)
    store.claims.bury("w")
    assert store.book.get(run.id).state == "stopped"


JUMPS = [3600.0, -3600.0, 24 * 3600.0, -24 * 3600.0]


def two_clocks(opened: Opener) -> tuple[RunStore, Clock, Clock]:
    """A store, the clock on its wall, and the seconds that really pass."""
    wall, passed = Clock(), Clock()
    return opened(clock=wall, elapsed=passed), wall, passed


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_costs_a_living_run_nothing_and_lets_a_dead_one_go_on(opened: Opener, jump: float) -> None:
    store, wall, passed = two_clocks(opened)
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
def test_stop_and_delete_free_the_place_of_a_worker_that_is_silent(opened: Opener, act: str) -> None:
    store, wall, passed = two_clocks(opened)
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


def test_events_are_written_all_or_none_and_so_is_what_goes_with_them(store: RunStore, clock: Clock) -> None:
    run = queued(store)
    lease = claimed(store)
    standing = Standing(step=1, total_steps=50, epoch=0.1)
    unwritable = Previewed(step=2, epoch=0.2, answers={"mine": object()})
    with pytest.raises(TypeError):
        store.claims.append_events(lease, [stepped(1), unwritable], progress=standing)
    assert store.book.events(run.id) == []
    assert store.book.get(run.id).progress is None
    store.claims.append_events(lease, [stepped(1)], progress=standing)
    assert (store.book.events(run.id), store.book.get(run.id).progress) == ([(1, stepped(1))], standing)


def test_whoever_reads_beside_a_writer_sees_whole_batches_in_order(store: RunStore, opened: Opener) -> None:
    run = queued(store)
    lease = claimed(store)
    reader, batches = opened(), 40

    def write() -> None:
        for number in range(batches):
            store.claims.append_events(lease, [stepped(10 * number + i) for i in range(10)])

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[int] = []
    while len(seen) < 10 * batches and (writer.is_alive() or not seen):
        found = reader.book.events(run.id, after=seen[-1] if seen else 0)
        assert len(found) % 10 == 0
        seen += [cursor for cursor, _ in found]
    writer.join()
    seen += [cursor for cursor, _ in reader.book.events(run.id, after=seen[-1])]
    assert seen == list(range(1, 10 * batches + 1))


def test_a_checkpoint_is_there_with_its_event_and_clears_what_failed_before_it(store: RunStore) -> None:
    run = queued(store)
    claimed(store)
    store.claims.bury("w")
    lease = claimed(store, "heir")
    assert store.book.get(run.id).attempts_without_checkpoint == 2
    kept = store.claims.add_checkpoint(lease, checkpointed(1), folder="a", hashes={"state.json": "00"})
    assert store.book.checkpoints(run.id) == [kept]
    assert [(cursor, event.step) for cursor, event in store.book.events(run.id)] == [(kept.seq, 1)]
    assert store.book.get(run.id).attempts_without_checkpoint == 0
    store.claims.drop_checkpoints(lease, [kept])
    assert store.book.checkpoints(run.id) == []
    assert len(store.book.events(run.id)) == 1, "its event stays"


def test_supervisors_are_told_who_works_and_what_could_start(store: RunStore) -> None:
    assert store.claims.num_startable(max_running=1) == 0
    for owner in ("ada", "ada", "bob"):
        queued(store, owner=owner)
    assert [store.claims.num_startable(max_running=number) for number in (1, 2, 3)] == [1, 2, 2]
    claimed(store, "w1")
    assert store.claims.busy_workers() == {"w1"}
    assert store.claims.num_startable(max_running=2) == 1
