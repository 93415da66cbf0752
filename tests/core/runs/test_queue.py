"""Whose run is next: fairness among owners, places in the queue, and short runs beside long ones."""

from core.runs.records import Place
from core.runs.store import RunStore
from tests.support.stores import Clock, claimed, queued


def test_one_owner_has_one_running_run_and_who_used_less_comes_first(store: RunStore, clock: Clock) -> None:
    ada_first, ada_second = queued(store), queued(store)
    first = claimed(store, max_running=3)
    assert first.run_id == ada_first.id
    assert store.claims.claim("w2", max_running=3) is None, "a second run of the same owner"
    bob = queued(store, owner="bob")
    second = claimed(store, "w2", max_running=3)
    assert (second.run_id, first.slot, second.slot) == (bob.id, 0, 1)
    clock.now += 5
    store.claims.finish(second, "completed")
    clock.now += 10
    store.claims.finish(first, "completed")
    bob_second = queued(store, owner="bob")
    assert claimed(store).run_id == bob_second.id, f"{ada_second.id} has waited longer, but ada has computed longer"


def test_the_queue_tells_place_and_wait(store: RunStore, clock: Clock) -> None:
    queued(store)
    lease = claimed(store)
    waiting = [queued(store), queued(store, owner="bob"), queued(store, owner="bob")]
    assert [store.book.places()[run.id].seconds for run in waiting] == [None] * 3, "nothing has ended here yet"
    clock.now += 15
    store.claims.finish(lease, "completed")
    claimed(store)  # bob's first, since ada has computed for 15 seconds
    assert store.book.places() == {waiting[0].id: Place(2, 30.0), waiting[2].id: Place(1, 15.0)}


def test_short_runs_have_a_place_of_their_own(store: RunStore) -> None:
    long, next_long = queued(store), queued(store, owner="bob")
    short, next_short = queued(store, short=True), queued(store, owner="bob", short=True)
    assert store.claims.num_startable(max_running=1) == 2
    leases = [claimed(store, "w1"), claimed(store, "w2")]
    assert {lease.run_id: lease.slot for lease in leases} == {long.id: 0, short.id: 1}, "ada's both, at once"
    assert store.claims.num_startable(max_running=1) == 0
    assert store.claims.claim("w3") is None, "both places are taken"
    store.claims.finish(leases[1], "completed")
    assert claimed(store, "w3").run_id == next_short.id, "a long run takes no short one's place"
    assert store.book.get(next_long.id).state == "queued"


def test_the_queue_of_short_runs_does_not_wait_for_long_ones(store: RunStore, clock: Clock) -> None:
    for short, seconds in ((False, 15), (True, 5)):
        queued(store, short=short)
        lease = claimed(store)
        clock.now += seconds
        store.claims.finish(lease, "completed")
    running = [queued(store), queued(store, short=True)]
    leases = [claimed(store, run.id) for run in running]
    waiting = {short: queued(store, owner="bob", short=short) for short in (False, True)}
    assert store.book.places() == {waiting[False].id: Place(1, 15.0), waiting[True].id: Place(1, 5.0)}
    assert all(store.claims.signals(lease).is_awaited for lease in leases)
    store.book.request_stop(waiting[True].id)
    assert [store.claims.signals(lease).is_awaited for lease in leases] == [True, False]
