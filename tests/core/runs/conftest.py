"""Every implementation in turn, on clocks that stand still until they are moved."""

from pathlib import Path

import pytest

from core.runs.protocols import Files
from core.runs.store import RunStore
from tests.support.store_implementations import FILES, STORES, Opener
from tests.support.stores import Clock


@pytest.fixture(params=STORES)
def opened(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Opener:
    """Opens the store of this test, each time anew: `opened(clock=…, elapsed=…)`."""
    return lambda **given: STORES[request.param](tmp_path / "store", **{"clock": clock, "elapsed": clock, **given})


@pytest.fixture
def store(opened: Opener) -> RunStore:
    return opened()


@pytest.fixture(params=FILES)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return FILES[request.param](tmp_path / "files")
