"""Nobody outside is told anything: the whole studio at work, watched for connections, look-ups and stray files."""

import io
import os
import re
import subprocess
import sys
import time
import zipfile
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from benchmarks import studio
from benchmarks.visitor import Visitor
from core import demos
from core.data import points
from core.data.pictures import strokes
from core.runs.records import Run
from core.runs.store import RunStore, open_store
from core.service import launch
from tests.support.aside import run_aside
from tests.support.guard import ROOT, Guard
from tests.support.guest import WAIT_SECONDS, Messages, arriving, words

WORKER, READER = "core.service.worker", "core.reading.child"
RUNS: dict[str, dict[str, Any]] = {  # demo → the smallest run of it
    "digits": {"network": "plain", "share": 5.0},
    "voice": {"words": "yes,no", "hidden_size": 16, "share": 2.0},  # spoken by eSpeak NG
    "sentiment": {"layers": 1, "width": 32, "vocabulary": 500, "length": 16, "feed_forward": 32, "share": 1.0},
    "generator": {"width": 8, "batch_size": 512},
    "gradients": {},
    "classical": {"features": "pixels", "share": 5.0},
}
FILES = {  # demo → what its finished runs give to take along
    "digits": {"The weights (safetensors)", "The network (ONNX)", "Everything (zip)"},
    "sentiment": {"The weights (safetensors)", "The network (ONNX)", "Everything (zip)"},
    "voice": {"The weights (safetensors)", "The network (ONNX)"},
    "generator": {"The weights (safetensors)"},
}
PAGES = (
    *((demo, f"view={view}") for demo in ("digits", "voice", "sentiment", "generator") for view in ("try", "inside")),
    *((demo, "view=train") for demo in ("voice", "sentiment", "generator")),
    *(("home", ""), ("foundations", ""), ("runs", "")),
)
OWN_TABLE = b"a,b,kind\n" + b"".join(b"%d,%d,%s\n" % (i, i * i, b"xy"[i % 2 :][:1]) for i in range(40))


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guard:
    guard = Guard(tmp_path)
    for name in [name for name in os.environ if name.startswith(("XDG_", "TORCHINDUCTOR_"))]:  # PyTorch sets its own
        monkeypatch.delenv(name)
    for name, value in guard.environment.items():
        monkeypatch.setenv(name, value)
    return guard


async def look_at(address: str, page: str, query: str) -> tuple[Messages, dict[str, bytes]]:
    """A page, and the files that it gives to take along."""
    async with arriving(address) as guest:
        opened = await guest.open(page, query)
        return opened, await guest.downloads(opened)


async def give_table(address: str) -> Messages:
    """The playground of Foundations after a table was given to it."""
    async with arriving(address) as guest:
        place = "place=playground&data=points"
        given = await guest.upload(await guest.open("foundations", place), "own.csv", OWN_TABLE)
        return await guest.open("foundations", place, [given])


async def draw(address: str) -> None:
    visitor = Visitor(address)
    await visitor.open()
    await visitor.draw(strokes.sample(7, rng=np.random.default_rng(0)))
    await visitor.close()


def begin(store: RunStore, demo: str) -> Run:
    task = demos.task(demo)
    return launch.start(store.book, task, task.Config(epochs=1, **RUNS[demo]), owner=demo)


def over(store: RunStore, run_id: str) -> Run:
    deadline = time.monotonic() + WAIT_SECONDS
    while not store.book.get(run_id).is_over:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return store.book.get(run_id)


def command(guard: Guard, *arguments: str) -> None:
    """Run Python under guard, to a good end."""
    program = [*guard.prefix(), sys.executable, *arguments]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(1_200)
def test_a_studio_at_work_tells_nobody_and_leaves_nothing_outside_its_home(guard: Guard) -> None:
    with studio.running(home=guard.home, prefix=guard.prefix()) as server:
        store = open_store()
        runs = {demo: begin(store, demo) for demo in RUNS}
        run_aside(draw(server.address))
        for page, query in PAGES:
            run_aside(look_at(server.address, page, query))
        assert "To predict" in words(run_aside(give_table(server.address)))
        assert {demo: over(store, run.id).state for demo, run in runs.items()} == dict.fromkeys(RUNS, "completed")
        for demo, run in runs.items():
            page = demos.find(demo).page.name or demo
            shown, files = run_aside(look_at(server.address, page, f"view=train&run={run.id}"))
            assert files.keys() == FILES.get(demo, set())
            if "Everything (zip)" in files:
                assert "Largest difference to PyTorch" in words(shown)  # so onnxruntime has run
                assert zipfile.ZipFile(io.BytesIO(files["Everything (zip)"])).testzip() is None
    assert guard.found() == []
    assert guard.watches("streamlit")
    assert guard.watches(WORKER)
    assert guard.watches(READER)
    for run in runs.values():
        assert guard.opened(WORKER, server.home / "runs" / run.id)
    parser = points.__file__  # or what Python compiled of it
    assert guard.traced(READER, Path(parser)) or guard.traced(READER, Path(cache_from_source(parser)))


@pytest.mark.timeout(1_200)
def test_the_terminal_tells_nobody_and_leaves_nothing_outside_its_home(guard: Guard) -> None:
    digit, sound = guard.temporary / "digit.json", guard.temporary / "sound.wav"
    digit.write_text('{"strokes": [[[60, 50], [200, 50], [100, 230]]], "size": [280, 280], "stroke_width": 20}')
    soundfile.write(sound, np.random.default_rng(0).normal(0, 0.2, 16_000), 16_000)
    command(guard, "-m", "core", "predict", "digits", str(digit))
    command(guard, "-m", "core", "predict", "voice", str(sound))
    command(guard, "-m", "core", "predict", "sentiment", "--text", "A wonderful film.")
    command(guard, "-m", "core", "generate", "generator", "--count", "4", "--out", str(guard.temporary / "four.npz"))
    command(guard, "-m", "core", "train", "sentiment", "--layers=1", "--width=32", "--share=1", "--epochs=1")
    assert guard.found() == []


def test_the_guard_sees_a_connection_and_files_of_python_and_of_other_programs(guard: Guard) -> None:
    program = (
        "import pathlib, socket, subprocess\n"
        "socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))\n"  # of a datagram: nothing is sent
        f"pathlib.Path({str(guard.person.parent / 'outside')!r}).mkdir()\n"
        "subprocess.run(['touch', pathlib.Path.home() / 'of another program'])"
    )
    command(guard, "-c", program)
    found = "\n".join(guard.found())
    assert "socket.connect" in found
    assert "os.mkdir" in found
    assert "of another program" in found
    assert guard.strace is None or re.search(r"^connect\(.*192\.0\.2\.1", found, re.MULTILINE)


def test_a_guard_that_does_not_look_at_a_program_says_so(guard: Guard) -> None:
    text, seen, unseen = (guard.temporary / name for name in ("text.json", "seen.json", "unseen.json"))
    text.write_text("{}")
    command(guard, "-S", "-m", "json.tool", str(text), str(unseen))  # without its site, so without the hook
    assert not guard.watches("json.tool")
    assert not guard.opened("json.tool", unseen)
    assert guard.strace is None or guard.traced("json.tool", unseen, flags="O_WRONLY")
    command(guard, "-m", "json.tool", str(text), str(seen))
    assert guard.watches("json.tool")
    assert guard.opened("json.tool", seen)
    assert not guard.opened("json", seen)
    assert guard.strace is None or not guard.traced("json.tool", text, flags="O_WRONLY")


def test_importing_core_first_keeps_onnxruntime_silent_whatever_the_environment_says(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    command(guard, "-c", "import core, time, onnxruntime; time.sleep(1)")
    assert guard.found() == []
