"""Sets of digits as data sites give them: read rightly, with every picture accounted for, or refused by name."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from core.data.pictures import digit_files, digit_set, picture_set, sources
from core.demos.digits.config import DigitsConfig
from core.demos.digits.learner import load
from core.errors import InvalidInputError

Array = npt.NDArray[np.generic]
DIGITS = sources.load_images("mnist5k")
IMAGES, LABELS = DIGITS.test_images[:300], DIGITS.test_labels[:300]
TRANSPOSED = IMAGES.transpose(0, 2, 1)
PIXELS = [f"pixel{number}" for number in range(784)]
File = tuple[str, bytes]


def idx(array: Array, kind: int = 8) -> bytes:
    dtype = {8: ">u1", 12: ">i4"}[kind]
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.astype(dtype).tobytes()


def table(images: Array = IMAGES, labels: Array = LABELS) -> pd.DataFrame:
    frame = pd.DataFrame(images.reshape(len(images), -1), columns=PIXELS)
    frame.insert(0, "label", labels)
    return frame


def csv(frame: pd.DataFrame, **options: object) -> bytes:
    return frame.to_csv(index=False, **options).encode()  # type: ignore[call-overload,no-any-return]


def npz(**arrays: Array) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def npy(array: Array, **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def png(image: Array, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, form)
    return file.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def zipped(name: Callable[[int, int], str], images: Array = IMAGES) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, label in enumerate(LABELS):
            archive.writestr(name(number, int(label)), png(images[number]))
    return file.getvalue()


QMNIST = np.column_stack([LABELS, np.full((len(LABELS), 7), 4_000)])
SETS: dict[str, list[File]] = {
    "Kaggle": [("train.csv", csv(table()))],
    "Kaggle, Windows": [("train.csv", b"\xef\xbb\xbf" + csv(table(), lineterminator="\r\n"))],
    "EMNIST csv": [("emnist-digits-test.csv", csv(table(TRANSPOSED), header=False))],
    "OpenML": [("mnist_784.csv", csv(table().rename(columns={"label": "class"})[[*PIXELS, "class"]]))],
    "label last": [("mnist.csv", csv(table()[[*PIXELS, "label"]], header=False))],
    "floats": [("train.csv", csv(table(np.round(IMAGES / 255, 4))))],
    "gzip": [("train.csv.gz", gzip.compress(csv(table())))],
    "Keras": [
        (
            "mnist.npz",
            npz(x_train=IMAGES[:200], y_train=LABELS[:200], x_test=IMAGES[200:], y_test=LABELS[200:]),
        )
    ],
    "generated": [("synthetic.npz", npz(images=IMAGES, labels=LABELS.astype(np.int64)))],
    "one-hot": [("digits.npz", npz(x=IMAGES[:, None] / np.float32(255), y=np.eye(10)[LABELS]))],
    "two arrays": [("images.npy", npy(IMAGES.reshape(300, 784))), ("labels.npy", npy(LABELS.astype("U1")))],
    "IDX": [("train-images.idx3-ubyte", idx(IMAGES)), ("train-labels.idx1-ubyte", idx(LABELS))],
    "IDX in two parts": [
        ("t10k-labels-idx1-ubyte.gz", gzip.compress(idx(LABELS[150:]))),
        ("train-labels-idx1-ubyte.gz", gzip.compress(idx(LABELS[:150]))),
        ("train-images-idx3-ubyte.gz", gzip.compress(idx(IMAGES[:150]))),
        ("t10k-images-idx3-ubyte.gz", gzip.compress(idx(IMAGES[150:]))),
    ],
    "EMNIST": [
        ("emnist-digits-test-images-idx3-ubyte", idx(TRANSPOSED)),
        ("emnist-digits-test-labels-idx1-ubyte", idx(LABELS)),
    ],
    "QMNIST": [("qmnist-test-images-idx3-ubyte", idx(IMAGES)), ("qmnist-test-labels-idx2-int", idx(QMNIST, 12))],
    "Hugging Face": [
        (
            "train-00000-of-00001.parquet",
            parquet(
                pd.DataFrame(
                    {"image": [{"bytes": png(one), "path": None} for one in IMAGES], "label": LABELS.astype(np.int64)}
                )
            ),
        )
    ],
    "Parquet of lists": [
        ("mnist.parquet", parquet(pd.DataFrame({"image": [list(map(list, one)) for one in IMAGES], "label": LABELS})))
    ],
    "Parquet of columns": [("mnist.parquet", parquet(table()))],
    "folders": [("digits.zip", zipped(lambda number, label: f"mnist/train/{label}/{number}.png"))],
    "named folders": [("digits.zip", zipped(lambda number, label: f"Class {label}\\img_{number}_3.png"))],
    "paper": [("digits.zip", zipped(lambda number, label: f"digit_{label}/{number}.png", 255 - IMAGES))],
}


def accounted(found: digit_set.Imported) -> int:
    return len(found.pictures) + sum(found.left_out.values())


@pytest.mark.parametrize("files", SETS.values(), ids=SETS)
def test_a_set_is_read_with_every_picture_upright_and_its_own_label(files: list[File]) -> None:
    found = digit_set.read_files(files)
    assert (found.left_out, len(found.pictures)) == ({}, 300)
    assert found.pictures.classes == tuple("0123456789")
    order = np.argsort([one.tobytes() for one in found.pictures.images])
    expected = np.argsort([one.tobytes() for one in IMAGES])
    assert np.abs(found.pictures.images[order].astype(int) - IMAGES[expected]).mean() < 0.5
    assert found.pictures.labels[order].tolist() == LABELS[expected].tolist()
    is_turned = any("put upright" in note for note in found.notes)
    assert is_turned == files[0][0].startswith("emnist")


@pytest.mark.parametrize("side", [8, 16, 20, 32])
def test_smaller_and_larger_pictures_become_28_pixels_wide(side: int) -> None:
    from sklearn.datasets import load_digits

    if side == 8:
        given = load_digits()
        images, labels = given.images[:300], given.target[:300]
    else:
        images = np.stack([np.asarray(Image.fromarray(one).resize((side, side))) for one in IMAGES])
        labels = LABELS
    found = digit_set.read_files([("digits.npz", npz(x=images, y=labels))])
    assert found.pictures.images.shape == (300, 28, 28)
    assert found.pictures.labels.tolist() == labels.tolist()


def test_letters_of_emnist_are_left_out_where_digits_are_among_them_and_refused_where_not() -> None:
    mixed = np.where(np.arange(300) < 250, LABELS, 10 + np.arange(300) % 37)
    files = [("emnist-balanced-images.idx", idx(TRANSPOSED)), ("emnist-balanced-labels.idx", idx(mixed))]
    found = digit_set.read_files(files)
    assert found.left_out == {"its label is no digit from 0 to 9": 50}
    assert accounted(found) == 300
    np.testing.assert_array_equal(found.pictures.images, IMAGES[:250])
    letters = 1 + np.arange(300) % 26
    with pytest.raises(InvalidInputError, match="labels from 1 to 26, as EMNIST Letters"):
        digit_set.read_files([("a-images", idx(TRANSPOSED)), ("a-labels", idx(letters))])


def test_what_is_left_out_of_a_table_is_counted_by_reason() -> None:
    lines = csv(table()).decode().splitlines()
    lines[5] = lines[5].rpartition(",")[0]
    lines[6] += ",0"
    lines[7] = lines[7].replace("0,0", "0,x", 1)
    lines[8] = lines[8].replace("0,0", "0,", 1)
    lines[9] = "11," + lines[9].partition(",")[2]
    lines[10] = lines[10].partition(",")[0] + ",0" * 784
    found = digit_set.read_files([("train.csv", "\n".join(lines).encode())])
    assert found.left_out == {
        "it has another number of cells than the others": 2,
        "a cell of it is no number from 0 to 255": 2,
        "its label is no digit from 0 to 9": 1,
        "it is empty: it has one shade from side to side": 1,
    }
    assert accounted(found) == 300


def test_what_is_left_out_of_a_zip_is_counted_by_reason() -> None:
    file = io.BytesIO(zipped(lambda number, label: f"{label}/{number}.png"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("7/broken.png", b"broken")
        archive.writestr("7/broken too.png", b"broken")
        archive.writestr("7/white.png", png(np.full((28, 28), 255, np.uint8)))
        archive.writestr("others/a.png", png(IMAGES[0]))
        archive.writestr("7/._a.png", b"what a Mac puts beside it")
    found = digit_set.read_files([("digits.zip", file.getvalue())])
    assert sorted(found.left_out.values()) == [1, 1, 2]
    assert accounted(found) == 304


@pytest.mark.parametrize(
    ("files", "part"),
    [
        ([("test.csv", csv(table()[PIXELS]))], "300 pictures and no labels"),
        ([("train-images-idx3-ubyte", idx(IMAGES))], "300 pictures and no labels"),
        ([("train-labels-idx1-ubyte", idx(LABELS))], "300 labels and no pictures"),
        ([("a-images", idx(IMAGES)), ("a-labels", idx(LABELS[:100]))], "as many labels"),
        ([("clothes.csv", csv(table(labels=(LABELS + 1) % 10)))], "does not look like handwritten digits"),
        ([("mnist.npz", npz(x=IMAGES, y=LABELS)[:-40])], "is damaged"),
        ([("a.npy", npy(np.array([{"a": 1}], object), allow_pickle=True))], "is damaged"),
        ([("a-images", idx(IMAGES)[:-1])], "it says that it holds 300 × 28 × 28"),
        ([("mnist.pkl", b"\x80\x04\x95")], "no set of digits that can be read"),
        ([("a.csv", b"label,text\n1,fine\n")], "2 columns in its first line"),
        ([("a.csv.gz", gzip.compress(csv(table()))[:-50])], "ends too early"),
        ([("few.csv", csv(table().iloc[:20]))], "20 good pictures"),
        ([("a.parquet", parquet(table()[PIXELS]))], "no column of labels"),
    ],
    ids=[
        "test.csv",
        "images",
        "labels",
        "other",
        "clothes",
        "cut",
        "pickle",
        "short",
        "pkl",
        "texts",
        "gz",
        "few",
        "pq",
    ],
)
def test_what_is_no_set_of_digits_is_refused_by_name(files: list[File], part: str) -> None:
    with pytest.raises(InvalidInputError, match=part) as caught:
        digit_set.read_files(files)
    assert files[0][0] in str(caught.value)


def test_a_small_file_that_unpacks_to_much_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="when unpacked"):
        digit_files.read_part(gzip.compress(bytes(300_000_000), 1), name="a.gz")


def test_a_set_of_ones_own_is_kept_and_learned_from_beside_what_a_network_drew(glassbox_home: object) -> None:
    found = digit_set.read_files(SETS["Kaggle"])
    own = picture_set.OWN.keep(found.pictures)
    assert picture_set.OWN.stored(own).is_own
    dataset = load(DigitsConfig(synthetic=own, share=50))
    assert dataset.train.name == "150 pictures of one's own (train.csv)"
    np.testing.assert_array_equal(dataset.train.inputs.numpy(), IMAGES[:150])


def test_packed_pictures_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame(
        {"image": [{"bytes": png(one)} for one in np.concatenate([IMAGES] * 4)], "label": 4 * [*LABELS]}
    )
    content = parquet(frame)
    monkeypatch.setattr(digit_files, "PART_SECONDS", 0)
    parts = []

    def read(**after: int) -> digit_files.Piece:
        parts.append(digit_files.read_part(content, name="a.parquet", **after))
        return parts[-1]

    assert len(digit_files.gathered(read, name="a.parquet").images) == 1_200
    assert [part.rows for part in parts] == [500, 1_000, 0]
