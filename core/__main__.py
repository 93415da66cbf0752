"""`python -m core`: the studio from a terminal. The commands are in `core.terminal`."""

import io
import os
import sys

from core.terminal.commands import main

if __name__ == "__main__":
    # PyTorch's threads must sleep while they wait for each other: spinning, they starve beside any other busy process.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # JSON is UTF-8 in every locale, and names of files are bytes that need not be text.
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    sys.exit(main())
