"""An image data set of 80 pictures, as files that a server may have."""

import gzip
import hashlib
from dataclasses import replace

import numpy as np

from core.data import registry
from core.data.pictures.idx import File, IdxFiles
from core.data.registry import DataSet

NUM_TRAIN, NUM_VALIDATION, NUM_TEST = 50, 10, 20
NAMES = ("train-images", "train-labels", "t10k-images", "t10k-labels")


def idx(array: np.ndarray) -> bytes:
    """An uncompressed IDX file, as http://yann.lecun.com/exdb/mnist/ describes it."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return b"\x00\x00\x08" + bytes([array.ndim]) + sizes + array.tobytes()


def tiny_arrays() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    count = NUM_TRAIN + NUM_VALIDATION
    shapes = ((count, 28, 28), (count,), (NUM_TEST, 28, 28), (NUM_TEST,))
    return [rng.integers(0, 10, shape, dtype=np.uint8) for shape in shapes]


def tiny_files() -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(idx(a), mtime=0) for name, a in zip(NAMES, tiny_arrays(), strict=True)}


def tiny_source(base_url: str = "http://127.0.0.1:9/") -> DataSet:
    files = tuple(
        File(
            name,
            num_bytes=len(content),
            md5=hashlib.md5(content).hexdigest(),
            sha256=hashlib.sha256(idx(array)).hexdigest(),
            shape=array.shape,
        )
        for (name, content), array in zip(tiny_files().items(), tiny_arrays(), strict=True)
    )
    return replace(
        registry.SETS["mnist"],
        name="tiny",
        label="Tiny",
        sizes=(NUM_TRAIN, NUM_VALIDATION, NUM_TEST),
        origin=IdxFiles(base_url, "Tiny/raw", files),
    )
