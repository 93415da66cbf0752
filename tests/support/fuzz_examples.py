"""What is given to parsers: files that real libraries wrote, then damaged, and the one thing that must come of it."""

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st

from core.errors import GlassboxError
from tests.support.work import Calls, counted_calls

MOST_CALLS = 100_000  # of functions, counted in a test run, where seconds say how busy the machine is; 19,124 once
MOST_SECONDS = 3.0  # of processor time; in a soak alone, which has the machine for itself
MOST_BYTES = 512_000_000  # of memory, beside what the tests need themselves

T = TypeVar("T")
is_soak = False  # conftest.py says so


def answer(call: Callable[[], T]) -> T | None:
    """What a parser gives; None where it says in a sentence why not. Everything else fails, and so does much work."""
    started, result = time.process_time(), None
    with nullcontext(Calls()) if is_soak else counted_calls() as calls:
        try:
            with bounded_memory():
                result = call()
        except GlassboxError as error:
            assert 10 < len(str(error).strip()) < 2000
            assert str(error).rstrip()[-1] in ".?}", f"no sentence: {error}"
    assert calls.number < MOST_CALLS
    assert not is_soak or time.process_time() - started < MOST_SECONDS
    return result


@contextmanager
def bounded_memory() -> Iterator[None]:
    """What asks for more gets a MemoryError, which is no answer."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@st.composite
def damaged(draw: st.DrawFn, originals: Sequence[bytes]) -> bytes:
    """A file with bytes changed, cut out, repeated, taken from another file, or with a size changed; or whole."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 6))):
        # most of what a file says of itself stands at its beginning or, in a zip, at its end
        place = draw(st.one_of(st.integers(0, 80), st.integers(-200, -1), st.integers(0, len(data))))
        at = min(max(place if place >= 0 else len(data) + place, 0), len(data))
        match draw(st.sampled_from(("change", "number", "cut", "end", "repeat", "splice"))):
            case "change":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case "number":
                width = draw(st.sampled_from((1, 2, 4, 8)))
                value = draw(st.sampled_from((0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), 2 ** (4 * width))))
                data[at : at + width] = value.to_bytes(width, draw(st.sampled_from(("little", "big"))))
            case "cut":
                del data[at : at + draw(st.integers(1, 50))]
            case "end":
                del data[at:]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 100))] * draw(st.integers(1, 20))
            case "splice":
                other = draw(st.sampled_from(originals))
                data[at:] = other[min(at, len(other)) :]
    return bytes(data)


def files(originals: Sequence[bytes], *starts: bytes) -> st.SearchStrategy[bytes]:
    """Damaged files, and random bytes that begin as such a file does."""
    random_bytes = st.builds(lambda start, rest: start + rest, st.sampled_from((b"", *starts)), st.binary(max_size=600))
    return st.one_of(damaged(originals), damaged(originals), random_bytes)


EXTREMES = st.sampled_from((10**400, -(10**30), 2**63, 1e308, -1e-308, float("nan"), float("inf")))
JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-1000, 1000),
        EXTREMES,
        st.floats(),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)
