"""On the PYTHONPATH of a process: writes down each address it asks for and each file it writes where it must not.

Only what Python itself does is seen here; the test that uses this looks after native code in another way.
"""

import os
import socket
import sys
import traceback
from pathlib import Path

FOLDERS = tuple(os.environ["WATCH_FOLDERS"].split(os.pathsep))  # where files may be written
LOG = os.environ["WATCH_LOG"]  # in one of them
LOCAL = ("", "localhost", "::1", "0.0.0.0", "::")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.mkdir", "os.rename")


def is_local(host: object) -> bool:
    """Whether this is a name or an address of the machine itself."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    return name in LOCAL or name.startswith("127.")


def is_allowed(path: object) -> bool:
    """Whether a file may be written there; a number is one that is open already."""
    if isinstance(path, int):
        return True
    return str(Path(os.fsdecode(path)).absolute()).startswith(("/dev/", "/proc/self/", *FOLDERS))  # type: ignore[arg-type]


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        told = not is_local(arguments[0])
    elif event in ("socket.connect", "socket.sendto"):
        there, address = arguments[0], arguments[1]
        is_unix = isinstance(there, socket.socket) and there.family == socket.AF_UNIX
        told = not is_unix and isinstance(address, tuple) and not is_local(address[0])
    elif event == "open":
        path, _, flags = arguments
        told = isinstance(flags, int) and bool(flags & WRITING) and not is_allowed(path)
    elif event in CHANGES:
        told = not is_allowed(arguments[0])
    else:
        return
    if told:
        with Path(LOG).open("a", encoding="utf-8") as log:
            log.write(f"{event}{arguments!r}\n{''.join(traceback.format_stack()[:-1])}\n")


sys.addaudithook(watch)
