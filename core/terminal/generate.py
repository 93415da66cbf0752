"""`generate`: a trained network makes examples, into one file for NumPy or a folder of PNGs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import demos, kept
from core.errors import InvalidSettingError, StorageError
from core.terminal import models, output

ALL = "all"
MOST = 100_000  # examples
LARGEST_SEED = 2**32 - 1


def run(demo: str, *, data: str | None, model: str, wanted: str, count: int, seed: int, out: str) -> int:
    """Make examples and write them; prints one JSON line and returns 0.

    Args:
        data: which release model, by what it has learned; None is the demo's usual one.
        wanted: number or name of a class, or "all" for all in turn.
        count: 1 to 100,000.
        out: a path that ends in .npz, or a folder.

    Raises:
        InvalidSettingError: one of these is not allowed.
        StorageError: nothing can be written there.
    """
    found = demos.find(demo)
    if not 1 <= count <= MOST:
        raise InvalidSettingError(f"--count is {count}; allowed is 1 to {MOST:,}.")
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidSettingError(f"--seed is {seed}; allowed is 0 to {LARGEST_SEED}.")
    if data is not None and model != models.RELEASE:
        raise InvalidSettingError(
            "--data chooses a release model; a run has learned what it has. Leave one of them out."
        )
    by_data = {release.part: name for name, release in found.releases.items()}
    data = data or next(iter(by_data))
    _, maker = models.model(found, by_data[data] if model == models.RELEASE else model)
    only = None if wanted == ALL else _label(wanted, maker.classes)
    start = time.perf_counter()
    images, labels = maker.synthetic(count, seed=seed, only=only)
    seconds = round(time.perf_counter() - start, 3)
    _write(Path(out), images, labels, maker.classes)
    made = {"demo": demo, "model": model} | ({"data": data} if model == models.RELEASE else {})
    output.answer({**made, "class": wanted, "count": count, "seed": seed, "out": out, "seconds": seconds})
    return 0


def _label(wanted: str, classes: Sequence[str]) -> int:
    """The label of a class given by name, in any case, or by number."""
    names = [name.lower() for name in classes]
    if wanted.lower() in names:
        return names.index(wanted.lower())
    if wanted.isdecimal() and int(wanted) < len(classes):
        return int(wanted)
    raise InvalidSettingError(
        f"--class is “{wanted}”; allowed is {ALL}, a number from 0 to {len(classes) - 1}, "
        f"or one of: {', '.join(classes)}."
    )


def _write(path: Path, images: Any, labels: Any, classes: Sequence[str]) -> None:
    from core.demos.generator import files  # with NumPy and Pillow

    try:
        if path.suffix.lower() == ".npz":
            kept.write(path, files.npz(images, labels))
            return
        if path.is_file():
            raise InvalidSettingError(f"--out is “{path}”, a file. Give a name that ends in .npz, or a folder.")
        for name, content in files.named(images, labels, classes):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    except OSError as error:
        raise StorageError(f"“{path}” cannot be written: {error.strerror or error}.") from error
