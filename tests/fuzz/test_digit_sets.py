"""Files of digits, whatever is in them."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from PIL import Image

from core.data.pictures import digit_files, digit_set
from tests.fuzz.conftest import Explore
from tests.support.fuzz_examples import answer, files

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 10


def whole() -> list[bytes]:
    """The same few pictures in every format."""
    table = np.column_stack([LABELS, IMAGES.reshape(40, 64)])
    text = "label" + "".join(f",p{at}" for at in range(64)) + "\n" + "\n".join(",".join(map(str, row)) for row in table)
    arrays, packed, zipped = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez_compressed(arrays, x=IMAGES, y=LABELS)
    pictures = []
    with zipfile.ZipFile(zipped, "w") as archive:
        for number, image in enumerate(IMAGES):
            file = io.BytesIO()
            Image.fromarray(image).resize((28, 28)).save(file, "PNG")
            pictures.append({"bytes": file.getvalue()})
            archive.writestr(f"{LABELS[number]}/{number}.png", file.getvalue())
    pd.DataFrame({"image": pictures, "label": LABELS}).to_parquet(packed)
    idx = struct.pack(">BBBBIII", 0, 0, 8, 3, *IMAGES.shape) + IMAGES.tobytes()
    labels = struct.pack(">BBBBI", 0, 0, 8, 1, 40) + LABELS.tobytes()
    return [text.encode(), arrays.getvalue(), packed.getvalue(), zipped.getvalue(), idx, labels, gzip.compress(idx)]


FILES = files(whole(), b"\0\0\x08\x03", b"\x93NUMPY", b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"label,p0")


def test_files_of_digits_become_a_set_with_every_picture_accounted_for_or_a_sentence(explore: Explore) -> None:
    def check(given: list[bytes]) -> None:
        pieces = []
        for number, content in enumerate(given):
            piece = answer(
                lambda content=content, number=number: digit_files.gathered(
                    lambda **after: digit_files.read_part(content, name=f"{number}.bin", **after), name=f"{number}.bin"
                )
            )
            if piece is None:
                return
            assert piece.images.shape[1:] == (28, 28) and piece.images.dtype == np.uint8
            assert not len(piece.images) or len(piece.labels) in (0, len(piece.images))
            pieces.append((f"{number}.bin", piece))
        found = answer(lambda: digit_set.combined(pieces))
        if found is not None:
            there = max(len(piece.images) for _, piece in pieces) if len(pieces) == 1 else None
            assert set(found.pictures.labels.tolist()) <= set(range(10))
            before = sum(sum(piece.left_out.values()) for _, piece in pieces)
            assert there is None or len(found.pictures) + sum(found.left_out.values()) == there + before

    explore(st.lists(FILES, min_size=1, max_size=2), check)
