"""Put as `sitecustomize.py` on the PYTHONPATH of a process: writes down what Python looks up, connects to and writes.

`audit.json` beside it says in which folders files may be written, and where the log is. Only what Python itself does is
seen here; `tests/support/guard.py` looks after native code in another way.
"""

import json
import os
import socket
import sys
import traceback
from pathlib import Path

OPTIONS = json.loads(Path(__file__).with_name("audit.json").read_text(encoding="utf-8"))
FOLDERS = tuple(OPTIONS["folders"])
LOG = OPTIONS["log"]  # in one of them
DEVICES = ("/dev/", "/proc/self/")
LOCAL = ("", "localhost", "::1", "0.0.0.0", "::")
NUM_PATHS = {"os.mkdir": 1, "os.rename": 2}  # event → how many of its first arguments are paths
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def is_local(host: object) -> bool:
    """Whether this is a name or an address of the machine itself."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    return name in LOCAL or name.startswith("127.")


def written(event: str, arguments: tuple[object, ...]) -> list[str]:
    """The files and folders that are made or changed; a number is a file that is open already."""
    is_opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
    paths = arguments[: 1 if is_opened else NUM_PATHS.get(event, 0)]
    names = [str(Path(os.fsdecode(path)).absolute()) for path in paths if isinstance(path, str | bytes | os.PathLike)]
    return [name for name in names if name != LOG and not name.startswith(DEVICES)]


def asked(event: str, arguments: tuple[object, ...]) -> object:
    """The name that is looked up or the address that is spoken to, if it is not this machine's own."""
    host: object = None
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        there, address = arguments[0], arguments[1]
        is_unix = isinstance(there, socket.socket) and there.family == socket.AF_UNIX
        host = address[0] if not is_unix and isinstance(address, tuple) else None
    return None if is_local(host) else host


def note(event: str, what: object, *, wrong: bool) -> None:
    """A line in the log. A reading process may write into no file: there, what this raises ends the reading."""
    stack = "".join(traceback.format_stack()[:-2]) if wrong else ""
    line = {"pid": os.getpid(), "event": event, "what": str(what), "wrong": wrong, "stack": stack}
    with Path(LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook."""
    if not event.startswith(("socket.", "open", "os.")):
        return
    host = asked(event, arguments)
    if host is not None:
        note(event, host, wrong=True)
    for path in written(event, arguments):
        note(event, path, wrong=not path.startswith(FOLDERS))


sys.addaudithook(watch)
note("start", " ".join(sys.orig_argv), wrong=False)
