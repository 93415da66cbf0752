"""A supervisor whose workers cannot be started: it says so, goes on by itself, and writes little. Real processes."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import demos
from core.runs.store import RunStore, open_store
from core.service import logs, supervisor
from core.service.launch import start
from core.service.supervisor import Supervisor, seconds_off
from tests.support.stores import Clock, queued

PATIENCE = 120.0  # seconds for a condition on a busy machine


def wait(condition: Callable[[], Any], said: Callable[[], object] = str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.support.toy_demos")
    monkeypatch.setattr(supervisor, "BACK_OFF_SECONDS", 0.2)
    monkeypatch.setattr(supervisor, "MAX_BACK_OFF_SECONDS", 1.0)
    return open_store(tmp_path / "store" / "glassbox.sqlite")


@pytest.fixture
def supervised(store: RunStore) -> Iterator[Supervisor]:
    """A supervisor at work in a thread."""
    made = Supervisor(store, max_running=1, keep_warm=False)
    stop = threading.Event()
    thread = threading.Thread(target=made.run_forever, args=(stop,))
    thread.start()
    yield made
    assert thread.is_alive(), "whatever happened, it went on"
    stop.set()
    thread.join()
    for child in made._children:
        child.process.kill()
        child.process.wait()


def started(store: RunStore) -> str:
    return start(store.book, demos.task("toy"), demos.task("toy").Config(), owner="ada").id


def completed(store: RunStore, run_id: str) -> bool:
    return store.book.get(run_id).state == "completed"


def said(supervised: Supervisor) -> str:
    """What is told once something is wrong."""
    wait(lambda: supervised.trouble is not None)
    return str(supervised.trouble)


def test_a_log_that_cannot_be_written_holds_workers_off_until_it_can(store: RunStore, supervised: Supervisor) -> None:
    blocked = supervised.logs / logs.WORKERS
    blocked.mkdir(parents=True)
    run_id = started(store)
    trouble = said(supervised)
    assert trouble.startswith(f"Training cannot start on this server at the moment: {blocked}: this is a folder")
    assert "It is tried again in 1 s; what waits keeps its place." in trouble
    assert store.book.get(run_id).state == "queued"
    blocked.rmdir()
    wait(lambda: completed(store, run_id), lambda: store.book.get(run_id))
    wait(lambda: supervised.trouble is None)


def test_a_python_that_is_gone_is_found_again_when_it_is_back(
    store: RunStore, supervised: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        run_id = started(store)
        assert "/nowhere/python: there is no such file" in said(supervised)
    wait(lambda: completed(store, run_id), lambda: store.book.get(run_id))


def test_workers_that_end_before_they_take_a_run_are_told_and_started_ever_more_seldom(
    store: RunStore, supervised: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def recorded(failures: int) -> float:
        asked.append(failures)
        return seconds_off(failures)

    with monkeypatch.context() as patched:
        patched.setattr(supervisor, "seconds_off", recorded)
        patched.setattr(sys, "executable", "/bin/false")
        run_id = started(store)
        assert "a worker ended before it took a run" in said(supervised)
        wait(lambda: supervised._failures >= 4)
        assert asked == list(range(len(asked))), "each failure is one more in a row"
    assert [seconds_off(failures) for failures in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    wait(lambda: completed(store, run_id), lambda: store.book.get(run_id))
    wait(lambda: supervised.trouble is None)


def test_an_error_that_nobody_thought_of_is_logged_once_and_survived(
    store: RunStore, supervised: Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    times = 0

    def fail() -> None:
        nonlocal times
        times += 1
        raise RuntimeError("ordered by the test")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(store.claims, "expire", fail)
        run_id = started(store)
        assert "an unexpected error (RuntimeError)" in said(supervised)
        wait(lambda: times >= 3)
        assert caplog.text.count("RuntimeError: ordered by the test") == 1
    wait(lambda: completed(store, run_id), lambda: store.book.get(run_id))
    assert supervised.trouble is None


WITHOUT_DESCRIPTORS = """
import os, resource, sys, threading, time
from pathlib import Path
from core import demos
from core.runs.store import open_store
from core.service import supervisor
from core.service.launch import start

def wait(condition):
    while not condition():
        time.sleep(0.02)

supervisor.BACK_OFF_SECONDS = 0.2
store = open_store(sys.argv[1])
made = supervisor.Supervisor(store, max_running=1, keep_warm=False)
thread = threading.Thread(target=made.run_forever, args=(threading.Event(),), daemon=True)
run_id = start(store.book, demos.task("toy"), demos.task("toy").Config(), owner="ada").id
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
highest = max(int(name) for name in os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, limits[1]))  # every further descriptor is refused
held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
thread.start()
wait(lambda: made.trouble)
print(made.trouble, flush=True)
for descriptor in held:
    os.close(descriptor)
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
wait(lambda: store.book.get(run_id).is_over)
print(store.book.get(run_id).state, thread.is_alive())
"""


def test_file_handles_that_are_used_up_do_not_end_training_for_good(store: RunStore) -> None:
    command = [sys.executable, "-c", WITHOUT_DESCRIPTORS, store.address]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    told, result = ended.stdout.splitlines()
    assert told.startswith("Training cannot start on this server at the moment: ")
    assert result == "completed True"


def test_a_log_that_has_grown_large_is_begun_anew_and_one_old_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 10)
    path = tmp_path / "workers.log"
    for text in (b"the first one\n", b"the second one\n", b"3\n"):
        with logs.open_log(path) as log:
            log.write(text)
    assert path.read_bytes() == b"3\n"
    assert (tmp_path / "workers.log.old").read_bytes() == b"the second one\n"
    with logs.open_log(path) as log:
        log.write(b"4\n")
    assert path.read_bytes() == b"3\n4\n"


CHATTER = """
import sys, time
from pathlib import Path
from core.service import logs
logs.MAX_BYTES, logs.LOOK_SECONDS = 10_000, 0.01
path = Path(sys.argv[1])
logs.redirect(path)
logs.keep_small(path)
for number in range(600):
    print(f"{number:04}", "x" * 500, flush=True)
    time.sleep(0.002)
"""


def test_a_process_that_prints_without_end_fills_two_small_files(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    subprocess.run([sys.executable, "-c", CHATTER, str(path)], check=True, timeout=PATIENCE)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 150_000, "of 303,600 bytes printed"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["worker.log", "worker.log.old"]
    last = [file.read_text().splitlines()[-1:] for file in (path, path.with_name("worker.log.old"))]
    assert any(line and line[0].startswith("0599") for line in last), "the last words are kept"


def test_the_same_message_is_written_once_in_a_while_with_how_often_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seldom = logs.Seldom()

    def passes(text: str, error: Exception | None = None) -> str | None:
        said = None if error is None else (type(error), error, None)
        record = logging.LogRecord("x", logging.ERROR, "x", 1, text, None, said)
        return record.getMessage() if seldom.filter(record) else None

    assert passes("full") == "full"
    assert [passes("full") for _ in range(134_000)] == [None] * 134_000
    assert passes("another") == "another"
    assert [passes("refused", OSError(number)) for number in (24, 24, 28)] == ["refused", None, "refused"]
    now += logs.QUIET_SECONDS
    assert passes("full") == "full (and 134,000 times more before)"
    assert passes("full") is None


def test_the_log_of_a_run_goes_with_the_run(tmp_path: Path) -> None:
    clock = Clock()
    store = open_store(tmp_path / "store" / "glassbox.sqlite", clock=clock)
    gone, kept = queued(store), queued(store, owner="bob")
    for run in (gone, kept):
        store.book.request_stop(run.id)
    store.book.delete(gone.id)
    clock.now += 25 * 3600
    made = Supervisor(store, max_running=1, keep_warm=False, logs=tmp_path / "logs")
    paths = {run.id: logs.log_of(made.logs, run.id) for run in (gone, kept)}
    for path in paths.values():
        logs.open_log(path).close()
        path.with_name(f"{path.name}.old").touch()
    stop = threading.Event()
    thread = threading.Thread(target=made.run_forever, args=(stop,))
    thread.start()
    wait(lambda: not paths[gone.id].exists())
    stop.set()
    thread.join()
    assert sorted(path.name for path in made.logs.iterdir()) == [f"{kept.id}.log", f"{kept.id}.log.old"]
    assert [run.id for run in store.book.find()] == [kept.id]
