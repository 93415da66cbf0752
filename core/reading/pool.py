"""The door for what people bring: `read` has it read by another process and gives what the parser would give.

A few reading processes are kept, with everything imported. One that took too long, used too much memory or ended is
replaced; the page gets a sentence. What was read is remembered for a while, so that drawing a page again costs nothing.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib
import logging
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

import core
from core.errors import InvalidInputError
from core.reading.child import MEMORY, OUT_OF_MEMORY
from core.reading.messages import MAX_ANSWER, Answer, Failed, Refused, Reply, decode, encode
from core.reading.messages import Job as JobMessage

MOST = 3  # files that are read at once
WAIT_SECONDS = 10.0  # for a free place
START_SECONDS = 60.0  # for the imports of a new process
PATIENCE = 3.0  # real time allowed for each second of computing: the machine may be busy
POLL = 0.05  # seconds between two looks whether somebody still waits
REMEMBERED = 64_000_000  # bytes of replies

Result = TypeVar("Result")
Key = tuple[str, str, str, tuple[tuple[str, float], ...]]
_log = logging.getLogger(__name__)


class TryAgainError(InvalidInputError):
    """It was not the file's fault; the same file may be read in a moment."""


class _Reader:
    """One reading process."""

    def __init__(self, registry: str) -> None:
        self._is_ready = False
        self.begun = math.inf  # when it was given its last job, on the monotonic clock
        self._line, theirs = multiprocessing.Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.reading.child", registry],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=Path(core.__file__).parents[1],
                env=_environment(),
                process_group=0,  # Ctrl+C in a terminal is for the server
            )

    def ask(self, job: bytes, *, seconds: float, left: Callable[[], object]) -> bytes:
        """The reply to a job; raises `EOFError` or `OSError` where the process ended, and whatever `left` raises."""
        if not self._is_ready:
            with self._killed_after(START_SECONDS):
                self._receive(left)
            self._is_ready = True
        self.begun = time.monotonic()
        with self._killed_after(seconds):
            self._line.send_bytes(job)
            return self._receive(left)

    def _receive(self, left: Callable[[], object]) -> bytes:
        while not self._line.poll(POLL):
            left()
        return self._line.recv_bytes(MAX_ANSWER + 1_000)

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[None]:
        """Whatever it does, it holds nobody for longer."""
        timer = threading.Timer(seconds, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def end(self) -> int:
        """Kill it unless it has ended; gives its exit status."""
        self._line.close()
        if self.process.poll() is None:
            self.process.kill()
        return self.process.wait()


class Readers:
    """Reading processes and what they read last.

    Args:
        registry: the module that names the parsers, see `core.reading.parsers`.
    """

    def __init__(self, registry: str = "core.reading.parsers") -> None:
        self._registry = registry
        self._seconds: dict[str, float] = importlib.import_module(registry).PARSERS
        self._places = threading.Semaphore(MOST)
        self._lock = threading.Lock()
        self._idle: list[_Reader] = []
        self._replies: OrderedDict[Key, bytes] = OrderedDict()

    def warm_up(self) -> None:
        """Have a process ready before anybody asks."""
        with self._lock:
            if self._idle:
                return
            try:
                self._idle.append(_Reader(self._registry))
            except OSError as error:  # whoever needs one tries again, and is told
                _log.warning("No reading process could be started: %s", error)

    def close(self) -> None:
        """End the processes that wait for work."""
        with self._lock:
            while self._idle:
                self._idle.pop().end()

    def read(
        self,
        parser: Callable[..., Result],
        content: bytes,
        *,
        name: str,
        left: Callable[[], object] = lambda: None,
        **after: float,
    ) -> Result:
        """What `parser(content, name=name, **after)` gives, read by another process.

        Args:
            parser: a function of the registry.
            name: of the file, for the sentences.
            left: called many times a second while this waits; what it raises ends the reading and is raised here.
            after: for a parser that reads a file in parts, how far the part before came.

        Raises:
            InvalidInputError: what the parser says; or it took too long, needed too much memory or ended the process.
        """
        asked = f"{parser.__module__}:{parser.__qualname__}"
        key = (asked, name, hashlib.sha256(content).hexdigest(), tuple(after.items()))
        reply = self._remembered(key)
        if reply is None:
            reply = self._ask(JobMessage(asked, name, content, after), self._seconds[asked], left)
            self._remember(key, reply)
        message: Answer | Refused = decode(reply, Answer | Refused)
        if isinstance(message, Refused):
            raise InvalidInputError(message.message)
        return decode(message.result, _result_of(parser))

    def _ask(self, job: JobMessage, seconds: float, left: Callable[[], object]) -> bytes:
        """The reply of a reading process, or the one that stands for how it ended."""
        with self._place(job.name, left):
            reader = self._take(job.name)
            try:
                reply = reader.ask(encode(job), seconds=PATIENCE * seconds, left=left)
                message = decode(reply, Reply)
            except (EOFError, OSError, msgspec.ValidationError) as error:
                sentence = _verdict(reader.end(), job.name, seconds)
                if sentence is None:
                    raise TryAgainError(_ended(job.name, time.monotonic() - reader.begun, seconds)) from error
                return encode(Refused(sentence))
            except BaseException:  # the visitor left
                reader.end()
                raise
            finally:
                self._put_back(reader)
        if isinstance(message, Failed):
            _log.error("“%s” could not be read by %s:\n%s", job.name[:200], job.parser, message.details)
            return encode(Refused(f"“{job.name}” could not be read. Save or export it again, or give another file."))
        return reply

    @contextmanager
    def _place(self, name: str, left: Callable[[], object]) -> Iterator[None]:
        end = time.monotonic() + WAIT_SECONDS
        while not self._places.acquire(timeout=POLL):
            left()
            if time.monotonic() > end:
                raise TryAgainError(f"Many files are being read just now; “{name}” had to wait. Try again in a moment.")
        try:
            yield
        finally:
            self._places.release()

    def _take(self, name: str) -> _Reader:
        with self._lock:
            while self._idle:
                reader = self._idle.pop()
                if reader.process.poll() is None:
                    return reader
                reader.end()
        try:
            return _Reader(self._registry)
        except OSError as error:
            raise TryAgainError(
                f"“{name}” could not be read: this machine could start no process for it ({error.strerror}). "
                "Try again in a moment."
            ) from error

    def _put_back(self, reader: _Reader) -> None:
        """A process that ended is replaced at once, unless another one waits for work."""
        with self._lock:
            if reader.process.returncode is None:
                self._idle.append(reader)
        self.warm_up()

    def _remembered(self, key: Key) -> bytes | None:
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
            return self._replies.get(key)

    def _remember(self, key: Key, reply: bytes) -> None:
        with self._lock:
            self._replies[key] = reply
            while sum(map(len, self._replies.values())) > REMEMBERED:
                self._replies.popitem(last=False)


@functools.cache
def readers() -> Readers:
    """The reading processes of this web process."""
    ours = Readers()
    atexit.register(ours.close)
    return ours


@functools.cache
def _result_of(parser: Callable[..., Any]) -> Any:
    return get_type_hints(parser)["return"]


def _environment() -> dict[str, str]:
    """One thread for each library, and nothing of this process's settings, which are no business of a parser."""
    wanted = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "LD_LIBRARY_PATH")
    kept = {name: os.environ[name] for name in wanted if name in os.environ}
    ours = {"ARROW_DEFAULT_MEMORY_POOL": "system"}  # its own keeps 200 MB of what the process may have
    return kept | ours | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _verdict(status: int, name: str, seconds: float) -> str | None:
    """What is wrong with a file whose reading ended the process; None where it need not be the file's fault."""
    if status == -signal.SIGPROF:
        return _too_long(name, seconds)
    if status == OUT_OF_MEMORY:
        return f"“{name}” needs more memory than {MEMORY / 1e6:g} MB to read and was given up. Give a smaller file."
    return None


def _ended(name: str, waited: float, seconds: float) -> str:
    if waited >= PATIENCE * seconds:
        return _too_long(name, seconds)
    return f"“{name}” could not be read: the process that read it ended unexpectedly. Save or export it again."


def _too_long(name: str, seconds: float) -> str:
    return f"“{name}” took longer than {seconds:g} seconds to read and was given up. Give a smaller or simpler file."
