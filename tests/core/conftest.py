"""A run store on a clock that stands still until it is moved, and commands of the terminal in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.runs.store import RunStore, open_store
from core.terminal.commands import main
from tests.support.processes import Call
from tests.support.stores import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> RunStore:
    return open_store(tmp_path / "store" / "glassbox.sqlite", clock=clock, elapsed=clock)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command here: (exit status, JSON lines of standard output, standard error)."""

    def do(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        try:
            status = main(arguments)
        except SystemExit as end:
            assert isinstance(end.code, int)
            status = end.code
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err

    return do
