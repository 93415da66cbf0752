"""`python -m core.reading.child REGISTRY`: reads one file after the other for a page, within limits.

Jobs come and replies go through standard input, a socket; when its other end is gone, so is this process.
"""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from core.errors import InvalidInputError
from core.reading.messages import MAX_ANSWER, Answer, Failed, Job, Refused, Reply, decode, encode

NICENESS = 5  # the pages stay quick beside it
MEMORY = 640_000_000  # bytes; a HEIC picture of 48 megapixels needs most of it
OUT_OF_MEMORY = 3  # exit status
READY = b"ready"
MAX_DETAILS = 4_000  # characters

Parsers = Mapping[str, tuple[Callable[..., Any], float]]


def main() -> None:
    """Import the parsers, give up what they do not need, and read until nobody asks any more."""
    page = Connection(os.dup(sys.stdin.fileno()))
    registry = importlib.import_module(sys.argv[1])
    parsers = {name: (_function(name), seconds) for name, seconds in registry.PARSERS.items()}
    registry.warm_up()
    _confine()
    page.send_bytes(READY)
    while True:
        try:
            content = page.recv_bytes()
        except EOFError:
            return
        page.send_bytes(_reply(decode(content, Job), parsers))


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _confine() -> None:
    """Take from this process what no parser needs, all but threads for good.

    Memory is what it can write to (RLIMIT_DATA): the address space also counts the libraries' files, and with a limit
    of the same size on it an ordinary table of 10 MB ended the process.
    """
    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),  # no byte into any file
    ):
        resource.setrlimit(what, (most, most))
    # No process and no thread beside those it has; does not bind root. Not for good: a decoder of pictures needs one.
    resource.setrlimit(resource.RLIMIT_NPROC, (0, resource.getrlimit(resource.RLIMIT_NPROC)[1]))


def _reply(job: Job, parsers: Parsers) -> bytes:
    """One reply, encoded. Too long or too large ends the process: by SIGPROF, or with a status of its own."""
    function, seconds = parsers[job.parser]
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of computing: waiting behind others does not count
    reply: Reply
    try:
        result = encode(function(job.content, name=job.name, **job.after))
        reply = Answer(result) if len(result) < MAX_ANSWER else Refused(f"“{job.name}” holds too much. Cut it down.")
    except InvalidInputError as error:
        reply = Refused(str(error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception:
        reply = Failed(traceback.format_exc()[-MAX_DETAILS:])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return encode(reply)


if __name__ == "__main__":
    main()
