"""How long the properties are tried: the same few hundred examples in every test run, or as long as one likes.

`make soak` gives `--minutes`: then examples are random, the seeds are printed, and what fails is kept in the folder
build/hypothesis and tried first the next time.
"""

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.strategies import SearchStrategy

from tests.support import fuzz_examples as examples

set_hypothesis_home_dir("build/hypothesis")
EXAMPLES = 420  # of each property in a test run: a minute of all
SOAK_ROUND = 100  # examples with one seed

NUM_PROPERTIES = pytest.StashKey[int]()

Explore = Callable[[SearchStrategy[Any], Callable[[Any], None]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=0.0, help="how long to look for new examples, all properties")


def pytest_configure(config: pytest.Config) -> None:
    examples.is_soak = bool(config.getoption("--minutes", default=0.0))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[NUM_PROPERTIES] = sum("explore" in getattr(item, "fixturenames", ()) for item in items)


@pytest.fixture
def explore(request: pytest.FixtureRequest) -> Explore:
    """Call a check with many examples of a strategy."""
    minutes = request.config.getoption("--minutes", default=0.0)

    def once(strategy: SearchStrategy[Any], check: Callable[[Any], None]) -> None:
        plain = settings(max_examples=EXAMPLES, derandomize=True, database=None, **_ALWAYS)
        plain(given(strategy)(check))()

    def long(strategy: SearchStrategy[Any], check: Callable[[Any], None]) -> None:
        kept = DirectoryBasedExampleDatabase("build/hypothesis/examples")
        loose = settings(max_examples=SOAK_ROUND, database=kept, print_blob=True, **_ALWAYS)
        end = time.monotonic() + 60 * minutes / request.config.stash[NUM_PROPERTIES]
        rounds = 0
        while time.monotonic() < end:
            number = random.getrandbits(32)
            print(f"{request.node.name}: round {rounds}, seed {number}")
            seed(number)(loose(given(strategy)(check)))()
            rounds += 1
        print(f"{request.node.name}: about {rounds * SOAK_ROUND:,} examples")

    return long if minutes else once


_ALWAYS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
