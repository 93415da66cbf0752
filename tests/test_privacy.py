"""Nobody outside is told anything: the whole studio at work, watched for connections, look-ups and stray files.

What Python does is seen by an audit hook (`tests/watch`), what native code writes by a home folder that must stay
empty, and everything by strace where it is installed.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import studio
from benchmarks.visitor import MAX_BYTES, Visitor
from core import demos
from core.data.pictures import strokes
from core.runs.records import Run
from core.runs.store import RunStore
from core.service import launch
from tests.aside import run_aside

ROOT = Path(__file__).parents[1]
CALLS = "trace=connect,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2"
LOCAL = re.compile(r'inet_addr\("(127\.|0\.0\.0\.0)|inet_pton\(AF_INET6, "::1?"')
WAIT_SECONDS = 200.0
PAGES = (
    *((demo, f"view={view}") for demo in ("digits", "voice", "sentiment", "generator") for view in ("try", "inside")),
    *((demo, "view=train") for demo in ("voice", "sentiment", "generator")),
    *(("home", ""), ("foundations", ""), ("runs", "")),
)


class Watch:
    """A person's home folder, a folder for temporary files, and what processes do that are started here."""

    def __init__(self, folder: Path) -> None:
        self.person, self.temporary, self.home = (folder / name for name in ("person", "temporary", "studio"))
        self.log, self.trace = self.temporary / "watch.log", folder / "trace"
        for each in (self.person, self.temporary, self.home):
            each.mkdir()
        self.folders = [str(self.temporary), str(self.home)]
        self.strace = shutil.which("strace")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.person),
            "TMPDIR": str(self.temporary),
            "GLASSBOX_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "watch"), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",  # Python's own, beside the code
            "WATCH_FOLDERS": os.pathsep.join(self.folders),
            "WATCH_LOG": str(self.log),
        }

    def prefix(self) -> list[str]:
        if self.strace is None:
            return []
        return [self.strace, "-ff", "-qq", "-y", "--seccomp-bpf", "-o", str(self.trace), "-e", CALLS, "--"]

    def found(self) -> list[str]:
        """Everything that was told or left, in words; empty when all is well."""
        seen = [f"left in the home folder: {path}" for path in self.person.rglob("*")]
        seen += self.log.read_text().splitlines() if self.log.exists() else []
        for path in self.trace.parent.glob(f"{self.trace.name}.*"):
            seen += [line for line in path.read_text(errors="replace").splitlines() if self.is_wrong(line)]
        return seen

    def is_wrong(self, call: str) -> bool:
        """Whether a line of strace tells of a connection to elsewhere, a look-up, or of a file where none may be."""
        name, _, rest = call.partition("(")
        if name in ("connect", "sendto", "sendmsg", "sendmmsg"):
            return "sa_family=AF_INET" in rest and (LOCAL.search(rest) is None or "htons(53)" in rest)
        if " = -1 " in rest or (name.startswith("open") and not re.search("O_WRONLY|O_RDWR|O_CREAT", rest)):
            return False
        opened = re.search(r"= \d+<([^>]*)>$", rest)
        path = opened[1] if opened else rest.partition('"')[2].partition('"')[0]
        return path.startswith("/") and not path.startswith(("/dev/", "/proc/", "/memfd:", *self.folders))


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch(tmp_path)
    for name in [name for name in os.environ if name.startswith(("XDG_", "TORCHINDUCTOR_"))]:  # PyTorch sets its own
        monkeypatch.delenv(name)
    for name, value in watch.environment.items():
        monkeypatch.setenv(name, value)
    return watch


async def visit(address: str, page: str, query: str = "") -> bytes:
    """Open a page; returns all that the server sent until it was whole."""
    connection = websockets.connect(
        f"ws://{address}/_stcore/stream", subprotocols=[websockets.Subprotocol("streamlit")], max_size=MAX_BYTES
    )
    async with connection as socket:
        state = ClientState(page_name="" if page == "home" else page, query_string=query)
        await socket.send(BackMsg(rerun_script=state).SerializeToString())
        received = []
        while True:
            message = await asyncio.wait_for(socket.recv(decode=False), WAIT_SECONDS)
            received.append(message)
            if ForwardMsg.FromString(message).WhichOneof("type") == "script_finished":
                return b"".join(received)


async def draw(address: str) -> None:
    visitor = Visitor(address)
    await visitor.open()
    await visitor.draw(strokes.sample(7, rng=np.random.default_rng(0)))
    await visitor.close()


def over(store: RunStore, run_id: str) -> Run:
    deadline = time.monotonic() + WAIT_SECONDS
    while not store.get(run_id).is_over:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return store.get(run_id)


def command(watch: Watch, *arguments: str) -> None:
    """Run Python under watch, to a good end."""
    program = [*watch.prefix(), sys.executable, *arguments]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_SECONDS)
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(600)
def test_a_studio_at_work_tells_nobody_and_leaves_nothing_outside_its_home(watch: Watch) -> None:
    task = demos.task("digits")
    with studio.running(home=watch.home, prefix=watch.prefix()) as server:
        store = RunStore()
        config = task.Config(network="plain", epochs=1, share=5)  # type: ignore[call-arg]
        run = launch.start(store, task, config, owner="ada")
        run_aside(draw(server.address))
        for page, query in PAGES:
            run_aside(visit(server.address, page, query))
        assert over(store, run.id).state == "completed"
        shown = run_aside(visit(server.address, "digits", f"view=train&run={run.id}"))
    assert b"Largest difference to PyTorch" in shown  # so it was written as ONNX, and run by onnxruntime
    assert watch.found() == []


@pytest.mark.timeout(600)
def test_the_terminal_tells_nobody_and_leaves_nothing_outside_its_home(watch: Watch) -> None:
    digit, sound = watch.temporary / "digit.json", watch.temporary / "sound.wav"
    digit.write_text('{"strokes": [[[60, 50], [200, 50], [100, 230]]], "size": [280, 280], "stroke_width": 20}')
    soundfile.write(sound, np.random.default_rng(0).normal(0, 0.2, 16_000), 16_000)
    command(watch, "-m", "core", "predict", "digits", str(digit))
    command(watch, "-m", "core", "predict", "voice", str(sound))
    command(watch, "-m", "core", "predict", "sentiment", "--text", "A wonderful film.")
    command(watch, "-m", "core", "generate", "generator", "--count", "4", "--out", str(watch.temporary / "four.npz"))
    command(watch, "-m", "core", "train", "sentiment", "--layers=1", "--width=32", "--share=1", "--epochs=1")
    assert watch.found() == []


def test_the_watch_sees_a_connection_and_files_of_python_and_of_other_programs(watch: Watch) -> None:
    program = (
        "import pathlib, socket, subprocess\n"
        "socket.socket(type=socket.SOCK_DGRAM).connect(('192.0.2.1', 9))\n"  # of a datagram: nothing is sent
        f"pathlib.Path({str(watch.person.parent / 'outside')!r}).mkdir()\n"
        "subprocess.run(['touch', pathlib.Path.home() / 'of another program'])"
    )
    command(watch, "-c", program)
    found = "\n".join(watch.found())
    assert "socket.connect" in found
    assert "os.mkdir" in found
    assert "of another program" in found
    assert watch.strace is None or re.search(r"^connect\(.*192\.0\.2\.1", found, re.MULTILINE)


def test_importing_core_first_keeps_onnxruntime_silent_whatever_the_environment_says(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    command(watch, "-c", "import core, time, onnxruntime; time.sleep(1)")
    assert watch.found() == []
