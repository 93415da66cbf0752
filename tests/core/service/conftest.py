"""A store with supervisors whose workers are real processes and end with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.runs.store import RunStore, open_store
from tests.support.stage import Passing, Stage


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def toy_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passing: Passing) -> RunStore:
    monkeypatch.setenv("GLASSBOX_DEMOS", "tests.support.toy_demos")
    return open_store(tmp_path / "store" / "glassbox.sqlite", elapsed=passing)


@pytest.fixture
def stages(toy_store: RunStore, passing: Passing) -> Iterator[Callable[..., Stage]]:
    """Makes stages on one store; their workers end with the test."""
    made: list[Stage] = []

    def make(**options: Any) -> Stage:
        made.append(Stage(toy_store, passing, **options))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(stages: Callable[..., Stage]) -> Stage:
    return stages()
