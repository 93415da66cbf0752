"""The studio as a process of its own for benchmarks: started, waited for, and ended with all that it started."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core import settings

ROOT = Path(__file__).parents[1]
START_SECONDS = 180.0
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Studio:
    """A running server."""

    address: str  # "127.0.0.1:8501"
    home: Path
    process: subprocess.Popen[bytes]
    started: float  # `time.monotonic()` when the process was

    def memory(self) -> float:
        """MB that the web process has in memory now."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def processor_seconds(self) -> float:
        """Seconds of processor time that the web process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    *, wait: bool = True, home: Path | None = None, prefix: Sequence[str] = (), options: Sequence[str] = ()
) -> Iterator[Studio]:
    """A studio, with an empty home unless one is given.

    Args:
        wait: until it answers; otherwise it is given back as soon as its process is there.
        prefix: a command that runs the command after it, such as `strace`.
        options: of Streamlit, in place of those in its file.
    """
    with TemporaryDirectory() as folder:
        home = home or Path(folder) / "home"
        home.mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [*prefix, sys.executable, "-m", "streamlit", "run", "Home.py", "--server.port", str(port)]
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {"GLASSBOX_HOME": str(home), "GLASSBOX_DATA": str(settings.data_folder())}
        process = subprocess.Popen(
            [*command, "--server.address", "127.0.0.1", "--server.headless", "true", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        studio = Studio(f"127.0.0.1:{port}", home, process, time.monotonic())
        try:
            if wait:
                until_healthy(studio)
            yield studio
        finally:
            _end(studio)


def until_healthy(studio: Studio) -> None:
    """Return when the server answers; raises `RuntimeError` when it does not."""
    while time.monotonic() < studio.started + START_SECONDS and studio.process.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"http://{studio.address}/_stcore/health", timeout=10).close()
            return
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"The studio did not answer within {START_SECONDS:g} s.")


def _end(studio: Studio) -> None:
    with suppress(ProcessLookupError):
        os.killpg(studio.process.pid, signal.SIGTERM)  # with what it was started by
    with suppress(subprocess.TimeoutExpired):
        studio.process.wait(timeout=20)
    while pids := _pids_of(studio.home):  # workers have process groups of their own
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        studio.process.poll()
        time.sleep(0.1)
    studio.process.wait()


def _pids_of(home: Path) -> list[int]:
    """Processes with this GLASSBOX_HOME, a folder that no other process uses."""
    wanted = f"GLASSBOX_HOME={home}".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # ended meanwhile, or somebody else's
            if wanted in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found
