"""A run store on a clock that stands still until it is moved."""

from pathlib import Path

import pytest

from core.runs.store import RunStore
from tests.core.stores import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> RunStore:
    return RunStore(tmp_path / "store" / "glassbox.sqlite", clock=clock)
